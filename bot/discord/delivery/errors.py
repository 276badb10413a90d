"""Delivery errors: what becomes of the requests of one attempt, told as a DeliveryError."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import discord

from bot.discord.connection.requests import NO_ANSWER, Attempt, UnreadableAnswerError, attempted
from bot.discord.delivery.refusals import translate
from bot.errors import DeliveryError, DeliveryErrorKind

_log = logging.getLogger(__name__)


@asynccontextmanager
async def delivery_errors(
    client: discord.Client, *, timeout_seconds: float, is_repeatable: bool = True, is_message: bool = True
) -> AsyncGenerator[None]:
    """Has what discord.py raises within come out as a DeliveryError; a bug and a cancellation pass.

    Where it is not about a message (`is_message`), Discord cannot have refused one.
    """
    with attempted(is_repeatable=is_repeatable) as attempt:
        try:
            async with asyncio.timeout(timeout_seconds):
                yield
        except discord.HTTPException as error:
            refusal = translate(error, may_have_arrived=attempt.may_have_arrived, is_message=is_message)
            if refusal.kind is DeliveryErrorKind.CONTENT_REFUSED:
                _log.warning(
                    "Discord refused the content of a message (%d): %.1000r", refusal.code, error.text
                )
            raise refusal from error
        except discord.RateLimited as error:
            raise DeliveryError(
                "Discord asks to wait.",
                may_have_arrived=attempt.may_have_arrived,
                retry_after_seconds=error.retry_after,
            ) from error
        except NO_ANSWER as error:
            _lift_bar(client)
            raise _unanswered(client, attempt, error) from error


def _unanswered(client: discord.Client, attempt: Attempt, error: Exception) -> DeliveryError:
    is_watched = client.http.http_trace is not None
    is_unreadable = isinstance(error, UnreadableAnswerError)
    reason = str(error) if is_unreadable else "Discord could not be reached, or did not answer in time."
    return DeliveryError(reason, may_have_arrived=attempt.may_have_arrived or not is_watched)


def _lift_bar(client: discord.Client) -> None:
    """Where discord.py sleeps out a limit of Discord's on all requests, it bars them all meanwhile; a
    sleep that a timeout cuts short would never lift the bar.
    """
    if bar := client.http._global_over:  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        bar.set()
