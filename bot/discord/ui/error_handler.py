"""The error handler of commands, buttons and forms: what the person sees, and what the log says."""

from __future__ import annotations

import logging
import secrets

import discord
from discord import app_commands
from typing_extensions import override

from bot.core.markdown import shorten
from bot.discord.ui import replies
from bot.discord.ui.error_texts import ALREADY_ACKNOWLEDGED, UNREACHABLE, Failure, failure
from bot.telemetry import CommandOutcome

_log = logging.getLogger(__name__)

_REFERENCE_BYTES = 4
_LONGEST_CONTENT = 2_000  # of a message; Discord's limit
# Discord's codes for an interaction that cannot be answered any more: the three seconds, or the fifteen
# minutes, have passed.
_EXPIRED = frozenset({10015, 10062, 50027})


async def answer_failure(interaction: discord.Interaction, error: Exception) -> CommandOutcome:
    """Tells the person what was wrong, and the log at most once; raises nothing.

    A bug is logged with the reference that the person is given. Gives what it was.
    """
    if isinstance(error, app_commands.CommandInvokeError):
        error = error.original
    name = interaction.command.qualified_name if interaction.command else interaction.type.name
    found = failure(error, has_begun=interaction.response.is_done())
    if found is None:
        found = _bug(error, name)
    if interaction.type is discord.InteractionType.autocomplete:
        # Nothing but choices can be shown there, and the command itself will say what is wrong.
        _log.warning("Nothing could be offered for %s: %s", name, error)
        return found.answered
    problem = found.warning
    if found.text:
        may_be_ours = not isinstance(error, discord.HTTPException)
        undelivered = await _tell(interaction, shorten(found.text, _LONGEST_CONTENT), may_be_ours=may_be_ours)
        if undelivered is not None:
            problem = "; ".join(filter(None, (problem, f"the person could not be notified: {undelivered}")))
    if problem:
        _log.warning("%s failed: %s", name, problem)
    return found.answered


def _bug(error: Exception, name: str) -> Failure:
    reference = secrets.token_hex(_REFERENCE_BYTES)
    _log.error("Bug %s in %s", reference, name, exc_info=error)
    text = (
        "Something went wrong in Paperboy; that is a bug, and nothing you did. Try again, and if it stays, "
        f"give the bot's operator the reference `{reference}`: it is in the log."
    )
    return Failure(answered=CommandOutcome.BUG, text=text)


async def _tell(interaction: discord.Interaction, text: str, *, may_be_ours: bool) -> Exception | None:
    """Tells the person alone; what kept it from them, where something did.

    Args:
        interaction: answered already, or not.
        text: for the person.
        may_be_ours: a first answer that Discord has, and this process does not know of, is its own: the
            connection broke off behind it.
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
    """For discord.py's logger of the command tree, which has a traceback for whatever ends an autocomplete.

    What is not a bug becomes one line. The person sees nothing, because only choices can be shown there.
    """

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not str(record.msg).startswith("Ignoring exception in autocomplete"):
            return True
        if isinstance(error, app_commands.CommandInvokeError):
            error = error.original
        found = failure(error, has_begun=False) if isinstance(error, Exception) else None
        if found is None:
            return True
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.msg, record.args = "Nothing could be offered: %s", (found.warning or str(error),)
        record.exc_info = None
        return bool(found.warning)
