"""A setup that is being filled in."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from bot.core.drafts import Draft, Field, Rejected, on_one_line
from bot.core.feeds import FeedKind, Place
from bot.core.ids import ChannelId, ServerId
from bot.core.schedules import Schedule

NINE = Schedule(time=time(9), weekdays=frozenset(range(5)), timezone="UTC")
TEN = replace(NINE, time=time(10))
EMPTY = Draft(schedule=NINE)
PLACE = Place(server_id=ServerId(1), channel_id=ChannelId(2), kind=FeedKind.CHANNEL)
FILLED = EMPTY.in_place(PLACE, schedule=NINE, subscribed=0).asking_for("video")


def test_a_draft_is_complete_with_a_place_and_keywords() -> None:
    assert FILLED.is_complete
    assert not EMPTY.asking_for("video").is_complete
    assert not FILLED.without_place().is_complete
    assert not FILLED.asking_for("").is_complete


def test_a_channels_schedule_is_taken_unless_the_person_chose_one() -> None:
    assert EMPTY.in_place(PLACE, schedule=TEN, subscribed=3).schedule == TEN
    own = EMPTY.with_schedule(replace(NINE, time=time(7)))
    assert own.in_place(PLACE, schedule=TEN, subscribed=3).schedule.time == time(7)
    typed_again = EMPTY.with_schedule(NINE)
    assert typed_again.in_place(PLACE, schedule=TEN, subscribed=3).schedule == TEN


def test_a_channels_filter_is_taken_unless_the_person_chose_one() -> None:
    assert EMPTY.in_place(PLACE, schedule=NINE, min_upvotes=5).min_upvotes == 5
    assert EMPTY.with_min_upvotes(9).in_place(PLACE, schedule=NINE, min_upvotes=5).min_upvotes == 9


@pytest.mark.parametrize("field", Field)
def test_a_draft_with_a_field_that_cannot_be_read_is_not_complete(field: Field) -> None:
    draft = FILLED.rejecting({field: Rejected(typed="x", problem="wrong")})

    assert not draft.is_complete
    assert bool(draft.keywords) is (field is not Field.KEYWORDS)


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("video", "video"),
        ("video\nagents", "video, agents"),
        ("video,\n\n agents, RLHF,\n", "video, agents, RLHF"),
        (" \n", ""),
    ],
)
def test_lines_are_read_like_commas(typed: str, line: str) -> None:
    assert on_one_line(typed) == line
