"""Failures of Discord and Hugging Face: no paper is lost or posted twice."""

from __future__ import annotations

from collections import deque

import pytest

from sandbox import Fault
from tests.fakes.huggingface import Fault as HubFault
from tests.process.conftest import on_each_store
from tests.process.running import Stage

NO_PERMISSION = {"message": "Missing Permissions", "code": 50013}


@pytest.mark.thorough
@on_each_store
async def test_each_paper_arrives_once_over_failures_of_both_sides(stage: Stage) -> None:
    discord, general, news = stage.discord, stage.discord.club.general, stage.discord.club.announcements
    stage.list_paper("2611.00001", title="World models for small robots")
    stage.hub.faults = deque([HubFault(kind="reset"), HubFault(status=503)])
    stage.hub.open_day = None
    gateway_url = discord.gateway_url
    discord.gateway.url = "ws://127.0.0.1:9/nowhere"  # what Discord names must not be what is used
    discord.faults.add(Fault(path="/users/@me", status=503))
    discord.faults.add(Fault(path="/gateway/bot", status=503))
    bot = await stage.start(DISCORD_GATEWAY_URL=gateway_url)
    assert "The bot is not logged in to Discord: Discord answered 503" in bot.log
    assert "Discord's gateway is not known: Discord answered 503" in bot.log
    await bot.says("trying")
    discord.faults.add(
        Fault(
            method="POST", path=f"/channels/{general.id}/messages", status=403, body=NO_PERMISSION, times=None
        )
    )
    discord.faults.add(Fault(method="POST", path=f"/channels/{discord.channel.id}/messages", status=500))
    discord.faults.add(Fault.rate_limit(path=f"/channels/{news.id}/messages", retry_after_seconds=0.2))
    for channel in (general, discord.channel, news):
        await stage.live("world model", channel)
    await stage.until_posted("2611.00001")
    await stage.until_posted("2611.00001", channel=news)
    await stage.until(lambda: bool(stage.sends(general)), "an attempt in the closed channel")

    discord.gateway.drop()
    await bot.says("RESUMED")
    stage.list_paper("2611.00002", title="Another world model")
    await stage.until_posted("2611.00001", "2611.00002")
    await stage.until_posted("2611.00001", "2611.00002", channel=news)
    assert len(stage.sends(general)) == 1
    status = await stage.command("status")
    assert f"⛔ {general.mention}" in status
    assert "permission" in status

    discord.faults.clear()
    await stage.command("config resume", general)
    await stage.until_posted("2611.00001", "2611.00002", channel=general)
    assert "Traceback" not in bot.log
    assert await bot.stop() == 0


@pytest.mark.thorough
async def test_a_refused_token_ends_the_start_with_78_and_is_named_but_not_shown(stage: Stage) -> None:
    bot = await stage.launch(DISCORD_TOKEN="wrong.wrong.wrong")
    assert await bot.ended() == 78
    assert "DISCORD_TOKEN was refused" in bot.log
    assert "wrong.wrong" not in bot.log
    assert "Traceback" not in bot.log
