"""Time zones as people look for them: by a city, or with nothing typed yet."""

from __future__ import annotations

import unicodedata

from bot.core.schedules import timezone_names

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


def timezones_like(typed: str) -> list[str]:
    """The zones whose names hold what was typed, best first: a city that begins so, then the rest."""
    wanted = _folded(typed)
    if not wanted:
        return list(USUAL)
    found = [name for name in timezone_names() if wanted in _folded(name)]
    return sorted(found, key=lambda name: (_rank(_folded(name), wanted), name not in USUAL, name))


def _rank(name: str, wanted: str) -> int:
    """0 for the very name, 1 where its last part begins so, 2 where another does, 3 for the rest."""
    *regions, city = name.split("/")
    if name == wanted:
        return 0
    if city.startswith(wanted):
        return 1
    return 2 if any(region.startswith(wanted) for region in regions) else 3


def _folded(text: str) -> str:
    """As zones are spelled: without accents, in one case, with ``_`` for spaces."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return "_".join(plain.casefold().split())
