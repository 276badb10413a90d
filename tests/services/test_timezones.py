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
        ("port au prince", "America/Port-au-Prince"),
        ("St. John's", "America/St_Johns"),
        ("dumont d'urville", "Antarctica/DumontDUrville"),
        ("newyork", "America/New_York"),
        ("etc/gmt+5", "Etc/GMT+5"),
    ],
)
def test_a_city_that_begins_so_comes_first(typed: str, first: str) -> None:
    assert timezones_like(typed)[0] == first


def test_what_no_zone_holds_finds_none() -> None:
    assert timezones_like("atlantis") == []


def test_every_zone_is_offered_for_its_city_alone() -> None:
    for name in timezone_names():
        city = name.rpartition("/")[2].replace("_", " ").replace("-", " ").lower()
        assert name in timezones_like(city)[:MOST_CHOICES], name


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("berlin", "Europe/Berlin"),
        (" New york", "America/New_York"),
        ("São Paulo", "America/Sao_Paulo"),
        ("europe/berlin", "Europe/Berlin"),
        ("utc", "UTC"),
        ("san francisco", "America/Los_Angeles"),
        ("Munich", "Europe/Berlin"),
        ("Delhi", "Asia/Kolkata"),
        ("America/Louisville", "America/Louisville"),
        ("Etc/GMT+5", "Etc/GMT+5"),
        ("Etc/GMT-5", "Etc/GMT-5"),
    ],
)
def test_a_city_alone_is_enough(typed: str, zone: str) -> None:
    assert timezone_meant(typed) == zone


def test_every_name_is_taken_as_it_is() -> None:
    assert [timezone_meant(name) for name in timezone_names()] == timezone_names()


@pytest.mark.parametrize("typed", ["louisville", "buenos aires"])
def test_a_city_of_two_zones_is_asked_about(typed: str) -> None:
    with pytest.raises(UserError, match="More than one"):
        timezone_meant(typed)


@pytest.mark.parametrize("typed", ["atlantis", "", "/", "Europe/", "GMT-5", "UTC+2"])
def test_what_is_no_zone_is_refused(typed: str) -> None:
    with pytest.raises(UserError, match="Europe/Berlin"):
        timezone_meant(typed)


def test_every_city_has_a_zone_that_exists_and_no_zone_has_its_name() -> None:
    assert set(_CITIES.values()) <= set(timezone_names())
    assert {city: timezone_meant(city) for city in _CITIES} == _CITIES


def test_cities_are_offered_while_they_are_typed() -> None:
    assert timezones_like("munic") == ["Europe/Berlin"]
    assert timezones_like("cambridge")[0] == "Europe/London"
    assert timezones_like("san fran") == ["America/Los_Angeles"]
