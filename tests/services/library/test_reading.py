"""Opening a paper never waits long for Hugging Face, and leaves it free for the lists."""

from __future__ import annotations

import asyncio

import pytest

from bot.core.ids import PaperId
from bot.services.library.reading import Reading
from bot.services.queries.paper_pages import RESERVED_REQUESTS, PaperPages
from tests.examples import first
from tests.fakes.huggingface import Fault, raw_item
from tests.services.bots import Bot, context_of

FIRST = PaperId("2608.00001")
FAULTS = [Fault(kind="hang"), Fault(status=500), Fault(status=429), Fault(body=b"<html>")]


def asked(bot: Bot) -> int:
    """How often single papers were asked for."""
    return sum(request.path.startswith("/api/papers/") for request in bot.hub.requests)


def reading(bot: Bot, *, timeout_seconds: float) -> Reading:
    pages = PaperPages(context_of(bot, backfill_days=30), timeout_seconds=timeout_seconds)
    return Reading(papers=bot.services.papers, pages=pages)


@pytest.mark.parametrize("fault", first(2, FAULTS), ids=lambda fault: f"{fault.kind} {fault.status}")
async def test_a_stored_paper_opens_without_what_hugging_face_does_not_say(bot: Bot, fault: Fault) -> None:
    bot.list_paper(FIRST, upvotes=7)
    await bot.run()
    bot.hub.faults.append(fault)

    opened = await reading(bot, timeout_seconds=0.2).open(FIRST)

    assert (opened.paper.id, opened.paper.upvotes, opened.days) == (FIRST, 7, (bot.today,))
    assert opened.linked is None


async def test_a_paper_opened_by_many_at_once_is_asked_for_once(bot: Bot) -> None:
    bot.list_paper(FIRST)
    await bot.run()
    bot.hub.papers[FIRST] = raw_item(id=FIRST)["paper"]

    patient = reading(bot, timeout_seconds=60)

    opened = await asyncio.gather(*(patient.open(FIRST) for _ in range(10)))

    assert all(paper.linked for paper in opened)
    assert asked(bot) <= 2
    before = asked(bot)
    bot.clock.advance(minutes=11)
    await patient.open(FIRST)
    assert asked(bot) == before + 1


async def test_the_last_requests_are_left_for_the_lists(bot: Bot) -> None:
    bot.list_paper(FIRST)
    bot.hub.remaining = RESERVED_REQUESTS - 1
    bot.hub.papers[FIRST] = raw_item(id=FIRST)["paper"]
    await bot.run()

    patient = reading(bot, timeout_seconds=60)

    assert (await patient.open(FIRST)).linked is None
    assert asked(bot) == 0
    bot.clock.advance(minutes=6)
    assert (await patient.open(FIRST)).linked is not None
