"""Refusals: what Discord answers instead of doing what was asked, as our DeliveryErrors."""

from __future__ import annotations

import discord

from bot.discord.access import UNKNOWN_CHANNEL, permission_name
from bot.errors import DeliveryError

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
    20028: "Discord asks to wait: there are too many messages in the channel.",
    40003: "Direct messages were opened too fast.",
    40004: _TURNED_OFF,
    40006: _TURNED_OFF,
    130000: "Discord is overloaded.",
    160006: _TOO_MANY_THREADS,
    160007: _TOO_MANY_THREADS,
}
_BLOCKED = "This server's AutoMod blocked the message: make an exception for me there."
_REJECTED = {
    200000: _BLOCKED,
    200001: _BLOCKED,
    240000: "Discord takes a link in the message for a harmful one.",
}


def translate(error: discord.HTTPException, *, may_have_arrived: bool = False) -> DeliveryError:
    """What it means for delivering; `may_have_arrived` tells of requests before this one.

    A request that was answered by 5xx may have been carried out, whatever else is known.
    """
    code, status = error.code, error.status
    may_have_arrived = may_have_arrived or status >= 500
    if code in _GONE or code in _PERMANENT:
        return DeliveryError(
            _GONE.get(code) or _PERMANENT[code],
            code=code,
            is_permanent=True,
            is_gone=code in _GONE,
            may_have_arrived=may_have_arrived,
        )
    if status == 401 or (status < 500 and not _is_from_discord(error)):
        # The token is refused, or a proxy or Cloudflare refuses us: nothing was said of this channel.
        return DeliveryError(
            f"Discord answered {status}.",
            code=code,
            is_everywhere=True,
            may_have_arrived=may_have_arrived,
            retry_after_seconds=_retry_after_seconds(error),
        )
    is_final = code not in _PASSING
    if status in {403, 404} and is_final:
        reason = f"Discord refuses messages there ({status}, code {code})."
        return DeliveryError(reason, code=code, is_permanent=True, may_have_arrived=may_have_arrived)
    if status == 400 and is_final:
        reason = _REJECTED.get(code, f"Discord rejected the message (code {code}).")
        return DeliveryError(reason, code=code, is_rejected=True, may_have_arrived=may_have_arrived)
    return DeliveryError(
        _PASSING.get(code, f"Discord answered {status}."),
        code=code,
        may_have_arrived=may_have_arrived,
        retry_after_seconds=_retry_after_seconds(error),
    )


def _is_from_discord(error: discord.HTTPException) -> bool:
    """Whether Discord's API itself answered: it does so in JSON."""
    return bool(error.code) or "json" in error.response.headers.get("Content-Type", "json")


def _retry_after_seconds(error: discord.HTTPException) -> float | None:
    try:
        return max(0.0, float(error.response.headers.get("Retry-After", "0")))
    except ValueError:  # Retry-After may be a date
        return None
