"""What a person is told when a command, a button or a form fails: the one error handler."""

from __future__ import annotations

import logging
import secrets

import discord
from discord import app_commands

from bot.errors import UserError

_log = logging.getLogger(__name__)

_REFERENCE_BYTES = 4


async def answer_failure(interaction: discord.Interaction, error: Exception) -> None:
    """Tells the person what was wrong; a bug is logged once, with the reference that the person is given."""
    if isinstance(error, app_commands.CommandInvokeError):
        error = error.original if isinstance(error.original, Exception) else error
    text = _known(error)
    if text is None:
        reference = secrets.token_hex(_REFERENCE_BYTES)
        name = interaction.command.qualified_name if interaction.command else interaction.type.name
        _log.error("Bug %s in %s", reference, name, exc_info=error)
        text = (
            "Something went wrong in Paperboy; that is a bug, and nothing you did. Try again, and if it "
            f"stays, tell whoever runs this bot the reference `{reference}`: it stands in the log."
        )
    await _tell(interaction, text)


def _known(error: Exception) -> str | None:
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, app_commands.NoPrivateMessage):
        return "This command works in a server's channels only."
    if isinstance(error, app_commands.CommandOnCooldown):
        return f"That was a lot at once: try again in {error.retry_after:.0f} s."
    if isinstance(error, (app_commands.CommandNotFound, app_commands.CommandSignatureMismatch)):
        return (
            "This command has changed with an update of Paperboy. Reload Discord (Ctrl+R) and type it again."
        )
    if isinstance(error, app_commands.TransformerError):
        return f"`{error.value}` is not something that option takes.".replace("@", "@\u200b")
    return None


async def _tell(interaction: discord.Interaction, text: str) -> None:
    mentions = discord.AllowedMentions.none()
    try:
        if interaction.response.is_done():
            await interaction.followup.send(text, ephemeral=True, allowed_mentions=mentions)
        else:
            await interaction.response.send_message(text, ephemeral=True, allowed_mentions=mentions)
    except discord.HTTPException as error:
        # The three seconds, or the fifteen minutes, have passed: nobody can be told there any more.
        _log.warning("A person could not be told that a command failed: %s", error)
