"""What only a browser shows of how the page looks, and how the bot takes a permission that is withdrawn."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from sandbox import Sandbox
from tests.browser.visiting import Visitor, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")  # the one that Chromium is driven in

LINES = "one\n\ntwo\n\n\nthree\n-# small"


@pytest_asyncio.fixture(loop_scope="session")
async def sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox whose bot has posted twelve pictures and a text with blank lines."""
    async with Sandbox(page_port=0) as running, aiohttp.ClientSession() as session:
        url = f"{running.api_url}/channels/{running.channel.id}/messages"
        headers = {"Authorization": f"Bot {running.token}"}
        items = [item for day in running.huggingface.days.values() for item in day][:12]
        embeds = [{"title": "x", "thumbnail": {"url": item["thumbnail"]}} for item in items]
        for body in ({"embeds": embeds[:6]}, {"embeds": embeds[6:]}, {"content": LINES}):
            async with session.post(url, json=body, headers=headers) as answer:
                assert answer.status == 200
        yield running


async def has_no_overflow(page: Page) -> bool:
    return await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def background(visitor: Visitor) -> str:
    frame = visitor.page.frame(name="channel")
    assert frame
    return await frame.evaluate("getComputedStyle(document.body).backgroundColor")


async def test_a_reload_keeps_the_pictures_and_blank_lines_are_kept(
    sandbox: Sandbox, browser: Browser
) -> None:
    assert sandbox.page_url
    async with visiting(sandbox.page_url, browser) as visitor:
        for _ in range(3):
            await expect(visitor.cards.locator("img")).to_have_count(12)
            await visitor.see_pictures()
            await visitor.page.reload()
        text = visitor.messages.last.locator(".message-content")
        assert (await text.inner_text()).strip().split("\n") == ["one", "", "two", "", "", "three", "small"]


async def test_the_theme_is_the_machines_until_the_visitor_chooses_and_fits_a_phone(
    sandbox: Sandbox, browser: Browser
) -> None:
    assert sandbox.page_url
    phone = {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"}
    async with visiting(sandbox.page_url, browser, **phone) as visitor:
        await expect(visitor.messages.first).to_be_visible()
        assert await background(visitor) == "rgb(255, 255, 255)"
        assert await has_no_overflow(visitor.page)
        menu = visitor.page.get_by_role("button", name="Channels")
        await menu.click()
        await visitor.page.get_by_role("button", name="Permissions and roles").click()
        await expect(visitor.page.get_by_role("dialog")).to_be_in_viewport(ratio=1)
        await visitor.page.get_by_role("button", name="Close").click()
        await visitor.page.get_by_role("button", name="Dark theme").click()
        await menu.click()
        assert await background(visitor) == "rgb(50, 51, 57)"
        await visitor.page.reload()
        await expect(visitor.messages.first).to_be_visible()
        assert await background(visitor) == "rgb(50, 51, 57)"


async def test_a_missing_permission_blocks_the_channel_and_giving_it_back_resumes_posting(
    visitor: Visitor,
) -> None:
    await expect(visitor.posts).to_have_count(1)
    await visitor.page.get_by_role("button", name="Permissions and roles").click()
    allowed = visitor.page.get_by_label("Send Messages", exact=True)
    await allowed.uncheck()
    await expect(allowed).not_to_be_checked()
    await visitor.page.get_by_role("button", name="Close").click()
    await visitor.page.get_by_role("button", name="Next day").click()
    await expect(visitor.entry("general")).to_have_attribute("data-unread", "true")
    await visitor.go("general")
    await expect(visitor.posts.last).to_contain_text("Send Messages")
    await visitor.go("papers")
    await expect(visitor.posts).to_have_count(1)
    await visitor.page.get_by_role("button", name="Permissions and roles").click()
    await allowed.check()
    await visitor.page.get_by_role("button", name="Close").click()
    await expect(visitor.posts).to_have_count(2)
