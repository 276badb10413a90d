from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

from playwright.async_api import expect

from sandbox import Sandbox
from tests.browser.visiting import visiting
from tests.sandboxed import running


async def test_a_stopped_bot_does_not_respond_and_is_shown_as_offline_until_it_is_back(
    chromium_path: str, tmp_path: Path
) -> None:
    async with Sandbox(page_port=0) as sandbox, AsyncExitStack() as bot:
        assert sandbox.page_url
        await bot.enter_async_context(running(sandbox, tmp_path))
        async with visiting(sandbox.page_url, chromium_path=chromium_path) as visitor:
            alert = visitor.page.get_by_role("alert")
            await expect(await visitor.run("help")).to_contain_text("First steps")
            await expect(alert).to_be_hidden()
            await bot.aclose()
            await expect(alert).to_contain_text("Paperboy is offline")
            await visitor.pick("help")
            await visitor.channel.locator("#send-message").click()
            await expect(visitor.channel.get_by_text("The application did not respond")).to_be_visible()
            await bot.enter_async_context(running(sandbox, tmp_path))
            await expect(alert).to_be_hidden()
            await expect(await visitor.run("help")).to_contain_text("First steps")
