"""Response headers about rate limits, waiting and the server's time."""

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

    remaining: int  # requests left in this window
    resets_in_seconds: int

    @property
    def wait_seconds(self) -> float:
        """How long until a request is allowed again once none remains, plus a second to be safe."""
        return self.resets_in_seconds + 1.0


def rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """The limit in a header such as `"api";r=<remaining>;t=<seconds>`, or None."""
    limits: list[RateLimit] = []
    for policy in headers.get("RateLimit", "").split(","):
        remaining, resets_in = _REMAINING.search(policy), _RESETS_IN.search(policy)
        if remaining and resets_in:
            limits.append(RateLimit(int(remaining[1]), int(resets_in[1])))
    return min(limits, key=lambda limit: (limit.remaining, -limit.resets_in_seconds), default=None)


def requested_wait(headers: Mapping[str, str], *, status: int, now: datetime) -> float | None:
    """The seconds that a refusal asks to wait, by `RateLimit` (for a 429) or `Retry-After`; or None."""
    limit = rate_limit(headers) if status == 429 else None
    if limit is not None:
        return limit.wait_seconds
    return _retry_after(headers.get("Retry-After", "").strip(), now)


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """When the answer was sent by the server's clock, its age in a cache added; None if it does not say."""
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
