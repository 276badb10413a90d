"""What a channel shows as Discord does: failures, choices, answers for one alone, and a bot that is offline."""

# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import discord
import pytest
import pytest_asyncio
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from playwright.async_api import Browser, expect

from sandbox import Sandbox
from tests.browser.visiting import LONG_SECONDS, Visitor, visiting
from tests.sandbox.conftest import EchoBot, connected

pytestmark = [
    pytest.mark.thorough,
]

WAIT = "sandbox.world.FIRST_ANSWER_SECONDS"
SHORT_SECONDS = 0.5  # for an answer that never comes


class Panel(discord.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Broken", custom_id="broken")
    async def broken(self, _interaction: discord.Interaction, _button: discord.ui.Button[Panel]) -> None:
        """Answers nothing."""


@app_commands.command(description="Choose a color")
@app_commands.choices(
    color=[app_commands.Choice(name="Red", value="r"), app_commands.Choice(name="Blue", value="b")]
)
async def paint(interaction: discord.Interaction, color: app_commands.Choice[str]) -> None:
    await interaction.response.send_message(f"painted {color.value}", ephemeral=True)


@app_commands.command(description="Sing a song")
async def sing(interaction: discord.Interaction, song: str) -> None:
    await interaction.response.send_message(f"la la {song}")


@sing.autocomplete("song")
async def songs(_interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=f"Anything with '{current}'", value="any")]


@app_commands.command(description="Say hello")
async def hello(interaction: discord.Interaction) -> None:
    await interaction.response.send_message("hello to you")


class PaintingBot(EchoBot):
    async def setup_hook(self) -> None:
        self.add_view(Panel())
        self.tree.add_command(hello)
        self.tree.add_command(paint)
        self.tree.add_command(sing)
        await super().setup_hook()


@pytest_asyncio.fixture(scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(WAIT, LONG_SECONDS)
        async with Sandbox(page_port=0) as running:
            patched.setattr(Route, "BASE", running.api_url)
            patched.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(running.gateway_url))
            yield running


@pytest_asyncio.fixture(scope="module")
async def online(sandbox: Sandbox) -> AsyncIterator[AsyncExitStack]:
    """A bot that leaves much unanswered and has posted a button; it is online until this is closed."""
    async with AsyncExitStack() as stack:
        bot = await go_online(stack, sandbox)
        channel = bot.get_channel(sandbox.channel.id)
        assert isinstance(channel, discord.TextChannel)
        link = f"https://discord.com/channels/{sandbox.guild.id}/{sandbox.club.general.id}"
        await channel.send(f"see {link}", view=Panel())
        yield stack


async def go_online(online: AsyncExitStack, sandbox: Sandbox) -> EchoBot:
    return await online.enter_async_context(connected(sandbox, PaintingBot()))


@pytest_asyncio.fixture(scope="module")
async def guest(browser: Browser, sandbox: Sandbox, online: AsyncExitStack) -> AsyncIterator[Visitor]:
    """Somebody at the page, one for all these tests: a page takes seconds to open."""
    assert online
    assert sandbox.page_url
    async with visiting(sandbox.page_url, browser) as visitor:
        await expect(visitor.messages).to_have_count(1)
        yield visitor


async def test_a_command_without_an_answer_is_reported_and_frees_the_composer(
    guest: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WAIT, SHORT_SECONDS)
    await guest.pick("silence")
    await guest.channel.locator("#send-message").click()
    message = guest.channel.get_by_role("alert").filter(has_text="used /silence")
    await expect(message).to_contain_text("The application did not respond")
    await expect(guest.channel.locator("#channel-composer-input")).to_be_visible()
    await message.get_by_role("button", name="Dismiss message").click()
    await expect(message).to_have_count(0)


async def test_a_button_without_an_answer_is_reported_below_its_message(
    guest: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WAIT, SHORT_SECONDS)
    await guest.messages.get_by_role("button", name="Broken").click()
    await expect(guest.messages.get_by_role("alert")).to_have_text("This interaction failed")


async def test_a_choice_taken_by_the_keyboard_is_shown_by_name_and_sent_as_it_was_taken(
    guest: Visitor,
) -> None:
    await guest.pick("paint")
    await expect(guest.offer("Blue")).to_be_visible()
    for key in ("ArrowDown", "Enter"):
        await guest.page.keyboard.press(key)
    await expect(guest.channel.locator(".command-pill")).to_have_attribute("data-shown", "Blue")
    await guest.page.keyboard.press("Enter")
    answer = guest.messages.filter(has_text="painted b")
    await expect(answer).to_be_visible()
    await answer.get_by_role("button", name="Dismiss message").click()
    await expect(answer).to_be_hidden()
    await guest.page.reload()
    await expect(guest.messages.first).to_be_visible()
    await expect(answer).to_be_hidden()


async def test_a_link_to_a_channel_opens_it_in_the_page(guest: Visitor) -> None:
    await guest.messages.get_by_role("link", name="discord.com").click()
    await expect(guest.channel.locator("#channel-name")).to_have_text("general")
    assert len(guest.page.context.pages) == 1


async def test_a_stopped_bot_does_not_respond_and_is_shown_as_offline_until_it_is_back(
    guest: Visitor, sandbox: Sandbox, online: AsyncExitStack
) -> None:
    alert = guest.page.get_by_role("alert")
    await expect(await guest.run("hello")).to_contain_text("hello to you")
    await expect(alert).to_be_hidden()
    await online.aclose()
    await expect(alert).to_contain_text("Paperboy is offline")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(WAIT, SHORT_SECONDS)
        await guest.pick("hello")
        await guest.channel.locator("#send-message").click()
        await expect(guest.channel.get_by_text("The application did not respond")).to_be_visible()
    await go_online(online, sandbox)
    await expect(alert).to_be_hidden()
    await expect(await guest.run("hello")).to_contain_text("hello to you")


async def test_an_empty_field_offers_its_choices_and_an_empty_one_is_not_sent(guest: Visitor) -> None:
    await guest.pick("sing")
    await expect(guest.offer("Anything with ''")).to_be_visible()
    await guest.page.keyboard.press("Escape")
    await guest.channel.locator("#send-message").click()
    await expect(guest.channel.locator(".command-error")).to_have_text(
        "This option is required. Specify a value."
    )
