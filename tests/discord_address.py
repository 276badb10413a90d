"""Where discord.py looks for Discord.

It keeps the addresses in its classes, so that a test which changes them changes them for all that follow.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from discord.gateway import DiscordWebSocket
from discord.http import Route

_FIXED_GATEWAY = "gateway"  # a property of the class where the operator names a gateway


def current() -> tuple[object, ...]:
    return Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, DiscordWebSocket.__dict__.get(_FIXED_GATEWAY)


@contextmanager
def restored() -> Generator[None]:
    """Restores the addresses at the end."""
    base, default, fixed = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, current()[2]
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, default
        if fixed is not None:
            setattr(DiscordWebSocket, _FIXED_GATEWAY, fixed)
        elif _FIXED_GATEWAY in DiscordWebSocket.__dict__:
            delattr(DiscordWebSocket, _FIXED_GATEWAY)


@contextmanager
def unchanged(what: str) -> Generator[None]:
    """Fails where the addresses are not the same at the end, and restores them for whatever comes next."""
    before = current()
    with restored():
        yield
        after = current()
    assert after == before, (
        f"{what} left discord.py pointed at {after[0]}: use tests.discord_address.restored"
    )
