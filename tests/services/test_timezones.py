"""Time zones found by what people type."""

from __future__ import annotations

import pytest

from bot.core.schedules import parse_timezone
from bot.discord.options import MOST_CHOICES
from bot.services.timezones import USUAL, timezones_like


def test_with_nothing_typed_the_usual_zones_are_offered() -> None:
    assert timezones_like("  ") == list(USUAL)
    assert len(USUAL) <= MOST_CHOICES
    assert [parse_timezone(name) for name in USUAL] == list(USUAL)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("berl", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("São Pau", "America/Sao_Paulo"),
        ("utc", "UTC"),
        ("lon", "Europe/London"),
        ("los", "America/Los_Angeles"),
        ("EUROPE/PAR", "Europe/Paris"),
        ("asia", "Asia/Dubai"),
        ("ushuaia", "America/Argentina/Ushuaia"),
    ],
)
def test_a_city_that_begins_so_comes_first(typed: str, first: str) -> None:
    assert timezones_like(typed)[0] == first


def test_what_no_zone_holds_finds_none() -> None:
    assert timezones_like("atlantis") == []
