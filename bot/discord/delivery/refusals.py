"""Refusals: what Discord answers instead of doing what was asked, as our DeliveryErrors."""

from __future__ import annotations

from typing import cast

import discord

from bot.discord.delivery.content_errors import rejection
from bot.discord.permissions.access import UNKNOWN_CHANNEL, permission_name
from bot.errors import DeliveryError, DeliveryErrorKind

MISSING_ACCESS = 50001
MISSING_PERMISSIONS = 50013
THREAD_ARCHIVED = 50083
THREAD_LOCKED = 160005
LOCKED = "The thread is locked: unlock it, or give me **Manage Threads** in its channel."

# Discord's codes that mean "stop sending here", in the words of what an admin can do about them.
_PERMANENT = {
    MISSING_ACCESS: f"I cannot see the channel: give me {permission_name('view_channel')} there.",
    MISSING_PERMISSIONS: (
        f"A permission is missing in the channel: I need {permission_name('view_channel')}, "
        f"{permission_name('send_messages')} and {permission_name('embed_links')} (in a thread "
        f"{permission_name('send_messages_in_threads')}, in a forum "
        f"{permission_name('send_messages', in_forum=True)})."
    ),
    50007: "The person takes no direct messages from me.",
    50278: "The person shares no server with me any more.",
    50008: "Messages cannot be sent in a channel of this kind.",
    50024: "Discord does not do this in a channel of this kind.",
    50068: "Discord does not do this with a message of this kind.",
    THREAD_ARCHIVED: "The thread is archived, and I cannot open it: open it again.",
    THREAD_LOCKED: LOCKED,
    40066: "The forum asks for a tag on every post, and only moderators may use its tags: add one for all.",
    40067: "The forum asks for a tag on every post, and I find none to use: add one, or ask for none.",
}
_GONE = {
    UNKNOWN_CHANNEL: "The channel does not exist any more.",
    10004: "I am not in this server any more: invite me again.",
    10008: "The message does not exist any more.",
}
_TURNED_OFF = "Discord has turned this off for the moment."
_TOO_MANY_THREADS = (
    "The server has as many active threads as Discord allows: close some, or wait until they are archived."
)
# What passes, whatever the status.
_PASSING = {
    20016: "The channel's slowmode asks to wait.",
    20028: "Discord asks to wait: there are too many messages in the channel.",
    20029: "Discord asks to wait: there are too many messages in the server.",
    40003: "Direct messages were opened too fast.",
    40004: _TURNED_OFF,
    40006: _TURNED_OFF,
    130000: "Discord is overloaded.",
    160006: _TOO_MANY_THREADS,
    160007: _TOO_MANY_THREADS,
}
# What is about the bot, not about a channel.
_EVERYWHERE = frozenset(
    {
        40001,  # unauthorised
        40002,  # the account must be verified
        40333,  # Cloudflare blocks the request
        50014,  # the token is invalid
    }
)
_LARGEST_CODE = 2**31 - 1


def translate(
    error: discord.HTTPException, *, may_have_arrived: bool = False, is_message: bool = True
) -> DeliveryError:
    """What it means for delivering; `may_have_arrived` tells of requests before this one.

    A request that was answered by 5xx may have been carried out, whatever else is known. Where the request
    was not about a message (`is_message`), its content cannot have been refused. What is not known to hang
    on the channel or on the content is waited out, as an outage is.
    """
    code, status = _code(error), error.status
    may_have_arrived = may_have_arrived or status >= 500
    if code in _GONE or code in _PERMANENT:
        return DeliveryError(
            _GONE.get(code) or _PERMANENT[code],
            code=code,
            kind=DeliveryErrorKind.GONE if code in _GONE else DeliveryErrorKind.CHANNEL_REFUSED,
            may_have_arrived=may_have_arrived,
        )
    if (
        is_message
        and status < 500
        and (refused := rejection(status=status, code=code, errors=_errors(error)))
    ):
        return DeliveryError(
            refused.reason,
            code=code,
            kind=DeliveryErrorKind.CONTENT_REFUSED,
            refused_embeds=refused.embeds,
            may_have_arrived=may_have_arrived,
        )
    if status == 401 or code in _EVERYWHERE or (status < 500 and not _is_from_discord(error)):
        # The token is refused, or a proxy or Cloudflare refuses us: nothing was said of this channel.
        return DeliveryError(
            f"Discord answered {status}.",
            code=code,
            kind=DeliveryErrorKind.BOT_REFUSED,
            may_have_arrived=may_have_arrived,
            retry_after_seconds=_retry_after_seconds(error),
        )
    if status in {403, 404} and code not in _PASSING:
        reason = f"Discord refuses messages there ({status}, code {code})."
        return DeliveryError(
            reason, code=code, kind=DeliveryErrorKind.CHANNEL_REFUSED, may_have_arrived=may_have_arrived
        )
    return DeliveryError(
        _PASSING.get(code) or _answered(status, code),
        code=code,
        may_have_arrived=may_have_arrived,
        retry_after_seconds=_retry_after_seconds(error),
    )


def _answered(status: int, code: int) -> str:
    return f"Discord answered {status}" + (f" (code {code})." if code else ".")


def _code(error: discord.HTTPException) -> int:
    """Discord's own code; 0 where what was answered is none."""
    code = cast("object", error.code)  # whatever stood there in the JSON
    return code if isinstance(code, int) and 0 <= code <= _LARGEST_CODE else 0


def _errors(error: discord.HTTPException) -> object:
    return getattr(error, "_errors", None)  # where the answer was no JSON object, there is no such attribute


def _is_from_discord(error: discord.HTTPException) -> bool:
    """Whether Discord's API itself answered: it does so in JSON, with a code or a message."""
    if error.code:
        return True
    is_json = "json" in error.response.headers.get("Content-Type", "json")
    return is_json and isinstance(error.text, str) and bool(error.text)  # pyright: ignore[reportUnnecessaryIsInstance]


def _retry_after_seconds(error: discord.HTTPException) -> float | None:
    try:
        return max(0.0, float(error.response.headers.get("Retry-After", "0")))
    except ValueError:  # Retry-After may be a date
        return None
