from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import discord
import pytest
import yarl

from sandbox import Sandbox
from sandbox.calendar import open_list_day
from tests.fakes.huggingface import raw_item

from .browsing import Browser
from .conftest import EchoBot


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(page_port=0) as running:
        yield running


async def test_the_page_lists_channels_threads_and_direct_messages(
    sandbox: Sandbox, browser: Browser, bot: EchoBot
) -> None:
    channel = bot.get_channel(sandbox.channel.id)
    assert isinstance(channel, discord.TextChannel)
    await (await channel.send("a start")).create_thread(name="a thread")
    listed = [(row["kind"], row["name"]) for row in await browser.channels()]
    assert listed == [
        ("text", "papers"),
        ("thread", "a thread"),
        ("text", "general"),
        ("news", "announcements"),
        ("forum", "reading-group"),
        ("dm", "Paperboy"),
    ]


async def test_the_page_shows_each_channels_messages_as_they_arrive(
    sandbox: Sandbox, browser: Browser, bot: EchoBot
) -> None:
    papers, general = bot.get_channel(sandbox.channel.id), bot.get_channel(sandbox.club.general.id)
    assert isinstance(papers, discord.TextChannel)
    assert isinstance(general, discord.TextChannel)
    await papers.send("for papers")
    await browser.open(papers.id)
    assert "for papers" in await browser.look()
    revision = browser.state["publishedRevision"]
    await general.send("for general")
    assert "for general" not in await browser.look()
    assert browser.state["publishedRevision"] == revision
    await papers.send("more for papers")
    assert "more for papers" in await browser.look()
    await browser.open(general.id)
    assert "for general" in await browser.look()


async def test_mentions_in_an_embed_are_shown_by_name(
    sandbox: Sandbox, browser: Browser, bot: EchoBot
) -> None:
    channel = bot.get_channel(sandbox.channel.id)
    assert isinstance(channel, discord.TextChannel)
    await channel.send(embed=discord.Embed(description=f"in {channel.mention}"))
    await browser.open(sandbox.channel.id)
    assert '"#papers"' in await browser.look()


async def test_the_samples_pictures_are_shown_without_the_hub(
    sandbox: Sandbox, browser: Browser, bot: EchoBot
) -> None:
    channel = bot.get_channel(sandbox.channel.id)
    assert isinstance(channel, discord.TextChannel)
    newest = sandbox.huggingface.days[open_list_day(sandbox.calendar.now())]
    await channel.send(embed=discord.Embed(title="a paper").set_thumbnail(url=newest[0]["thumbnail"]))
    await browser.open(sandbox.channel.id)
    name = f"{newest[0]['paper']['id']}.png"
    [asset] = [asset for asset in browser.state["assets"].values() if asset["filename"] == name]
    assert asset["available"]


async def test_pictures_of_a_newly_read_list_are_shown(
    sandbox: Sandbox, browser: Browser, bot: EchoBot
) -> None:
    channel = bot.get_channel(sandbox.channel.id)
    assert isinstance(channel, discord.TextChannel)
    day = open_list_day(sandbox.calendar.now())
    sandbox.huggingface.days[day] = [raw_item(id="2608.00042", day=day)]
    async with aiohttp.ClientSession(sandbox.huggingface_url) as reader:
        await (await reader.get(f"/api/daily_papers?date={day}")).read()
    address = "https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/2608.00042.png"
    await channel.send(embed=discord.Embed(title="a paper").set_thumbnail(url=address))
    await browser.open(sandbox.channel.id)
    [asset] = [asset for asset in browser.state["assets"].values() if asset["filename"] == "2608.00042.png"]
    assert asset["available"]


async def test_a_command_typed_in_the_page_is_answered_there(
    sandbox: Sandbox, browser: Browser, bot: EchoBot
) -> None:
    await browser.open(sandbox.club.general.id)
    receipt = await browser.run("echo", text="typed")
    assert (receipt["settlement"], receipt["diagnostics"]) == ("settled", [])
    await sandbox.until(lambda: len(sandbox.requests) > 0 and "second" in str(sandbox.requests[-1].json))
    assert "typed" in await browser.look()
    assert "Only" not in str(sandbox.messages(sandbox.club.general))


async def test_the_page_works_after_an_unanswered_command(
    sandbox: Sandbox, browser: Browser, bot: EchoBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.open(sandbox.channel.id)
    with monkeypatch.context() as impatient:
        impatient.setattr("sandbox.world.FIRST_ANSWER_SECONDS", 0.05)
        assert (await browser.run("silence"))["settlement"] == "timeout"
    assert (await browser.run("echo", text="still here"))["settlement"] == "settled"


async def test_direct_messages_have_their_own_page(sandbox: Sandbox, browser: Browser, bot: EchoBot) -> None:
    ben = browser.another(person=sandbox.member.id)
    await ben.open(sandbox.club.direct[1].id)
    assert [viewer["id"] for viewer in ben.state["viewers"]] == [str(sandbox.member.id)]
    await ben.run("echo", text="quietly")
    assert "quietly" in await ben.look()


async def test_an_action_in_one_channel_does_not_change_the_pages_of_others(
    sandbox: Sandbox, browser: Browser, bot: EchoBot
) -> None:
    await browser.open(sandbox.channel.id)
    other = browser.another(person=sandbox.member.id)
    await other.open(sandbox.club.direct[1].id)
    await browser.run("echo", text="here")
    assert "here" not in await other.look()
    assert [viewer["id"] for viewer in other.state["viewers"]] == [str(sandbox.member.id)]


async def test_the_page_cannot_be_stopped_from_a_browser(
    sandbox: Sandbox, browser: Browser, bot: EchoBot
) -> None:
    await browser.open(sandbox.channel.id)
    assert (await browser.act("close"))["rejected"]
    await browser.look()


@pytest.mark.parametrize(
    "path",
    ["/", "/frame.js", "/frame.css", "/icon.svg", "/channel.css", "/channel.js", "/channel", "/app.js"],
)
async def test_the_pages_files_are_served(session: aiohttp.ClientSession, path: str) -> None:
    async with session.get(path) as answer:
        assert answer.status == 200
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    ("path", "caching"),
    [("/", "no-store"), ("/channel", "no-store"), ("/frame.js", "max-age=60"), ("/app.js", "max-age=60")],
)
async def test_a_browser_keeps_scripts_but_no_page_that_holds_a_key(
    session: aiohttp.ClientSession, path: str, caching: str
) -> None:
    async with session.get(path) as answer:
        assert answer.headers["Cache-Control"] == caching


async def test_a_foreign_host_name_is_rejected(session: aiohttp.ClientSession) -> None:
    for path in ("/", "/channel", "/channels"):
        async with session.get(path, headers={"Host": "example.org"}) as answer:
            assert answer.status == 403


async def test_a_wrong_key_is_rejected(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    rest = f"{sandbox.admin.id}.{sandbox.channel.id}"
    for key in ("", "wrong", f"wrong.{rest}", f"wrong.{sandbox.admin.id}.1", f"wrong.1.{sandbox.channel.id}"):
        async with session.get("/channels", headers={"X-Simcord-Capability": key}) as answer:
            assert answer.status == 401
        async with session.post("/api/pages", headers={"X-Simcord-Capability": key}, json={}) as answer:
            assert answer.status == 401


async def test_the_page_uses_the_next_port_if_one_is_in_use(sandbox: Sandbox) -> None:
    port = yarl.URL(sandbox.page_url or "").port
    async with Sandbox(page_port=port) as second:
        assert yarl.URL(second.page_url or "").port != port
