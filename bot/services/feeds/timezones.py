"""Time zones as people look for them: by a city, a country, an abbreviation or an offset."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

from bot.core.plurals import count
from bot.core.schedules import parse_timezone, timezone_names
from bot.core.tables import TextTable
from bot.errors import UserError

_TABLE = TextTable("bot.services.feeds", "timezones.txt")
USUAL: Final = _TABLE.words("usual")
PLACES: Final = {place: zone for zone, *places in _TABLE.rows("places") for place in places}
ABBREVIATIONS: Final = {short: tuple(zones) for short, *zones in _TABLE.rows("abbreviations")}
_COUNTRY_CODES: Final = _TABLE.pairs("countries")

_MIN_BEGINNING_LENGTH = 3  # letters of a place that is being typed, rather than of a zone's name
_MIN_MISSPELLING_LENGTH = 4
_CLOSE = 0.75  # of difflib's measure
_MAX_NAMED = 5  # zones in an error
_MAX_PLACES = 20  # of one offset
_OFFSET = re.compile(r"(?:utc|gmt|z)?\s*([+\-\u2212\u2013])\s*(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)
_MAX_OFFSET = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """The zones that something typed whole may mean, best first."""

    zones: tuple[str, ...]
    is_sure: bool  # the first is probably meant


def timezones_like(typed: str, *, now: datetime) -> list[str]:
    """The zones that may be meant, best first; `now` tells which offset each has.

    Spaces, hyphens, points and apostrophes do not matter: `port au prince` finds *Port-au-Prince*.
    """
    wanted = _folded(typed)
    if not wanted:
        return list(USUAL)
    if (offset := _offset(typed)) is not None:
        named = [name for name, folded in _folded_zones() if folded.rpartition("/")[2] == wanted]
        return list(dict.fromkeys([*_at_offset(offset, now=now), *named]))
    whole = _meaning(wanted)
    containing = {name: folded for name, folded in _folded_zones() if wanted in folded}
    ranked = sorted(containing, key=lambda name: (_rank(containing[name], wanted), *_sort_key(name)))
    begun: list[str] = []
    if len(wanted) >= _MIN_BEGINNING_LENGTH:
        begun = [zone for name, zones in _all_names() if name.startswith(wanted) for zone in zones]
    # What is typed in full comes first, and what is still being typed after the zones with that name.
    offered = list(dict.fromkeys([*(whole.zones if whole else ()), *ranked, *begun]))
    return offered or _misspelt(wanted)


def timezone_meant(typed: str, *, now: datetime) -> str:
    """The zone that was typed: its name, or what names only one zone: its city, a country, an abbreviation.

    Raises:
        UserError: there is no such zone, or more than one; names those that may be meant.
    """
    with suppress(UserError):
        return parse_timezone(typed)
    if (offset := _offset(typed)) is not None:
        raise UserError(
            f"`{_clean(typed)}` is an offset, and many places change theirs twice a year. Nothing was "
            f"changed: give a city, such as {_listed(_at_offset(offset, now=now))}."
        )
    wanted = _folded(typed)
    # Etc has no cities, and its signs are reversed: a person who types GMT-5 does not mean Etc/GMT-5.
    named = [
        name
        for name, folded in _folded_zones()
        if not name.startswith("Etc/") and folded.rpartition("/")[2] == wanted
    ]
    if len(named) > 1:
        raise UserError(f"More than one time zone has that city: {_listed(named)}. Give the full name.")
    if named:
        return named[0]
    meaning = _meaning(wanted)
    if meaning is None:
        similar = timezones_like(typed, now=now) if wanted.strip("/") else []
        mean = f" Did you mean {_listed(similar)}?" if similar else ""
        raise UserError(
            f"That time zone is not known, so nothing was changed.{mean} Give a city, or an IANA name such "
            "as `Europe/Berlin` or `UTC`."
        )
    if not meaning.is_sure:
        raise UserError(
            f"`{_clean(typed)}` has more than one time zone: {_listed(meaning.zones)}. Nothing was changed: "
            "give one of them, or a city."
        )
    return meaning.zones[0]


def note(timezone: str) -> str:
    """What people who chose this zone may not expect of it; '' for most."""
    if timezone.startswith("Etc/GMT") and timezone[len("Etc/GMT") :] not in {"", "0", "+0", "-0"}:
        ahead = "behind" if "+" in timezone else "ahead of"
        hours = count(int(timezone[8:]), "hour")
        return f"`{timezone}` is {hours} **{ahead}** UTC all year, without daylight saving time."
    if "/" in timezone or timezone == "UTC" or _has_summer_time(timezone):
        return ""
    city = next(iter(ABBREVIATIONS.get(timezone.casefold(), ())), "")
    rather = f" `{city}` has both." if city and _has_summer_time(city) else ""
    offset = _shown(_standard_offset(timezone))
    return f"`{timezone}` has no daylight saving time: it is {offset} all year.{rather}"


def label(timezone: str) -> str:
    """A zone as autocomplete shows it: those that are fixed say so."""
    if "/" in timezone and not timezone.startswith("Etc/"):
        return timezone
    if timezone == "UTC" or _has_summer_time(timezone):
        return timezone
    return f"{timezone} ({_shown(_standard_offset(timezone))} all year, no daylight saving time)"


def _rank(name: str, wanted: str) -> int:
    """0 for the very name, 1 where its last part begins so, 2 where another does, 3 for the rest."""
    *regions, city = name.split("/")
    if name == wanted:
        return 0
    if city.startswith(wanted):
        return 1
    return 2 if any(region.startswith(wanted) for region in regions) else 3


def _sort_key(name: str) -> tuple[bool, bool, str]:
    """Zones of places before those that only have a name, such as EST5EDT; the usual ones first."""
    return "/" not in name and name != "UTC", name not in USUAL, name


def _meaning(wanted: str) -> _Meaning | None:
    if wanted in ABBREVIATIONS:
        zones = ABBREVIATIONS[wanted]
        return _Meaning(zones, is_sure=len(zones) == 1 or _are_alike(zones))
    if wanted in PLACES:
        return _Meaning((PLACES[wanted],), is_sure=True)
    if wanted in _countries():
        zones = _countries()[wanted]
        return _Meaning(zones, is_sure=_are_alike(zones))
    return None


@cache
def _all_names() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Everything that means a zone, except the zones' own names."""
    places = {place: (zone,) for place, zone in PLACES.items()}
    return tuple((places | _countries()).items())


