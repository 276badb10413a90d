"""The port of a real bot: its health in good and in bad hours, and its numbers after real work."""

from __future__ import annotations

import json
import os
import resource
import socket
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from sandbox import Fault
from tests.fakes.huggingface import Fault as HubFault
from tests.process.asking import port_of
from tests.process.conftest import on_each_store, on_usual_store
from tests.process.running import BotProcess, Stage, finished

PORT = {"HEALTH_PORT": "0"}
SOON = """
import bot.monitoring.health
bot.monitoring.health.RECONNECTING_SECONDS = 0.3
bot.monitoring.health.RUNS_GRACE_SECONDS = 0.5
bot.monitoring.health.WRITABLE_FOR_SECONDS = bot.monitoring.health.CHECK_AGAIN_SECONDS = 0.1
"""
NO_PERMISSION = {"message": "Missing Permissions", "code": 50013}


def is_well(status: int, health: dict[str, Any]) -> bool:
    return status == 200 and health["status"] == "ok"


def part(name: str) -> Any:
    """That this part fails."""
    return lambda status, health: status == 503 and health["parts"].get(name, {}).get("status") == "failing"


async def healthcheck(**settings: str) -> tuple[int, str, str]:
    """The exit code of `paperboy healthcheck`, and what it prints."""
    done = await finished("healthcheck", folder=Path("/"), env={"PATH": os.environ["PATH"], **settings})
    return done.code, done.out, done.err


@on_each_store
async def test_a_working_bot_is_healthy_even_if_it_reconnects_and_exposes_no_names_or_secrets(
    stage: Stage,
) -> None:
    bot = await stage.start(**PORT)
    async with port_of(bot) as port:
        health = await port.until(is_well)
        assert set(health["parts"]) == {"gateway", "runs", "source", "database"}
        assert health["parts"]["gateway"]["connected"] == health["parts"]["gateway"]["shards"] == 1
        text = json.dumps(health)
        for secret in (stage.discord.token, stage.discord.guild.name, str(stage.discord.guild.id)):
            assert secret not in text
        number = port.url.rpartition(":")[2]
        code, out, err = await healthcheck(HEALTH_PORT=number, HEALTH_HOST="0.0.0.0")  # noqa: S104 - asked, not opened
        assert (code, out, err) == (0, "healthy: ok\n", "")

        stage.discord.gateway.drop()
        while "RESUMED" not in bot.log:
            status, health = await port.health()
            assert is_well(status, health)
    assert await bot.stop() == 0
    code, out, err = await healthcheck(HEALTH_PORT=number)
    assert code == 1
    assert out.startswith("not healthy: no answer from 127.0.0.1")
    assert out.count("\n") == 1
    assert err == ""


@pytest.mark.thorough
async def test_a_bot_that_cannot_reach_discord_yet_is_starting(stage: Stage) -> None:
    stage.discord.faults.add(Fault(path="/users/@me", status=503, times=None))
    bot = await stage.launch(**PORT)
    async with port_of(bot) as port:
        health = await port.until(lambda _, health: "gateway" in health["parts"])
        assert health["status"] == "starting"
        assert "not connected to Discord yet" in health["reason"]
        assert (await port.health())[0] == 503
        stage.discord.faults.clear()
        await port.until(is_well)


@pytest.mark.thorough
async def test_a_lost_gateway_is_unhealthy_until_it_returns(stage: Stage) -> None:
    bot = await stage.start(before=SOON, POLL_INTERVAL_SECONDS="60", **PORT)
    async with port_of(bot) as port:
        await port.until(is_well)
        numbers = await port.numbers()
        assert numbers["paperboy_healthy"] == 1
        assert numbers.of("paperboy_gateway_connected", shard="0") == 1
        refused = Refusing(stage)
        stage.discord.gateway.drop()
        health = await port.until(part("gateway"))
        assert "1 of 1 shard not connected" in health["reason"]
        numbers = await port.numbers()
        assert numbers["paperboy_healthy"] == 0
        assert numbers.of("paperboy_gateway_connected", shard="0") == 0
        assert numbers["paperboy_gateway_disconnects_total"] == 1
        refused.end()
        await port.until(is_well)
    assert "Not healthy: gateway" in bot.log
    assert "Healthy again" in bot.log


