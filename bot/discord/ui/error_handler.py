"""The error handler of commands, buttons and forms: what the user sees, and what is logged."""

from __future__ import annotations

import logging
import secrets

import discord
from discord import app_commands
from typing_extensions import override

from bot.core.markdown import shorten
from bot.discord.ui import replies
from bot.discord.ui.error_texts import ALREADY_ACKNOWLEDGED, UNREACHABLE, Failure, failure_of
from bot.telemetry import CommandOutcome

_log = logging.getLogger(__name__)

_REFERENCE_BYTES = 4
_MAX_CONTENT_LENGTH = 2_000  # Discord's limit


async def answer_failure(interaction: discord.Interaction, error: Exception) -> CommandOutcome:
    """Tells the user what went wrong, logs it at most once and returns the outcome; never raises.

    A bug is logged with the reference that the user sees.
    """
    if isinstance(error, app_commands.CommandInvokeError):
        error = error.original
    name = interaction.command.qualified_name if interaction.command else interaction.type.name
    failure = failure_of(error, has_begun=interaction.response.is_done())
    if failure is None:
        failure = _bug(error, name)
    if interaction.type is discord.InteractionType.autocomplete:
        # Only choices can be shown there; the command itself will say what is wrong.
        _log.warning("No choices for %s: %s", name, error)
        return failure.answered
    problem = failure.warning
    if failure.text:
        may_be_ours = not isinstance(error, discord.HTTPException)
        text = shorten(failure.text, _MAX_CONTENT_LENGTH)
        undelivered = await _tell(interaction, text, may_be_ours=may_be_ours)
        if undelivered is not None:
            problem = "; ".join(filter(None, (problem, f"the user could not be notified: {undelivered}")))
    if problem:
        _log.warning("%s failed: %s", name, problem)
    return failure.answered


def _bug(error: Exception, name: str) -> Failure:
    reference = secrets.token_hex(_REFERENCE_BYTES)
    _log.error("Bug %s in %s", reference, name, exc_info=error)
    text = (
        "Something went wrong. This is a bug in Paperboy, not your mistake. Try again. If it happens again, "
        f"give the bot's operator the reference `{reference}`, which is in the log."
    )
    return Failure(answered=CommandOutcome.BUG, text=text)


async def _tell(interaction: discord.Interaction, text: str, *, may_be_ours: bool) -> Exception | None:
    """Sends an ephemeral message; returns the error if it could not be delivered.

    Args:
        interaction: at any stage.
        text: for the user.
        may_be_ours: whether a first response that Discord has, and this process does not know of, may be its
            own: the connection broke after it was sent.
    """
    try:
        try:
            await replies.tell(interaction, text)
        except discord.HTTPException as error:
            is_ours = may_be_ours and not interaction.response.is_done()
            if error.code != ALREADY_ACKNOWLEDGED or not is_ours:
                raise
            await replies.tell(interaction, text, is_acknowledged=True)
    except UNREACHABLE as error:
        return error
    return None


class AutocompleteFailures(logging.Filter):
    """For discord.py's logger of the command tree, which logs a traceback for every error in an autocomplete.

    An expected error becomes one line.
    """

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not str(record.msg).startswith("Ignoring exception in autocomplete"):
            return True
        if isinstance(error, app_commands.CommandInvokeError):
            error = error.original
        failure = failure_of(error, has_begun=False) if isinstance(error, Exception) else None
        if failure is None:
            return True
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.msg, record.args = "No choices: %s", (failure.warning or str(error),)
        record.exc_info = None
        return bool(failure.warning)
