from __future__ import annotations

import asyncio
from pathlib import Path

from playwright.async_api import expect

from bot.app import App
from bot.services.clock import system_clock
from bot.settings import Settings
from sandbox import Sandbox
from tests.browser.visiting import visiting


async def test_a_command_that_nobody_answers_fails_as_it_does_in_discord(
    chromium_path: str, tmp_path: Path
) -> None:
    async with Sandbox(page_port=0) as sandbox:
        settings = Settings.load(
            discord_token=sandbox.token,
            discord_api_url=sandbox.api_url,
            discord_gateway_url=sandbox.gateway_url,
            hf_endpoint=sandbox.huggingface_url,
            database_url=f"sqlite+aiosqlite:///{tmp_path / 'paperboy.db'}",
        )
        bot = asyncio.create_task(App(settings, clock=system_clock).run())
        await sandbox.wait_for_bot(sandbox.guild.id, commands=["help"])
        assert sandbox.page_url
        async with visiting(sandbox.page_url, chromium_path=chromium_path) as visitor:
            await expect(await visitor.run("help")).to_contain_text("First steps")
            bot.cancel()
            await asyncio.gather(bot, return_exceptions=True)
            await visitor.pick("help")
            await visitor.channel.locator("#send-message").click()
            try:
                await expect(visitor.channel.get_by_text("The application did not respond")).to_be_visible()
            finally:
