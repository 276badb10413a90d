from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from playwright.async_api import expect

from bot.app import App
from bot.settings import Settings
from sandbox import Sandbox
from tests.browser.visiting import visiting


@asynccontextmanager
async def bot_in(sandbox: Sandbox, folder: Path) -> AsyncGenerator[None]:
    """The bot in a sandbox that outlives it."""
    settings = Settings.load(
        discord_token=sandbox.token,
        discord_api_url=sandbox.api_url,
        discord_gateway_url=sandbox.gateway_url,
        hf_endpoint=sandbox.huggingface_url,
        database_url=f"sqlite+aiosqlite:///{folder / 'paperboy.db'}",
    )
    bot = asyncio.create_task(App(settings, clock=sandbox.calendar.now).run())
    try:
        await sandbox.wait_for_bot(sandbox.guild.id, commands=["help"])
        yield
    finally:
        bot.cancel()
        with suppress(asyncio.CancelledError):
            await bot


async def test_a_bot_that_is_gone_does_not_respond_and_is_said_to_be_offline_until_it_is_back(
    chromium_path: str, tmp_path: Path
) -> None:
    async with Sandbox(page_port=0) as sandbox, AsyncExitStack() as bot:
        assert sandbox.page_url
        await bot.enter_async_context(bot_in(sandbox, tmp_path))
        async with visiting(sandbox.page_url, chromium_path=chromium_path) as visitor:
            trouble = visitor.page.get_by_role("alert")
            await expect(await visitor.run("help")).to_contain_text("First steps")
            await expect(trouble).to_be_hidden()
            await bot.aclose()
            await expect(trouble).to_contain_text("Paperboy is offline")
            await visitor.pick("help")
            await visitor.channel.locator("#send-message").click()
            await expect(visitor.channel.get_by_text("The application did not respond")).to_be_visible()
            await bot.enter_async_context(bot_in(sandbox, tmp_path))
            await expect(trouble).to_be_hidden()
            await expect(await visitor.run("help")).to_contain_text("First steps")
