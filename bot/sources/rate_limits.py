"""What headers say about waiting, and about the time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_REMAINING = re.compile(r";\s*r=(\d{1,9})\b", re.ASCII)
_RESETS_IN = re.compile(r";\s*t=(\d{1,9})\b", re.ASCII)
_SECONDS = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The tightest policy of a `RateLimit` header."""

    remaining: int  # calls left in this window
    resets_in_seconds: int

    @property
    def wait_seconds(self) -> float:
        """How long until a call is allowed again, once none remains; a second more than promised."""
        return self.resets_in_seconds + 1.0


def rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """The limit that an answer names as `"api";r=<remaining>;t=<seconds>`, or None."""
    found: list[RateLimit] = []
    for policy in headers.get("RateLimit", "").split(","):
        remaining, resets_in = _REMAINING.search(policy), _RESETS_IN.search(policy)
        if remaining and resets_in:
            found.append(RateLimit(int(remaining[1]), int(resets_in[1])))
    return min(found, key=lambda limit: (limit.remaining, -limit.resets_in_seconds), default=None)


def asked_wait(headers: Mapping[str, str], *, status: int, now: datetime) -> float | None:
    """The seconds that a refusal asks to wait: a 429 by `RateLimit`, else by `Retry-After`; or None."""
    limit = rate_limit(headers) if status == 429 else None
    if limit is not None:
        return limit.wait_seconds
    return _retry_after(headers.get("Retry-After", "").strip(), now)


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """When the answer was given by the server's clock; a copy's age is added. None where it is not said."""
    try:
        moment = parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    age = headers.get("Age", "").strip()
    return aware + timedelta(seconds=int(age) if _SECONDS.fullmatch(age) else 0)


def _retry_after(text: str, now: datetime) -> float | None:
    """`Retry-After` is seconds or an HTTP date (RFC 9110, 10.2.3)."""
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())
