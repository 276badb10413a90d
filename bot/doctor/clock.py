"""The clock, held against those of others, and the time zones."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from bot.doctor.findings import Finding, fine, unchecked, warning, wrong
from bot.doctor.source import Moment

_RIGHT = timedelta(seconds=5)  # their clocks are told to the second, and answers take a moment
_FAR_OFF = timedelta(minutes=2)
_SET_IT = "have the machine's clock set by the network (NTP): posts go out by it"


def check_clock(
    moments: Iterable[Moment], *, default_timezone: str | None, feed_timezones: Collection[str]
) -> list[Finding]:
    """`default_timezone` is None where the setting is wrong."""
    wanted = {*feed_timezones, *([default_timezone] if default_timezone else ())}
    return [_offset(moments), *_zones(wanted, default_timezone)]


def _offset(moments: Iterable[Moment]) -> Finding:
    """By the one that agrees most: a proxy's copy can only be older than it should."""
    nearest = min(moments, key=lambda moment: abs(moment.ours - moment.theirs), default=None)
    if nearest is None:
        return unchecked("The machine's clock", because="no answer said what time it is")
    off = nearest.ours - nearest.theirs
    if abs(off) <= _RIGHT:
        return fine(f"The machine's clock agrees with {nearest.where}'s")
    direction = "ahead of" if off > timedelta(0) else "behind"
    what = f"The machine's clock is {_length(abs(off))} {direction} {nearest.where}'s"
    return wrong(what, _SET_IT) if abs(off) > _FAR_OFF else warning(what, _SET_IT)


def _length(time: timedelta) -> str:
    seconds = round(time.total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} minutes"


def _zones(wanted: Collection[str], default: str | None) -> list[Finding]:
    known = available_timezones()
    broken = sorted(name for name in {*known, *wanted} if not _loads(name))
    if missing := [name for name in broken if name in wanted]:
        again = "install Paperboy's packages again: tzdata brings it"
        return [
            wrong(f"{'DEFAULT_TIMEZONE' if name == default else 'The time zone'} {name} does not load", again)
            for name in missing
        ]
    try:
        data = f"tzdata {version('tzdata')}"
    except PackageNotFoundError:
        data = "the system's data"
    if broken:
        return [warning(f"{len(broken)} of {len(known)} time zones do not load, such as {broken[0]}")]
    also = f"; DEFAULT_TIMEZONE is {default}" if default else ""
    return [fine(f"All {len(known)} time zones load ({data}){also}")]


def _loads(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
