"""/explain."""

from __future__ import annotations

from datetime import timedelta

from tests.fakes.huggingface import raw_item
from tests.world import World, text_of


async def explain(world: World, paper_id: str) -> str:
    return text_of(await world.member.slash(world.channel, "explain", paper=paper_id))


async def test_explain_follows_a_paper_from_waiting_to_posted(world: World) -> None:
    world.list_paper("2608.00001", title="Video")
    await world.run()
    await world.admin.slash(world.channel, "subscribe", keywords="video")

    assert "Coming with the next post" in await explain(world, "2608.00001")

    world.clock.advance(hours=1)
    await world.run()

    said = await explain(world, "2608.00001")
    assert "It was posted" in said
    assert f"/{world.channel.id}/{world.posts()[0].id}" in said


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
