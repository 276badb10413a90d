"""A setup that is being filled in."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from bot.core.drafts import Draft, Page, on_one_line
from bot.core.feeds import FeedKind, Place
from bot.core.ids import ChannelId, ServerId
from bot.core.schedules import Cadence, Schedule

NINE = Schedule(time=time(9), weekdays=frozenset(range(5)), timezone="UTC")
TEN = replace(NINE, time=time(10))
EMPTY = Draft(schedule=NINE)
PLACE = Place(server_id=ServerId(1), channel_id=ChannelId(2), kind=FeedKind.CHANNEL)
FILLED = EMPTY.in_place(PLACE, schedule=NINE, subscribed=0).asking_for("video")


def test_the_pages_follow_each_other_and_end() -> None:
    draft = replace(FILLED, page=Page.CHANNEL)
    seen = [draft.page]
    for _ in range(5):
        draft = draft.forward()
        seen.append(draft.page)
    assert seen == [1, 2, 3, 4, 4, 4]


@pytest.mark.parametrize("page", list(Page))
def test_back_keeps_every_answer(page: Page) -> None:
    draft = replace(FILLED.with_cadence(Cadence.WEEKLY), page=page)

    before = draft.back()

    assert before.page == max(page - 1, 1)
    assert replace(before, page=page) == draft


@pytest.mark.parametrize("page", [Page.CHANNEL, Page.KEYWORDS])
def test_an_unanswered_question_is_not_skipped(page: Page) -> None:
    assert replace(EMPTY, page=page).forward().page is page


def test_a_channels_schedule_is_taken_unless_the_person_chose_one() -> None:
    assert EMPTY.in_place(PLACE, schedule=TEN, subscribed=3).schedule == TEN
    own = EMPTY.with_times(at=time(7), weekdays=frozenset({0}), timezone="UTC")
    assert own.in_place(PLACE, schedule=TEN, subscribed=3).schedule.time == time(7)


def test_keywords_that_cannot_be_read_are_kept_for_editing_only() -> None:
    draft = FILLED.refusing('"open')

    assert (draft.typed, draft.keywords) == ('"open', "")
    assert not draft.is_answered


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
