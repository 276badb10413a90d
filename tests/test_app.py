"""The application: what ends it and what does not. `tests/process` starts it as a whole."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import pytest
from discord.http import HTTPClient

from bot.app import App
from bot.client import Client
from bot.errors import ConfigError
from bot.services.clock import system_clock
from bot.settings import Settings
from tests.services.bots import Bot, a_bot
from tests.waiting import until

TOKEN = "not-a-real-token"


def an_app(**settings: Any) -> App:
    return App(Settings.load(**({"discord_token": TOKEN} | settings)), clock=system_clock)


def a_client(**methods: Any) -> Any:
    client = create_autospec(Client, instance=True)
    client.http = create_autospec(HTTPClient, instance=True)
    for name, effect in methods.items():
        getattr(client, name).side_effect = effect
    return client


async def test_the_app_does_not_start_without_a_token() -> None:
    settings = Settings.load(discord_token=TOKEN).model_copy(update={"discord_token": None})
    with pytest.raises(ConfigError, match="DISCORD_TOKEN"):
        await App(settings, clock=system_clock).run()


async def test_nothing_is_sent_before_discord_is_ready(tmp_path: Path) -> None:
    ready = asyncio.Event()
    async with a_bot(tmp_path) as bot:
        await plan_posts(bot)
        client = a_client(wait_until_ready=ready.wait)
        client.guilds, client.shard_ids = [], None
        delivering = asyncio.create_task(an_app()._deliver(client, bot.services))  # pyright: ignore[reportPrivateUsage]
        await asyncio.sleep(0.01)
        assert bot.publisher.calls == []
        ready.set()
        await until(lambda: bot.publisher.posted(1) == ["2608.00001"])
        bot.delivery = delivering


async def plan_posts(bot: Bot) -> None:
    bot.list_paper("2608.00001")
    await bot.subscribe()
    bot.clock.advance(hours=1)
    await bot.services.runs.run()