class Refusing:
    """The gateway turns every connection away until this ends."""

    def __init__(self, stage: Stage) -> None:
        self._gateway = stage.discord.gateway
        self._receive = self._gateway._receive
        self._gateway._receive = self._refuse  # type: ignore[method-assign]

    def _refuse(self, socket: Any, frame: Any) -> None:
        socket.abort()

    def end(self) -> None:
        self._gateway._receive = self._receive  # type: ignore[method-assign]


@pytest.mark.thorough
async def test_a_database_that_cannot_be_written_is_unhealthy_until_it_can_be(stage: Stage) -> None:
    ignoring = "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    bot = await stage.start(before=ignoring + SOON, POLL_INTERVAL_SECONDS="60", **PORT)
    async with port_of(bot) as port:
        await port.until(is_well)
        other = sqlite3.connect(stage.folder / "data" / "paperboy.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")  # another program that keeps it locked
        health = await port.until(part("database"))
        assert "another program has locked it" in health["reason"]
        assert str(stage.folder) not in health["reason"]
        numbers = await port.numbers()
        assert numbers.of("paperboy_part_healthy", part="database") == 0
        assert numbers["paperboy_servers"] == 0  # reading goes on
        other.rollback()
        other.close()
        await port.until(is_well)

        limit_file_size(bot._process.pid, 0)  # what a full disk is to a program
        health = await port.until(part("database"))
        assert "disk" in health["reason"]
        limit_file_size(bot._process.pid, resource.RLIM_INFINITY)
        await port.until(is_well)


def limit_file_size(pid: int, most: int) -> None:
    """The size in bytes of a file that the process may write."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


@pytest.mark.thorough
async def test_failing_runs_make_the_bot_unhealthy(stage: Stage) -> None:
    failing = """
from bot.services.runs.polling import Polling
async def poll(self):
    raise ZeroDivisionError
