"""Shutdown: within five seconds, with nothing half done, whatever the bot is waiting for."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest

from sandbox import Fault
from tests.fakes.huggingface import Fault as HubFault
from tests.process.conftest import on_each_store
from tests.process.running import Stage
from tests.waiting import until


@on_each_store
async def test_it_ends_while_hugging_face_answers_nothing(stage: Stage) -> None:
    stage.hub.day_faults = {stage.today - timedelta(days=back): HubFault(kind="hang") for back in range(9)}
    bot = await stage.start(BACKFILL_DAYS="5")
    # It answers all the same.
    assert "no subscriptions" in await stage.command("subscriptions")
    await until(lambda: stage.hub.requests, "a request to Hugging Face")
    assert await bot.stop(signal.SIGINT) == 0
    assert "closing" in bot.log
    assert "Traceback" not in bot.log


@pytest.mark.thorough
@on_each_store
async def test_a_message_whose_answer_never_came_is_posted_once_after_sigterm_and_after_kill(
    stage: Stage,
) -> None:
    general = stage.discord.club.general
    stage.list_paper("2611.00001", title="World models for small robots")
    bot = await stage.start()
    for channel in (stage.discord.channel, general):
        # Carried out, but the answer does not arrive while anyone waits for it.
        path = f"/channels/{channel.id}/messages"
        stage.discord.faults.add(Fault(method="POST", path=path, when="after", delay_seconds=60))
    await stage.live("world model")
    await stage.until_posted("2611.00001")
    assert await bot.stop() == 0

    bot = await stage.start()
    await stage.until(lambda: len(stage.sends()) == 2, "a second attempt")
    await stage.live("robot", general)
    await stage.until_posted("2611.00001", channel=general)
    await bot.kill()

    bot = await stage.start()
    await stage.until(lambda: len(stage.sends(general)) == 2, "a second attempt")
    await stage.two_more_runs(bot)
    await stage.until_posted("2611.00001")
    await stage.until_posted("2611.00001", channel=general)
    nonces = {send.json["nonce"] for send in stage.sends()}
    assert len(nonces) == 1
    assert await bot.stop() == 0
