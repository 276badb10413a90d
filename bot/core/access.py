"""Access: what the bot may do in a place, as Discord's permissions say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Obstacles are described in words: which permission is missing, as Discord names it, and what to do."""

    obstacle: str | None = None  # to posting; None where nothing is seen to be in the way
    is_gone: bool = False  # the channel does not exist any more, or the bot is not in its server
    is_known: bool = True  # False where the place could not be looked at just now: nothing follows from it
    history_obstacle: str | None = None  # to looking for an earlier message
    publishing_obstacle: str | None = None  # to publishing its messages to the channel's followers
    threads_obstacle: str | None = None  # to opening threads under its messages