Polling.poll = poll
"""
    bot = await stage.start(before=SOON + failing, **PORT)
    async with port_of(bot) as port:
        health = await port.until(part("runs"))
        assert "no run has succeeded" in health["reason"]
        numbers = await port.numbers()
        failed = numbers.of("paperboy_runs_total", outcome="failed")
        assert failed
        assert failed >= 1
        assert numbers.of("paperboy_last_run_timestamp_seconds") is None


@pytest.mark.thorough
async def test_a_failing_source_is_reported_but_does_not_make_the_bot_unhealthy(stage: Stage) -> None:
    stage.hub.day_faults = {stage.today: HubFault(status=401)}
    bot = await stage.start(BACKFILL_DAYS="0", **PORT)
    async with port_of(bot) as port:
        health = await port.until(lambda _, health: health["status"] == "degraded")
        assert (await port.health())[0] == 200
        assert "Hugging Face" in health["reason"]
        numbers = await port.numbers()
        assert numbers["paperboy_healthy"] == 1
        asked = numbers.of("paperboy_source_request_duration_seconds_count", endpoint="list", status="4xx")
        assert asked
        assert numbers.of("paperboy_runs_total", outcome="source_failed")


@on_usual_store
async def test_metrics_count_runs_posts_refusals_and_commands(stage: Stage) -> None:
    general, refused = stage.discord.club.general, stage.discord.club.announcements
    stage.list_paper("2611.00001", title="World models for small robots")
    for channel, status, code in (
        (general, 403, NO_PERMISSION),
        (refused, 400, {"message": "no", "code": 50035}),
    ):
        path = f"/channels/{channel.id}/messages"
        stage.discord.faults.add(Fault(method="POST", path=path, status=status, body=code, times=None))
    bot = await stage.start(**PORT)
    for channel in (stage.discord.channel, general, refused):
        await stage.live("world model", channel)
    await stage.command("subscribe", keywords="(")
    await stage.until_posted("2611.00001")
    await bot.says("Post ", times=2)
    await stage.two_more_runs(bot)
    async with port_of(bot) as port:
        numbers = await port.numbers()
    assert numbers.of("paperboy_post_attempts_total", outcome="sent") == 1
    assert numbers.of("paperboy_post_attempts_total", outcome="blocked") == 1
    assert numbers.of("paperboy_post_attempts_total", outcome="refused") == 2  # in full, then bare
    assert numbers["paperboy_post_delay_seconds_count"] == 1
    assert numbers["paperboy_posts_planned_total"] == 3
    assert numbers["paperboy_papers_new_total"] == 1
    assert numbers["paperboy_papers_read_total"] >= 1
    assert numbers["paperboy_papers"] == 1
    runs = numbers.of("paperboy_runs_total", outcome="ok")
    assert runs
    assert numbers["paperboy_run_duration_seconds_count"] >= runs
    assert numbers["paperboy_last_run_timestamp_seconds"] > numbers["process_start_time_seconds"]
    assert numbers.of("paperboy_feeds", state="blocked") == 1
    assert numbers.of("paperboy_feeds", state="active") == 2
    assert numbers.of("paperboy_posts_pending", state="blocked") == 1
    assert numbers.of("paperboy_posts_pending", state="waiting") == 0
    assert numbers["paperboy_oldest_waiting_post_age_seconds"] == 0
    assert numbers["paperboy_servers"] == 1
    assert numbers["paperboy_subscriptions"] == 3
    assert numbers.of("paperboy_commands_total", command="subscribe", outcome="ok") == 3
    assert numbers.of("paperboy_commands_total", command="subscribe", outcome="user_error") == 1
    assert numbers.of("paperboy_command_response_seconds_count", command="subscribe") == 4
    assert numbers.of("paperboy_command_response_seconds_count", command="config schedule") == 3
    assert numbers.of("paperboy_discord_request_duration_seconds_count", status="4xx") == 3
    assert numbers["paperboy_source_up"] == 1


def listening_sockets(bot: BotProcess) -> set[str]:
    """Those of its open files that are sockets which take connections."""
    lines = Path("/proc/net/tcp").read_text("utf-8").splitlines()[1:]
    listening = {f"socket:[{line.split()[9]}]" for line in lines if " 0A " in line}
    links = {str(link.readlink()) for link in Path(f"/proc/{bot.pid}/fd").iterdir()}
    assert links
    return links & listening


async def test_a_port_in_use_ends_startup_with_78_and_is_named(stage: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        bot = await stage.launch(HEALTH_PORT=str(port))
        assert await bot.ended() == 78
    assert f"paperboy: HEALTH_PORT is {port}, but that port is already in use" in bot.log
    assert "Traceback" not in bot.log


async def test_the_health_check_without_the_setting_exits_with_78() -> None:
    code, out, err = await healthcheck()
    assert (code, out) == (78, "")
    assert "HEALTH_PORT is not set" in err
    assert err.count("\n") == 1


@on_each_store
async def test_without_a_port_nothing_listens_and_a_json_log_has_only_json_lines_with_the_figures_of_runs(
    stage: Stage,
) -> None:
    stage.list_paper("2611.00001", title="World models for small robots")
    stage.discord.faults.add(
        Fault(method="POST", path="/channels/*/messages", status=403, body=NO_PERMISSION)
    )
    bot = await stage.start(LOG_FORMAT="json", LOG_LEVEL="INFO")
    await stage.live("world model")
    await bot.says("Post ")
    assert listening_sockets(bot) == set()
    assert "Health and metrics" not in bot.log
    assert await bot.stop() == 0
    records = [json.loads(line) for line in bot.log.splitlines()]
    assert all({"time", "level", "logger", "message"} <= set(record) for record in records)
    run = next(record for record in records if record["message"].startswith("Run: ") and record["posts"] == 1)
    assert {"listed", "new_papers", "problem"} < set(run)
    assert (run["feeds"], run["outcome"]) == (1, "ok")
    assert run["seconds"] >= 0
    post = next(record for record in records if record["message"].startswith("Post "))
    assert (post["outcome"], post["code"], post["channel"]) == ("blocked", 50013, stage.discord.channel.id)
