"""Pings: the roles that a feed's messages ping, its own and its subscriptions', and what prevents that."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from bot.core.feeds import Feed, Subscription
from bot.core.ids import RoleId
from bot.services.publisher import Publisher


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentRole:
    """A role of subscriptions that cannot be pinged."""

    obstacle: str  # and how to fix it
    keywords: tuple[str, ...]  # of the subscriptions that have it


@dataclass(frozen=True, slots=True, kw_only=True)
class Pings:
    """Which of a feed's roles can be pinged in its channel."""

    working: tuple[RoleId, ...] = ()
    obstacle: str | None = None  # to pinging the feed's own role
    of_subscriptions: tuple[SilentRole, ...] = ()


NO_PINGS = Pings()


async def pings_of(
    publisher: Publisher,
    feed: Feed,
    subscriptions: Iterable[Subscription],
    *,
    only: Collection[RoleId] | None = None,
) -> Pings:
    """What the feed's messages can ping now; `only` restricts it to these roles. Never raises."""
    keywords_of: dict[RoleId, list[str]] = {}
    for item in subscriptions:
        if item.mention_role_id is not None:
            keywords_of.setdefault(item.mention_role_id, []).append(item.query.text)
    own = feed.settings.mention_role_id
    working: list[RoleId] = []
    own_obstacle: str | None = None
    silent: list[SilentRole] = []
    for role_id in dict.fromkeys(filter(None, (own, *keywords_of))):
        if only is not None and role_id not in only:
            continue
        obstacle = await publisher.ping_obstacle(feed.place, role_id)
        if obstacle is None:
            working.append(role_id)
        elif role_id == own:
            own_obstacle = obstacle
        else:
            silent.append(SilentRole(obstacle=obstacle, keywords=tuple(keywords_of[role_id])))
    return Pings(working=tuple(working), obstacle=own_obstacle, of_subscriptions=tuple(silent))
