"""Time zones found by what people type."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.schedules import parse_timezone, timezone_names
from bot.discord.ui.options import MAX_CHOICES
from bot.errors import UserError
from bot.services.feeds.timezones import (
    ABBREVIATIONS,
    PLACES,
    USUAL,
    label,
    note,
    timezone_meant,
    timezones_like,
)
from tests.cases import each

SUMMER = datetime(2026, 8, 19, tzinfo=UTC)
WINTER = datetime(2026, 1, 19, tzinfo=UTC)


def offered(typed: str) -> list[str]:
    return timezones_like(typed, now=SUMMER)


def meant(typed: str) -> str:
    return timezone_meant(typed, now=SUMMER)


def test_with_nothing_typed_the_usual_zones_are_offered() -> None:
    assert offered("  ") == list(USUAL)
    assert len(USUAL) <= MAX_CHOICES
    assert [parse_timezone(name) for name in USUAL] == list(USUAL)


@each(
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
    assert offered(typed)[0] == first


def test_what_no_zone_holds_finds_none() -> None:
    assert offered("qwertzuiop") == []


@each(
    ("typed", "first"),
    [
        ("EST", "America/New_York"),
        ("est", "America/New_York"),
        ("PST", "America/Los_Angeles"),
        ("MST", "America/Denver"),
        ("CET", "Europe/Berlin"),
        ("GMT", "Europe/London"),
        ("IST", "Asia/Kolkata"),
        ("JST", "Asia/Tokyo"),
        ("India", "Asia/Kolkata"),
        ("germany", "Europe/Berlin"),
        ("USA", "America/New_York"),
        ("Korea", "Asia/Seoul"),
        ("Canada", "America/Toronto"),
        ("Türkiye", "Europe/Istanbul"),
        ("uk", "Europe/London"),
        ("switz", "Europe/Zurich"),
        ("california", "America/Los_Angeles"),
        ("hyderabad", "Asia/Kolkata"),
        ("berln", "Europe/Berlin"),
        ("tokio", "Asia/Tokyo"),
        ("new yrok", "America/New_York"),
        ("san fransisco", "America/Los_Angeles"),
        ("UTC+2", "Europe/Paris"),
        ("gmt+5:30", "Asia/Kolkata"),
        ("+05:30", "Asia/Kolkata"),
        ("UTC-8", "America/Los_Angeles"),
        ("utc−3", "America/Sao_Paulo"),
    ],
)
def test_the_zone_that_people_mean_comes_first(typed: str, first: str) -> None:
    assert offered(typed)[0] == first


def test_an_offset_offers_places_with_and_without_summer_time_and_the_fixed_zone_with_its_sign() -> None:
    summer, winter = offered("UTC+2"), timezones_like("UTC+2", now=WINTER)
    assert {"Europe/Berlin", "Africa/Johannesburg", "Etc/GMT-2"} <= set(summer)
    assert winter[0] == "Europe/Helsinki"
    assert "Etc/GMT+2" not in summer
    assert label("Etc/GMT-2") == "Etc/GMT-2 (UTC+02:00 all year, no daylight saving time)"
    assert len(summer) <= MAX_CHOICES


def test_a_zone_that_is_only_a_name_comes_last_and_says_that_it_has_no_summer_time() -> None:
    assert "EST" in offered("est")
    assert label("EST") == "EST (UTC-05:00 all year, no daylight saving time)"
    assert label("America/New_York") == "America/New_York"
    assert label("Asia/Tokyo") == "Asia/Tokyo"
    assert note("EST") == (
        "`EST` has no daylight saving time: it is UTC-05:00 all year. `America/New_York` has both."
    )
    assert "5 hours **behind** UTC" in note("Etc/GMT+5")
    assert [note(zone) for zone in ("UTC", "CET", "Europe/Berlin", "Asia/Tokyo")] == [""] * 4


@each(
    ("typed", "suggested"),
    [
        ("IST", ["`Asia/Kolkata`", "`Europe/Dublin`", "`Asia/Jerusalem`"]),
        ("CST", ["`America/Chicago`", "`Asia/Shanghai`"]),
        ("USA", ["`America/New_York`", "`America/Los_Angeles`", "give one of them, or a city"]),
        ("UTC+2", ["is an offset", "`Europe/Paris`"]),
        ("GMT-5", ["is an offset", "`America/Chicago`"]),
        ("GMT+5:30", ["is an offset", "`Asia/Kolkata`"]),
        ("berln", ["Did you mean `Europe/Berlin`"]),
        ("Mumbay", ["Did you mean `Asia/Kolkata`"]),
    ],
)
def test_what_is_no_single_zone_is_refused_with_the_near_ones(typed: str, suggested: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        meant(typed)
    assert "othing was changed" in str(caught.value)
    for part in suggested:
        assert part in str(caught.value)


def test_every_zone_is_offered_for_its_city_alone() -> None:
    for name in timezone_names():
        city = name.rpartition("/")[2].replace("_", " ").replace("-", " ").lower()
        assert name in offered(city)[:MAX_CHOICES], name


@each(
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
        ("PST", "America/Los_Angeles"),
        ("cest", "Europe/Berlin"),
        ("India", "Asia/Kolkata"),
        ("Germany", "Europe/Berlin"),
        ("Texas", "America/Chicago"),
        ("America/Louisville", "America/Louisville"),
        ("Etc/GMT+5", "Etc/GMT+5"),
        ("Etc/GMT-5", "Etc/GMT-5"),
    ],
)
def test_a_city_alone_is_enough(typed: str, zone: str) -> None:
    assert meant(typed) == zone


def test_every_name_is_taken_as_it_is() -> None:
    assert [meant(name) for name in timezone_names()] == timezone_names()


@pytest.mark.parametrize("typed", ["louisville", "buenos aires"])
def test_a_city_of_two_zones_is_asked_about(typed: str) -> None:
    with pytest.raises(UserError, match="More than one"):
        meant(typed)


@pytest.mark.parametrize("typed", ["qwertzuiop", "", "/", "Europe/", "UTC+25", "+"])
def test_what_is_no_zone_is_refused(typed: str) -> None:
    with pytest.raises(UserError, match="such as `Europe/Berlin`"):
        meant(typed)


def test_every_city_has_a_zone_that_exists_and_no_zone_has_its_name() -> None:
    assert set(PLACES.values()) <= set(timezone_names())
    assert {city: meant(city) for city in PLACES} == PLACES
    zones = {zone for named in ABBREVIATIONS.values() for zone in named}
    assert zones <= set(timezone_names())


def test_cities_are_offered_while_they_are_typed() -> None:
    assert offered("munic") == ["Europe/Berlin"]
    assert offered("cambridge")[0] == "Europe/London"
    assert offered("san fran") == ["America/Los_Angeles"]
