from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from sandbox import Sandbox
from tests.browser.visiting import visiting
from tests.sandboxed import running

pytestmark = pytest.mark.asyncio(loop_scope="session")  # the one that Chromium is driven in


async def test_a_stopped_bot_does_not_respond_and_is_shown_as_offline_until_it_is_back(
    browser: Browser, tmp_path: Path
) -> None:
    async with Sandbox(page_port=0) as sandbox, AsyncExitStack() as bot:
        assert sandbox.page_url
        await bot.enter_async_context(running(sandbox, tmp_path))
        async with visiting(sandbox.page_url, browser) as visitor:
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
