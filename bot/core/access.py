"""Access: what Discord's permissions let the bot do in a place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Obstacles are described in words: which permission is missing, as Discord names it, and what to do."""

    obstacle: str | None = None  # to posting; None if there is none
    is_gone: bool = False  # the channel was deleted, or the bot left its server
    is_known: bool = True  # False if the permissions could not be read just now; the rest then says nothing
    history_obstacle: str | None = None  # to searching for an earlier message
    publishing_obstacle: str | None = None  # to publishing its messages to the channel's followers
    threads_obstacle: str | None = None  # to opening threads under its messages
