"""`paperboy doctor` as a process, beside and after a bot, with various problems at Discord."""

from __future__ import annotations

import re
from pathlib import Path

import discord
import pytest
from simcord.builders import ChannelHandle

from sandbox import Fault
from tests.process.running import BotProcess, Finished, Stage


def lines(done: Finished, sign: str) -> list[str]:
    """The findings with this sign, each with what to do, on one line."""
    joined = re.sub(r"\n {4,}", " ", done.out)
    return [line.strip() for line in joined.splitlines() if line.startswith(f"  {sign} ")]


def everything(folder: Path) -> dict[str, bytes]:
    """All files but the index of what is being written, in which each reader notes that it reads."""
    return {
        file.name: file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and not file.name.endswith("-shm")
    }


async def serve(stage: Stage) -> BotProcess:
    """A bot that has served #papers and #general."""
    stage.list_paper("2608.00001", title="Video")
    bot = await stage.start(BACKFILL_DAYS="0")
    await stage.live("video")
    await stage.until_posted("2608.00001")
    await stage.command("subscribe", stage.discord.club.general, keywords="robots")
    return bot


@pytest.mark.thorough
async def test_beside_and_after_a_bot_it_only_looks_and_everything_is_in_place(stage: Stage) -> None:
    bot = await serve(stage)
    asked = len(stage.discord.requests)
    done = await stage.finished("doctor")
    assert done.code == 0, done.out + done.err
    assert done.err == ""
    assert done.out.endswith("\nEverything is in place.\n")
    assert lines(done, "!") == lines(done, "✗") == []
    assert "It is in use by a running bot (process" in done.out
    assert "the bot is Paperboy" in done.out
    assert "2 channels in 1 server: no problems" in done.out
    assert "\x1b" not in done.out
    assert stage.discord.token not in done.out
    assert {request.method for request in list(stage.discord.requests)[asked:]} == {"GET"}

    assert await bot.stop() == 0
    before = everything(stage.folder)
    done = await stage.finished("doctor")
    assert done.code == 0, done.out
    assert "It is in use" not in done.out
    assert everything(stage.folder) == before


@pytest.mark.thorough
async def test_what_is_wrong_in_discord_is_reported_with_its_place(stage: Stage) -> None:
    """One bot has served both channels, then comes one problem after the other."""
    discord, papers, general = stage.discord, stage.discord.channel, stage.discord.club.general
    bot = await serve(stage)

    discord.deny(papers, send_messages=True)
    stage.list_paper("2608.00002", title="Video too")
    await bot.says("I'm missing **Send Messages**")
    await bot.stop()
    done = await stage.finished("doctor")
    (wrong,) = lines(done, "✗")
    assert re.match(
        r"✗ #papers in Paper Club has been blocked since .* UTC: I'm missing Send Messages → give me", wrong
    ), wrong
    assert "1 post pending" in done.out
    discord.allow(papers)
    bot = await stage.start(BACKFILL_DAYS="0")
    await stage.until_posted("2608.00001", "2608.00002")
    await bot.stop()

    discord.deny(papers, embed_links=True)
    discord.deny(general, view_channel=True)
    done = await stage.finished("doctor")
    assert done.code == 1
    fix = "there, under Edit Channel → Permissions"
    assert lines(done, "✗") == [
        f"✗ #papers in Paper Club: I'm missing Embed Links → give me Embed Links {fix}",
        f"✗ #general in Paper Club: I'm missing View Channel → give me View Channel {fix}",
    ]
    assert done.out.endswith("\n2 problems found.\n")
    discord.allow(papers)
    discord.allow(general)

    path = f"/guilds/{discord.guild.id}/channels"
    discord.faults.add(Fault(path=path, status=403, body={"message": "no", "code": 0}, times=None))
    done = await stage.finished("doctor")
    assert "no problems" not in done.out
    assert lines(done, "–") == ["– 2 channels in 1 server: not checked, because Discord did not return them"]
    discord.faults.clear()

    discord.deny(papers, read_message_history=True)
    discord.delete_channel(general)
    done = await stage.finished("doctor")
    assert done.code == 0
    history, gone = lines(done, "!")
    assert "#papers in Paper Club: I'm missing Read Message History" in history
    assert f"channel {general.id} in Paper Club no longer exists" in gone

    discord.kick_bot()
    done = await stage.finished("doctor")
    no_server, left = lines(done, "!")
    assert "The bot is not in any server" in no_server
    assert f"no longer in server {discord.guild.id}, which has 2 channels with subscriptions" in left


