"""The main job, from a slash command to posts, over restarts and kills."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sandbox import Fault
from tests.process.conftest import on_each_store
from tests.process.running import Stage


def mapped_files(pid: int) -> str:
    """The files in a process's memory; nothing where the system does not tell."""
    maps = Path(f"/proc/{pid}/maps")
    return maps.read_text(encoding="utf-8") if maps.exists() else ""


@on_each_store
async def test_a_subscribed_channel_gets_each_matching_paper_once_over_restarts_and_kills(
    stage: Stage,
) -> None:
    general = stage.discord.club.general
    stage.list_paper("2611.00001", title="World models for small robots")
    stage.list_paper("2611.00002", title="Nothing of the kind")
    stage.list_paper("2610.00009", title="An older world model", day=stage.today - timedelta(days=1))
    stage.hub.open_day = stage.today - timedelta(days=1)
    bot = await stage.start(plain=not stage.database_url)  # without what the fork server imported
    answer = await stage.live("world model, grasping AND gentle")
    assert "`world model`" in answer
    await stage.two_more_runs(bot)
    assert stage.posted() == []
    stage.hub.open_day = stage.today
    await stage.command("config schedule", cadence="live", channel=general)
    assert general.mention in await stage.command("subscribe", keywords="title:kind", channel=general)
    await stage.until_posted("2611.00001")
    await stage.until_posted("2611.00002", channel=general)

    # With exact keywords only, the table of word vectors and numpy stay out of memory.
    if not stage.database_url:
        assert "numpy" not in mapped_files(bot.pid)
    await bot.kill()
    for noise in ("PyNaCl", "davey", "Can't keep up", "Traceback"):
        assert noise not in bot.log
    stage.list_paper("2611.00003", title="A world model that was listed while nobody looked")
    bot = await stage.start()
    await stage.until_posted("2611.00001", "2611.00003")
    assert await bot.stop() == 0

    stage.discord.faults.add(Fault(method="GET", path="/applications/*/commands", status=503))
    bot = await stage.start()
    await bot.says("Commands could not be synced: Discord answered 503")
    await bot.says("Commands: unchanged")
    await stage.two_more_runs(bot)
    await stage.until_posted("2611.00001", "2611.00003")
    await stage.until_posted("2611.00002", channel=general)
    assert await bot.stop() == 0
    # The commands were the same each time.
    assert len(stage.calls("PUT", "/commands")) == 1
    assert len(stage.calls("GET", "/commands")) == 4
