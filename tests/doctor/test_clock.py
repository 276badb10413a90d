"""The clock compared with the servers' clocks, and time zones."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.doctor.clock import check_clock
from bot.doctor.findings import Finding, Sign
from bot.doctor.source import Moment
from tests.examples import first
from tests.samples import NOW


def clock(*ahead_seconds: float) -> Finding:
    moments = [
        Moment(server=f"Server {number}", remote=NOW, local=NOW + timedelta(seconds=seconds))
        for number, seconds in enumerate(ahead_seconds)
    ]
    return check_clock(moments, default_timezone="UTC", feed_timezones=())[0]


@pytest.mark.parametrize(
    ("ahead_seconds", "sign", "expected"),
    first(
        2,
        [
            (0, Sign.FINE, "agrees with Server 0's"),
            (-4.9, Sign.FINE, "agrees"),
            (30, Sign.WARNING, "30 s ahead of Server 0's"),
            (-30, Sign.WARNING, "30 s behind Server 0's"),
            (-600, Sign.WRONG, "10 min behind Server 0's"),
        ],
    ),
)
def test_a_wrong_clock_is_reported_by_how_far_it_is_off(
    ahead_seconds: float, sign: Sign, expected: str
) -> None:
    finding = clock(ahead_seconds)
    assert (finding.sign, expected in finding.what) == (sign, True), finding
    assert ("NTP" in finding.remedy) == (sign is not Sign.FINE)


def test_the_clock_that_agrees_most_counts() -> None:
    assert clock(90, 1).sign is Sign.FINE


def test_without_a_reported_time_the_clock_is_unchecked() -> None:
    assert clock().sign is Sign.UNCHECKED


def test_a_feeds_time_zone_that_does_not_load_is_named() -> None:
    _, zones = check_clock([], default_timezone="Europe/Berlin", feed_timezones={"Asia/Tokyo"})
    assert zones.sign is Sign.FINE
    assert "DEFAULT_TIMEZONE is Europe/Berlin" in zones.what
    _, missing = check_clock([], default_timezone="UTC", feed_timezones={"Mars/Olympus"})
    assert missing.sign is Sign.WRONG
    assert "Mars/Olympus does not load" in missing.what
