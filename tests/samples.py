"""The moment, the schedule and the papers that most tests use."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.core.schedules import Schedule

# A Wednesday morning on which the list of 19 August is open.
NOW = datetime(2026, 8, 19, 8, 0, tzinfo=UTC)
TODAY = date(2026, 8, 19)
NINE_ON_WEEKDAYS = Schedule(time=time(9, 0), weekdays=frozenset(range(5)), timezone="UTC")


def paper_id(number: int) -> PaperId:
    return PaperId(f"2608.{number:05}")


def a_paper(name: int | str = 1, **fields: Any) -> Paper:
    """A paper about video on today's list, by its number or id; `fields` says what is different."""
    usual: dict[str, Any] = {"list_day": TODAY, "title": "Video", "abstract": "…"}
    return Paper(id=PaperId(name) if isinstance(name, str) else paper_id(name), **usual | fields)
