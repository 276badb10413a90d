"""Time zones found by what people type."""

from __future__ import annotations

import pytest

from bot.core.schedules import parse_timezone, timezone_names
from bot.discord.options import MOST_CHOICES
from bot.errors import UserError
from bot.services.timezones import _CITIES, USUAL, timezone_meant, timezones_like


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


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Berlin", "Europe/Berlin"),
        ("são paulo", "America/Sao_Paulo"),
        ("san francisco", "America/Los_Angeles"),
        ("Munich", "Europe/Berlin"),
        ("Delhi", "Asia/Kolkata"),
        ("utc", "UTC"),
        ("europe/paris", "Europe/Paris"),
        ("new york", "America/New_York"),
        ("tokyo", "Asia/Tokyo"),
        ("Louisville", "America/Kentucky/Louisville"),
    ],
)
def test_a_city_is_enough(typed: str, zone: str) -> None:
    assert timezone_meant(typed) == zone


@pytest.mark.parametrize("typed", ["", " ", "Atlantis", "Amer", "e"])
def test_what_names_no_one_zone_is_refused(typed: str) -> None:
    with pytest.raises(UserError):
        timezone_meant(typed)


def test_every_city_has_a_zone_that_exists() -> None:
    assert set(_CITIES.values()) <= set(timezone_names())


def test_cities_are_offered_while_they_are_typed() -> None:
    assert timezones_like("munic") == ["Europe/Berlin"]
    assert timezones_like("cambridge")[0] == "Europe/London"
