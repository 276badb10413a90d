"""Delivery errors: what each refusal of Discord's means for a post, with a reason for the server's admins."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import discord

from bot.discord.connection.errors import FAILURES, DiscordError, UnreadableAnswerError, read_error
from bot.discord.connection.requests import attempted
from bot.discord.delivery.content_errors import rejection
from bot.discord.permissions.bot_access import UNKNOWN_CHANNEL
from bot.discord.permissions.obstacles import permission_name
from bot.errors import DeliveryError, DeliveryErrorKind

_log = logging.getLogger(__name__)

MISSING_ACCESS = 50001
MISSING_PERMISSIONS = 50013
THREAD_ARCHIVED = 50083
THREAD_LOCKED = 160005
LOCKED = "The thread is locked: unlock it, or give me **Manage Threads** in its channel."

# Discord's codes for a channel that refuses messages, with what an admin can do about each.
_CHANNEL_REFUSED = {
    MISSING_ACCESS: f"I can't see the channel: give me {permission_name('view_channel')} there.",
    MISSING_PERMISSIONS: (
        f"A permission is missing in the channel: I need {permission_name('view_channel')}, "
        f"{permission_name('send_messages')} and {permission_name('embed_links')} (in a thread "
        f"{permission_name('send_messages_in_threads')}, in a forum "
        f"{permission_name('send_messages', in_forum=True)})."
    ),
    # Only the person themselves reads these two.
    50007: (
        "Discord doesn't let me send you direct messages. Right-click a server that we share (on a phone, "
        "long-press it), choose *Privacy Settings* and turn on **Direct Messages**. If that is on, check "
        "*User Settings → Privacy*, and whether you blocked me."
    ),
    50278: (
        "We share no server, so Discord doesn't let me send you direct messages. Join a server that I am in, "
        "or add me to one of yours: open my profile and choose **Add App**."
    ),
    50008: "Messages can't be sent in this type of channel.",
    50024: "Discord doesn't allow this in this type of channel.",
    50068: "Discord doesn't allow this for this type of message.",
    THREAD_ARCHIVED: "The thread is archived, and I can't reopen it: reopen it.",
    THREAD_LOCKED: LOCKED,
    40066: "The forum requires a tag on every post, and only moderators may use its tags: add one for all.",
    40067: "The forum requires a tag on every post, and has none that I can use: add one, or turn this off.",
}
_GONE = {
    UNKNOWN_CHANNEL: "The channel no longer exists.",
    10004: "I'm no longer in this server: invite me again.",
    10008: "The message no longer exists.",
}
_TURNED_OFF = "Discord has turned this off for now."
_TOO_MANY_THREADS = (
    "The server has as many active threads as Discord allows: close some, or wait until they are archived."
)
# Codes of temporary problems, whatever the status.
_TRANSIENT = {
    20016: "The channel's slowmode asks me to wait.",
    20028: "Discord asks me to wait: there are too many messages in the channel.",
    20029: "Discord asks me to wait: there are too many messages in the server.",
    40003: "I opened too many direct messages at once.",
    40004: _TURNED_OFF,
    40006: _TURNED_OFF,
    130000: "Discord is overloaded.",
    160006: _TOO_MANY_THREADS,
    160007: _TOO_MANY_THREADS,
}
# Codes about the bot, not about a channel.
_BOT_REFUSED = frozenset(
    {
        40001,  # unauthorized
        40002,  # the account must be verified
        40333,  # Cloudflare blocks the request
        50014,  # the token is invalid
    }
)


@asynccontextmanager
async def delivery_errors(
    client: discord.Client, *, timeout_seconds: float, is_repeatable: bool = True, is_message: bool = True
) -> AsyncGenerator[None]:
    """Makes the block one attempt, and turns its failures into a DeliveryError; bugs and cancellations pass.

    With `is_message=False` no message is sent, so that Discord cannot have refused its content.
    """
    with attempted(is_repeatable=is_repeatable) as attempt:
        try:
            async with asyncio.timeout(timeout_seconds):
                yield
        except (DiscordError, *FAILURES) as caught:
            error = read_error(caught)
            if error.status is not None:
                raise translate(
                    error, may_have_arrived=attempt.may_have_arrived, is_message=is_message
                ) from caught
            _lift_bar(client)
            is_traced = client.http.http_trace is not None
            raise DeliveryError(
                "Something other than Discord answered, or the answer was cut off."
                if isinstance(error, UnreadableAnswerError)
                else "Discord could not be reached, or did not answer in time.",
                may_have_arrived=attempt.may_have_arrived or not is_traced,
            ) from caught


def translate(
    error: DiscordError, *, may_have_arrived: bool = False, is_message: bool = True
) -> DeliveryError:
    """What Discord's answer means for a delivery; `may_have_arrived` is about the requests before it.

    A request that was answered with 5xx may have been carried out, whatever the code. A refusal that is not
    known to be about the channel or the content is retried like an outage.
    """
    code, status = error.code, error.status or 0
    is_refusal = status < 500
    kind, rejected = DeliveryErrorKind.TRANSIENT, None
    if code in _GONE:
        kind, reason = DeliveryErrorKind.GONE, _GONE[code]
    elif code in _CHANNEL_REFUSED:
        kind, reason = DeliveryErrorKind.CHANNEL_REFUSED, _CHANNEL_REFUSED[code]
    elif (
        is_message
        and is_refusal
        and (rejected := rejection(status=status, code=code, errors=error.fields)) is not None
    ):
        kind, reason = DeliveryErrorKind.CONTENT_REFUSED, rejected.reason
        _log.warning("Discord refused the content of a message (%d): %.1000r", code, error.text)
    elif status == 401 or code in _BOT_REFUSED or (is_refusal and not (code or error.is_from_discord)):
        # The token is refused, or a proxy or Cloudflare refuses the bot: this says nothing about the channel.
        kind, reason = DeliveryErrorKind.BOT_REFUSED, f"Discord answered {status}."
    elif status in {403, 404} and code not in _TRANSIENT:
        kind = DeliveryErrorKind.CHANNEL_REFUSED
        reason = f"Discord refuses messages there ({status}, code {code})."
    else:
        reason = _TRANSIENT.get(code) or _answered(status, code)
    return DeliveryError(
        reason,
        kind,
        code=code,
        refused_embeds=rejected.embeds if rejected else (),
        refused_pictures=rejected.pictures if rejected else {},
        may_have_arrived=may_have_arrived or not is_refusal,
        retry_after_seconds=error.retry_after_seconds,
    )


def _answered(status: int, code: int) -> str:
    if status == 429:
        return "Discord asks me to wait."
    return f"Discord answered {status}" + (f" (code {code})." if code else ".")


def _lift_bar(client: discord.Client) -> None:
    """Reopens discord.py's gate: it closes for all requests while one waits out a global rate limit, and a
    timeout that cuts this wait short would leave it closed.
    """
    if bar := client.http._global_over:  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        bar.set()
