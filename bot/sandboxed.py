"""The bot in the sandbox: the settings that point it there, and what is typed there for a newcomer to see."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bot import logs
from bot.errors import ConfigError
from bot.settings import Settings

_OUR_PACKAGES = {"bot", "cogs", "sandbox"}

_log = logging.getLogger(__name__)


async def run_in_sandbox(*, port: int | None) -> None:
    """Runs the sandbox and the bot in it until cancelled, with a database that lives as long.

    Args:
        port: where the page is looked for first, 0 for any free port; by default where the sandbox says.

    Raises:
        ConfigError: the sandbox's packages are not installed, or a setting is wrong.
    """
    try:
        # Not at the top: the bot alone does without the sandbox and its packages.
        from sandbox import PAGE_PORT, Sandbox, SeedCommand  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in _OUR_PACKAGES:
            raise
        raise ConfigError(
            f"the sandbox needs packages that are not installed ({error.name}): "
            "use `make run`, or pip install 'paperboy[sandbox]'"
        ) from error
    seed = (
        SeedCommand("subscribe", {"keywords": "language model, agents, diffusion model"}),
        # Not `/deliver`: the list may not be read yet, and then it would find nothing.
        SeedCommand("config schedule", {"cadence": "live"}),
    )
    with TemporaryDirectory(prefix="paperboy-sandbox-") as folder:
        async with Sandbox(page_port=PAGE_PORT if port is None else port, seed=seed) as sandbox:
            settings = Settings.load(
                discord_token=sandbox.token,
                discord_api_url=sandbox.api_url,
                discord_gateway_url=sandbox.gateway_url,
                hf_endpoint=sandbox.huggingface_url,
                hf_token=None,
                database_url=f"sqlite+aiosqlite:///{Path(folder, 'paperboy.db')}",
            )
            logs.configure(level=settings.log_level, log_format=settings.log_format, secrets=settings.secrets)
            from bot.app import App  # noqa: PLC0415 - slow to import; a wrong setting is said before

            app = App(settings, clock=sandbox.calendar.now)
            sandbox.calendar.moved.append(app.wake)
            async with asyncio.TaskGroup() as group:
                group.create_task(app.run())
                sys.stdout.write(f"Paperboy's sandbox is open: {sandbox.page_url}\nCtrl-C ends it.\n")
                sys.stdout.flush()
                try:
                    await sandbox.seed()
                except TimeoutError:
                    _log.warning("The first commands got no answer; type them in the page", exc_info=True)
