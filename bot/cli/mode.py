"""`paperboy mode`: tells the Makefile whether to start the bot or the sandbox."""

from __future__ import annotations

import click

from bot.settings import Settings


@click.command(hidden=True)
def mode() -> None:
    """Print "run" if DISCORD_TOKEN is set, and "sandbox" otherwise.

    The Makefile uses it to decide what `make run` starts.
    """
    click.echo("run" if Settings.load().discord_token else "sandbox")
