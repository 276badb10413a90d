"""/unsubscribe, its suggestions, and undoing it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cogs.rights import overwrite
from tests.examples import first
from tests.world import World, text_of


async def offered(world: World, typed: str, **options: Any) -> list[tuple[str, str]]:
    found = await world.admin.autocomplete(world.channel, "unsubscribe", "keywords", typed, **options)
    return [(choice["name"], choice["value"]) for choice in found]


@pytest.mark.thorough
async def test_the_same_query_is_found_written_otherwise(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="fine-tuning agents, video")

    answer = text_of(await world.admin.slash(world.channel, "unsubscribe", keywords="Fine Tuning Agent"))

    assert "is no longer subscribed to:\n\n• `fine-tuning agents`" in answer
    assert "1 subscription left. Next post: <t:" in answer
    assert await world.subscriptions() == ["video"]


async def test_existing_subscriptions_are_offered_and_all_of_them(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video, agents")

    assert await offered(world, "v") == [("video", "video")]
    assert await offered(world, "") == [
        ("All of them (2)", "all of them"),
        ("video", "video"),
        ("agents", "agents"),
    ]
    assert await offered(world, "nothing like it") == []


async def test_at_most_twenty_five_are_offered_and_typing_finds_the_rest(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords=", ".join(f"word{n:02}x" for n in range(26)))

    assert len(await offered(world, "")) == 25
    assert await offered(world, "word25") == [("word25x", "word25x")]


async def test_a_query_too_long_for_a_choice_is_ended_by_it(world: World) -> None:
    long = "title:(" + " OR ".join(f"subject{number}" for number in range(13)) + ")"
    assert len(long) > 100
    await world.admin.slash(world.channel, "subscribe", keywords=f"video, {long}")

    ((name, value),) = await offered(world, "title")
    assert name.startswith("title:(subject0")
    assert name.endswith("…")

    answer = text_of(await world.admin.slash(world.channel, "unsubscribe", keywords=value))

    assert f"`{long}`" in answer
    assert await world.subscriptions() == ["video"]
    again = text_of(await world.admin.slash(world.channel, "unsubscribe", keywords=value))
    assert "is no longer subscribed to that" in again


async def test_the_channel_option_decides_whose_are_offered(world: World) -> None:
    other = world.guild.create_text_channel("other")
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    await world.admin.slash(world.channel, "subscribe", keywords="agents", channel=other)

    assert await offered(world, "", channel=other) == [("agents", "agents")]
    await world.admin.slash(world.channel, "unsubscribe", keywords="agents", channel=other)

    assert await offered(world, "", channel=other) == []
    assert await world.subscriptions() == ["video"]


@pytest.mark.thorough
@pytest.mark.parametrize("typed", first(1, ["all of them", " All Of Them ", "all"]))
async def test_all_of_them_end_together(world: World, typed: str) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video, agents")

    asked = await world.admin.slash(world.channel, "unsubscribe", keywords=typed)

    assert "Nothing has changed yet" in text_of(asked)
    assert f"all 2 subscriptions of <#{world.channel.id}>" in text_of(asked)
    assert "• `video`\n• `agents`" in text_of(asked)
    assert await world.subscriptions() == ["video", "agents"]

    await world.admin.click(asked.response, label="Unsubscribe")

    assert "nothing more is posted" in text_of(asked)
    assert await world.subscriptions() == []


async def test_a_subscription_that_reads_like_all_of_them_is_only_itself(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="all, agents")

    await world.admin.slash(world.channel, "unsubscribe", keywords="all")

    assert await world.subscriptions() == ["agents"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    first(
        1,
        [
            ("video, agents", "is subscribed to parts of that"),
            ("robots", "`/subscriptions` lists"),
            ("agents AND", "^"),
            ("id:999", "no longer subscribed"),
        ],
    ),
)
async def test_unsubscribing_from_unknown_keywords_changes_nothing(
    world: World, typed: str, expected: str
) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video, agents")

    result = await world.admin.slash(world.channel, "unsubscribe", keywords=typed)

    assert result.ephemeral
    assert expected in text_of(result)
    assert await world.subscriptions() == ["video", "agents"]


async def test_a_channel_without_subscriptions_says_so(world: World) -> None:
    answer = text_of(await world.admin.slash(world.channel, "unsubscribe", keywords="video"))

    assert "has no subscriptions" in answer


async def unsubscribed(world: World, *, channel: Any = None, who: Any = None, keywords: str = "video") -> Any:
    """The answer to an /unsubscribe, with its buttons."""
    where = channel or world.channel
    return await (who or world.admin).slash(world.channel, "unsubscribe", keywords=keywords, channel=where)


async def undo(world: World, below: Any, who: Any = None) -> str:
    """The answer, and what follows it, after *Undo* was pressed."""
    after = await (who or world.admin).click(below.response, label="Undo")
    return "\n".join([text_of(after), text_of(below)])


async def test_undo_restores_the_subscription_and_says_what_is_pending_again_and_what_was_missed(
    world: World,
) -> None:
    await world.admin.slash(world.channel, "config schedule", cadence="live")
    await world.admin.slash(world.channel, "subscribe", keywords="video, agents")
    await world.admin.slash(world.channel, "config pause")
    world.list_paper("2608.00001", title="Video")
    await world.run()
    below = await unsubscribed(world)
    assert "1 subscription left" in text_of(below)
    assert "*Undo*" in text_of(below)

    answer = await undo(world, below)

    assert "Undone" in answer
    assert "• `video` (continued)" in answer
    assert "1 paper listed since then comes with the next post" in answer
    assert below.response.components == []
    assert await world.subscriptions() == ["video", "agents"]
    await world.admin.slash(world.channel, "config resume")
    await world.run()
    assert world.posted_ids() == ["2608.00001"]


@pytest.mark.thorough
async def test_undo_works_after_a_restart_and_a_second_time_says_that_it_is_done(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    below = await unsubscribed(world)
    await world.restart()
    await world.admin.slash(world.channel, "subscribe", keywords="video")

    answer = await undo(world, below)

    assert "already undone" in answer
    assert "Nothing was changed" in answer
    assert await world.subscriptions() == ["video"]


@pytest.mark.thorough
async def test_undo_is_too_late_after_thirty_days_and_says_what_to_do(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    below = await unsubscribed(world)
    world.clock.advance(days=30)

    answer = await undo(world, below)

    assert "kept for 30 days" in answer
    assert "use `/subscribe`" in answer
    assert await world.subscriptions() == []


async def test_a_person_who_may_no_longer_manage_the_channel_undoes_nothing(world: World) -> None:
    world.env.backend.set_overwrite(world.channel.id, overwrite(world.member, manage_channels=True))
    command = await world.command("unsubscribe")
    world.guild.set_command_permissions(command, {world.member: True})
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    below = await unsubscribed(world, who=world.member)
    world.env.backend.delete_overwrite(world.channel.id, world.member.id)

    assert "You need **Manage Channels**" in await undo(world, below, world.member)
    assert await world.subscriptions() == []


@pytest.mark.thorough
async def test_undo_acts_in_the_channel_that_was_unsubscribed(world: World) -> None:
    other = world.guild.create_text_channel("other")
    for channel in (world.channel, other):
        await world.admin.slash(world.channel, "subscribe", keywords="video", channel=channel)
    below = await unsubscribed(world, channel=other)
    await unsubscribed(world)

    await undo(world, below)

    assert await world.subscriptions(other) == ["video"]
    assert await world.subscriptions() == []


async def test_all_of_them_says_what_is_pending_and_can_be_undone(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video, agents")
    world.list_paper("2608.00001", title="Video")
    world.list_paper("2608.00002", title="Agents")
    await world.services.polling.poll()

    asked = await unsubscribed(world, keywords="all of them")
    assert "2 pending papers would not be posted." in text_of(asked)
    await world.admin.click(asked.response, label="Unsubscribe")
    assert await world.subscriptions() == []

    await undo(world, asked)
    assert await world.subscriptions() == ["video", "agents"]


@pytest.mark.thorough
async def test_all_of_them_ends_nothing_where_it_is_cancelled(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")

    asked = await unsubscribed(world, keywords="all of them")
    assert "the only subscription" in text_of(asked)
    assert "Nothing is pending." in text_of(asked)
    await world.admin.click(asked.response, label="Cancel")

    assert await world.subscriptions() == ["video"]


async def test_all_of_them_removes_what_was_shown_and_nothing_newer(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    asked = await unsubscribed(world, keywords="all of them")
    await world.admin.slash(world.channel, "subscribe", keywords="agents")

    await world.admin.click(asked.response, label="Unsubscribe")

    assert await world.subscriptions() == ["agents"]


@pytest.mark.thorough
async def test_all_of_them_ends_nothing_for_one_who_lost_the_right_since(world: World) -> None:
    world.env.backend.set_overwrite(world.channel.id, overwrite(world.member, manage_channels=True))
    world.guild.set_command_permissions(await world.command("unsubscribe"), {world.member: True})
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    asked = await unsubscribed(world, who=world.member, keywords="all of them")
    world.env.backend.delete_overwrite(world.channel.id, world.member.id)

    result = await world.member.click(asked.response, label="Unsubscribe")

    assert "You need **Manage Channels**" in text_of(result)
    assert await world.subscriptions() == ["video"]
