"""/config export, import and copy."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import discord
import pytest
from simcord.actors import _component_interaction
from simcord.enums import ComponentType

from bot.core.feeds import Style
from bot.core.schedules import Cadence
from bot.discord.ui import confirmation
from bot.discord.ui.confirmation import Confirmation
from bot.services.transfer.feed_transfer import Transfer
from tests.cogs.rights import channel_where, feed_of, manager, overwrite, subscribed
from tests.examples import first
from tests.world import World, text_of


async def exported(world: World, who: Any = None) -> bytes:
    result = await (who or world.admin).slash(world.channel, "config export")
    assert result.ephemeral
    (attachment,) = result.response.attachments
    return await attachment.read()


async def brought(
    world: World, data: bytes | str, *, name: str = "keywords.txt", who: Any = None, **options: Any
) -> Any:
    """What /config import answers to a file."""
    data = data.encode() if isinstance(data, str) else data
    return await (who or world.admin).slash(world.channel, "config import", file=(name, data), **options)


def a_file(world: World, channel: Any = None, **feed: Any) -> str:
    wanted = {"channel_id": str((channel or world.channel).id), **feed}
    return json.dumps({"paperboy": 1, "feeds": [wanted]})


async def pressed(world: World, result: Any, label: str = "Import", who: Any = None) -> str:
    """The answer, and what follows it, after a button was pressed."""
    after = await (who or world.admin).click(result.response, label=label)
    return "\n".join([text_of(after), text_of(result)])


# Export


async def test_an_export_holds_every_setting_and_subscription(world: World) -> None:
    await subscribed(world)
    await world.admin.slash(
        world.channel, "config schedule", cadence="weekly", time="17:30", timezone="Europe/Berlin"
    )
    await world.admin.slash(world.channel, "config style", style="digest")

    file = json.loads(await exported(world))

    assert file["paperboy"] == 1
    (feed,) = file["feeds"]
    assert feed == {
        "channel_id": str(world.channel.id),
        "channel_name": "papers",
        "kind": "channel",
        "schedule": {
            "cadence": "weekly",
            "time": "17:30",
            "timezone": "Europe/Berlin",
            "weekdays": "Mon-Fri",
        },
        "style": "digest",
        "filter": {"min_upvotes": 0, "max_papers": 10, "only_with_code": False, "exclude": None},
        "mention_role_id": None,
        "silent": False,
        "threads": False,
        "publish": False,
        "paused": False,
        "paused_until": None,
        "subscriptions": ["video"],
    }


async def test_an_export_leaves_out_channels_that_the_person_cannot_see(world: World) -> None:
    person = manager(world)
    hidden = channel_where(world, person, view_channel=False)
    await subscribed(world)
    await subscribed(world, hidden)

    text = (await exported(world, person)).decode()

    assert str(world.channel.id) in text
    assert str(hidden.id) not in text


async def test_a_server_without_feeds_has_nothing_to_export(world: World) -> None:
    answer = text_of(await world.admin.slash(world.channel, "config export"))

    assert "nothing to export" in answer
    assert "`/subscribe`" in answer


# Import


async def test_an_import_shows_what_would_change_and_changes_it_when_confirmed(world: World) -> None:
    file = a_file(world, schedule={"cadence": "live"}, style="digest", subscriptions=["video", "agents"])

    result = await brought(world, file, name="feeds.json")

    assert result.ephemeral
    answer = text_of(result)
    assert "2 new subscriptions: *video*, *agents*" in answer
    assert "Schedule: live" in answer
    assert "Nothing has changed yet" in answer
    assert await feed_of(world, world.channel) is None

    answer = await pressed(world, result)

    assert "Imported" in answer
    assert "Next post: as soon as a matching paper is listed." in answer
    feed = await feed_of(world, world.channel)
    assert feed.settings.schedule.cadence is Cadence.LIVE
    assert feed.settings.style is Style.DIGEST
    assert await world.subscriptions() == ["video", "agents"]


async def test_an_import_that_is_cancelled_changes_nothing(world: World) -> None:
    result = await brought(world, "video")

    answer = await pressed(world, result, "Cancel")

    assert "Cancelled. Nothing was changed" in answer
    assert await world.subscriptions() == []


async def test_a_plain_list_goes_to_the_channel_that_is_named(world: World) -> None:
    other = world.guild.create_text_channel("other")

    result = await brought(world, "\ufeff# ours\r\nvideo\r\n\r\nRLHF, reward model\r\n", channel=other)
    answer = await pressed(world, result)

    assert f"<#{other.id}>" in answer
    assert "Next post: <t:1787130000:f>" in answer
    assert await world.subscriptions(other) == ["video", "RLHF, reward model"]
    assert await world.subscriptions() == []


@pytest.mark.thorough
async def test_an_import_says_which_keywords_are_the_same(world: World) -> None:
    result = await brought(world, "LLMs\nllm\nagents")
    assert "`llm` is the same as `LLMs` and counts once." in text_of(result)
    await pressed(world, result)
    assert await world.subscriptions() == ["LLMs", "agents"]


@pytest.mark.thorough
async def test_an_import_removes_nothing(world: World) -> None:
    await subscribed(world)
    await world.admin.slash(world.channel, "config style", style="digest")

    result = await brought(world, a_file(world, subscriptions=["agents", "Videos"]), name="feeds.json")
    await pressed(world, result)

    assert "1 subscription already there" in text_of(result)
    assert await world.subscriptions() == ["video", "agents"]
    assert (await feed_of(world, world.channel)).settings.style is Style.DIGEST


async def test_existing_settings_need_no_import(world: World) -> None:
    await subscribed(world)

    result = await brought(world, await exported(world), name="feeds.json")

    assert "Nothing to import" in text_of(result)
    assert result.response.components == []


async def test_an_import_is_planned_again_when_confirmed(world: World) -> None:
    result = await brought(world, "video\nagents")
    await subscribed(world)

    answer = await pressed(world, result)

    assert "1 new subscription: *agents*" in answer
    assert "1 subscription already there" in answer
    assert await world.subscriptions() == ["video", "agents"]


async def test_a_person_who_lost_the_right_before_pressing_changes_nothing(world: World) -> None:
    person = manager(world)
    result = await brought(world, "video", who=person)
    world.env.backend.set_overwrite(world.channel.id, overwrite(person, manage_channels=False))

    answer = await pressed(world, result, who=person)

    assert f"You need **Manage Channels** in <#{world.channel.id}>" in answer
    assert await world.subscriptions() == []

    world.env.backend.delete_overwrite(world.channel.id, person.id)
    await pressed(world, result, who=person)
    assert await world.subscriptions() == ["video"]


async def test_a_channel_that_the_bot_lost_before_the_confirmation_gets_nothing(world: World) -> None:
    result = await brought(world, "video")
    world.env.backend.set_overwrite(world.channel.id, overwrite(world.guild.me, send_messages=False))

    assert "I'm missing **Send Messages**" in await pressed(world, result)
    assert await world.subscriptions() == []


async def test_only_who_asked_may_press(world: World) -> None:
    result = await brought(world, "video")
    ((key, asked),) = world.client.sessions.of_kind(Confirmation).items()
    # Nobody else sees the answer; Discord would have to show it to them.
    world.client.sessions.open(key, replace(asked, user_id=world.member.id))

    assert "Only the person who used the command" in await pressed(world, result)
    assert await world.subscriptions() == []


async def test_many_channels_that_do_not_exist_are_not_all_looked_for(world: World) -> None:
    feeds = [{"channel_id": str(number)} for number in range(1, 100)]

    answer = text_of(await brought(world, json.dumps({"paperboy": 1, "feeds": feeds}), name="feeds.json"))

    assert "Feed 5: There is no channel with the ID 5" in answer
    assert "I didn't check the rest." in answer
    asked_for = [
        request
        for request in world.env.http_requests
        if request.path in {f"/channels/{n}" for n in range(1, 100)}
    ]
    assert len(asked_for) == 5


async def test_after_a_restart_the_buttons_say_that_they_are_not_known(world: World) -> None:
    result = await brought(world, "video")
    await world.restart()

    answer = await pressed(world, result)
    assert "I have been restarted or moved since then" in answer
    assert "`/config history` shows what was changed" in answer
    assert await world.subscriptions() == []


async def test_after_a_quarter_of_an_hour_the_buttons_have_expired(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirmation, "OPEN_SECONDS", 0.0)
    result = await brought(world, "video")

    assert "These buttons have expired, and nothing was changed" in await pressed(world, result)
    assert await world.subscriptions() == []


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    first(
        1,
        [
            ("yes", "yes", "This is already done"),
            ("yes", "no", "This is already done"),
            ("no", "yes", "This was cancelled, and nothing was changed"),
        ],
    ),
)
async def test_a_second_press_shows_what_the_first_one_did(
    world: World, first: str, second: str, expected: str
) -> None:
    result = await brought(world, "video")
    (key,) = world.client.sessions.of_kind(Confirmation)
    stored = world.env.backend.get_message(world.channel.id, result.response.id)
    shown = replace(stored)  # as shown on another device

    async def press(choice: str) -> str:
        data = {"custom_id": f"confirm:{key}:{choice}", "component_type": ComponentType.BUTTON}
        return text_of(await _component_interaction(world.admin, shown, data))

    await press(first)
    answer = await press(second)

    assert expected in answer
    assert await world.subscriptions() == (["video"] if first == "yes" else [])


async def test_a_second_press_meanwhile_does_not_say_that_nothing_was_changed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = await brought(world, "video")
    real, go = Transfer.apply, asyncio.Event()

    async def slow(*args: Any, **options: Any) -> Any:
        await world.env.external_wait(go.wait(), reason="a slow database")
        return await real(*args, **options)

    monkeypatch.setattr(Transfer, "apply", slow)
    await pressed(world, result)
    answer = await pressed(world, result)
    go.set()
    await world.env.settle()

    assert "This is already in progress" in answer
    assert await world.subscriptions() == ["video"]


@pytest.mark.thorough
async def test_a_long_import_has_pages(world: World) -> None:
    channels = [world.guild.create_text_channel(f"c{number}") for number in range(20)]
    feeds = [{"channel_id": str(channel.id), "subscriptions": ["video"]} for channel in channels]

    result = await brought(world, json.dumps({"paperboy": 1, "feeds": feeds}), name="feeds.json")
    assert "Page 1 of 2" in text_of(result)
    answer = await pressed(world, result)

    assert "Page 1 of 2" in answer
    for channel in channels:
        assert await world.subscriptions(channel) == ["video"]


async def test_a_feed_that_pings_nobody_new_keeps_its_role(world: World) -> None:
    role = world.guild.create_role("Readers", mentionable=False)
    await subscribed(world)
    await world.admin.slash(world.channel, "config mention", role=role)
    file = await exported(world)
    await world.admin.slash(world.channel, "config style", style="digest")

    result = await brought(world, file, name="feeds.json", who=manager(world))

    assert "Style: digest → cards" in text_of(result)


@pytest.mark.parametrize(
    ("feed", "expected"),
    first(
        1,
        [
            ({"channel_id": "123"}, "no channel with the ID 123"),
            ({"mention_role_id": "123"}, "The role to ping doesn't exist in this server"),
            ({"publish": True}, "isn't an announcement channel"),
            ({"kind": "forum"}, "**kind** is `forum`"),
        ],
    ),
)
async def test_a_file_that_does_not_fit_the_server_changes_nothing(
    world: World, feed: dict[str, Any], expected: str
) -> None:
    result = await brought(world, a_file(world, subscriptions=["video"], **feed), name="feeds.json")

    assert expected in text_of(result)
    assert "Feed 1: " in text_of(result)
    assert "nothing was changed" in text_of(result).lower()
    assert await feed_of(world, world.channel) is None


async def test_a_role_that_the_person_may_not_ping_is_not_imported(world: World) -> None:
    role = world.guild.create_role("Everyone of us", mentionable=False)
    file = a_file(world, mention_role_id=str(role.id))

    answer = text_of(await brought(world, file, name="feeds.json", who=manager(world)))

    assert "You can't ping <@&" in answer


async def test_threads_where_the_bot_may_not_open_them_are_not_imported(world: World) -> None:
    where = channel_where(world, world.guild.me, create_public_threads=False)

    answer = text_of(await brought(world, a_file(world, where, threads=True), name="feeds.json"))

    assert "I'm missing **Create Public Threads**" in answer


async def test_one_feed_that_cannot_be_imported_stops_them_all(world: World) -> None:
    feeds = [
        {"channel_id": str(world.channel.id), "subscriptions": ["video"]},
        {"channel_id": "5", "channel_name": "gone <@1>"},
    ]

    result = await brought(world, json.dumps({"paperboy": 1, "feeds": feeds}), name="feeds.json")

    assert "Feed 2 (gone " in text_of(result)
    assert "<@1>" not in text_of(result)
    assert result.response.components == []


async def test_a_channel_for_a_file_that_names_its_own_is_refused(world: World) -> None:
    answer = text_of(await brought(world, a_file(world), name="feeds.json", channel=world.channel))

    assert "Leave `channel` out" in answer


async def test_a_file_that_is_too_large_is_not_fetched(world: World) -> None:
    answer = text_of(await brought(world, b"a" * (256 * 1024 + 1)))

    assert "at most 256" in answer


async def test_a_broken_file_says_where(world: World) -> None:
    answer = text_of(await brought(world, "video\n(agents\n"))

    assert "Line 2: This parenthesis is never closed" in answer
    assert await feed_of(world, world.channel) is None


@pytest.mark.thorough
async def test_more_than_a_channel_can_have_is_refused_as_a_whole(world: World) -> None:
    await subscribed(world)

    answer = text_of(await brought(world, "\n".join(f"k{number}" for number in range(50))))

    assert "A channel can have 50 subscriptions" in answer
    assert "`/unsubscribe`" in answer
    assert await world.subscriptions() == ["video"]


async def test_a_member_hears_nothing_of_the_file(world: World) -> None:
    world.guild.set_command_permissions(await world.command("config"), {world.member: True})

    answer = text_of(await brought(world, "(broken", who=world.member))

    assert "You need **Manage Channels**" in answer
    assert "parenthesis" not in answer


async def test_the_first_subscriptions_of_a_channel_set_up_long_ago_come_at_its_time(world: World) -> None:
    await world.admin.slash(world.channel, "config style", style="digest")
    world.clock.advance(days=7)

    answer = await pressed(world, await brought(world, "video"))

    assert f"Next post: <t:{1787130000 + 7 * 86_400}:f>" in answer


@pytest.mark.thorough
async def test_an_imported_role_is_pinged_by_the_next_post_after_an_imported_resumption(world: World) -> None:
    role = world.guild.create_role("Readers", mentionable=True)
    world.list_paper("2608.00001", title="Video")
    await subscribed(world)
    await world.admin.slash(world.channel, "config schedule", cadence="live")
    await world.admin.slash(world.channel, "config pause")
    file = a_file(world, mention_role_id=str(role.id), paused=False)

    await pressed(world, await brought(world, file, name="feeds.json"))
    await world.run()

    (message,) = world.posts()
    assert f"<@&{role.id}>" in message.content


# Copy


async def test_a_copy_adds_settings_and_missing_subscriptions(world: World) -> None:
    other = world.guild.create_text_channel("other")
    await world.admin.slash(world.channel, "subscribe", keywords="video, agents")
    await world.admin.slash(world.channel, "config style", style="digest")
    await world.admin.slash(world.channel, "config pause")
    await world.admin.slash(other, "subscribe", keywords="agents")

    result = await world.admin.slash(other, "config copy", source=world.channel)

    answer = text_of(result)
    assert result.ephemeral
    assert f"Copied from <#{world.channel.id}>" in answer
    assert "1 new subscription: *video*" in answer
    assert "Style: cards → digest" in answer
    assert "Next post: <t:1787130000:f>" in answer
    assert sorted(await world.subscriptions(other)) == ["agents", "video"]
    assert (await feed_of(world, other)).paused_at is None
    assert f"<#{world.channel.id}> keeps its subscriptions, too. To move them, use `/unsubscribe" in answer


async def test_a_copy_says_which_settings_the_channel_cannot_have(world: World) -> None:
    forum = world.guild.create_forum_channel("forum")
    await subscribed(world)
    await world.admin.slash(world.channel, "config threads", on=True)

    answer = text_of(
        await world.admin.slash(world.channel, "config copy", source=world.channel, channel=forum)
    )

    assert "Not copied: threads (" in answer
    assert await world.subscriptions(forum) == ["video"]


async def test_a_channel_is_not_copied_to_itself_nor_from_nothing(world: World) -> None:
    other = world.guild.create_text_channel("other")

    assert "to itself" in text_of(await world.admin.slash(world.channel, "config copy", source=world.channel))
    answer = text_of(await world.admin.slash(world.channel, "config copy", source=other))
    assert "nothing to copy" in answer
    assert await feed_of(world, world.channel) is None


async def test_a_copy_needs_the_right_in_the_source(world: World) -> None:
    person = manager(world)
    source = channel_where(world, person, manage_channels=False)
    await subscribed(world, source)

    answer = text_of(await person.slash(world.channel, "config copy", source=source))

    assert f"You need **Manage Channels** in <#{source.id}>" in answer
    assert await world.subscriptions() == []


@pytest.mark.thorough
async def test_a_copy_needs_the_rights_in_the_target(world: World) -> None:
    person = manager(world)
    target = channel_where(world, person, manage_channels=False)
    closed = channel_where(world, world.guild.me, send_messages=False)
    await subscribed(world)

    for where, lacking in (
        (target, "You need **Manage Channels**"),
        (closed, "I'm missing **Send Messages**"),
    ):
        answer = text_of(
            await person.slash(world.channel, "config copy", source=world.channel, channel=where)
        )
        assert lacking in answer
        assert await feed_of(world, where) is None


# Rights


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "options"),
    first(
        1,
        [
            ("config export", {}),
            ("config import", {"file": ("keywords.txt", b"video")}),
            ("config copy", {"source": None}),
            ("config history", {}),
        ],
    ),
)
async def test_a_member_may_move_nothing(world: World, name: str, options: dict[str, Any]) -> None:
    options = {key: world.channel if value is None else value for key, value in options.items()}
    await subscribed(world)
    command = await world.command("config")
    assert command.default_member_permissions == discord.Permissions(manage_channels=True)
    world.guild.set_command_permissions(command, {world.member: True})

    result = await world.member.slash(world.channel, name, **options)

    assert f"You need **Manage Channels** in <#{world.channel.id}>" in text_of(result)
    assert result.ephemeral
    assert [answer.attachments for answer in [result.response, *result.followups] if answer] == [[]]


async def test_an_import_needs_the_right_in_every_channel(world: World) -> None:
    person = manager(world)
    where = channel_where(world, person, manage_channels=False)
    hidden = channel_where(world, person, view_channel=False)

    answer = text_of(await brought(world, a_file(world, where), name="feeds.json", who=person))
    assert f"You need **Manage Channels** in <#{where.id}>" in answer
    answer = text_of(await brought(world, "video", channel=where, who=person))
    assert f"You need **Manage Channels** in <#{where.id}>" in answer
    answer = text_of(await brought(world, a_file(world, hidden), name="feeds.json", who=person))
    assert f"no channel with the ID {hidden.id} in this server that you can see" in answer
