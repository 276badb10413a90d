"""/unsubscribe and what it offers, typed by a person."""

from __future__ import annotations

from typing import Any

import pytest

from tests.world import World, text_of


async def offered(world: World, typed: str, **options: Any) -> list[tuple[str, str]]:
    found = await world.admin.autocomplete(world.channel, "unsubscribe", "keywords", typed, **options)
    return [(choice["name"], choice["value"]) for choice in found]


async def test_the_same_query_is_found_written_otherwise(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="fine-tuning agents, video")

    said = text_of(await world.admin.slash(world.channel, "unsubscribe", keywords="Fine Tuning Agent"))

    assert "no longer gets papers that match:\n\n• `fine-tuning agents`" in said
    assert "1 subscription left. Next post: <t:" in said
    assert await world.subscriptions() == ["video"]


async def test_what_there_is_is_offered_and_all_of_them(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video, agents")

    assert await offered(world, "v") == [("video", "video")]
    assert await offered(world, "") == [
        ("All of them (2)", "all of them"),
        ("video", "video"),
        ("agents", "agents"),
    ]
    assert await offered(world, "nothing like it") == []


async def test_at_most_twenty_five_are_offered_and_typing_finds_the_rest(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords=", ".join(f"word{n:02}x" for n in range(50)))

    assert len(await offered(world, "")) == 25
    assert await offered(world, "word49") == [("word49x", "word49x")]


async def test_a_query_too_long_for_a_choice_is_ended_by_it(world: World) -> None:
    long = "title:(" + " OR ".join(f"subject{number}" for number in range(13)) + ")"
    assert len(long) > 100
    await world.admin.slash(world.channel, "subscribe", keywords=f"video, {long}")

    ((name, value),) = await offered(world, "title")
    assert name.startswith("title:(subject0")
    assert name.endswith("…")

    said = text_of(await world.admin.slash(world.channel, "unsubscribe", keywords=value))

    assert f"`{long}`" in said
    assert await world.subscriptions() == ["video"]
    again = text_of(await world.admin.slash(world.channel, "unsubscribe", keywords=value))
    assert "is not subscribed to that any more" in again


async def test_the_channel_option_decides_whose_are_offered(world: World) -> None:
    other = world.guild.create_text_channel("other")
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    await world.admin.slash(world.channel, "subscribe", keywords="agents", channel=other)

    assert await offered(world, "", channel=other) == [("agents", "agents")]
    await world.admin.slash(world.channel, "unsubscribe", keywords="agents", channel=other)

    assert await offered(world, "", channel=other) == []
    assert await world.subscriptions() == ["video"]


@pytest.mark.parametrize("typed", ["all of them", " All Of Them ", "all"])
async def test_all_of_them_end_together(world: World, typed: str) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video, agents")

    asked = await world.admin.slash(world.channel, "unsubscribe", keywords=typed)

    assert "Nothing was changed yet" in text_of(asked)
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
    ("typed", "said"),
    [
        ("video, agents", "but to parts of it"),
        ("robots", "`/subscriptions` lists"),
        ("agents AND", "^"),
        ("id:999", "any more"),
    ],
)
async def test_what_is_not_there_changes_nothing(world: World, typed: str, said: str) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video, agents")

    result = await world.admin.slash(world.channel, "unsubscribe", keywords=typed)

    assert result.ephemeral
    assert said in text_of(result)
    assert await world.subscriptions() == ["video", "agents"]


async def test_a_channel_without_subscriptions_says_so(world: World) -> None:
    said = text_of(await world.admin.slash(world.channel, "unsubscribe", keywords="video"))

    assert "has no subscriptions" in said
