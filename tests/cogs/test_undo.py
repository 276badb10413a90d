"""*Undo* below changes of subscriptions, of several channels at once, and of what a pause missed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.core.focus import Focus
from tests.cogs.hidden import hide
from tests.cogs.rights import feed_of, manager, subscribed
from tests.cogs.test_history import history, lines
from tests.examples import first
from tests.world import World, text_of


async def typed(world: World, command: str, **options: Any) -> Any:
    return (await world.admin.slash(world.channel, command, **options)).response


async def undone(world: World, message: Any, *, who: Any = None) -> str:
    return text_of(await (who or world.admin).click(message, label="Undo")).replace("*", "")


async def known(world: World, channel: Any) -> list[tuple[str, Focus, int | None]]:
    found = await world.services.subscriptions.of_channel(channel.id)
    return (
        [(item.query.text, item.focus, item.mention_role_id) for item in found.subscriptions] if found else []
    )


async def test_what_was_changed_of_subscriptions_is_undone_once_even_after_a_restart(world: World) -> None:
    first, second = (world.guild.create_role(name, mentionable=True) for name in ("one", "two"))
    await typed(world, "subscribe", keywords="video, agents", mention=first)
    before = await known(world, world.channel)
    mention = await typed(world, "config mention", keywords="video", role=second)
    nobody = await typed(world, "config mention", keywords="all of them")
    focus = await typed(world, "config focus", keywords="all of them", focus="strict")
    more = await typed(world, "subscribe", keywords="robots, video", focus="broad", mention=first)
    await world.restart()

    assert "already undone, or has been changed since. Nothing was changed" in await undone(world, mention)
    assert "Unsubscribed from robots." in await undone(world, more)
    assert "Focus of video: strict → exact\nFocus of agents: strict → exact" in await undone(world, focus)
    answer = await undone(world, nobody)
    assert f"Mention of video: nobody → <@&{second.id}>\nMention of agents: nobody → <@&{first.id}>" in answer
    assert f"Mention of video: <@&{second.id}> → <@&{first.id}>" in await undone(world, mention)

    assert await known(world, world.channel) == before
    assert len(lines(await history(world))) == 11


@pytest.mark.thorough
async def test_a_copy_and_an_import_are_undone_as_a_whole(world: World) -> None:
    other = world.guild.create_text_channel("other")
    await subscribed(world)
    await typed(world, "config filter", min_upvotes=5)
    await typed(world, "config focus", keywords="video", focus="strict")
    await typed(world, "subscribe", keywords="video, robots", channel=other)
    before = await known(world, other), (await feed_of(world, other)).settings
    await typed(world, "subscribe", keywords="agents")

    copied = await typed(world, "config copy", source=world.channel, channel=other)
    assert await known(world, other) != before[0]
    answer = await undone(world, copied)
    assert "Minimum upvotes: 5 → 0\nUnsubscribed from agents.\nFocus of video: strict → exact" in answer
    assert (await known(world, other), (await feed_of(world, other)).settings) == before

    exported = await typed(world, "config export")
    (attachment,) = exported.attachments
    file = (attachment.filename, await attachment.read())
    for channel in (world.channel, other):
        await typed(world, "config style", style="digest", channel=channel)
        await typed(world, "unsubscribe", keywords="video", channel=channel)
    plan = await typed(world, "config import", file=file)
    await world.admin.click(plan, label="Import")
    await world.restart()
    answer = await undone(world, plan)
    for channel in (world.channel, other):
        assert f"<#{channel.id}>\nStyle: cards → digest\nUnsubscribed from video." in answer
        assert "video" not in await world.subscriptions(channel)


async def test_replaced_keywords_come_back(world: World) -> None:
    world.list_paper("2608.00001", title="Diffusion")
    await world.run()
    shown = await typed(world, "subscribe", keywords="diffussion")
    await world.admin.click(shown, label="Use diffusion instead")
    assert await world.subscriptions() == ["diffusion"]

    answer = await undone(world, shown)

    assert "Unsubscribed from diffusion.\nSubscribed again to diffussion." in answer
    assert await world.subscriptions() == ["diffussion"]


async def test_what_was_done_everywhere_is_undone_everywhere_or_not_at_all(world: World) -> None:
    other, third = (world.guild.create_text_channel(name) for name in ("other", "third"))
    for channel in (world.channel, other, third):
        await subscribed(world, channel)
    await typed(world, "config pause", channel=third)
    paused = await typed(world, "config pause", everywhere=True, until="tomorrow")
    await typed(world, "config resume", channel=other)

    answer = await undone(world, paused)
    assert f"<#{other.id}>: It was already undone, or has been changed since. Nothing was changed" in answer
    assert (await feed_of(world, world.channel)).settings.is_paused

    await typed(world, "config pause", channel=other, until="tomorrow")
    answer = await undone(world, paused)
    assert f"<#{world.channel.id}>\nPosting: paused until Thursday, 20 August 2026 → on" in answer
    assert f"<#{third.id}>\nPosting: paused until Thursday, 20 August 2026 → paused" in answer
    resumed = await typed(world, "config resume", everywhere=True)
    assert f"Undone\nPosting: on → paused\nApplies to <#{third.id}>" in await undone(world, resumed)
    assert (await feed_of(world, other)).is_active


@pytest.mark.thorough
async def test_a_person_who_lost_access_to_a_channel_undoes_nothing_anywhere(world: World) -> None:
    person, other = manager(world), world.guild.create_text_channel("other")
    for channel in (world.channel, other):
        await subscribed(world, channel)
    world.guild.set_command_permissions(await world.command("config"), {person: True})
    paused = (await person.slash(world.channel, "config pause", everywhere=True)).response
    hide(world, other, person)
    await world.env.settle()

    assert "no longer exists, or you can't see it. Nothing was changed." in await undone(
        world, paused, who=person
    )
    assert (await feed_of(world, world.channel)).settings.is_paused


@pytest.mark.parametrize("runs_between", first(1, [True, False]))
async def test_skipped_papers_come_back(world: World, runs_between: bool) -> None:  # noqa: FBT001
    role = world.guild.create_role("Readers", mentionable=True)
    await subscribed(world)
    await typed(world, "config mention", role=role)
    await typed(world, "config schedule", weekdays="all")
    await typed(world, "config pause")
    world.list_paper("2608.00001", title="Video")
    await world.run()
    await world.services.runs.deliver_now(await feed_of(world, world.channel))  # pending, as it is paused
    world.list_paper("2608.00002", title="Video too", day=world.today + timedelta(days=1))
    world.clock.advance(days=12)
    world.list_paper("2608.00003", title="Video of today")
    await world.run()
    resumed = await typed(world, "config resume", missed="skip")
    assert "1 pending paper and all papers of lists before today's are skipped." in str(
        resumed.embeds[0].to_dict()
    )
    if runs_between:
        world.clock.advance(days=1)
        await world.run()
        assert world.posted_ids() == ["2608.00003"]

    answer = await undone(world, resumed)

    coming = "1 more paper comes" if runs_between else "2 more papers come"
    assert "Posting: on → paused" in answer
    assert (
        f"Skipped papers can be posted again: 1 paper is pending again and {coming} with the next" in answer
    )
    await typed(world, "config resume")
    world.clock.advance(days=1)
    await world.run()
    assert sorted(world.posted_ids()) == ["2608.00001", "2608.00002", "2608.00003"]
    (message,) = [post for post in world.posts() if "2608.00001" in str(post.embeds[0].to_dict())]
    assert [role.id for role in message.role_mentions] == [role.id]
