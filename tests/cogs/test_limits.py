"""How much one server may ask for, met by a person who types commands."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.core.limits import Limits
from tests.cogs.rights import feed_of, subscribed
from tests.world import World, text_of


def limited(world: World, **limits: int) -> None:
    for service in ("subscriptions", "feeds", "transfer", "search"):
        getattr(world.services, service)._limits = Limits(**limits)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("subscribe", {"keywords": "video"}),
        ("config schedule", {"time": "8:00"}),
        ("config style", {"style": "digest"}),
        ("config threads", {"on": True}),
        ("config import", {"file": ("keywords.txt", b"video")}),
        ("config copy", {}),
    ],
)
async def test_a_server_has_so_many_channels_and_is_told_how_to_make_room(
    world: World, name: str, options: dict[str, Any]
) -> None:
    limited(world, feeds=1)
    await subscribed(world)
    other = world.guild.create_text_channel("other")
    if name == "config copy":
        options = {"source": world.channel}

    said = text_of(await world.admin.slash(other, name, **options))

    assert "A server can have 1 channel with subscriptions. This one has 1, and this adds 1." in said
    assert "`/unsubscribe keywords:all of them`" in said
    assert await feed_of(world, other) is None

    await world.admin.slash(world.channel, "unsubscribe", keywords="video")
    if name != "config copy":
        await world.admin.slash(other, name, **options)
        assert (await feed_of(world, other) is None) == (name == "config import")  # which asks first


async def test_a_channel_that_was_set_up_before_still_needs_room_for_its_first_subscription(
    world: World,
) -> None:
    limited(world, feeds=1)
    other = world.guild.create_text_channel("other")
    await world.admin.slash(other, "config style", style="digest")
    await subscribed(world)

    for name, options in (
        ("subscribe", {"keywords": "video"}),
        ("config import", {"file": ("keywords.txt", b"video")}),
        ("config copy", {"source": world.channel}),
    ):
        assert "A server can have 1 channel" in text_of(await world.admin.slash(other, name, **options))
        assert await world.subscriptions(other) == []


async def test_what_there_is_stays_changeable_when_the_limit_is_reached(world: World) -> None:
    await subscribed(world)
    other = world.guild.create_text_channel("other")
    await subscribed(world, other)
    limited(world, feeds=1)

    await world.admin.slash(other, "subscribe", keywords="agents")
    await world.admin.slash(other, "config style", style="digest")

    assert await world.subscriptions(other) == ["video", "agents"]
    assert "stay" not in text_of(await world.admin.slash(other, "config show"))


async def test_an_import_of_many_channels_is_counted_whole(world: World) -> None:
    limited(world, feeds=2)
    channels = [world.guild.create_text_channel(f"c{number}") for number in range(3)]
    feeds = [{"channel_id": str(channel.id), "subscriptions": ["video"]} for channel in channels]
    file = ("feeds.json", json.dumps({"paperboy": 1, "feeds": feeds}).encode())

    said = text_of(await world.admin.slash(world.channel, "config import", file=file))

    assert "This one has 0, and this adds 3." in said


async def test_a_channel_has_so_many_subscriptions(world: World) -> None:
    limited(world, subscriptions=2)
    await subscribed(world)
    other = world.guild.create_text_channel("other")
    await world.admin.slash(other, "subscribe", keywords="agents, robots")

    for name, options in (
        ("subscribe", {"keywords": "agents, robots"}),
        ("config import", {"file": ("keywords.txt", b"agents\nrobots")}),
        ("config copy", {"source": other}),
    ):
        said = text_of(await world.admin.slash(world.channel, name, **options))
        assert "A channel can have 2 subscriptions." in said
        assert "`/unsubscribe`" in said
        assert await world.subscriptions() == ["video"]
    assert "1 of 2" in text_of(await world.admin.slash(world.channel, "subscriptions"))


async def test_a_query_has_so_many_characters(world: World) -> None:
    long = "video " * 6
    await world.admin.slash(world.channel, "subscribe", keywords=long)
    limited(world, query_length=20)

    for name, options in (
        ("subscribe", {"keywords": "agents " * 4}),
        ("preview", {"keywords": "agents " * 4}),
        ("config import", {"file": ("keywords.txt", b"agents " * 4)}),
    ):
        said = text_of(await world.admin.slash(world.channel, name, **options))
        assert "It can have at most 20." in said

    await world.admin.slash(world.channel, "unsubscribe", keywords=long.upper())
    assert await world.subscriptions() == []
