"""What the headers about waiting are read as."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.sources.rate_limits import RateLimit, rate_limit, requested_wait, server_time
from tests.cases import each

_NOW = datetime(2026, 8, 20, 12, tzinfo=UTC)


@each(
    ("header", "limit"),
    [
        ('"api";r=499;t=300', RateLimit(499, 300)),
        ('"api"; r=0; t=17', RateLimit(0, 17)),
        ("api;t=17;r=3", RateLimit(3, 17)),
        ('"pages";r=90;t=5, "api";r=2;t=60', RateLimit(2, 60)),
        ("", None),
        ('"api"', None),
        ('"api";r=-1;t=x', None),
        ('"api";r=' + "9" * 5000 + ";t=1", None),
    ],
)
def test_the_tightest_policy_counts(header: str, limit: RateLimit | None) -> None:
    assert rate_limit({"RateLimit": header}) == limit


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"RateLimit": '"api";r=0;t=20', "Retry-After": "90"}, 21),
        ({"Retry-After": "90"}, 90),
        ({"Retry-After": "Thu, 20 Aug 2026 12:02:00 GMT"}, 120),
        ({"Retry-After": "Thu, 20 Aug 2026 11:00:00 -0000"}, 0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({}, None),
    ],
)
def test_a_429_waits_by_its_limit_or_by_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert requested_wait(headers, status=429, now=_NOW) == seconds


def test_a_503_waits_by_retry_after_only() -> None:
    headers = {"RateLimit": '"api";r=400;t=200', "Retry-After": "7"}
    assert requested_wait(headers, status=503, now=_NOW) == 7


@pytest.mark.parametrize(
    ("headers", "moment"),
    [
        ({"Date": "Thu, 20 Aug 2026 12:00:00 GMT"}, _NOW),
        ({"Date": "Thu, 20 Aug 2026 11:59:00 GMT", "Age": "60"}, _NOW),
        ({"Date": "Thu, 20 Aug 2026 12:00:00 GMT", "Age": "old"}, _NOW),
        ({"Date": "today"}, None),
        ({}, None),
    ],
)
def test_the_servers_time_is_its_date_plus_the_age_in_a_cache(
    headers: dict[str, str], moment: datetime | None
) -> None:
    assert server_time(headers) == moment
