"""/config history: who changed what, and who may read it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cogs.rights import channel_where, manager, subscribed
from tests.world import World, text_of


async def history(world: World, who: Any = None, **options: Any) -> str:
    result = await (who or world.admin).slash(world.channel, "config history", **options)
    assert result.ephemeral
    return text_of(result)


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("<t:")]


async def test_every_change_is_recorded_with_who_when_and_where(world: World) -> None:
    news = world.guild.create_news_channel("news")
    role = world.guild.create_role("Readers", mentionable=True)
    file = ("keywords.txt", b"world model")
    typed: list[tuple[str, dict[str, Any], str]] = [
        ("subscribe", {"keywords": "video, agents"}, "subscribed to *video* and *agents*"),
        ("unsubscribe", {"keywords": "agents"}, "unsubscribed from *agents*"),
        ("config schedule", {"cadence": "live"}, "schedule: daily, Mon-Fri, at 09:00 UTC → live"),
        (
            "config schedule",
            {"cadence": "daily", "time": "8:30"},
            "schedule: live → daily, Mon-Fri, at 08:30 UTC",
        ),
        ("config style", {"style": "digest"}, "style: cards → digest"),
        ("config mention", {"role": role}, f"mention: nobody → <@&{role.id}>"),
        ("config mention", {}, f"mention: <@&{role.id}> → nobody"),
        ("config threads", {"on": True}, "threads: off → on"),
        ("config publish", {"on": True}, "publishing: off → on"),
        ("config pause", {}, "posting: on → paused"),
        ("config resume", {}, "posting: paused → on"),
        ("config copy", {"source": world.channel}, "copied from"),
    ]
    await world.admin.slash(world.channel, "subscribe", keywords="diffusion")
    for name, options, _ in typed:
        await world.admin.slash(news, name, **options)
    result = await world.admin.slash(news, "config import", file=file)
    await world.admin.click(result.response, label="Import")
    await world.admin.slash(news, "config notices", channel=world.channel)

    answer = lines(await history(world))

    stamp = int(world.clock().timestamp())
    expected = [
        f"<t:{stamp}:R> <@{world.admin.id}> <#{world.channel.id}>: subscribed to *diffusion*",
        *(f"<t:{stamp}:R> <@{world.admin.id}> <#{news.id}>: {what}" for _, _, what in typed),
        f"<t:{stamp}:R> <@{world.admin.id}> <#{news.id}>: imported: subscribed to *world model*",
        f"<t:{stamp}:R> <@{world.admin.id}>: problem notices: any channel that I can post in → <#{world.channel.id}>",
    ]
    for line, wanted in zip(reversed(answer), expected, strict=True):
        assert line.startswith(wanted)


@pytest.mark.thorough
async def test_commands_that_change_nothing_are_not_recorded(world: World) -> None:
    await subscribed(world)
    await subscribed(world)
    for name, options in (
        ("config style", {"style": "cards"}),
        ("config mention", {}),
        ("config threads", {"on": False}),
        ("config schedule", {"time": "9:00"}),
        ("config schedule", {"time": "25:00"}),
        ("unsubscribe", {"keywords": "nothing"}),
    ):
        await world.admin.slash(world.channel, name, **options)
    for _ in range(2):
        await world.admin.slash(world.channel, "config pause")
        await world.admin.slash(world.channel, "config notices", channel=world.channel)

    assert len(lines(await history(world))) == 3


async def test_the_history_of_a_quiet_server_says_so(world: World) -> None:
    assert "No changes in the last 90 days" in await history(world)


async def test_the_history_of_one_channel_shows_no_other(world: World) -> None:
    other = world.guild.create_text_channel("other")
    await subscribed(world)
    await subscribed(world, other)

    (line,) = lines(await history(world, channel=other))

    assert f"<#{other.id}>: subscribed to *video*" in line


async def test_changes_are_kept_for_ninety_days(world: World) -> None:
    await subscribed(world)
    world.clock.advance(days=89)
    assert len(lines(await history(world))) == 1
    world.clock.advance(days=2)
    assert lines(await history(world)) == []

    await world.admin.slash(world.channel, "config pause")

    async with world.database.read() as conn:
        kept = (await conn.exec_driver_sql("SELECT changed_at FROM changes")).all()
    assert len(kept) == 1


async def test_what_people_typed_pings_and_links_nobody(world: World) -> None:
    hostile = '"@everyone <@1> <#2> [x](https://evil.example) `**_"'
    await world.admin.slash(world.channel, "subscribe", keywords=hostile)

    answer = await history(world)

    assert "@everyone" not in answer
    assert "<@1>" not in answer
    assert "<#2>" not in answer
    assert "[x](" not in answer
    assert "\\`\\*\\*\\_" in answer


@pytest.mark.thorough
async def test_a_long_history_has_pages_newest_first(world: World) -> None:
    for number in range(20):
        await world.admin.slash(world.channel, "subscribe", keywords=f"k{number}")
        world.clock.advance(minutes=1)

    answer = await history(world)

    assert "Page 1 of 2" in answer
    assert lines(answer)[0].endswith("*k19*")
    assert len(lines(answer)) == 15


@pytest.mark.thorough
async def test_many_long_keywords_stay_within_a_page(world: World) -> None:
    keywords = ",".join(f"{number} " + "`_*" * 20 + "word " * 20 for number in range(12))
    await world.admin.slash(world.channel, "subscribe", keywords=keywords)

    (line,) = lines(await history(world))

    assert line.endswith("and 7 more")


async def test_changes_to_channels_that_the_person_cannot_see_are_left_out(world: World) -> None:
    person = manager(world)
    hidden = channel_where(world, person, view_channel=False)
    await world.admin.slash(hidden, "subscribe", keywords="secret")
    gone = world.guild.create_text_channel("gone")
    await world.admin.slash(gone, "subscribe", keywords="former")
    world.env.backend.delete_channel(gone.id)
    await world.env.settle()

    assert lines(await history(world, person)) == []
    assert len(lines(await history(world))) == 2


async def test_a_change_is_recorded_or_undone_with_what_it_is_about(world: World) -> None:
    await subscribed(world)
    async with world.database.write() as conn:
        await conn.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON changes BEGIN SELECT RAISE(ABORT, 'full'); END"
        )

    answer = text_of(await world.admin.slash(world.channel, "subscribe", keywords="agents"))

    assert "Something went wrong" in answer
    assert await world.subscriptions() == ["video"]
