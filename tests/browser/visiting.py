"""A visitor at the sandbox's page in a headless Chromium, with the real bot behind it."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    ConsoleMessage,
    FrameLocator,
    Locator,
    Page,
    async_playwright,
    expect,
)
from playwright.async_api import TimeoutError as NotShownInTime

from tests.browser import chromium
from tests.process import forked
from tests.process.running import LONG_SECONDS, BotProcess

LONG_MS: Final = LONG_SECONDS * 1000
_TYPED_AGAIN_AFTER_MS: Final = 5_000
_OURS: Final = {"about", "blob", "data"}

expect.set_options(timeout=LONG_MS)


class PageErrors:
    """What no page may do: an error in its console or its scripts, and a request that leaves this machine."""

    def __init__(self, page: Page) -> None:
        self.seen: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.seen.append(f"an error in a script: {error}"))
        page.on("request", lambda request: self._asked(request.url))
        page.on("websocket", lambda socket: self._asked(socket.url))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.seen.append(f"in the console: {message.text} ({message.location['url']})")

    def _asked(self, url: str) -> None:
        address = urlsplit(url)
        if address.scheme not in _OURS and address.hostname != "127.0.0.1":
            self.seen.append(f"a request that leaves this machine: {url}")


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """A person at the page."""

    page: Page

    @property
    def channel(self) -> FrameLocator:
        """The chosen channel."""
        return self.page.frame_locator("#channel")

    @property
    def messages(self) -> Locator:
        return self.channel.locator(".channel-message")

    @property
    def posts(self) -> Locator:
        """The messages that everybody sees and that answer nobody."""
        answers = self.page.locator(".message-interaction-header, .message-ephemeral-note")
        return self.messages.filter(has_not=answers)

    @property
    def cards(self) -> Locator:
        """The embeds of the posts."""
        return self.posts.locator(".embed-card")

    async def see_pictures(self) -> None:
        """Wait until every picture in the channel is drawn: one that is missing never has a width."""
        frame = self.page.frame(name="channel")
        assert frame
        await frame.wait_for_function(
            "() => [...document.querySelectorAll('.channel-message img')].every(picture => picture.naturalWidth > 0)"
        )

    async def background(self) -> str:
        """The color behind the messages, which is the theme's."""
        frame = self.page.frame(name="channel")
        assert frame
        return await frame.evaluate("getComputedStyle(document.body).backgroundColor")

    def entry(self, name: str) -> Locator:
        """A row of the list of channels."""
        return self.page.locator("nav").get_by_role("button", name=name)

    async def go(self, name: str) -> None:
        """Open a channel or the direct messages from the list."""
        await self.open(self.entry(name), name)

    async def open(self, control: Locator, name: str) -> None:
        """Click what leads to another place, and wait until that is shown."""
        await control.click()
        await expect(self.channel.locator("#channel-name")).to_have_text(name)

    async def become(self, name: str) -> None:
        """Look and act as another person."""
        person = self.page.get_by_label("You are")
        await person.select_option(label=name)
        frame = self.page.frame(name="channel")
        assert frame
        await frame.wait_for_url(f"**as={await person.input_value()}#*")

    # Slash commands:

    async def type(self, text: str) -> None:
        await self.channel.locator("#channel-composer-input").fill(text)

    def command(self, name: str) -> Locator:
        """A command among those that are offered after a slash."""
        exact = self.page.locator("strong", has_text=re.compile(rf"^/{name}$"))
        return self.channel.locator(".command-entry").filter(has=exact)

    async def pick(self, command: str) -> None:
        """Type a command's name and choose it from what is offered.

        A page that is still opening may lose what was typed, so it is typed again until it is offered.
        """
        offered = self.command(command)
        async with asyncio.timeout(LONG_SECONDS):
            while not await offered.is_visible():
                await self.type("")
                await self.type(f"/{command}")
                with suppress(NotShownInTime):
                    await offered.wait_for(timeout=_TYPED_AGAIN_AFTER_MS)
        await offered.click()

    def option(self, name: str) -> Locator:
        """The field of one option of the command that is being typed."""
        return self.channel.locator(f'.command-option-input[data-option="{name}"]')

    async def add_option(self, name: str) -> Locator:
        """Take an option that may be left out, and give its field."""
        await self.channel.locator(".command-ghost").click()
        await self.offer(name).click()
        return self.option(name)

    def offer(self, text: str) -> Locator:
        """One of the things that are offered above the composer."""
        label = self.page.locator(".command-suggestion-label", has_text=re.compile(rf"^{re.escape(text)}"))
        return self.channel.locator(".command-suggestion").filter(has=label)

    async def send(self) -> Locator:
        """Send what was typed, and give the answer when it is whole."""
        return await self.click(self.channel.locator("#send-message"))

    async def run(self, command: str, /, **options: str) -> Locator:
        """Type a command with what it has to be given, and give the answer when it is whole."""
        await self.pick(command)
        for name, value in options.items():
            await self.option(name).fill(value)
        return await self.send()

    async def choose(self, message: Locator, name: str) -> None:
        """Choose in the menu below a message."""
        await message.locator(".select-trigger").click()
        await self.channel.get_by_role("option", name=name).click()

    async def choose_first(self, menu: Locator) -> None:
        """Choose the first thing that a menu offers.

        What arrives in the channel meanwhile may close the menu, so it is opened again until it stays.
        """
        offered = self.channel.get_by_role("option").first
        async with asyncio.timeout(LONG_SECONDS):
            while not await offered.is_visible():
                await menu.click()
                with suppress(NotShownInTime):
                    await offered.wait_for(timeout=_TYPED_AGAIN_AFTER_MS)
        await offered.click()

    async def click(self, control: Locator) -> Locator:
        """Click what the bot answers by a message, and give that message when it is whole."""
        before = await self.messages.count()
        await control.click()
        message_id = await self.messages.nth(before).get_attribute("data-message-id")
        message = self.channel.locator(f'.channel-message[data-message-id="{message_id}"]')
        await expect(message.locator(".message-loading")).to_have_count(0)
        return message

    async def use_app(self, message: Locator, command: str) -> Locator:
        """Right-click a message and use a message command on it; give the answer when it is whole.

        The page may follow new messages meanwhile and scroll the message away, so the click needs no place.
        """
        await message.locator(".message-header").dispatch_event("contextmenu")
        return await self.click(self.channel.get_by_role("menuitem", name=command))


