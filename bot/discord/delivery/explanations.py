"""Explanations: the missing permission behind what Discord refuses, as far as the bot can see it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from bot.core.access import Access
from bot.core.feeds import FeedKind, Place
from bot.discord.connection.sharded_client import ShardedClient
from bot.discord.delivery.errors import delivery_errors
from bot.discord.permissions.bot_access import access_of
from bot.errors import DeliveryError, DeliveryErrorKind

# Within this time discord.py waits and retries automatically, with the same nonce. After it the answer counts
# as lost. Discord remembers a nonce for longer (`attempts.NONCE_LASTS`).
SEND_TIMEOUT_SECONDS = 60.0

Obstacle = Callable[[Access], str | None]  # picks the obstacle to one kind of request


def check_history(access: Access) -> None:
    """Checks first, because Discord shows an empty history to a bot that may not read it."""
    if not access.is_known:
        raise DeliveryError("The channel could not be checked just now.", may_have_arrived=True)
    hidden = access.obstacle is not None and access.obstacle == access.history_obstacle
    if access.obstacle is not None and (access.is_gone or hidden):
        kind = DeliveryErrorKind.GONE if access.is_gone else DeliveryErrorKind.PERMISSION_MISSING
        raise DeliveryError(access.obstacle, kind)
    if access.history_obstacle is not None:
        raise DeliveryError(
            f"I can't tell whether a message arrived, because I can't look for it. {access.history_obstacle}",
            kind=DeliveryErrorKind.UNCONFIRMED,
        )


@asynccontextmanager
async def explained_errors(
    client: ShardedClient,
    place: Place | None,
    *,
    is_repeatable: bool = True,
    is_message: bool = True,
    obstacle: Obstacle = lambda access: access.obstacle,
    timeout_seconds: float | None = None,
) -> AsyncGenerator[None]:
    """As `delivery_errors`, with the reason that the channel's permissions show."""
    try:
        async with delivery_errors(
            client,
            timeout_seconds=timeout_seconds or SEND_TIMEOUT_SECONDS,
            is_repeatable=is_repeatable,
            is_message=is_message,
        ):
            yield
    except DeliveryError as error:
        unexplained = error
    else:
        return
    raise await _explained(client, unexplained, place, obstacle) from unexplained.__cause__


async def _explained(
    client: ShardedClient, error: DeliveryError, place: Place | None, obstacle: Obstacle
) -> DeliveryError:
    """The error with the one missing permission, if the bot can see which one that is."""
    if place is not None and place.kind is FeedKind.DIRECT and error.kind is DeliveryErrorKind.GONE:
        reason = "Discord no longer finds our direct messages."
        return replace(error, reason=reason, kind=DeliveryErrorKind.CHANNEL_REFUSED)
    if place is None or error.kind is not DeliveryErrorKind.CHANNEL_REFUSED:
        return error
    access = await access_of(client, place)
    if access.is_gone:
        return replace(error, reason=access.obstacle or error.reason, kind=DeliveryErrorKind.GONE)
    reason = obstacle(access)
    return (
        error if reason is None else replace(error, reason=reason, kind=DeliveryErrorKind.PERMISSION_MISSING)
    )
