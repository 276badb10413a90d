"""What an error means to the person whose command it ended, and to the log: everything that is no bug."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from discord import app_commands

from bot.core.plurals import count
from bot.discord.answers.formatting import code
from bot.discord.connection.errors import FAILURES, DiscordError, read_error
from bot.errors import SourceError, StoreError, UserError
from bot.telemetry import CommandOutcome

# Whatever a request to Discord may raise, apart from bugs in it.
UNREACHABLE = (DiscordError, *FAILURES)

ALREADY_ACKNOWLEDGED = 40060
# Discord's codes for an interaction that cannot be answered any more.
_TOO_LATE = {
    10062: "it was not answered within 3 seconds",
    10008: "the message with its answer was deleted or dismissed",
    10015: "its 15 minutes were over",
    50027: "its 15 minutes were over",
}
_FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
# Of files on this machine, which nobody on Discord has anything to do with: bugs.
_OF_FILES = (FileNotFoundError, FileExistsError, PermissionError, IsADirectoryError, NotADirectoryError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error that is no bug."""

    answered: CommandOutcome
    text: str = ""  # for the person; '' where nothing can reach them, or another process answers them
    warning: str = ""  # for the log, as the end of a sentence; '' where it needs none


def failure(error: Exception, *, has_begun: bool) -> Failure | None:  # noqa: PLR0911 - an error, a return
    """What the error means; None for a bug.

    Args:
        error: what ended it.
        has_begun: Discord has the first answer, so that something may have been done already.
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
                text="Hugging Face gave no usable answer. Nothing was changed: try again in a few minutes.",
                warning=str(error),
            )
        case OSError() if error.errno in _FULL_DISK:
            text = "The disk that I run on is full, so I could not do that. The bot's operator can fix it."
            return Failure(answered=CommandOutcome.FAILED, text=text, warning=str(error))
        case _ if isinstance(error, UNREACHABLE) and not isinstance(error, _OF_FILES):
            return _of_discord(read_error(error), has_begun=has_begun)
        case _:
            return None


def _of_store(error: StoreError) -> str:
    if error.is_write:
        return (
            f"I could not save that: {error.reason}. Nothing was changed. The bot's operator can fix it; try "
            "again then."
        )
    return f"I could not look that up: {error.reason}. The bot's operator can fix it; try again later."


def _of_discord(error: DiscordError, *, has_begun: bool) -> Failure | None:
    if error.status is None:
        return Failure(
            answered=CommandOutcome.FAILED,
            text=f"My connection to Discord broke off. {_how_far(has_begun=has_begun)}",
            warning=str(error),
        )
    if error.code == ALREADY_ACKNOWLEDGED:
        return Failure(
            answered=CommandOutcome.LATE,
            warning=(
                "another process has answered it already: two bots use the same token. Stop one of them, or "
                "reset the token"
            ),
        )
    if error.code in _TOO_LATE:
        return Failure(
            answered=CommandOutcome.LATE,
            warning=f"it cannot be answered any more: {_TOO_LATE[error.code]} (code {error.code})",
        )
    warning = f"Discord answered {error.status} (code {error.code}): {error.text[:200]}"
    if error.status == 429:
        return _slowed(warning, has_begun=has_begun)
    if error.status >= 500 or (error.status == 400 and not error.code):
        text = f"Discord has problems right now. {_how_far(has_begun=has_begun)}"
    elif error.status == 401:
        text = "Discord does not accept my token any more. The bot's operator can fix it."
    elif error.status == 403:
        text = (
            "Discord does not let me do that: I lack a permission there. An admin of this server can give it."
        )
    elif error.status == 404:
        text = "Discord says that a channel, role or message of this does not exist any more."
    else:
        return None
    return Failure(answered=CommandOutcome.FAILED, text=text, warning=warning)


def _slowed(warning: str, *, has_begun: bool) -> Failure:
    text = f"Discord asks me to slow down. {_how_far(has_begun=has_begun)}"
    return Failure(answered=CommandOutcome.FAILED, text=text, warning=warning)


def _how_far(*, has_begun: bool) -> str:
    if not has_begun:
        return "Nothing was changed: try again in a minute."
    return "What you asked for may have been done: check before you try again in a minute."


def _of_commands(error: app_commands.AppCommandError) -> str:  # noqa: PLR0911 - an error, a sentence
    if isinstance(error, app_commands.NoPrivateMessage):
        return "This command works in a server's channels only."
    if isinstance(error, (app_commands.CommandNotFound, app_commands.CommandSignatureMismatch)):
        return (
            "This command has changed with an update of Paperboy, and Discord still shows you the old one. "
            "Nothing was changed. Reload Discord (Ctrl+R) and type it again; it can take a minute."
        )
    if isinstance(error, app_commands.TransformerError):
        return not_offered(str(error.value))
    if isinstance(error, app_commands.MissingPermissions):
        return f"You need {_listed(error.missing_permissions)} for this. Nothing was changed; ask an admin."
    if isinstance(error, app_commands.BotMissingPermissions):
        needed = _listed(error.missing_permissions)
        return f"I need {needed} for this. Nothing was changed: ask an admin to give it to me."
    if isinstance(error, app_commands.CommandOnCooldown):
        seconds = max(1, round(error.retry_after))
        return f"That was too fast. Nothing was changed: try again in {count(seconds, 'second')}."
    if isinstance(error, app_commands.CheckFailure):
        return "You may not use this command here. Nothing was changed; ask an admin of this server."
    return ""


def not_offered(value: str, option: str = "") -> str:
    """That an option was given what it does not take, or does not take any more."""
    of = f"the option `{option}`" if option else "that option"
    return (
        f"{code(value[:100])} is not something that {of} takes. Nothing was changed: choose from what "
        "Discord offers while you type. If it offers this, reload Discord (Ctrl+R)."
    )


def _listed(permissions: list[str]) -> str:
    return ", ".join(f"**{name.replace('_', ' ').title()}**" for name in permissions)
