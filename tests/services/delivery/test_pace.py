"""The pace of sending, and rests: by the event loop's clock, which the tests hold."""

from __future__ import annotations

import asyncio
import itertools
import random
from bisect import bisect_left
from datetime import timedelta

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from bot.core.ids import ChannelId
from bot.core.shards import equal_part, least_part
from bot.services.delivery.pace import (
    REQUESTS_PER_SECOND,
    ChannelPace,
    RequestPace,
    SendingPause,
    growing_wait,
)

CHANNEL = ChannelId(1)


class FrozenTime:
    """The loop's clock as a test moves it; sleeping moves it at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000.0
        self.late_seconds = 0.0  # by which every timer is late
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self.now)
        monkeypatch.setattr(asyncio, "sleep", self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.now += max(0.0, seconds) + self.late_seconds


@pytest_asyncio.fixture
async def frozen_time(monkeypatch: pytest.MonkeyPatch) -> FrozenTime:
    return FrozenTime(monkeypatch)


def most_in_a_second(turns: list[float]) -> int:
    turns = sorted(turns)
    return max(bisect_left(turns, first + 1) - index for index, first in enumerate(turns))


async def test_turns_are_evenly_spaced_below_discords_limit(frozen_time: FrozenTime) -> None:
    pace = RequestPace()
    turns: list[float] = []
    for _ in range(200):
        await pace.turn()
        turns.append(frozen_time.now)
    gaps = [later - earlier for earlier, later in itertools.pairwise(turns[20:])]
    assert gaps == pytest.approx([1 / REQUESTS_PER_SECOND] * len(gaps), abs=1e-6)
    assert most_in_a_second(turns) <= 48


async def test_a_busy_machine_lowers_the_pace_a_little_and_never_exceeds_the_limit(
    frozen_time: FrozenTime,
) -> None:
    chance = random.Random(1)  # noqa: S311 - no secret
    pace = RequestPace()
    turns: list[float] = []
    for number in range(2_000):
        frozen_time.late_seconds = chance.random() * 0.004
        await pace.turn()
        turns.append(frozen_time.now)
        if number % 100 == 99:
            frozen_time.now += chance.random() * 0.2  # it was busy with something else
    assert most_in_a_second(turns) <= 48
    assert len(turns) / (turns[-1] - turns[0]) > 0.97 * REQUESTS_PER_SECOND


Part = tuple[int, int]  # shards before and after a change


@pytest.mark.parametrize(
    ("of", "parts"),
    [
        (3, [(3, 1), (0, 1), (0, 1)]),  # two more processes share the work
        (16, [(6, 16), (5, 0), (5, 0)]),  # two end, and one takes over
        (50, [(31, 20), (11, 11), (4, 4), (2, 10), (1, 3), (1, 2)]),
        (100, [*[(3, 3)] * 4, *[(2, 2)] * 44]),  # less than one turn a second for some
    ],
)
async def test_all_processes_together_stay_within_the_limit_by_their_shares(
    frozen_time: FrozenTime, of: int, parts: list[Part]
) -> None:
    turns: list[float] = []
    for before, after in parts:
        frozen_time.now = 1_000.0
        pace = RequestPace()
        for held, until in ((before, 1_003.0), (after, 1_006.0)):
            pace.share(held, of)
            while held and frozen_time.now < until:
                await pace.turn()
                turns.append(frozen_time.now)
            frozen_time.now = max(until, frozen_time.now)
    assert most_in_a_second(turns) <= 50
    in_the_end = [turn for turn in turns if turn >= 1_004.5]
    assert len(in_the_end) / 1.5 > 0.9 * REQUESTS_PER_SECOND


@pytest.mark.parametrize(
    ("of", "parts"),
    [
        (1_000, [981, *[1] * 19]),
        (200, [104, *[2] * 48]),
        (100, [1] * 100),
        (10_000, [9_000, 700, 209, 50, 41]),
        (49, [48, 1]),
    ],
)
async def test_unequal_parts_add_up_to_the_limit_at_most(
    frozen_time: FrozenTime, of: int, parts: list[int]
) -> None:
    per_second = 0.0
    for held in parts:
        pace = RequestPace()
        pace.share(held, of)
        await pace.turn()  # at once; the others are spaced evenly
        began = frozen_time.now
        await pace.turn()
        per_second += 1 / (frozen_time.now - began)
    assert 0.9 * REQUESTS_PER_SECOND < per_second < REQUESTS_PER_SECOND + 1e-6


@given(st.integers(1, 10_000), st.integers(1, 60), st.data())
def test_no_second_has_more_turns_than_discord_allows_whatever_the_parts(
    count: int, processes: int, data: st.DataObject
) -> None:
    least = data.draw(st.integers(least_part(count), count))
    equal = [equal_part(count, processes=processes, place=place) for place in range(processes)]
    limited = [least] * (count // least) + [count % least]
    for parts in (equal, limited):
        most = 0
        for held in filter(None, parts):
            pace = RequestPace()
            pace.share(held, count)
            most += len(pace._turns)
        assert most <= 49


async def test_requests_whose_connections_are_ready_together_leave_within_the_limit(
    frozen_time: FrozenTime,
) -> None:
    chance = random.Random(1)  # noqa: S311 - no secret
    pace = RequestPace()
    left: list[float] = []
    ready: list[float] = []
    for _ in range(200):
        await pace.turn()
        ready.append(frozen_time.now + (chance.random() * 0.4 if len(ready) < 60 else 0.0))
    for at in sorted(ready):
        frozen_time.now = max(frozen_time.now if left else 0.0, at)
        await pace.departure()
        left.append(frozen_time.now)
    assert most_in_a_second(ready) > 50
    assert most_in_a_second(left) <= 48
    assert left[-1] - ready[-1] < 0.4


async def test_one_of_several_processes_makes_up_for_no_delay_in_its_first_second(
    frozen_time: FrozenTime,
) -> None:
    pace = RequestPace()
    pace.share(1, 3)
    turns: list[float] = []
    for _ in range(32):
        frozen_time.late_seconds = 0.12 if len(turns) == 2 else 0.0
        await pace.turn()
        turns.append(frozen_time.now)
    gaps = [later - earlier for earlier, later in itertools.pairwise(turns)]
    assert min(gaps) == pytest.approx(3 / REQUESTS_PER_SECOND)
    assert most_in_a_second(turns) == 16


async def test_a_process_without_shards_waits_until_it_has_some() -> None:
    pace = RequestPace()
    pace.share(0, 2)
    waiting = asyncio.create_task(pace.turn())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not waiting.done()
    pace.share(1, 2)
    await waiting


async def test_a_larger_share_counts_at_once(frozen_time: FrozenTime) -> None:
    pace = RequestPace()
    pace.share(1, 48)
    await pace.turn()
    pace.share(48, 48)
    before = frozen_time.now
    await pace.turn()
    assert frozen_time.now < before + 0.1


async def test_a_channel_gets_five_messages_in_five_seconds_and_delays_no_other(
    frozen_time: FrozenTime,
) -> None:
    pace = ChannelPace()
    turns: list[float] = []
    for _ in range(23):
        await pace.turn(CHANNEL)
        turns.append(frozen_time.now)
    assert turns[4] < 1_001
    assert max(sum(first <= turn < first + 5 for turn in turns) for first in turns) == 5

    before = frozen_time.now
    await pace.turn(ChannelId(2))
    assert frozen_time.now < before + 0.1


async def test_idle_channels_are_forgotten(frozen_time: FrozenTime) -> None:
    pace = ChannelPace()
    for channel in range(5_000):
        await pace.turn(ChannelId(channel))
        frozen_time.now += 0.02
    assert len(pace._turns) < 1_500


async def test_idle_time_is_not_saved_up(frozen_time: FrozenTime) -> None:
    pace = RequestPace()
    await pace.turn()
    frozen_time.now += 60
    turns: list[float] = []
    for _ in range(100):
        await pace.turn()
        turns.append(frozen_time.now)
    assert most_in_a_second(turns) <= 48
    assert most_in_a_second([turn * 10 for turn in turns]) <= 11  # of any tenth of a second


async def test_pauses_in_a_row_grow_until_a_success(frozen_time: FrozenTime) -> None:
    pause = SendingPause()
    assert pause.seconds_left == 0
    lengths: list[float] = []
    for _ in range(10):
        lengths.append(pause.begin())
        frozen_time.now += pause.seconds_left
    assert lengths == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]
    pause.note_success()
    assert pause.begin() == 5


async def test_a_pause_is_extended_by_a_requested_wait_and_not_by_repetition(frozen_time: FrozenTime) -> None:
    pause = SendingPause()
    assert pause.begin(60) == 60
    assert pause.begin() == 60
    frozen_time.now += 30
    assert pause.begin(10) == 30
    assert pause.begin(90) == 90
    frozen_time.now += 90
    assert pause.begin() == 10


@pytest.mark.parametrize(("failures", "seconds"), [(0, 5), (3, 40), (8, 900), (10_000, 900)])
def test_waits_are_bounded(failures: int, seconds: int) -> None:
    assert growing_wait(failures) == timedelta(seconds=seconds)
