"""`paperboy sandbox`: the bot in a simulated Discord, with a page in the browser."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from datetime import date
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from bot import logs
from bot.cli.parameters import whole_number
from bot.cli.process import run_until_signal
from bot.errors import ConfigError
from bot.settings import Settings

if TYPE_CHECKING:
    from sandbox import LiveLists, Sandbox

_OUR_PACKAGES = {"bot", "cogs", "sandbox"}

_log = logging.getLogger(__name__)


@click.command()
@click.option(
    "--port",
    type=whole_number(0, 65_535),
    metavar="PORT",
    help="Where the page listens on 127.0.0.1 (0: any free port).",
)
@click.option("--sample", is_flag=True, help="Show the bundled lists instead of real ones from HF_ENDPOINT.")
def sandbox(*, port: int | None, sample: bool) -> None:
    """Try the bot in a browser: no token, no account.

    Runs the bot in a small simulated Discord on this machine and prints the
    address of its page. Ctrl-C stops it.
    """
    run_until_signal(_run(port=port, sample=sample))


async def _run(*, port: int | None, sample: bool) -> None:
    """Run the sandbox, and the bot in it with a temporary database, until cancelled.

    Raises:
        ConfigError: the sandbox's packages are not installed, or a setting is wrong.
    """
    try:
        # Imported here: the bot itself must run without the sandbox's packages.
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
        # Not `/deliver`: it finds nothing if the list has not been read yet.
        SeedCommand("config schedule", {"cadence": "live"}),
    )
    async with AsyncExitStack() as exits:
        folder = exits.enter_context(_new_folder())
        overrides = {
            "discord_token": None,
            "database_url": f"sqlite+aiosqlite:///{Path(folder, 'paperboy.db')}",
            "shard_count": None,
            "shards_per_process": None,
        }
        # These say where the sandbox fetches real lists; the bot reads them from the sandbox.
        operators = Settings.load(**overrides)
        token = operators.hf_token.get_secret_value() if operators.hf_token else None
        lists = await exits.enter_async_context(
            LiveLists(operators.hf_endpoint, token=token, connector=operators.proxies.connector)
        )
        is_live, _ = await asyncio.gather(
            _never() if sample else lists.is_available(),
            asyncio.to_thread(import_module, "bot.app"),  # takes a second, so at the same time
        )
        sandbox = await exits.enter_async_context(
            Sandbox(page_port=PAGE_PORT if port is None else port, seed=seed, live=lists if is_live else None)
        )
        settings = Settings.load(
            **overrides
            | {
                "discord_token": sandbox.token,
                "discord_api_url": sandbox.api_url,
                "discord_gateway_url": sandbox.gateway_url,
                "hf_endpoint": sandbox.huggingface_url,
                "hf_token": None,
                "archive_since": date.max,  # only the recent lists: the sandbox would fetch the others for us
                "https_proxy": None,
                "http_proxy": None,
            }
        )
        secrets = (*settings.secrets, *operators.secrets)
        logs.configure(level=settings.log_level, log_format=settings.log_format, secrets=secrets)
        from bot.app import App  # noqa: PLC0415 - loaded above

        app = App(settings, clock=sandbox.calendar.now)
        sandbox.calendar.around_moves = lambda: app.between_runs
        sandbox.calendar.moved.append(app.wake)
        async with asyncio.TaskGroup() as group:
            group.create_task(app.run())
            click.echo(_welcome(sandbox, lists, is_live=is_live, was_asked=not sample))
            try:
                await sandbox.seed()
            except TimeoutError:
                _log.warning("The first commands got no answer; type them on the page", exc_info=True)


async def _never() -> bool:
    return False


def _welcome(sandbox: Sandbox, lists: LiveLists, *, is_live: bool, was_asked: bool) -> str:
    if is_live:
        source = f"live from {lists.address}"
    elif was_asked:
        source = f"the bundled sample ({lists.address} did not answer)"
    else:
        source = "the bundled sample"
    return (
        f"Paperboy's sandbox is open: {sandbox.page_url}\n"
        f"Lists: {source}\n"
        "Try /subscribe with the keyword that the page suggests, then Next day. Ctrl-C stops the sandbox."
    )


def _new_folder() -> TemporaryDirectory[str]:
    """A folder for the database, which is deleted at the end.

    Raises:
        ConfigError: there is no directory for temporary files.
    """
    try:
        return TemporaryDirectory(prefix="paperboy-sandbox-")
    except FileNotFoundError as error:
        raise ConfigError(
            "the sandbox has no directory for its files: set TMPDIR to one that this user can write to"
        ) from error
