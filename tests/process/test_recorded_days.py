"""Whole list days, delivered by the whole bot and compared with a second reading of the keyword rules."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from simcord.builders import ChannelHandle

from bot.core.papers import Paper
from bot.sources.parse import parse_list
from tests.fakes.huggingface import raw_item
from tests.list_days import OWN, RECORDED, items_of
from tests.matching.oracle import matches
from tests.process.running import WITHOUT_PAUSES, BotProcess, Stage

# The lists are long, and so is the wait for the rate limit: less often than each second there is a run, and a line.
SETTINGS = {"POLL_INTERVAL_SECONDS": "3", "LOG_LEVEL": "INFO"}
MORE_THAN_A_PAGE = 100
FROM_YESTERDAY = "2610.77777"  # stands on yesterday's list and on today's

# What each channel wants: (style, keywords).
WANTED = (
    ("digest", "*"),
    (
        "digest",
        (
            "diffusion model, reward model, agents AND benchmark, reasoning -math, (video OR audio) generation, "
            "title:video, abstract:robot, author:Wang, org:Google, keyword:reinforcement learning"
        ),
    ),
    (
        "cards",
        (
            'quantiz*, "world model" (video OR 4D), GPT-4, 3D -gaussian, multi-modal, fine-tuning, '
            "chain-of-thought, LLMs, matrices, author:Zhang NOT title:LLM, long context -benchmark"
        ),
    ),
    ("digest", "title:zebra"),
)


def redated(item: Mapping[str, Any], day: date) -> dict[str, Any]:
    """The item on another list day; one of the years that did not name the list day does not name it now."""
    paper = dict(item["paper"])
    if "submittedOnDailyAt" in paper:
        paper["submittedOnDailyAt"] = f"{day}T00:00:00.000Z"
    return {**item, "paper": paper}


def lists(files: Sequence[Path], today: date) -> dict[date, list[Any]]:
    """The list days on the newest days, the fullest today and beyond one page, with odd items among them."""
    days = sorted(map(items_of, files), key=len, reverse=True)
    shown = {
        today - timedelta(days=back): [redated(item, today - timedelta(days=back)) for item in items]
        for back, items in enumerate(days)
    }
    yesterday = today - timedelta(days=1)
    shown[today] += [
        raw_item(
            id=f"2611.{number:05}",
            title=f"On reward models {number}",
            summary="A note.",
            day=today,
            upvotes=0,
        )
        for number in range(MORE_THAN_A_PAGE + 1 - len(shown[today]))
    ]
    shown[today] += [
        {"paper": {"id": "2611.99999"}},
        None,
        raw_item(id="no id", title="World model", day=today),
    ]
    for day in (yesterday, today):
        shown[day].append(raw_item(id=FROM_YESTERDAY, title="A world model that came back", day=day))
    return shown


def papers_of(shown: Mapping[date, Sequence[Any]]) -> dict[str, Paper]:
    """Each paper as the latest of its list days shows it."""
    found: dict[str, Paper] = {}
    for day in sorted(shown):
        found |= {paper.id: paper for paper in parse_list(shown[day], asked_day=day).papers}
    return found


def wanted_of(keywords: str, papers: Iterable[Paper]) -> list[Paper]:
    # No part of these keywords contains a comma.
    parts = [part.strip() for part in keywords.split(",")]
    return [paper for paper in papers if any(matches(part, paper) for part in parts)]


def ids_of(papers: Iterable[Paper], *, since: date) -> list[str]:
    return sorted(paper.id for paper in papers if paper.list_day and paper.list_day >= since)


def move_back(folder: Path, *, since: date) -> None:
    """Make the subscriptions but `*` ones of that day, and the bot one that was off ever after."""
    with closing(sqlite3.connect(folder / "data" / "paperboy.db")) as conn, conn:
        conn.execute("UPDATE subscriptions SET since = ? WHERE text != '*'", (since.isoformat(),))
        conn.execute("UPDATE feeds SET last_run_at = ?, created_at = ?", (f"{since}T12:00:00.000000Z",) * 2)


async def check(stage: Stage, bot: BotProcess, expected: Mapping[ChannelHandle, list[str]]) -> None:
    """Wait for that many papers in each channel, and for runs that might bring more; then end the bot."""
    for channel, ids in expected.items():
        await stage.until(
            lambda channel=channel, ids=ids: len(stage.posted(channel)) >= len(ids),
            f"{len(ids)} papers in #{channel.id}",
        )
    await stage.two_more_runs(bot)
    assert await bot.stop() == 0
    assert {channel.id: sorted(stage.posted(channel)) for channel in expected} == {
        channel.id: ids for channel, ids in expected.items()
    }


@pytest.mark.thorough
@pytest.mark.parametrize("files", [OWN, RECORDED], ids=["own", "recorded"])
async def test_every_channel_gets_what_a_second_reading_finds_and_nothing_else(
    stage: Stage, files: list[Path]
) -> None:
    # Of the recorded days those of different years; the tests of parsing, matching and embeds read all.
    chosen = files if files == OWN else files[::5]
    stage.hub.days = lists(chosen, stage.today)
    back = str(len(chosen))
    papers = papers_of(stage.hub.days).values()
    # In a thread: the second reading is slow, and the bot comes up meanwhile.
    reading = asyncio.get_running_loop().run_in_executor(
        None, lambda: [wanted_of(keywords, papers) for _, keywords in WANTED]
    )
    bot = await stage.start(before=WITHOUT_PAUSES, BACKFILL_DAYS=back, **SETTINGS)
    channels: list[ChannelHandle] = []
    for number, (style, keywords) in enumerate(WANTED):
        channels.append(stage.discord.guild.create_text_channel(f"wants-{number}"))
        await stage.command("config style", style=style, channel=channels[-1])
        await stage.live(keywords, channels[-1])
    wanted = await reading
    assert len(ids_of(wanted[0], since=stage.today)) > MORE_THAN_A_PAGE
    assert FROM_YESTERDAY in ids_of(wanted[0], since=stage.today)
    await check(
        stage,
        bot,
        {channel: ids_of(found, since=stage.today) for channel, found in zip(channels, wanted, strict=True)},
    )

    # Every paper of all these days, at five messages in five seconds, would take long: `*` stays with today's.
    first = min(stage.hub.days)
    move_back(stage.folder, since=first)
    bot = await stage.start(before=WITHOUT_PAUSES, BACKFILL_DAYS=back, **SETTINGS)
    await check(
        stage,
        bot,
        {
            channel: ids_of(found, since=stage.today if keywords == "*" else first)
            for channel, found, (_, keywords) in zip(channels, wanted, WANTED, strict=True)
        },
    )
