"""Many people press buttons below posts at once: how soon Discord has each first answer, while posts go out.

    python -m benchmarks.presses

The bot runs in its own process; this one simulates Discord on loopback. Each message takes 100 ms, and each
paper of Hugging Face as well. Presses of *Open*, *Save* and the menu, each by another person than the one
before, are put on the gateway in one burst, then at a steady rate. A press is answered first when the bot's
"thinking…" arrives here. What else the processors do, such as this process, counts against the bot.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simcord.backend import serializers
from simcord.backend.models import Message
from simcord.enums import InteractionType
from simcord.interactions import base_payload

from benchmarks._live_bot import add_posts, p99, process, sends, verdict
from bot.core.ids import PaperId
from bot.core.paper_choices import PaperChoice
from bot.discord.ui.opened_paper import papers_view
from sandbox import Sandbox
from sandbox.faults import Fault, RecordedRequest

PRESSES_A_SECOND = 200
SECONDS = 10
BURST = 1_000  # in one second
PEOPLE = 500
POSTS = 2_000  # enough that some are left for the second phase
LATENCY_SECONDS = 0.1
MAX_SECONDS = 60.0  # for the bot's startup and its first post
GOAL_P99_MS = 300
GOAL_BURST_MS = 3_000
_SILENCE_SECONDS = 5.0  # without another full answer, after which none is awaited any more
_REST_SECONDS = 3  # of posts without presses, to know what posts alone cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """What happened between the first press and the last full answer."""

    first_answers_ms: list[float]
    unanswered: int  # presses without a first answer
    completed: int  # presses whose answer replaced "thinking…"
    completed_seconds: float  # from the first press to the last of these
    posts_a_second: float  # that arrived between the first press and the last first answer
    bot_seconds: float  # of processor time
    own_seconds: float


class People:
    """Presses buttons and menus, each press by the next person."""

    def __init__(self, discord: Sandbox, paper_ids: list[PaperId]) -> None:
        self._discord = discord
        self._backend = discord.world.backend
        people = [discord.world.create_user(f"reader-{number}") for number in range(PEOPLE)]
        for person in people:
            discord.guild.add_member(person)
        self._turns = zip(
            itertools.cycle([person.id for person in people]),
            itertools.cycle(self._controls(paper_ids)),
            strict=False,
        )

    def press(self) -> str:
        """Puts the next press on the gateway; returns the path of its first answer."""
        user_id, (message_id, message, data) = next(self._turns)
        interaction, payload = base_payload(
            self._backend,
            type=InteractionType.MESSAGE_COMPONENT,
            channel_id=self._discord.channel.id,
            guild_id=self._discord.guild.id,
            user_id=user_id,
            data=data,
        )
        interaction.source_message_id = message_id
        payload["message"] = message
        for session in self._discord.gateway.sessions.values():
            session.feed("INTERACTION_CREATE", payload)
        return f"/interactions/{interaction.id}/{interaction.token}/callback"

    def _controls(self, paper_ids: list[PaperId]) -> Iterator[tuple[int, dict[str, Any], dict[str, Any]]]:
        """*Open* and *Save* of each paper, and each choice of the menu: message, and what a press sends."""
        choices = [PaperChoice(id=paper_id, title=f"Paper {paper_id}") for paper_id in paper_ids]
        menu = self._message(choices)
        for choice in choices:
            single = self._message([choice])
            yield *single, {"custom_id": f"open:{choice.id}", "component_type": 2}
            yield *single, {"custom_id": f"save:{choice.id}", "component_type": 2}
            yield *menu, {"custom_id": "papers", "component_type": 3, "values": [choice.id]}

    def _message(self, choices: list[PaperChoice]) -> tuple[int, dict[str, Any]]:
        view = papers_view(choices)
        message: Message = self._backend.create_message(
            self._discord.channel.id,
            self._backend.bot_user.id,
            f"{len(choices)} papers",
            components=view.to_components() if view else [],
        )
        return message.id, dict(serializers.message_payload(self._backend, message))


def main() -> None:
    asyncio.run(_measure())


async def _measure() -> None:
    with tempfile.TemporaryDirectory(prefix="paperboy-bench-") as folder:
        async with Sandbox(page_port=None) as discord:
            channels = [discord.guild.create_text_channel(f"channel-{number}") for number in range(POSTS)]
            database_url = f"sqlite+aiosqlite:///{Path(folder, 'paperboy.db')}"
            async with process(discord, "-m", "bot", DATABASE_URL=database_url):
                await discord.wait_for_bot(discord.guild.id, commands=["status"])
                await discord.until(
                    lambda: any(discord.huggingface.days.get(day) for day in discord.huggingface.served),
                    timeout_seconds=MAX_SECONDS,
                    what="the bot to read a list",
                )
                await asyncio.sleep(2)  # until it has stored the papers
            people = People(discord, _listed(discord))
            await add_posts(database_url, channels)
            discord.limit_rates(latency_seconds=LATENCY_SECONDS)
            discord.huggingface.faults.add(
                Fault(path="/api/papers/*", delay_seconds=LATENCY_SECONDS, times=None)
            )
            async with process(discord, "-m", "bot", DATABASE_URL=database_url, LOG_LEVEL="ERROR") as bot:
                await discord.until(
                    lambda: bool(sends(discord)), timeout_seconds=MAX_SECONDS, what="the first post"
                )
                await asyncio.sleep(_REST_SECONDS)  # until its startup is over
                began, posts = _processor_seconds(bot.pid), len(sends(discord))
                await asyncio.sleep(_REST_SECONDS)
                posting_share = (_processor_seconds(bot.pid) - began) / _REST_SECONDS
                posts_a_second = (len(sends(discord)) - posts) / _REST_SECONDS
                burst = await _phase(discord, people, bot.pid, presses=BURST, per_second=BURST)
                steady = await _phase(discord, people, bot.pid, presses=PRESSES_A_SECOND * SECONDS)
    _report(steady, burst, posting_share=posting_share, posts_a_second=posts_a_second)


def _listed(discord: Sandbox) -> list[PaperId]:
    """The papers of the lists that the bot has read."""
    days = discord.huggingface.days
    return [
        PaperId(item["paper"]["id"])
        for day in sorted(discord.huggingface.served)
        for item in days.get(day, ())
    ][-25:]


async def _phase(
    discord: Sandbox, people: People, pid: int, *, presses: int, per_second: int = PRESSES_A_SECOND
) -> Phase:
    """Makes the presses at an even rate, and waits for their full answers."""
    records: list[RecordedRequest] = []
    pressed: dict[str, float] = {}
    discord.requests.clear()
    own_began, bot_began, began = time.process_time(), _processor_seconds(pid), time.monotonic()
    for number in range(presses):
        wait_seconds = began + number / per_second - time.monotonic()
        if wait_seconds > 0:
            await asyncio.sleep(wait_seconds)
        elif number % 10 == 0:
            await asyncio.sleep(0)
        pressed_at = time.monotonic()
        pressed[people.press()] = pressed_at
        _move(discord, records)
    last_seen, seen_at = 0, time.monotonic()
    while (seen := len(_edits(records))) < presses and time.monotonic() < seen_at + _SILENCE_SECONDS:
        if seen > last_seen:
            last_seen, seen_at = seen, time.monotonic()
        await asyncio.sleep(0.05)
        _move(discord, records)
    bot_seconds, own_seconds = _processor_seconds(pid) - bot_began, time.process_time() - own_began
    answered = {
        request.path: request.arrived_at
        for request in records
        if request.path in pressed and (request.status or 500) < 300
    }
    last_answer = max(answered.values(), default=began + 1)
    edits = _edits(records)
    return Phase(
        first_answers_ms=[(at - pressed[path]) * 1_000 for path, at in answered.items()],
        unanswered=presses - len(answered),
        completed=len(edits),
        completed_seconds=max(edits, default=began) - began,
        posts_a_second=sum(sent_at <= last_answer for sent_at in _posts(records)) / (last_answer - began),
        bot_seconds=bot_seconds,
        own_seconds=own_seconds,
    )


def _move(discord: Sandbox, records: list[RecordedRequest]) -> None:
    """Moves the requests to the records, because the sandbox keeps a limited number."""
    while discord.requests:
        records.append(discord.requests.popleft())


def _edits(records: list[RecordedRequest]) -> list[float]:
    return [
        request.arrived_at
        for request in records
        if request.method == "PATCH" and request.path.endswith("/@original")
    ]


def _posts(records: list[RecordedRequest]) -> list[float]:
    return [
        request.arrived_at
        for request in records
        if request.method == "POST" and request.path.endswith("/messages")
    ]


def _processor_seconds(pid: int) -> float:
    """The processor time that a process has used so far; 0 if the system has no /proc."""
    if sys.platform != "linux":
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _report(steady: Phase, burst: Phase, *, posting_share: float, posts_a_second: float) -> None:
    print(f"posts alone: {posts_a_second:.1f} a second, with {posting_share:.0%} of a processor")
    print(f"{PRESSES_A_SECOND} presses a second for {SECONDS} seconds:")
    _print_phase(steady)
    good = not steady.unanswered and p99(steady.first_answers_ms) < GOAL_P99_MS
    print(f"  goal p99 {GOAL_P99_MS} ms: {verdict(good=good)}")
    print(f"{BURST:,} presses in one second:")
    _print_phase(burst)
    good = not burst.unanswered and max(burst.first_answers_ms) < GOAL_BURST_MS
    print(f"  goal all in {GOAL_BURST_MS:,} ms: {verdict(good=good)}")


def _print_phase(phase: Phase) -> None:
    answers = phase.first_answers_ms
    presses = len(answers) + phase.unanswered
    print(
        f"  first answer: median {statistics.median(answers):.0f} ms, p99 {p99(answers):.0f} ms, slowest "
        f"{max(answers):.0f} ms; without: {phase.unanswered}"
    )
    print(f"  whole answers: {phase.completed}, the last after {phase.completed_seconds:.1f} s")
    print(f"  posts meanwhile: {phase.posts_a_second:.1f} a second")
    a_press_ms = phase.bot_seconds / presses * 1_000
    print(
        f"  processor time, with the posts: the bot {phase.bot_seconds:.1f} s ({a_press_ms:.1f} ms a "
        f"press), the simulated Discord {phase.own_seconds:.1f} s"
    )


if __name__ == "__main__":
    main()
