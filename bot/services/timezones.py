"""Time zones as people look for them: by a city, or with nothing typed yet."""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from functools import cache

from bot.core.schedules import parse_timezone, timezone_names
from bot.errors import UserError

# Offered before anything is typed: the zones that most people live in, from west to east.
USUAL = (
    "UTC",
    "America/Los_Angeles",
    "America/Denver",
    "America/Chicago",
    "America/New_York",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Lisbon",
    "Europe/Paris",
    "Europe/Berlin",
    "Europe/Madrid",
    "Europe/Rome",
    "Europe/Helsinki",
    "Europe/Istanbul",
    "Africa/Lagos",
    "Africa/Cairo",
    "Africa/Johannesburg",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Asia/Seoul",
    "Australia/Sydney",
    "Pacific/Auckland",
)

# Cities that people type and no zone is named after, folded.
_CITIES = {
    "atlanta": "America/New_York",
    "austin": "America/Chicago",
    "bangalore": "Asia/Kolkata",
    "barcelona": "Europe/Madrid",
    "beijing": "Asia/Shanghai",
    "bengaluru": "Asia/Kolkata",
    "boston": "America/New_York",
    "cambridge": "Europe/London",
    "capetown": "Africa/Johannesburg",
    "cologne": "Europe/Berlin",
    "dallas": "America/Chicago",
    "delhi": "Asia/Kolkata",
    "edinburgh": "Europe/London",
    "frankfurt": "Europe/Berlin",
    "geneva": "Europe/Zurich",
    "hamburg": "Europe/Berlin",
    "hangzhou": "Asia/Shanghai",
    "hanoi": "Asia/Ho_Chi_Minh",
    "houston": "America/Chicago",
    "kyoto": "Asia/Tokyo",
    "lausanne": "Europe/Zurich",
    "manchester": "Europe/London",
    "miami": "America/New_York",
    "milan": "Europe/Rome",
    "mumbai": "Asia/Kolkata",
    "munich": "Europe/Berlin",
    "newdelhi": "Asia/Kolkata",
    "osaka": "Asia/Tokyo",
    "ottawa": "America/Toronto",
    "oxford": "Europe/London",
    "philadelphia": "America/New_York",
    "pittsburgh": "America/New_York",
    "princeton": "America/New_York",
    "riodejaneiro": "America/Sao_Paulo",
    "sandiego": "America/Los_Angeles",
    "sanfrancisco": "America/Los_Angeles",
    "seattle": "America/Los_Angeles",
    "shenzhen": "Asia/Shanghai",
    "stanford": "America/Los_Angeles",
    "washington": "America/New_York",
    "wellington": "Pacific/Auckland",
}


def timezones_like(typed: str) -> list[str]:
    """The zones whose names hold what was typed, best first: a city that begins so, then the rest.

    Spaces, hyphens, points and apostrophes do not matter: `port au prince` finds *Port-au-Prince*.
    """
    wanted = _folded(typed)
    if not wanted:
        return list(USUAL)
    found = {name: folded for name, folded in _folded_zones() if wanted in folded}
    ranked = sorted(found, key=lambda name: (_rank(found[name], wanted), name not in USUAL, name))
    cities = [zone for city, zone in _CITIES.items() if city.startswith(wanted)] if len(wanted) > 2 else []
    # A city that is typed whole comes first, one that is being typed behind the zones that are named so.
    return list(dict.fromkeys([*cities, *ranked] if wanted in _CITIES else [*ranked, *cities]))


def timezone_meant(typed: str) -> str:
    """The zone that was typed: its name, or its city alone where no other zone has a city of that name.

    Raises:
        UserError: there is no such zone, or more than one.
    """
    with suppress(UserError):
        return parse_timezone(typed)
    wanted = _folded(typed)
    # Etc has no cities, and its signs are the other way round: who types GMT-5 does not mean Etc/GMT-5.
    found = [
        name
        for name, folded in _folded_zones()
        if not name.startswith("Etc/") and folded.rpartition("/")[2] == wanted
    ]
    if len(found) > 1:
        names = ", ".join(f"`{name}`" for name in found)
        raise UserError(f"More than one time zone has that city: {names}. Give the whole name.")
    return found[0] if found else _CITIES.get(wanted) or parse_timezone(typed)


def _rank(name: str, wanted: str) -> int:
    """0 for the very name, 1 where its last part begins so, 2 where another does, 3 for the rest."""
    *regions, city = name.split("/")
    if name == wanted:
        return 0
    if city.startswith(wanted):
        return 1
    return 2 if any(region.startswith(wanted) for region in regions) else 3


@cache  # autocomplete asks at each key
def _folded_zones() -> tuple[tuple[str, str], ...]:
    return tuple((name, _folded(name)) for name in timezone_names())


def _folded(text: str) -> str:
    """The letters and digits in one case, without accents, and what tells zones apart: ``/`` and ``+``."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(one for one in plain if one.isalnum() or one in "/+")
