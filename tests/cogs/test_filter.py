"""/config filter, and how /explain, /config show and /status show it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.examples import first
from tests.world import World, text_of


async def filtered(world: World, **options: Any) -> str:
    return text_of(await world.admin.slash(world.channel, "config filter", **options))


async def shown(world: World) -> str:
    return text_of(await world.admin.slash(world.channel, "config show"))


async def explained(world: World, paper: str = "2608.00001") -> str:
    return text_of(await world.member.slash(world.channel, "explain", paper=paper))


async def test_a_changed_filter_says_from_when_it_applies_and_what_happens_to_older_papers(
    world: World,
) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    assert "Filter: none; every matching paper is posted" in await shown(world)

    answer = await filtered(
        world, min_upvotes=10, max_papers=3, only_with_code=True, exclude="survey, title:x"
    )

    assert answer.splitlines()[1:6] == [
        "Minimum upvotes: 0 → **10**",
        "Cards per post: up to 10 → **up to 3**",
        "Only with code: no → **yes**",
        "Excluded: nothing → ***survey, title:x***",
        f"Applies to <#{world.channel.id}> from the next run: <t:1787130000:f> (<t:1787130000:R>).",
    ]
    assert "rechecked for 7 days" in answer
    assert "Filter: at least 10 upvotes; a code repository; no match for `survey, title:x`" in await shown(
        world
    )

    answer = await filtered(world, min_upvotes=0, only_with_code=False, exclude="-")
    assert "Only with code: yes → **no**" in answer
    assert "Filter: none" in await shown(world)


async def test_a_filter_says_how_much_of_the_last_days_it_would_have_kept(world: World) -> None:
    for number in range(5):
        world.list_paper(f"2608.0000{number}", title="Video", upvotes=number)
    await world.run()
    assert "In the last 7 days it would have kept 2 of 5 papers." in await filtered(world, min_upvotes=3)
    await world.admin.slash(world.channel, "subscribe", keywords="video")

    answer = await filtered(world, min_upvotes=4)

    assert "Minimum upvotes: 3 → **4**" in answer
    assert "In the last 7 days it would have kept 1 of 5 matching papers." in answer


@pytest.mark.parametrize(
    ("options", "expected"),
    first(
        2,
        [
            ({}, "Give `min_upvotes`, `max_papers`, `only_with_code` or `exclude`"),
            ({"min_upvotes": 5, "exclude": "video AND"}, "video AND"),
            ({"exclude": '"video'}, "^"),
            ({"exclude": "-survey"}, "leave the minus out: `survey`"),
            ({"exclude": "NOT title:survey"}, "leave the minus out: `title:survey`"),
            ({"exclude": "-survey -review"}, "leave the minus out: `survey, review`"),
            ({"exclude": "agents OR -survey"}, "leave the minus out: `agents OR survey`"),
            ({"exclude": "*"}, "every paper"),
            ({"exclude": "-*"}, "leave the minus out: `survey`"),
            ({"exclude": "!?"}, "Type what to exclude, such as `survey`"),
        ],
    ),
)
async def test_a_wrong_filter_changes_nothing(world: World, options: dict[str, Any], expected: str) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")

    result = await world.admin.slash(world.channel, "config filter", **options)

    assert result.ephemeral
    assert expected in text_of(result)
    assert "Filter: none" in await shown(world)


@pytest.mark.parametrize("command", first(1, ["subscribe", "preview"]))
async def test_a_query_that_only_excludes_is_advised_by_what_it_is_for(world: World, command: str) -> None:
    answer = text_of(await world.admin.slash(world.channel, command, keywords="-survey"))
    assert "as in `agents -survey`" in answer
    assert "* -survey" not in answer
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    answer = text_of(await world.admin.slash(world.channel, "unsubscribe", keywords="-survey"))
    assert "`/subscriptions` lists the channel's subscriptions" in answer
    assert "agents" not in answer


async def test_a_part_that_only_excludes_belongs_to_the_one_before(world: World) -> None:
    answer = text_of(await world.admin.slash(world.channel, "subscribe", keywords="agents, -survey"))
    assert "Without the comma, it belongs to the one before: `agents -survey`" in answer
    assert await world.subscriptions() == []


async def test_an_exclusion_says_how_much_it_would_have_filtered_out(world: World) -> None:
    for number in range(6):
        world.list_paper(f"2608.0000{number}", title="Video survey" if number else "Video")
    world.list_paper("2608.10000", title="A survey of agents")
    await world.run()
    assert "⚠️ Of the last 7 days' 7 papers, this exclusion would have filtered out 6." in await filtered(
        world, exclude="survey"
    )
    await filtered(world, exclude="-")
    await world.admin.slash(world.channel, "subscribe", keywords="video")

    answer = await filtered(world, exclude="survey")

    assert "⚠️ Of the last 7 days' 6 matching papers, this exclusion would have filtered out 5." in answer
    assert "remove it with `/config filter exclude:-`" in answer
    answer = await filtered(world, exclude="agents")
    assert "would have filtered out" not in answer
    answer = await filtered(world, exclude="* -survey")
    assert "Of the last 7 days' 6 matching papers, this exclusion would have filtered out 1." in answer
    assert "⚠️ Of" not in answer


async def test_a_digest_says_that_it_has_no_maximum(world: World) -> None:
    await world.admin.slash(world.channel, "config style", style="digest")

    assert "`max_papers` has no effect in digests" in await filtered(world, max_papers=3)
    assert "no effect" not in await filtered(world, min_upvotes=3)


@pytest.mark.thorough
async def test_a_waiting_paper_is_explained_until_its_last_day_and_after(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    await filtered(world, min_upvotes=20, only_with_code=True)
    raw = world.list_paper("2608.00001", title="Video", upvotes=6)
    repo = raw["paper"].pop("githubRepo")
    world.clock.advance(hours=1)
    await world.run()

    answer = await explained(world)
    assert "Waiting for code" in answer
    assert (
        "has no code repository and only 6 of 20 upvotes. It is rechecked at every run until Wednesday 26 Aug 2026"
        in answer
    )
    assert "Next post: <t:1787216400:f>" in answer
    status = text_of(await world.admin.slash(world.channel, "status"))
    assert "1 new paper was listed; 1 matching paper is waiting for upvotes or code" in status

    raw["paper"]["githubRepo"] = repo
    world.clock.advance(days=7)
    await world.run()
    assert "Waiting for upvotes" in await explained(world)
    assert (
        "has only 6 of 20 upvotes. It is rechecked at every run until Wednesday 26 Aug 2026"
        in await explained(world)
    )

    world.clock.advance(days=1)
    await world.run()
    answer = await explained(world)
    assert "Not posted: never reached the upvote minimum" in answer
    assert "has only 6 of 20 upvotes. It was rechecked until Wednesday 26 Aug 2026" in answer
    assert "looked at again" not in answer

    await filtered(world, min_upvotes=0)
    assert "are no longer posted" in await explained(world)
    world.clock.advance(days=1)
    await world.run()
    assert world.posted_ids() == []


async def test_an_excluded_paper_is_explained_by_the_query_that_matched(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    await filtered(world, exclude="survey OR  benchmark")
    world.list_paper("2608.00001", title="Video Surveys")
    world.clock.advance(hours=1)
    await world.run()

    answer = await explained(world)

    assert "Not posted: excluded" in answer
    assert "It matches `video`, but also `survey OR benchmark`, which the channel excludes" in answer
    assert "by Wednesday 26 Aug 2026" in answer
    status = text_of(await world.admin.slash(world.channel, "status"))
    assert "**filtered**: 1 new paper was listed; 1 matching paper is excluded" in status


@pytest.mark.thorough
async def test_papers_beyond_the_cards_are_folded_into_a_list(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    await filtered(world, max_papers=2)
    for number in range(5):
        world.list_paper(f"2608.0000{number}", title=f"Video {number}", upvotes=number)
    world.clock.advance(hours=1)
    await world.run()

    (message,) = world.posts()
    assert [embed.url is not None for embed in message.embeds] == [True, True, False]
    assert world.posted_ids() == [f"2608.0000{number}" for number in (4, 3, 2, 1, 0)]


@pytest.mark.thorough
async def test_a_threshold_is_crossed_on_the_sixth_day_and_posted_once(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    await world.admin.slash(world.channel, "config schedule", weekdays="all")
    await filtered(world, min_upvotes=10)
    raw = world.list_paper("2608.00001", title="Video", upvotes=9)
    late = world.list_paper("2608.00002", title="Video", upvotes=9, day=world.today + timedelta(days=1))
    world.clock.advance(hours=1)
    for day in range(12):
        if day == 6:
            raw["paper"]["upvotes"] = 10
        if day == 9:
            late["paper"]["upvotes"] = 10
        await world.run()
        assert world.posted_ids() == (["2608.00001"] if day >= 6 else [])
        world.clock.advance(days=1)


async def test_subscribing_to_a_filtered_channel_names_the_filter(world: World) -> None:
    answer = text_of(await world.admin.slash(world.channel, "subscribe", keywords="video"))
    assert "filter" not in answer
    await filtered(world, min_upvotes=10)

    answer = text_of(await world.admin.slash(world.channel, "subscribe", keywords="agents"))

    assert "The channel's filter applies to these papers too: at least 10 upvotes." in answer
