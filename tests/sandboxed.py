"""The bot in this process, connected to a sandbox as by `paperboy sandbox`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.app import App
from bot.settings import Settings
from sandbox import Sandbox
from tests.discord_address import restored
from tests.waiting import LIMIT_SECONDS


@asynccontextmanager
async def running(sandbox: Sandbox, folder: Path) -> AsyncGenerator[None]:
    """The bot, ready in the sandbox, as `paperboy sandbox` starts it."""
    settings = Settings.load(
        discord_token=sandbox.token,
        discord_api_url=sandbox.api_url,
        discord_gateway_url=sandbox.gateway_url,
        hf_endpoint=sandbox.huggingface_url,
        database_url=f"sqlite+aiosqlite:///{folder / 'paperboy.db'}",
    )
    app = App(settings, clock=sandbox.calendar.now)
    sandbox.calendar.around_moves = lambda: app.between_runs
    sandbox.calendar.moved.append(app.wake)
    with restored():
        task = asyncio.create_task(app.run())
        try:
            await sandbox.wait_for_bot(
                sandbox.guild.id, commands=["subscribe"], timeout_seconds=LIMIT_SECONDS
            )
            await sandbox.until(
                lambda: sandbox.huggingface.is_read,
                timeout_seconds=LIMIT_SECONDS,
                what="a reader of the lists",
            )
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
