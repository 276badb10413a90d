"""Refused content and answers that are not Discord's, with a real process: nothing is lost or posted twice."""

from __future__ import annotations

import pytest

from sandbox import Fault
from tests.process.conftest import on_usual_store
from tests.process.running import Stage

CULPRIT = "2611.00003"
IDS = [f"2611.{number:05}" for number in range(1, 9)]
TREE = {"embeds": {"2": {"description": {"_errors": [{"code": "BASE_TYPE_BAD_LENGTH", "message": "no"}]}}}}
INVALID = {"message": "Invalid Form Body", "code": 50035, "errors": TREE}
PAGE = b"<html>Sign in to this network</html>"


@pytest.mark.thorough
@on_usual_store
async def test_one_refused_paper_costs_no_other_over_a_kill(stage: Stage) -> None:
    path = f"/channels/{stage.discord.channel.id}/messages"
    stage.discord.faults.add(
        Fault(method="POST", path=path, containing=CULPRIT, status=400, body=INVALID, times=None)
    )
    for number, paper_id in enumerate(IDS):
        stage.list_paper(paper_id, title=f"World models, part {number}", upvotes=50 - number)
    bot = await stage.start()
    await stage.live("world model")
    await stage.until(lambda: len(stage.posted()) > 1, "the first neighbors")
    await bot.kill()
    bot = await stage.start()
    others = [paper_id for paper_id in IDS if paper_id != CULPRIT]
    await stage.until_posted(*others)
    await stage.until(
        lambda: any("could not be posted" in str(call.json) for call in stage.calls("POST", "/messages")),
        "a notice",
    )
    assert sorted(stage.posted()) == others

    assert "quiet" not in (status := await stage.command("status"))
    assert "1 paper could not be posted" in status
    explained = await stage.command("explain", paper=CULPRIT)
    assert "Discord refused the description of the third embed" in explained
    before = len(stage.sends())
    assert "could not be posted" in await stage.command("deliver")
    assert len(stage.sends()) - before == 2  # alone, and bare

    stage.discord.faults.clear()
    await stage.command("deliver")
    await stage.until_posted(*IDS)
    assert "Traceback" not in bot.log
    assert await bot.stop() == 0


@pytest.mark.thorough
async def test_a_network_that_answers_for_discord_loses_nothing(stage: Stage) -> None:
    path = f"/channels/{stage.discord.channel.id}/messages"
    bot = await stage.start()
    for raw, when in [(PAGE, "after"), (b"[]", "before"), (b'{"id": "7', "after")]:
        stage.discord.faults.add(Fault(method="POST", path=path, raw=raw, when=when))
    stage.discord.faults.add(Fault(method="POST", path=path, status=400, body={"message": "no", "code": 0}))
    for paper_id in IDS:
        stage.list_paper(paper_id, title="World models")
    await stage.live("world model")
    await stage.until_posted(*IDS)
    assert sorted(stage.posted()) == IDS
    assert "Traceback" not in bot.log
    assert await bot.stop() == 0
