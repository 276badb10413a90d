"""/explain."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.cogs.hidden import hide
from tests.fakes.huggingface import raw_item
from tests.world import World, text_of


async def explain(world: World, paper_id: str, **options: Any) -> str:
    return text_of(await world.member.slash(world.channel, "explain", paper=paper_id, **options))


async def test_explain_follows_a_paper_from_waiting_to_posted_and_names_what_it_was_posted_for(
    world: World,
) -> None:
    world.list_paper("2608.00001", title="Video Agents")
    await world.run()
    await world.admin.slash(world.channel, "subscribe", keywords="Videos, agents, storage")

    assert "Coming with the next post" in await explain(world, "2608.00001")

    world.clock.advance(hours=1)
    await world.run()
    await world.admin.slash(world.channel, "unsubscribe", keywords="agents")
    await world.admin.slash(world.channel, "subscribe", keywords="video AND agents")

    answer = await explain(world, "2608.00001")
    assert "It was posted" in answer
    assert f"/{world.channel.id}/{world.posts()[0].id}" in answer
    assert "\nIt matched `Videos`, `agent`." in answer, "as the post has it, whatever is subscribed to now"


async def test_without_a_channel_every_channel_that_the_person_can_see_is_explained(world: World) -> None:
    waiting, hidden, empty = [world.guild.create_text_channel(name) for name in ("waits", "hid", "empty")]
    world.list_paper("2608.00001", title="Video", upvotes=5)
    await world.admin.slash(waiting, "config filter", min_upvotes=10)
    for channel in (waiting, world.channel, hidden):
        await world.admin.slash(channel, "subscribe", keywords="video")
    hide(world, hidden, world.member)
    world.clock.advance(hours=1)
    await world.run()

    answer = text_of(await world.member.slash(empty, "explain", paper="2608.00001"))

    assert answer.startswith("Posted in 1 of 2 channels\n")
    posted, waits = (
        answer.index(f"**Posted** in <#{world.channel.id}>"),
        answer.index("**Waiting for upvotes** in"),
    )
    assert posted < waits < answer.index(f"<#{waiting.id}>")
    assert str(hidden.id) not in answer
    assert str(empty.id) not in answer
    assert "Posted in 2 of 3 channels" in text_of(
        await world.admin.slash(empty, "explain", paper="2608.00001")
    )
    alone = await explain(world, "2608.00001", channel=waiting)
    assert alone.startswith("Waiting for upvotes\n")
    assert "has no subscriptions" in await explain(world, "2608.00001", channel=empty)


@pytest.mark.thorough
async def test_explain_names_the_keywords_that_do_not_match(world: World) -> None:
    world.list_paper("2608.00001", title="Storage")
    await world.run()
    await world.admin.slash(world.channel, "subscribe", keywords="rag")

    assert "does not match the channel's only subscription: `rag`" in await explain(world, "2608.00001")


async def test_explain_tells_a_paper_from_before_the_subscription(world: World) -> None:
    world.list_paper("2608.00001", day=world.today - timedelta(days=1), title="Video")
    await world.services.polling.read_day(world.today - timedelta(days=1))
    await world.admin.slash(world.channel, "subscribe", keywords="video")

    assert "listed before the subscription" in await explain(world, "2608.00001")


async def test_explain_tells_a_paper_that_was_never_listed(world: World) -> None:
    inner = raw_item(id="2401.12345", title="Video")["paper"]
    inner.pop("submittedOnDailyAt", None)
    world.hub.papers["2401.12345"] = inner
    await world.admin.slash(world.channel, "subscribe", keywords="video")

    assert "never on the Daily Papers list" in await explain(world, "2401.12345")


async def test_explain_of_a_channel_without_subscriptions_says_how_to_get_one(world: World) -> None:
    assert "/subscribe" in await explain(world, "2608.00001")
