"""What a person is told when a command, a button or a form fails: the one error handler."""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import discord
from discord import app_commands

from bot.core.markdown import shorten
from bot.discord import replies
from bot.discord.phrases import code
from bot.errors import UserError
from bot.watching import Answered

_log = logging.getLogger(__name__)

_REFERENCE_BYTES = 4
_LONGEST_CONTENT = 2_000  # of a message; Discord's limit
# Discord's codes for an interaction that cannot be answered any more: the three seconds, or the fifteen
# minutes, have passed.
_EXPIRED = frozenset({10015, 10062, 50027})


@asynccontextmanager
async def failures_told(interaction: discord.Interaction) -> AsyncGenerator[None]:
    """For a dynamic item, whose errors discord.py brings to nobody: the one error handler around its work."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the handler itself
        await answer_failure(interaction, error)


async def answer_failure(interaction: discord.Interaction, error: Exception) -> Answered:
    """Tells the person what was wrong; a bug is logged once, with the reference that the person is given.

    Gives what it was.
    """
    if isinstance(error, app_commands.CommandInvokeError):
        error = error.original
    name = interaction.command.qualified_name if interaction.command else interaction.type.name
    if isinstance(error, discord.HTTPException) and error.code in _EXPIRED:
        _log.warning("%s could not be answered, for it came or ended too late: %s", name, error)
        return Answered.LATE
    if interaction.type is discord.InteractionType.autocomplete:
        # Nothing but choices can be shown there, and the command itself will say what is wrong.
        _log.warning("Nothing could be offered for %s: %s", name, error)
        return Answered.BUG
    text, answered = _known(error), Answered.USER_ERROR
    if text is None:
        answered = Answered.BUG
        reference = secrets.token_hex(_REFERENCE_BYTES)
        _log.error("Bug %s in %s", reference, name, exc_info=error)
        text = (
            "Something went wrong in Paperboy; that is a bug, and nothing you did. Try again, and if it "
            f"stays, tell whoever runs this bot the reference `{reference}`: it stands in the log."
        )
    await _tell(interaction, shorten(text, _LONGEST_CONTENT))
    return answered


def _known(error: Exception) -> str | None:
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, app_commands.NoPrivateMessage):
        return "This command works in a server's channels only."
    if isinstance(error, (app_commands.CommandNotFound, app_commands.CommandSignatureMismatch)):
        return (
            "This command has changed with an update of Paperboy. Reload Discord (Ctrl+R) and type it again."
        )
    if isinstance(error, app_commands.TransformerError):
        return f"{code(str(error.value))} is not something that option takes. Nothing was changed."
    return None


async def _tell(interaction: discord.Interaction, text: str) -> None:
    try:
        await replies.tell(interaction, text)
    except discord.HTTPException as error:
        _log.warning("A person could not be told that a command failed: %s", error)
