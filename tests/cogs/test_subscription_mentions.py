"""The roles of single subscriptions, and silent posts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cogs.rights import channel_where, feed_of, manager
from tests.examples import first
from tests.world import World, text_of


async def typed(world: World, command: str, **options: Any) -> str:
    return text_of(await world.admin.slash(world.channel, command, **options))


def sent(world: World) -> list[dict[str, Any]]:
    path = f"/channels/{world.channel.id}/messages"
    return [request.json for request in world.env.http_requests if request.path == path and request.json]


def pinged(body: dict[str, Any]) -> list[int]:
    return [int(role_id) for role_id in body["allowed_mentions"].get("roles", ())]


async def test_a_message_pings_the_roles_of_what_it_carries_each_once(world: World) -> None:
    readers, vision, agents, deleted = (
        world.guild.create_role(name, mentionable=True) for name in ("all", "vision", "agents", "deleted")
    )
    answer = await typed(world, "subscribe", keywords="video, image", mention=vision)
    assert f"`video` (pings <@&{vision.id}>)" in answer
    await typed(world, "subscribe", keywords="agents", mention=agents)
    await typed(world, "subscribe", keywords="robots", mention=deleted)
    await typed(world, "config mention", role=readers)
    await typed(world, "config schedule", cadence="live")
    world.list_paper("2608.00001", title="Video and image agents")
    world.list_paper("2608.00002", title="Image robots")
    world.env.backend.delete_role(world.guild.id, deleted.id)
    await world.env.settle()
    await world.run()
    world.list_paper("2608.00003", title="Agents")
    await typed(world, "config mention")
    world.clock.advance(hours=1)
    await world.run()

    first, second = sent(world)
    assert sorted(pinged(first)) == sorted([readers.id, vision.id, agents.id])
    assert sorted(word for word in first["content"].split() if "<@&" in word) == sorted(
        f"<@&{role.id}>" for role in (readers, vision, agents)
    )
    assert pinged(second) == [agents.id]
    assert second["content"].startswith(f"<@&{agents.id}> **1 paper**")
    assert "The role to ping doesn't exist" in await typed(world, "config show")


async def test_a_subscriptions_role_is_changed_and_removed_for_pending_papers_too(world: World) -> None:
    first, second = (world.guild.create_role(name, mentionable=True) for name in ("one", "two"))
    await typed(world, "subscribe", keywords="video", mention=first)
    answer = await typed(world, "config mention", keywords="video", role=second)
    assert f"`video`: <@&{first.id}> → **<@&{second.id}>**" in answer
    assert f"`video`: already <@&{second.id}>" in await typed(
        world, "config mention", keywords="video", role=second
    )
    assert f"(pings <@&{second.id}>)" in await typed(world, "subscriptions")
    history = await typed(world, "config history")
    assert f"mention of *video*: <@&{first.id}> → <@&{second.id}>" in history
    assert f"mention of *video*: nobody → <@&{first.id}>" in history
    world.list_paper("2608.00001", title="Video")
    await typed(world, "config pause")
    await world.services.runs.deliver_now(await feed_of(world, world.channel))

    assert "→ **nobody**" in await typed(world, "config mention", keywords="all of them")
    await typed(world, "config resume")
    await world.delivered()

    (message,) = sent(world)
    assert pinged(message) == []
    assert "<@&" not in message["content"]


@pytest.mark.parametrize("command", first(1, ["subscribe", "config mention"]))
async def test_a_person_who_may_not_ping_a_role_cannot_have_a_subscription_ping_it(
    world: World, command: str
) -> None:
    role = world.guild.create_role("Admins of all")
    person = manager(world)
    where = channel_where(world, person, mention_everyone=False)
    await world.admin.slash(world.channel, "subscribe", keywords="video", channel=where)
    option = {"mention": role} if command == "subscribe" else {"role": role}

    answer = text_of(await person.slash(world.channel, command, keywords="video", channel=where, **option))

    assert f"You can't ping <@&{role.id}> in <#{where.id}>" in answer
    found = await world.services.subscriptions.of_channel(where.id)
    assert found is not None
    assert found.subscriptions[0].mention_role_id is None


async def test_silent_posts_push_no_notification_and_keep_the_role(world: World) -> None:
    role = world.guild.create_role("Readers", mentionable=True)
    forum = world.guild.create_forum_channel("forum")
    for place in (world.channel, forum):
        await typed(world, "subscribe", keywords="video", channel=place)
        await typed(world, "config mention", role=role, channel=place)
        answer = await typed(world, "config mention", silent=True, channel=place)
        await typed(world, "config schedule", cadence="live", channel=place)
    assert "Notifications: on → **off**" in answer
    assert "Mention:" not in answer
    world.list_paper("2608.00001", title="Video")
    await world.run()

    (message,) = sent(world)
    assert message["flags"] == 1 << 12
    assert pinged(message) == [role.id]
    (post,) = [
        request.json for request in world.env.http_requests if request.path == f"/channels/{forum.id}/threads"
    ]
    assert post["message"]["flags"] == 1 << 12
    await typed(world, "config mention", role=role, silent=False)
    assert not (await feed_of(world, world.channel)).settings.is_silent
    assert "without `keywords`" in await typed(world, "config mention", keywords="video", silent=True)


@pytest.mark.thorough
async def test_roles_and_silence_are_exported_imported_and_copied(world: World) -> None:
    role = world.guild.create_role("Readers", mentionable=True)
    other = world.guild.create_text_channel("other")
    await typed(world, "subscribe", keywords="video", mention=role)
    await typed(world, "config mention", silent=True)
    exported = await world.admin.slash(world.channel, "config export")
    (file,) = exported.response.attachments
    data = json.loads(await file.read())
    (feed,) = data["feeds"]
    assert feed["subscriptions"] == [{"keywords": "video", "mention_role_id": str(role.id)}]
    assert feed["silent"] is True

    await typed(world, "config copy", source=world.channel, channel=other)
    await typed(world, "config mention", keywords="video")
    await typed(world, "config mention", silent=False)
    result = await world.admin.slash(
        world.channel, "config import", file=("feeds.json", json.dumps(data).encode())
    )
    assert f"Mention of *video*: nobody → <@&{role.id}>" in text_of(result)
    await world.admin.click(result.response, label="Import")

    for channel in (world.channel, other):
        found = await world.services.subscriptions.of_channel(channel.id)
        assert found is not None
        assert [item.mention_role_id for item in found.subscriptions] == [role.id]
        assert found.feed.settings.is_silent


@pytest.mark.thorough
async def test_a_subscriptions_role_that_cannot_be_pinged_is_warned_of_beside_one_that_can(
    world: World,
) -> None:
    readers, gone = (world.guild.create_role(name, mentionable=True) for name in ("all", "gone"))
    await typed(world, "subscribe", keywords="video, image", mention=gone)
    await typed(world, "config mention", role=readers)
    assert "is not pinged" not in await typed(world, "status")
    world.env.backend.delete_role(world.guild.id, gone.id)
    await world.env.settle()

    for command in ("status", "config show", "deliver"):
        answer = await typed(world, command)
        assert "⚠️ The role for *video* and *image* is not pinged. The role to ping doesn't exist" in answer
        assert "Nobody is pinged" not in answer
