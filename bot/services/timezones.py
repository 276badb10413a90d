"""Time zones as people look for them: by a city, or with nothing typed yet."""

from __future__ import annotations

import unicodedata

from bot.core.schedules import timezone_names
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

# Cities that people type and no zone is named after.
_CITIES = {
    "atlanta": "America/New_York",
    "austin": "America/Chicago",
    "bangalore": "Asia/Kolkata",
    "barcelona": "Europe/Madrid",
    "beijing": "Asia/Shanghai",
    "bengaluru": "Asia/Kolkata",
    "boston": "America/New_York",
    "cambridge": "Europe/London",
    "cape_town": "Africa/Johannesburg",
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
    "montreal": "America/Toronto",
    "mumbai": "Asia/Kolkata",
    "munich": "Europe/Berlin",
    "new_delhi": "Asia/Kolkata",
    "osaka": "Asia/Tokyo",
    "ottawa": "America/Toronto",
    "oxford": "Europe/London",
    "philadelphia": "America/New_York",
    "pittsburgh": "America/New_York",
    "princeton": "America/New_York",
    "rio_de_janeiro": "America/Sao_Paulo",
    "san_diego": "America/Los_Angeles",
    "san_francisco": "America/Los_Angeles",
    "seattle": "America/Los_Angeles",
    "shenzhen": "Asia/Shanghai",
    "stanford": "America/Los_Angeles",
    "tel_aviv": "Asia/Jerusalem",
    "washington": "America/New_York",
    "wellington": "Pacific/Auckland",
}
_LONGEST_LIST = 5


def timezone_meant(typed: str) -> str:
    """The one zone that was meant: by its name, or by a city.

    Raises:
        UserError: no zone is named so, or several are and none of them more than the others.
    """
    wanted = _folded(typed)
    found = timezones_like(typed) if wanted else []
    if not found:
        raise UserError(
            "No time zone is known for that city. Take a bigger one with the same time, or an IANA name such "
            "as `Europe/Berlin` or `UTC`."
        )
    best = found[0]
    if len(found) == 1 or _folded(best) == wanted or _folded(best).endswith(f"/{wanted}"):
        return best
    if _CITIES.get(wanted) == best:
        return best
    listed = ", ".join(f"`{name}`" for name in found[:_LONGEST_LIST])
    more = len(found) - _LONGEST_LIST
    others = f" and {more} more" if more > 0 else ""
    raise UserError(f"Several time zones are named so: {listed}{others}. Take one of them.")


def timezones_like(typed: str) -> list[str]:
    """The zones whose names hold what was typed, best first: a city that begins so, then the rest."""
    wanted = _folded(typed)
    if not wanted:
        return list(USUAL)
    found = [name for name in timezone_names() if wanted in _folded(name)]
    found.sort(key=lambda name: (_rank(_folded(name), wanted), name not in USUAL, name))
    cities = [zone for city, zone in _CITIES.items() if city.startswith(wanted)] if len(wanted) > 2 else []
    # A city that is typed whole comes first, one that is being typed behind the zones that are named so.
    return list(dict.fromkeys([*cities, *found] if wanted in _CITIES else [*found, *cities]))


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