def _misspelt(wanted: str) -> list[str]:
    """The zones whose city, country or other name is spelt much like this."""
    if len(wanted) < _MIN_MISSPELLING_LENGTH:
        return []
    named = dict(_all_names())
    for name, folded in _folded_zones():
        if "/" in name and not name.startswith("Etc/"):
            named.setdefault(folded.rpartition("/")[2], (name,))
    close = get_close_matches(wanted.rpartition("/")[2], named, n=_MAX_NAMED, cutoff=_CLOSE)
    return list(dict.fromkeys(zone for name in close for zone in named[name]))


def _offset(typed: str) -> timedelta | None:
    """What was typed as an offset from UTC, such as `UTC+2` or `GMT+5:30`."""
    match = _OFFSET.fullmatch(typed.strip())
    if match is None:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    if offset > _MAX_OFFSET:
        return None
    return offset if match[1] == "+" else -offset


def _at_offset(offset: timedelta, *, now: datetime) -> list[str]:
    """The zones that are so far from UTC now or in the other half of the year, the usual ones first."""
    half_a_year = timedelta(days=182)
    places = list(dict.fromkeys([*USUAL, *(zone for zones in _countries().values() for zone in zones)]))
    places.remove("UTC")
    today = {zone for zone in places if _offset_at(zone, now) == offset}
    later = {zone for zone in places if _offset_at(zone, now + half_a_year) == offset}
    found = [zone for zone in places if zone in today | later]
    found.sort(key=lambda zone: (zone not in USUAL, zone not in today))
    hours, rest = divmod(abs(offset), timedelta(hours=1))
    fixed = [] if rest else [f"Etc/GMT{'-' if offset > timedelta() else '+'}{hours}" if hours else "UTC"]
    known = set(timezone_names())
    return list(dict.fromkeys([*found[:_MAX_PLACES], *(zone for zone in fixed if zone in known)]))


def _are_alike(zones: Iterable[str]) -> bool:
    """Whether the zones show the same time all year."""
    return len({(_standard_offset(zone), _has_summer_time(zone)) for zone in zones}) == 1


def _offset_at(zone: str, moment: datetime) -> timedelta:
    return moment.astimezone(_zone(zone)).utcoffset() or timedelta()


_zone = cache(ZoneInfo)  # which forgets those that it has read


@cache
def _offsets(zone: str) -> frozenset[timedelta]:
    """Those that the zone has over a year."""
    return frozenset(_offset_at(zone, datetime(_YEAR, month, 1, tzinfo=UTC)) for month in range(1, 13))


# Rules change seldom, and one year is as good as another for telling whether a zone has daylight saving time.
_YEAR = 2026


def _has_summer_time(zone: str) -> bool:
    return len(_offsets(zone)) > 1


def _standard_offset(zone: str) -> timedelta:
    return min(_offsets(zone))


def _shown(offset: timedelta) -> str:
    hours, rest = divmod(abs(offset), timedelta(hours=1))
    return f"UTC{'-' if offset < timedelta() else '+'}{hours:02}:{rest // timedelta(minutes=1):02}"


def _listed(zones: Iterable[str]) -> str:
    shown = [f"`{zone}`" for zone in zones][:_MAX_NAMED]
    return " or ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def _clean(typed: str) -> str:
    return " ".join(typed.replace("`", "").split())[:60]


@cache
def _countries() -> dict[str, tuple[str, ...]]:
    """The zones of each country, by its folded names and as the tz database lists them."""
    folder = files("tzdata") / "zoneinfo"
    zones: dict[str, list[str]] = {}
    known = set(timezone_names())
    for code, _, zone, *_ in _rows((folder / "zone.tab").read_text("utf-8")):
        if zone in known:
            zones.setdefault(code, []).append(zone)
    named: dict[str, tuple[str, ...]] = {}
    for code, country in _rows((folder / "iso3166.tab").read_text("utf-8")):
        if code in zones:
            named[_folded(country.partition("(")[0])] = named[_folded(country)] = _usual_first(zones[code])
    for other, code in _COUNTRY_CODES.items():
        named[other] = _usual_first(zones[code])
    return named


def _usual_first(zones: Iterable[str]) -> tuple[str, ...]:
    large = set(PLACES.values())
    return tuple(sorted(zones, key=lambda zone: (zone not in USUAL, zone not in large)))


def _rows(table: str) -> list[list[str]]:
    return [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]


@cache  # autocomplete asks at each key
def _folded_zones() -> tuple[tuple[str, str], ...]:
    return tuple((name, _folded(name)) for name in timezone_names())


def _folded(text: str) -> str:
    """The letters and digits in one case, without accents, and what tells zones apart: ``/`` and ``+``."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in plain if character.isalnum() or character in "/+")
