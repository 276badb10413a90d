"""A sandbox and a small bot, connected by real sockets."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import discord
import pytest
import yarl
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from sandbox import Sandbox

from .browsing import Browser


class EchoBot(commands.AutoShardedBot):
    def __init__(self, *, shard_count: int | None = None) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            intents=discord.Intents(guilds=True),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=0.1,
            shard_count=shard_count,
        )
        self.there = asyncio.Event()
        self.resumed = asyncio.Event()

    async def setup_hook(self) -> None:
        self.tree.add_command(echo)
        self.tree.add_command(silence)
        self.tree.add_command(hasty)
        self.tree.add_command(form)
        await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Without discord.py's wait of five seconds between two IDENTIFYs: the stand-in has no such rule."""

    async def on_ready(self) -> None:
        self.there.set()

    async def on_shard_resumed(self, _shard_id: int) -> None:
        self.resumed.set()


class Again(discord.ui.View):
    @discord.ui.button(label="Again", custom_id="again")
    async def again(self, interaction: discord.Interaction, _button: discord.ui.Button[Again]) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="edited", view=None)


class Form(discord.ui.Modal, title="A form"):
    word: discord.ui.TextInput[Form] = discord.ui.TextInput(label="Word", custom_id="word")

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"you wrote {self.word.value}", ephemeral=True)


@app_commands.command(description="Say it back, deferred")
@app_commands.describe(text="What to say", channel="Where it is about")
async def echo(
    interaction: discord.Interaction, text: str, channel: discord.TextChannel | None = None
) -> None:
    await interaction.response.defer(ephemeral=True)
    await interaction.edit_original_response(embed=discord.Embed(title=text))
    where = "here" if channel is None else channel.name
    await interaction.followup.send(f"second, {where}", view=Again(), ephemeral=True)


@echo.autocomplete("text")
async def echo_choices(_interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=current * 2, value=current * 2)]


@app_commands.command(description="Never answer")
async def silence(_interaction: discord.Interaction) -> None:
    pass


@app_commands.command(description="Follow up before there is an answer")
async def hasty(interaction: discord.Interaction) -> None:
    await interaction.response.defer(ephemeral=True)
    await interaction.followup.send("for all to read")


@app_commands.command(description="Show a form")
async def form(interaction: discord.Interaction) -> None:
    await interaction.response.send_modal(Form())


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(page_port=None) as running:
        yield running


@asynccontextmanager
async def connected(sandbox: Sandbox, bot: EchoBot) -> AsyncGenerator[EchoBot]:
    run = asyncio.create_task(bot.start(sandbox.token))
    ready = asyncio.create_task(bot.there.wait())
    try:
        async with asyncio.timeout(90):
            await asyncio.wait({run, ready}, return_when=asyncio.FIRST_COMPLETED)
            if run.done():
                await run
        yield bot
    finally:
        ready.cancel()
        await bot.close()
        await asyncio.gather(run, ready, return_exceptions=True)


@pytest.fixture
async def bot(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[EchoBot]:
    monkeypatch.setattr(Route, "BASE", sandbox.api_url)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(sandbox.gateway_url))
    async with connected(sandbox, EchoBot()) as running:
        yield running


@pytest.fixture
async def session(sandbox: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    assert sandbox.page_url is not None
    async with aiohttp.ClientSession(base_url=sandbox.page_url) as session:
        yield session


@pytest.fixture
async def browser(session: aiohttp.ClientSession, sandbox: Sandbox) -> Browser:
    async with session.get("/") as answer:
        found = re.search(r'data-key="([^"]+)" data-first="(\d+)"', await answer.text())
    assert found is not None
    return Browser(session, key=found[1], first=found[2], person=sandbox.admin.id)
