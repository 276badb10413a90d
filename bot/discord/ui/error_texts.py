"""What each expected error says to the user and to the log; every other error is a bug."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from discord import app_commands

from bot.core.plurals import count
from bot.discord.answers.formatting import code
from bot.discord.connection.errors import FAILURES, DiscordError, read_error
from bot.errors import SourceError, StoreError, UserError
from bot.services.fleet.fleet import LeaseLostError
from bot.telemetry import CommandOutcome

# Whatever a request to Discord may raise, apart from bugs in it.
UNREACHABLE = (DiscordError, *FAILURES)

ALREADY_ACKNOWLEDGED = 40060
# Discord's codes for an interaction that can no longer be answered.
_TOO_LATE = {
    10062: "it was not answered within 3 seconds",
    10008: "the message with its answer was deleted or dismissed",
    10015: "its 15 minutes had passed",
    50027: "its 15 minutes had passed",
}
_LEASE_LOST = "the leases of this process are not certain just now, so it sends nothing"
_FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
# Errors about files on this machine are bugs.
_OF_FILES = (FileNotFoundError, FileExistsError, PermissionError, IsADirectoryError, NotADirectoryError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An expected error."""

    answered: CommandOutcome
    text: str = ""  # for the user; empty if it cannot reach them, or another process answers them
    warning: str = ""  # for the log, as the end of a sentence; empty if none is needed


def failure_of(error: Exception, *, has_begun: bool) -> Failure | None:  # noqa: PLR0911 - an error, a return
    """What the error means; None for a bug.

    Args:
        error: what was raised.
        has_begun: whether Discord has the first response, so that something may have been done already.
    """
    match error:
        case UserError():
            return Failure(answered=CommandOutcome.USER_ERROR, text=str(error))
        case app_commands.AppCommandError():
            text = _of_commands(error)
            return Failure(answered=CommandOutcome.USER_ERROR, text=text) if text else None
        case StoreError():
            return Failure(answered=CommandOutcome.FAILED, text=_of_store(error))  # logged by the store
        case SourceError():
            return Failure(
                answered=CommandOutcome.FAILED,
                text="Hugging Face returned no usable response. Nothing was changed. Try again in a few "
                "minutes.",
                warning=str(error),
            )
        case LeaseLostError():
            text = f"Another of my processes is taking over right now. {_how_far(has_begun=has_begun)}"
            return Failure(answered=CommandOutcome.FAILED, text=text, warning=_LEASE_LOST)
        case OSError() if error.errno in _FULL_DISK:
            text = "The disk that I run on is full, so I couldn't do that. The bot's operator can fix it."
            return Failure(answered=CommandOutcome.FAILED, text=text, warning=str(error))
        case _ if isinstance(error, UNREACHABLE) and not isinstance(error, _OF_FILES):
            return _of_discord(read_error(error), has_begun=has_begun)
        case _:
            return None


def _of_store(error: StoreError) -> str:
    if error.is_write:
        return (
            f"I couldn't save that: {error.reason}. Nothing was changed. Try again once the bot's operator "
            "has fixed it."
        )
    return f"I couldn't look that up: {error.reason}. Try again once the bot's operator has fixed it."


def _of_discord(error: DiscordError, *, has_begun: bool) -> Failure | None:
    is_refused_by_another = not error.is_from_discord and error.status != 429
    if error.status is None or (is_refused_by_another and error.status < 500):
        return Failure(
            answered=CommandOutcome.FAILED,
            text=f"My connection to Discord broke. {_how_far(has_begun=has_begun)}",
            warning=str(error),
        )
    if error.code == ALREADY_ACKNOWLEDGED:
        return Failure(
            answered=CommandOutcome.LATE,
            warning=(
                "another process has answered it already. With SHARD_COUNT that happens while a shard moves; "
                "otherwise two bots use the same token: stop one of them, or reset the token"
            ),
        )
    if error.code in _TOO_LATE:
        return Failure(
            answered=CommandOutcome.LATE,
            warning=f"it can no longer be answered: {_TOO_LATE[error.code]} (code {error.code})",
        )
    warning = f"Discord answered {error.status} (code {error.code}): {error.text[:200]}"
    if error.status == 429:
        text = f"Discord asks me to slow down. {_how_far(has_begun=has_begun)}"
    elif error.status >= 500 or (error.status == 400 and not error.code):
        text = f"Discord has problems right now. {_how_far(has_begun=has_begun)}"
    elif error.status == 401:
        text = "Discord no longer accepts my token. The bot's operator can fix it."
    elif error.status == 403:
        text = (
            "Discord doesn't let me do that, because I'm missing a permission. Ask an admin of this server."
        )
    elif error.status == 404:
        text = "Discord says that a channel, role or message involved no longer exists."
    else:
        return None
    return Failure(answered=CommandOutcome.FAILED, text=text, warning=warning)


def _how_far(*, has_begun: bool) -> str:
    if not has_begun:
        return "Nothing was changed. Try again in a minute."
    return "It may have been done anyway. Check before you try again in a minute."


def _of_commands(error: app_commands.AppCommandError) -> str:  # noqa: PLR0911 - an error, a sentence
    if isinstance(error, app_commands.NoPrivateMessage):
        return "This command only works in a server's channels."
    if isinstance(error, (app_commands.CommandNotFound, app_commands.CommandSignatureMismatch)):
        return (
            "This command changed in an update of Paperboy, and Discord still shows you the old one. "
            "Nothing was changed. Reload Discord (Ctrl+R) and try again in a minute."
        )
    if isinstance(error, app_commands.TransformerError):
        return not_offered(str(error.value))
    if isinstance(error, app_commands.MissingPermissions):
        return f"You need {_listed(error.missing_permissions)} for this. Nothing was changed. Ask an admin."
    if isinstance(error, app_commands.BotMissingPermissions):
        needed = _listed(error.missing_permissions)
        return f"I need {needed} for this. Nothing was changed. Ask an admin to give it to me."
    if isinstance(error, app_commands.CommandOnCooldown):
        seconds = max(1, round(error.retry_after))
        return f"That was too fast. Nothing was changed. Try again in {count(seconds, 'second')}."
    if isinstance(error, app_commands.CheckFailure):
        return "You can't use this command here. Nothing was changed. Ask an admin of this server."
    return ""


def not_offered(value: str, option: str = "") -> str:
    """Says that an option does not accept a value, or no longer does."""
    option_text = f"the option `{option}`" if option else "that option"
    return (
        f"{code(value[:100])} isn't a choice for {option_text}. Nothing was changed. Pick one of the choices "
        "that Discord shows. If this is one of them, reload Discord (Ctrl+R)."
    )


def _listed(permissions: list[str]) -> str:
    return ", ".join(f"**{name.replace('_', ' ').title()}**" for name in permissions)