@pytest.mark.thorough
async def test_before_the_first_start_it_says_what_is_still_to_come(stage: Stage) -> None:
    stage.list_paper("2608.00001")
    done = await stage.finished("doctor")
    assert done.code == 0
    assert "data/paperboy.db does not exist yet; the first start creates it" in done.out
    assert lines(done, "!") == [
        "! No commands are registered → the bot registers them at its first start: paperboy run"
    ]
    assert list(stage.folder.iterdir()) == []


@pytest.mark.thorough
async def test_a_thread_is_checked_through_its_channel(stage: Stage) -> None:
    world, papers = stage.discord.world, stage.discord.club.papers
    made = world.backend.create_thread(
        papers.id, "reading", stage.discord.admin.id, type=discord.ChannelType.public_thread.value
    )
    thread = ChannelHandle(world, stage.discord.guild, made)
    stage.list_paper("2608.00001", title="Video")
    bot = await stage.start(BACKFILL_DAYS="0")
    await stage.live("video", thread)
    await bot.stop()
    assert "1 channel in 1 server: no problems" in (await stage.finished("doctor")).out
    stage.discord.deny(stage.discord.channel, send_messages_in_threads=True)
    done = await stage.finished("doctor")
    (wrong,) = lines(done, "✗")
    assert wrong.startswith(
        "✗ #reading in Paper Club: I'm missing Send Messages in Threads → give me Send Messages in"
    )
    assert "in #papers" in wrong


async def test_a_refused_token_ends_with_78_and_is_not_shown(stage: Stage) -> None:
    stage.list_paper("2608.00001")
    done = await stage.finished("doctor", DISCORD_TOKEN="abc.def.ghi")
    assert done.code == 78
    (refused,) = lines(done, "✗")
    assert refused.startswith("✗ DISCORD_TOKEN was refused by Discord → copy a new token")
    assert "abc.def" not in done.out + done.err
    assert done.out.endswith(
        "\n1 problem found; 1 not checked. The bot will not start until this is fixed.\n"
    )


@pytest.mark.thorough
async def test_discord_that_cannot_be_reached_is_wrong_and_the_rest_is_checked(stage: Stage) -> None:
    stage.list_paper("2608.00001")
    done = await stage.finished("doctor", DISCORD_API_URL="http://127.0.0.1:9/api/v10")
    assert done.code == 1
    (wrong,) = lines(done, "✗")
    assert "http://127.0.0.1:9/api/v10" in wrong
    assert "agrees with Hugging Face's" in done.out


async def test_a_wrong_setting_ends_with_78_and_the_rest_is_checked(stage: Stage) -> None:
    stage.list_paper("2608.00001")
    (stage.folder / ".env").write_text("POLL_INTERVAL_SECONDS=soon\n", encoding="utf-8")
    done = await stage.finished("doctor", POLL_INTERVAL_SECONDS="")
    assert done.code == 78
    (wrong,) = lines(done, "✗")
    assert wrong.startswith("✗ POLL_INTERVAL_SECONDS must be a whole number of seconds")
    assert "it is set in .env" in wrong
    assert "the bot is Paperboy" in done.out


@pytest.mark.thorough
async def test_a_database_that_is_none_ends_with_78(stage: Stage) -> None:
    stage.list_paper("2608.00001")
    (stage.folder / "data").mkdir()
    (stage.folder / "data" / "paperboy.db").write_bytes(b"no database, but a text\n" * 100)
    done = await stage.finished("doctor")
    assert done.code == 78
    assert "is not a SQLite database" in done.out
    assert "The servers: not checked, because the database cannot be read" in done.out


@pytest.mark.thorough
async def test_an_encoding_that_knows_no_signs_gets_words(stage: Stage) -> None:
    stage.list_paper("2608.00001")
    done = await stage.finished("doctor", DISCORD_TOKEN="abc", PYTHONIOENCODING="ascii")
    assert done.code == 78
    assert done.err == ""
    assert done.out.isascii()
    assert "  ok " in done.out
    assert "  !! DISCORD_TOKEN was refused" in done.out
