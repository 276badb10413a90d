"""The bot in a sandbox whose clock is advanced by days: what it posts then, without delay."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from discord.utils import snowflake_time
from simcord.builders import ChannelHandle

from sandbox import LiveLists, Sandbox
from sandbox.calendar import open_list_day, weekday_before
from tests.fakes.huggingface import FakeHuggingFace, Fault, raw_item
from tests.sandboxed import running
from tests.world import paper_ids

# A Friday before nine, when what is scheduled for the morning has not gone out.
FRIDAY = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
# The scheduler checks what is due after 60 s anyway: within this time it must have been woken.
AT_ONCE_SECONDS = 30.0


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    begun = datetime.now(UTC)
    async with (
        Sandbox(page_port=None, machine=lambda: FRIDAY + (datetime.now(UTC) - begun)) as sandbox,
        running(sandbox, tmp_path),
    ):
        yield sandbox


def posted(sandbox: Sandbox, channel: ChannelHandle) -> list[str]:
    return sorted(paper_id for message in sandbox.messages(channel) for paper_id in paper_ids(message))


async def until_posted(sandbox: Sandbox, channel: ChannelHandle, *ids: str) -> None:
    await sandbox.until(
        lambda: posted(sandbox, channel) == sorted(ids), timeout_seconds=AT_ONCE_SECONDS, what=f"{ids}"
    )


async def test_the_next_days_matches_are_posted_at_once_live_and_scheduled(sandbox: Sandbox) -> None:
    live, scheduled = sandbox.channel, sandbox.club.general
    for channel in (live, scheduled):
        await sandbox.run_command(sandbox.admin, channel, "subscribe", keywords="agents")
    await sandbox.run_command(sandbox.admin, live, "config schedule", cadence="live")
    await until_posted(sandbox, live, "2210.03629", "2310.06770")
    assert posted(sandbox, scheduled) == []

    assert await sandbox.calendar.next_day()
    await until_posted(sandbox, live, "2210.03629", "2310.06770", "2305.16291")
    # It missed Friday's nine o'clock: Friday's papers and Monday's, the weekend has none.
    await until_posted(sandbox, scheduled, "2210.03629", "2310.06770", "2305.16291")
    times = {snowflake_time(message.id).date().isoformat() for message in sandbox.messages(scheduled)}
    assert times == {"2026-11-30"}

    # One of Tuesday's papers was there on Friday; it is not posted again.
    assert await sandbox.calendar.next_day()
    for channel in (live, scheduled):
        await until_posted(sandbox, channel, "2210.03629", "2310.06770", "2305.16291", "2303.17580")


@pytest.mark.thorough
async def test_words_match_as_promised_on_the_days_to_come(sandbox: Sandbox) -> None:
    rag, multimodal = sandbox.channel, sandbox.club.general
    await sandbox.run_command(sandbox.admin, rag, "subscribe", keywords="rag")
    await sandbox.run_command(sandbox.admin, multimodal, "subscribe", keywords="multimodal")
    assert await sandbox.calendar.next_day()
    await until_posted(sandbox, rag, "2310.11511")  # and not 2309.06180, which is about storage
    await until_posted(sandbox, multimodal, "2304.08485", "2303.03378")  # the second says multi-modal


@asynccontextmanager
async def live(hub: FakeHuggingFace, folder: Path) -> AsyncGenerator[Sandbox]:
    async with (
        LiveLists(hub.url) as lists,
        Sandbox(page_port=None, live=lists) as sandbox,
        running(sandbox, folder),
    ):
        yield sandbox


@pytest.mark.thorough
async def test_live_lists_are_walked_up_to_today_and_a_failure_is_passed_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    today = open_list_day(datetime.now(UTC))
    newest = today if today.weekday() < 5 else weekday_before(today)
    middle = weekday_before(newest)
    first = weekday_before(middle)
    if newest != today:  # on a weekend it begins a weekday later
        first, middle = middle, newest
    days = {"2608.00001": first, "2608.00002": middle, "2608.00003": newest}
    async with FakeHuggingFace() as hub:
        for paper_id, day in days.items():
            hub.days.setdefault(day, []).append(raw_item(id=paper_id, title="Agents at work", day=day))
        async with live(hub, tmp_path) as sandbox:
            channel = sandbox.channel
            await sandbox.run_command(sandbox.admin, channel, "subscribe", keywords="agents")
            await sandbox.run_command(sandbox.admin, channel, "config schedule", cadence="live")
            seen = [paper_id for paper_id, day in days.items() if day == first]
            await until_posted(sandbox, channel, *seen)
            while following := sandbox.calendar.state()["next"]:
                if following == newest.isoformat():
                    hub.day_faults[newest] = Fault(status=404, body=b'{"error": "gone for now"}')
                assert await sandbox.calendar.next_day()
                seen = [paper_id for paper_id, day in days.items() if day.isoformat() <= following]
                if following != newest.isoformat():
                    await until_posted(sandbox, channel, *seen)
            await sandbox.until(
                lambda: 404 in [request.status for request in sandbox.huggingface.requests],
                what="the refusal",
            )
            async with sandbox.calendar.around_moves():  # the run has ended
                assert "gone for now" in caplog.text
            hub.day_faults.clear()
            # A changed schedule is looked at at once, and what could not be read is read then.
            await sandbox.run_command(sandbox.admin, channel, "config schedule", cadence="live")
            await until_posted(sandbox, channel, *days)
