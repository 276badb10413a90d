"""The limits of one server, reached by commands."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest

from bot.core.limits import Limits
from tests.cogs.rights import feed_of, subscribed
from tests.cogs.setups import Person
from tests.examples import first
from tests.world import World, text_of


def limited(world: World, **limits: int) -> None:
    """Sets the limits of every service that has any."""
    chosen = Limits(**limits)
    for service in (getattr(world.services, field.name) for field in fields(world.services)):
        if hasattr(service, "_limits"):
            service._limits = chosen
        if hasattr(service, "_context"):
            service._context = replace(service._context, limits=chosen)


@pytest.mark.parametrize(
    ("name", "options"),
    first(
        1,
        [
            ("subscribe", {"keywords": "video"}),
            ("config schedule", {"time": "8:00"}),
            ("config style", {"style": "digest"}),
            ("config threads", {"on": True}),
            ("config import", {"file": ("keywords.txt", b"video")}),
            ("config copy", {}),
        ],
    ),
)
async def test_a_server_has_a_limited_number_of_channels_and_the_answer_says_how_to_make_room(
    world: World, name: str, options: dict[str, Any]
) -> None:
    limited(world, feeds=1)
    await subscribed(world)
    other = world.guild.create_text_channel("other")
    if name == "config copy":
        options = {"source": world.channel}

    answer = text_of(await world.admin.slash(other, name, **options))

    assert "A server can have 1 channel with subscriptions. This one has 1, and this adds 1." in answer
    assert "`/unsubscribe keywords:all of them`" in answer
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


async def test_existing_feeds_can_be_changed_when_the_limit_is_reached(world: World) -> None:
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

    answer = text_of(await world.admin.slash(world.channel, "config import", file=file))

    assert "This one has 0, and this adds 3." in answer


async def test_a_channel_has_a_maximum_of_subscriptions(world: World) -> None:
    limited(world, subscriptions=2)
    await subscribed(world)
    other = world.guild.create_text_channel("other")
    await world.admin.slash(other, "subscribe", keywords="agents, robots")

    for name, options in (
        ("subscribe", {"keywords": "agents, robots"}),
        ("config import", {"file": ("keywords.txt", b"agents\nrobots")}),
        ("config copy", {"source": other}),
    ):
        answer = text_of(await world.admin.slash(world.channel, name, **options))
        assert "A channel can have 2 subscriptions." in answer
        assert "`/unsubscribe`" in answer
        assert await world.subscriptions() == ["video"]
    assert "1 of 2" in text_of(await world.admin.slash(world.channel, "subscriptions"))


def json_file(feed: dict[str, Any]) -> tuple[str, bytes]:
    return "feeds.json", json.dumps({"paperboy": 1, "feeds": [feed]}).encode()


def takers(world: World, query: str) -> list[tuple[str, dict[str, Any]]]:
    """Every command that takes a query, with this one."""
    feed = {"channel_id": str(world.channel.id)}
    return [
        ("subscribe", {"keywords": query}),
        ("preview", {"keywords": query}),
        ("config filter", {"exclude": query}),
        ("config import", {"file": ("keywords.txt", query.encode())}),
        ("config import", {"file": json_file(feed | {"subscriptions": [query]})}),
        ("config import", {"file": json_file(feed | {"filter": {"exclude": query}})}),
    ]


async def test_a_query_longer_than_the_operator_allows_is_refused_everywhere(world: World) -> None:
    limited(world, query_length=20)

    for name, options in takers(world, "agents " * 4):
        answer = text_of(await world.admin.slash(world.channel, name, **options))
        assert "It can have at most 20." in answer, name
    person = await Person.starting(world)
    await person.type_keywords("agents " * 4)
    assert "It can have at most 20." in person.text
    assert not person.labels["Finish"]


@pytest.mark.thorough
async def test_a_query_as_long_as_the_operator_allows_is_taken_everywhere(world: World) -> None:
    limited(world, query_length=260)
    query = "agents " * 36 + "agent"

    for name, options in takers(world, query):
        answer = text_of(await world.admin.slash(world.channel, name, **options))
        assert "It can have at most" not in answer, name
    assert await world.subscriptions() == [query]
    excluded = (await feed_of(world, world.channel)).settings.exclude
    assert excluded is not None
    assert excluded.text == query

    other = world.guild.create_text_channel("other")
    await world.admin.slash(other, "config copy", source=world.channel)
    assert await world.subscriptions(other) == [query]
    await world.admin.slash(other, "unsubscribe", keywords=query)
    assert await world.subscriptions(other) == []

    person = await Person.starting(world)
    await person.type_keywords(f"{query}, video")
    await person.press("Finish")
    assert await world.subscriptions() == [query, "video"]


@pytest.mark.thorough
async def test_setup_takes_as_many_keywords_as_the_operator_allows(world: World) -> None:
    limited(world, subscriptions=60)
    keywords = [f"word{number}x" for number in range(61)]
    person = await Person.starting(world)

    await person.type_keywords("\n".join(keywords))
    assert "61 keywords, and a channel can have 60 subscriptions" in person.text
    assert not person.labels["Finish"]

    await person.type_keywords("\n".join(keywords[:60]))
    await person.press("Finish")
    assert await world.subscriptions() == keywords[:60]


async def test_what_was_subscribed_can_be_removed_after_the_limit_was_lowered(world: World) -> None:
    long = "video " * 6
    await world.admin.slash(world.channel, "subscribe", keywords=long)
    limited(world, query_length=20)

    await world.admin.slash(world.channel, "unsubscribe", keywords=long.upper())
    assert await world.subscriptions() == []
