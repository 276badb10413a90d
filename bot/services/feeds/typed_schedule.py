"""Schedules as people type them in /config schedule, /config defaults and /my schedule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from bot.core.typed_times import parse_time, parse_weekdays
from bot.services.feeds.timezones import timezone_meant


def parse_schedule(typed: Mapping[str, str | None], *, now: datetime) -> dict[str, Any]:
    """The fields of a schedule that were typed, by the names `time`, `timezone` and `weekdays`; None was not.

    Raises:
        UserError: one cannot be read.
    """
    parsers: dict[str, Callable[[str], object]] = {
        "time": parse_time,
        "timezone": partial(timezone_meant, now=now),
        "weekdays": parse_weekdays,
    }
    return {name: parsers[name](text) for name, text in typed.items() if text is not None}
