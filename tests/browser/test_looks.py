"""What only a browser shows of how the page looks."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from sandbox import Sandbox
from tests.browser.visiting import Visitor, visiting

pytestmark = [
    pytest.mark.thorough,
]

LINES = "one\n\ntwo\n\n\nthree\n-# small"


@pytest_asyncio.fixture(scope="module")
async def phone(browser: Browser) -> AsyncIterator[Visitor]:
    """Somebody with a light theme at a sandbox whose bot has posted twelve pictures and a text with blank lines."""
    async with Sandbox(page_port=0) as sandbox, aiohttp.ClientSession() as session:
        url = f"{sandbox.api_url}/channels/{sandbox.channel.id}/messages"
        headers = {"Authorization": f"Bot {sandbox.token}"}
        items = [item for day in sandbox.huggingface.days.values() for item in day][:12]
        embeds = [{"title": "x", "thumbnail": {"url": item["thumbnail"]}} for item in items]
        for body in ({"embeds": embeds[:6]}, {"embeds": embeds[6:]}, {"content": LINES}):
            async with session.post(url, json=body, headers=headers) as answer:
                assert answer.status == 200
        assert sandbox.page_url
        options = {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"}
        async with visiting(sandbox.page_url, browser, **options) as visitor:
            yield visitor


async def has_no_overflow(page: Page) -> bool:
    return await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def test_a_reload_keeps_the_pictures_and_blank_lines_are_kept(phone: Visitor) -> None:
    for _ in range(2):
        await expect(phone.cards.locator("img")).to_have_count(12)
        await phone.see_pictures()
        await phone.page.reload()
    text = phone.messages.last.locator(".message-content")
    assert (await text.inner_text()).strip().split("\n") == ["one", "", "two", "", "", "three", "small"]


async def test_the_theme_is_the_machines_until_the_visitor_chooses_and_fits_a_phone(phone: Visitor) -> None:
    await expect(phone.messages.first).to_be_visible()
    assert await phone.background() == "rgb(255, 255, 255)"
    assert await has_no_overflow(phone.page)
    menu = phone.page.get_by_role("button", name="Channels")
    await menu.click()
    await phone.page.get_by_role("button", name="Permissions and roles").click()
    await expect(phone.page.get_by_role("dialog")).to_be_in_viewport(ratio=1)
    await phone.page.get_by_role("button", name="Close").click()
    await phone.page.get_by_role("button", name="Dark theme").click()
    await menu.click()
    assert await phone.background() == "rgb(50, 51, 57)"
    await phone.page.reload()
    await expect(phone.messages.first).to_be_visible()
    assert await phone.background() == "rgb(50, 51, 57)"
