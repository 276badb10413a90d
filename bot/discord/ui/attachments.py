"""Downloads of the files that users attach to a command."""

from __future__ import annotations

import asyncio

import discord

from bot.discord.connection.errors import DiscordError, discord_errors
from bot.errors import UserError
from bot.services.transfer.import_file import check_size

DOWNLOAD_TIMEOUT_SECONDS = 30


async def download(file: discord.Attachment) -> bytes:
    """The attachment's bytes.

    Raises:
        UserError: it is too large, or Discord does not deliver it.
    """
    check_size(file.size)
    try:
        async with asyncio.timeout(DOWNLOAD_TIMEOUT_SECONDS):
            with discord_errors():
                data = await file.read()
    except TimeoutError as error:
        problem = f"Discord didn't deliver the file within {DOWNLOAD_TIMEOUT_SECONDS} seconds"
        raise _refusal(problem) from error
    except DiscordError as error:
        if error.status in {403, 404}:
            raise _refusal("Discord no longer has the file", "Upload it again") from error
        if error.status is not None:
            raise _refusal(f"Discord's file server has a problem (HTTP {error.status})") from error
        raise _refusal("The connection broke while I downloaded the file") from error
    if len(data) < file.size:
        raise _refusal(f"Only {len(data)} of the file's {file.size} bytes arrived")
    return data


def _refusal(problem: str, remedy: str = "Try again in a minute") -> UserError:
    return UserError(f"{problem}. Nothing was changed. {remedy}.")
