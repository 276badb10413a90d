"""Checks the machine's clock against the servers' clocks, and that the time zones load."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from bot.discord.connection.retries import duration
from bot.doctor.findings import Finding, fine, unchecked, warning, wrong
from bot.doctor.source import Moment

_TOLERANCE = timedelta(seconds=5)  # their clocks are exact to the second, and answers take time
_MAX_OFFSET = timedelta(minutes=2)
_REMEDY = "synchronize the machine's clock with NTP: posts are scheduled by it"


def check_clock(
    moments: Iterable[Moment], *, default_timezone: str | None, feed_timezones: Collection[str]
) -> list[Finding]:
    """`default_timezone` is None if the setting is wrong."""
    used = {*feed_timezones, *([default_timezone] if default_timezone else ())}
    return [_offset(moments), *_zones(used, default_timezone)]


def _offset(moments: Iterable[Moment]) -> Finding:
    """Uses the clock that agrees most: an answer cached by a proxy can only be too old."""
    nearest = min(moments, key=lambda moment: abs(moment.local - moment.remote), default=None)
    if nearest is None:
        return unchecked("The machine's clock", because="no server reported the time")
    offset = nearest.local - nearest.remote
    if abs(offset) <= _TOLERANCE:
        return fine(f"The machine's clock agrees with {nearest.server}'s")
    direction = "ahead of" if offset > timedelta(0) else "behind"
    what = f"The machine's clock is {duration(abs(offset).total_seconds())} {direction} {nearest.server}'s"
    return wrong(what, _REMEDY) if abs(offset) > _MAX_OFFSET else warning(what, _REMEDY)


def _zones(used: Collection[str], default: str | None) -> list[Finding]:
    available = available_timezones()
    broken = sorted(name for name in {*available, *used} if not _loads(name))
    if missing := [name for name in broken if name in used]:
        remedy = "reinstall Paperboy's packages; tzdata contains the time zones"
        return [
            wrong(
                f"{'DEFAULT_TIMEZONE' if name == default else 'The time zone'} {name} does not load", remedy
            )
            for name in missing
        ]
    try:
        data = f"tzdata {version('tzdata')}"
    except PackageNotFoundError:
        data = "the system's time zone data"
    if broken:
        return [warning(f"{len(broken)} of {len(available)} time zones do not load, for example {broken[0]}")]
    also = f"; DEFAULT_TIMEZONE is {default}" if default else ""
    return [fine(f"All {len(available)} time zones load ({data}){also}")]


def _loads(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
