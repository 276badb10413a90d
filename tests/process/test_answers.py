"""Interactions with a real process, and its answers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.process.conftest import on_each_store
from tests.process.running import Stage


@pytest.mark.thorough
async def test_wrong_queries_dates_ids_and_places_get_clear_answers_and_change_nothing(stage: Stage) -> None:
    stage.list_paper("2611.00001", title="World models for small robots")
    bot = await stage.start()
    club = stage.discord.club
    for keywords, expected in {
        "robots, year:2026": "year:",
        'an "open quote': "quote",
        "(robots": "parenthesis",
        "robots AND": "AND",
        "-survey": "exclu",
        "?!": "nothing to search for",
        "x" * 201: "200",
    }.items():
        answer = await stage.command("subscribe", keywords=keywords)
        assert expected in answer, answer
    category = stage.discord.guild.create_category("Rooms")
    assert "doesn't accept messages" in await stage.command("subscribe", keywords="robots", channel=category)
    assert "no subscriptions" in await stage.command("subscriptions")
    for date, expected in {
        "yesteryear": "YYYY-MM-DD",
        str(stage.today + timedelta(days=3)): "not open yet",
        "2020-01-01": "started on",
    }.items():
        assert expected in await stage.command("papers date", date=date)
    for paper in ("nothing", "https://example.org/2611"):
        assert "2401.12345" in await stage.command("paper", paper=paper)
    assert "no paper" in await stage.command("paper", paper="2611.99999")
    assert "</subscribe:" in await stage.command("deliver")
    refused = await stage.discord.run_command(club.users[1], club.direct[1], "help")
    assert "Paperboy" in refused.text
    assert await bot.stop() == 0
    assert "Traceback" not in bot.log


@pytest.mark.thorough
@on_each_store
async def test_subscriptions_are_added_listed_suggested_and_removed(stage: Stage) -> None:
    bot = await stage.start(LOG_FORMAT="json")
    club = stage.discord.club
    await stage.command(
        "subscribe", keywords='diffusion model, RLHF, "world model" -survey', channel=club.general
    )
    listed = await stage.command("subscriptions", club.general)
    for keywords in ("diffusion model", "RLHF", '"world model" -survey'):
        assert keywords in listed

    async def offered(typed: str, **filled: object) -> list[str]:
        choices = await stage.discord.autocomplete(
            club.admin, club.papers, "unsubscribe", option="keywords", value=typed, **filled
        )
        assert len(choices) <= 25
        assert all(0 < len(choice["name"]) <= 100 for choice in choices)
        return [choice["value"] for choice in choices]

    assert await offered("") == []
    assert await offered("rlh", channel=club.general) == ["RLHF"]
    await stage.command("unsubscribe", keywords="rlhf", channel=club.general)
    assert "RLHF" not in await stage.command("subscriptions", club.general)
    for keywords in ("diffusion model", '"world model" -survey'):
        await stage.command("unsubscribe", keywords=keywords, channel=club.general)
    assert "no subscriptions" in await stage.command("subscriptions", club.general)
    zones = await stage.discord.autocomplete(
        club.admin, club.papers, "config schedule", option="timezone", value="berl"
    )
    assert [choice["value"] for choice in zones] == ["Europe/Berlin"]
    assert "Traceback" not in bot.log
