"""Progress bars: drawn in a terminal, removed afterwards, and absent everywhere else."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import signal
import struct
import termios
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.process import forked
from tests.process.forked import ForkedProcess
from tests.process.running import Stage, staged

LONG_SECONDS = 60  # only a hang takes that long
BAR = "Reading older lists"


class Screen:
    """The master side of a terminal of 100 columns."""

    def __init__(self) -> None:
        self._master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.seen = ""
        self._changed = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._master, self._read)

    def _read(self) -> None:
        try:
            self.seen += os.read(self._master, 65_536).decode()
        except OSError:  # the other side is closed
            asyncio.get_running_loop().remove_reader(self._master)
        self._changed.set()

    async def until(self, claim: Callable[[str], bool]) -> None:
        async with asyncio.timeout(LONG_SECONDS):
            while not claim(self.seen):
                self._changed.clear()
                await self._changed.wait()

    def shown(self) -> list[str]:
        """The lines that remain visible after carriage returns."""
        lines: list[str] = []
        for line in self.seen.replace("\r\n", "\n").split("\n"):
            cells: list[str] = []
            for part in line.split("\r"):
                cells[: len(part)] = part
            lines.append("".join(cells).rstrip())
        return lines

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)


async def bot_on(screen: Screen, stage: Stage, *arguments: str, **settings: str) -> ForkedProcess:
    process = await forked.start(
        arguments,
        folder=stage.folder,
        env=stage.environment({"LOG_LEVEL": "INFO", "TERM": "xterm", **settings}),
        err=screen.slave,
    )
    os.close(screen.slave)
    return process


@pytest.mark.thorough
async def test_reading_the_archive_shows_a_bar_below_the_log_and_removes_it_afterwards(
    tmp_path: Path,
) -> None:
    async with staged(tmp_path) as stage:
        screen = Screen()
        process = await bot_on(screen, stage, BACKFILL_DAYS="2")
        await screen.until(lambda seen: "Archive: 2 of 2" in seen)
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), LONG_SECONDS)
        await screen.until(lambda seen: "closing\r\n" in seen)
        screen.close()
    assert re.search(f"{BAR} .*1 of 2", screen.seen)
    assert BAR not in "\n".join(screen.shown())
    for line in screen.shown():
        assert re.match(r"\d{4}-\d\d-\d\dT|$", line), line


@pytest.mark.thorough
async def test_ctrl_c_removes_the_bar(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        screen = Screen()
        process = await bot_on(screen, stage, BACKFILL_DAYS="300")
        await screen.until(lambda seen: f"{BAR} " in seen and "1 of 300" in seen)
        process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), LONG_SECONDS)
        await screen.until(lambda seen: "closing\r\n" in seen)
        screen.close()
    assert process.returncode == 0
    assert BAR not in "\n".join(screen.shown())


@pytest.mark.thorough
async def test_a_pipe_gets_no_bar(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        bot = await stage.launch(BACKFILL_DAYS="1", LOG_LEVEL="INFO")
        await bot.says("Archive: 1 of 1")
        await bot.stop()
        assert BAR not in bot.log
        assert "\r" not in bot.log


async def test_a_preview_of_many_days_shows_a_bar_only_in_a_terminal(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        stage.list_paper("2608.00001", title="Video", day=stage.today - timedelta(days=3))
        screen = Screen()
        process = await bot_on(screen, stage, "preview", "video", "--days", "30")
        out, _ = await asyncio.wait_for(process.communicate(), LONG_SECONDS)
        await screen.until(lambda seen: "of 30" in seen)
        screen.close()
        piped = await stage.finished("preview", "video", "--days", "30")
    assert b"1 of 1 paper" in out
    assert "Reading lists" in screen.seen
    assert "\n".join(screen.shown()).strip() == ""
    assert (piped.code, piped.err) == (0, "")
