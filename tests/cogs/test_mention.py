"""/config mention: who may choose which role, and when it is pinged."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cogs.rights import channel_where, feed_of, manager, overwrite, subscribed
from tests.examples import first
from tests.world import World, text_of

MENTION = "**Mention @everyone, @here, and All Roles**"


async def test_the_first_message_of_a_run_pings_the_role(world: World) -> None:
    role = world.guild.create_role("Readers", mentionable=True)
    for number in range(11):
        world.list_paper(f"2608.{number:05}", title="Video")
    await subscribed(world)

    answer = text_of(await world.admin.slash(world.channel, "config mention", role=role))
    world.clock.advance(hours=1)
    await world.run()

    assert f"pings <@&{role.id}>; the others do not" in answer
    assert "from the next run: <t:1787130000:f>" in answer
    top, *others = world.posts()
    assert top.content.startswith(f"<@&{role.id}> ")
    assert others
    assert all("<@&" not in message.content for message in others)
    assert top.role_mentions
    path = f"/channels/{world.channel.id}/messages"
    sent = [request.json for request in world.env.http_requests if request.path == path and request.json]
    pinged = [[int(role_id) for role_id in body["allowed_mentions"].get("roles", ())] for body in sent]
    assert pinged == [[role.id]] + [[]] * len(others)


@pytest.mark.thorough
async def test_removing_the_mention_ends_the_pings_of_pending_papers_too(world: World) -> None:
    role = world.guild.create_role("Readers", mentionable=True)
    world.list_paper("2608.00001", title="Video")
    await subscribed(world)
    await world.admin.slash(world.channel, "config mention", role=role)
    await world.admin.slash(world.channel, "config pause")
    world.clock.advance(hours=1)
    feed = await feed_of(world, world.channel)
    await world.services.runs.deliver_now(feed)  # pending, because the channel is paused

    answer = text_of(await world.admin.slash(world.channel, "config mention"))
    await world.admin.slash(world.channel, "config resume")
    await world.delivered()

    assert "Nobody is pinged any more" in answer
    (message,) = world.posts()
    assert "<@&" not in message.content


async def test_everyone_is_never_pinged(world: World) -> None:
    answer = text_of(await world.admin.slash(world.channel, "config mention", role=world.guild.default_role))

    assert "I never ping @\u200beveryone or @\u200bhere" in answer
    assert await feed_of(world, world.channel) is None


@pytest.mark.parametrize("is_named", first(1, [True, False]))
async def test_a_person_who_may_not_ping_a_role_cannot_have_it_pinged(
    world: World, *, is_named: bool
) -> None:
    role = world.guild.create_role("Admins of all")
    person = manager(world)
    where = channel_where(world, person, mention_everyone=False)

    answer = text_of(
        await person.slash(
            world.channel if is_named else where,
            "config mention",
            role=role,
            **({"channel": where} if is_named else {}),
        )
    )

    assert f"You can't ping <@&{role.id}> in <#{where.id}>" in answer
    assert MENTION in answer
    assert await feed_of(world, where) is None


async def test_a_person_who_may_ping_all_roles_may_have_one_pinged(world: World) -> None:
    role = world.guild.create_role("Readers")
    person = manager(world)
    where = channel_where(world, person, mention_everyone=True)
    world.env.backend.set_overwrite(where.id, overwrite(world.guild.me, mention_everyone=True))

    await person.slash(world.channel, "config mention", role=role, channel=where)

    assert (await feed_of(world, where)).settings.mention_role_id == role.id


@pytest.mark.parametrize("is_named", first(1, [True, False]))
async def test_a_role_that_the_bot_cannot_ping_is_refused_with_the_way_out(
    world: World, *, is_named: bool
) -> None:
    role = world.guild.create_role("Readers")
    where = channel_where(world, world.guild.me, mention_everyone=False)

    answer = text_of(
        await world.admin.slash(
            world.channel if is_named else where,
            "config mention",
            role=role,
            **({"channel": where} if is_named else {}),
        )
    )

    assert f"I can't ping <@&{role.id}> in <#{where.id}>" in answer
    assert "Allow anyone to @mention this role" in answer
    assert MENTION in answer
    assert await feed_of(world, where) is None


async def pinging(world: World) -> Any:
    """A role that the channel's posts ping."""
    role = world.guild.create_role("Readers", mentionable=True)
    await subscribed(world)
    await world.admin.slash(world.channel, "config mention", role=role)
    return role


async def test_a_deleted_role_is_not_pinged_and_status_show_and_history_say_so(world: World) -> None:
    role = await pinging(world)
    world.list_paper("2608.00001", title="Video")
    world.env.backend.delete_role(world.guild.id, role.id)
    await world.env.settle()
    world.clock.advance(hours=1)
    await world.run()

    (message,) = world.posts()
    assert "<@&" not in message.content
    assert message.content.startswith("**1 paper**")
    for command in ("status", "config show", "deliver"):
        answer = text_of(await world.admin.slash(world.channel, command))
        assert "Nobody is pinged. The role to ping doesn't exist" in answer
        assert "<@&" not in answer
    history = text_of(await world.admin.slash(world.channel, "config history"))
    assert "the role to ping was deleted, so nobody is pinged" in history

    answer = text_of(await world.admin.slash(world.channel, "config mention"))
    assert "Nobody is pinged: the" not in answer


@pytest.mark.thorough
async def test_papers_pending_when_the_role_was_deleted_ping_nobody(world: World) -> None:
    role = await pinging(world)
    world.list_paper("2608.00001", title="Video")
    await world.admin.slash(world.channel, "config pause")
    await world.services.runs.deliver_now(await feed_of(world, world.channel))
    world.env.backend.delete_role(world.guild.id, role.id)
    await world.env.settle()
    await world.admin.slash(world.channel, "config resume")
    await world.delivered()

    (message,) = world.posts()
    assert "<@&" not in message.content


async def test_a_role_that_may_no_longer_be_pinged_is_named_with_the_way_out(world: World) -> None:
    role = await pinging(world)
    world.env.backend.set_overwrite(world.channel.id, overwrite(world.guild.me, mention_everyone=False))
    world.env.backend.edit_role(world.guild.id, role.id, {"mentionable": False})
    await world.env.settle()

    for command in ("status", "config show"):
        answer = text_of(await world.admin.slash(world.channel, command))
        assert f"Nobody is pinged. I can't ping <@&{role.id}>" in answer
        assert MENTION in answer