@asynccontextmanager
async def browsing(chromium_path: str) -> AsyncGenerator[Browser]:
    """A headless Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path, args=chromium.ARGUMENTS, timeout=LONG_MS
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def visiting(url: str, browser: Browser, **context: Any) -> AsyncGenerator[Visitor]:
    """Open the page in a separate profile; at the end, fail if it did what no page may do."""
    options: dict[str, Any] = {"viewport": {"width": 1200, "height": 900}, "color_scheme": "dark"} | context
    profile = await browser.new_context(**options)
    try:
        page = await profile.new_page()
        page.set_default_timeout(LONG_MS)
        errors = PageErrors(page)
        await page.goto(url)
        yield Visitor(page=page)
        assert not errors.seen, "\n".join(errors.seen)
    finally:
        await profile.close()


@asynccontextmanager
async def sandbox_process(folder: Path) -> AsyncGenerator[str]:
    """The sandbox as `make run` starts it, on any free port; gives the page's address."""
    process = await forked.start(
        ("sandbox", "--sample", "--port", "0"),
        folder=folder,
        env={"PATH": os.environ["PATH"], "TMPDIR": str(folder)},
        joined=True,
    )
    bot = BotProcess(process)
    try:
        await bot.says("http://")
        address = re.search(r"http://\S+", bot.log)
        assert address, bot.log
        yield address.group()
        assert "Traceback" not in bot.log, bot.log
        await bot.stop()
    finally:
        await bot.kill()
