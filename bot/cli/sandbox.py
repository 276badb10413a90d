"""The bot in the sandbox: the settings that point it there, and what is typed there for a newcomer to see."""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bot import logs
from bot.errors import ConfigError
from bot.settings import Settings

if TYPE_CHECKING:
    from sandbox import LiveLists, Sandbox

_OUR_PACKAGES = {"bot", "cogs", "sandbox"}

_log = logging.getLogger(__name__)


async def run_in_sandbox(*, port: int | None, sample: bool = False) -> None:
    """Runs the sandbox and the bot in it until cancelled, with a database that lives as long.

    Args:
        port: where the page is looked for first, 0 for any free port; by default where the sandbox says.
        sample: shows the bundled lists, and does not ask Hugging Face for real ones.

    Raises:
        ConfigError: the sandbox's packages are not installed, or a setting is wrong.
    """
    try:
        # Not at the top: the bot alone does without the sandbox and its packages.
        from sandbox import PAGE_PORT, LiveLists, Sandbox, SeedCommand  # noqa: PLC0415
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
    async with AsyncExitStack() as exits:
        folder = exits.enter_context(TemporaryDirectory(prefix="paperboy-sandbox-"))
        ours = {"discord_token": None, "database_url": f"sqlite+aiosqlite:///{Path(folder, 'paperboy.db')}"}
        # The operator's word on where lists are real; the bot itself reads all of them from the sandbox.
        theirs = Settings.load(**ours)
        token = theirs.hf_token.get_secret_value() if theirs.hf_token else None
        lists = await exits.enter_async_context(
            LiveLists(theirs.hf_endpoint, token=token, connector=theirs.proxies.connector)
        )
        is_live, _ = await asyncio.gather(
            _never() if sample else lists.answer(),
            asyncio.to_thread(import_module, "bot.app"),  # slow, so meanwhile
        )
        sandbox = await exits.enter_async_context(
            Sandbox(page_port=PAGE_PORT if port is None else port, seed=seed, live=lists if is_live else None)
        )
        settings = Settings.load(
            **ours
            | {
                "discord_token": sandbox.token,
                "discord_api_url": sandbox.api_url,
                "discord_gateway_url": sandbox.gateway_url,
                "hf_endpoint": sandbox.huggingface_url,
                "hf_token": None,
                "https_proxy": None,
                "http_proxy": None,
            }
        )
        secrets = (*settings.secrets, *theirs.secrets)
        logs.configure(level=settings.log_level, log_format=settings.log_format, secrets=secrets)
        from bot.app import App  # noqa: PLC0415 - imported above, once no setting was wrong

        app = App(settings, clock=sandbox.calendar.now)
        sandbox.calendar.around_moves = lambda: app.between_runs
        sandbox.calendar.moved.append(app.wake)
        async with asyncio.TaskGroup() as group:
            group.create_task(app.run())
            sys.stdout.write(_welcome(sandbox, lists, is_live=is_live, was_asked=not sample))
            sys.stdout.flush()
            try:
                await sandbox.seed()
            except TimeoutError:
                _log.warning("The first commands got no answer; type them in the page", exc_info=True)


async def _never() -> bool:
    return False


def _welcome(sandbox: Sandbox, lists: LiveLists, *, is_live: bool, was_asked: bool) -> str:
    """What a newcomer reads: where it is, whose lists are shown, and what to try."""
    if is_live:
        shown = f"live from {lists.address}"
    elif was_asked:
        shown = f"the sample that comes with Paperboy ({lists.address} did not answer)"
    else:
        shown = "the sample that comes with Paperboy"
    return (
        f"Paperboy's sandbox is open: {sandbox.page_url}\n"
        f"Lists: {shown}\n"
        "Try: /subscribe with the keyword that the page suggests, then Next day. Ctrl-C ends it.\n"
    )
