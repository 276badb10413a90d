"""Giving subscriptions another focus: the one way to do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.changes import refocused_words
from bot.core.feeds import Subscription
from bot.core.focus import Focus
from bot.core.ids import SubscriptionId
from bot.services.runs.closeness import focus_terms
from bot.store import subscriptions

NO_FOCUS: Final[Mapping[str, Focus]] = MappingProxyType({})  # none was chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Refocused:
    """A subscription whose focus changed."""

    subscription: Subscription  # as it is now
    before: Focus


def to_refocus(known: Sequence[Subscription], focus_of: Mapping[str, Focus]) -> list[Refocused]:
    """The subscriptions that have another focus than is wanted for their canonical form, and it instead."""
    wanted = [(item, focus_of.get(item.query.canonical, item.focus)) for item in known]
    return [
        Refocused(
            subscription=replace(item, focus=focus, focus_terms=focus_terms(item.query, focus)),
            before=item.focus,
        )
        for item, focus in wanted
        if focus is not item.focus
    ]


async def store(conn: AsyncConnection, changed: Sequence[Refocused]) -> None:
    for item in changed:
        after = item.subscription
        await subscriptions.set_focus(conn, after.id, after.focus, terms=after.focus_terms)


async def refocus(
    conn: AsyncConnection, known: Sequence[Subscription], focus_of: Mapping[str, Focus]
) -> list[Refocused]:
    """Gives subscriptions the focus that is wanted for their canonical form, if any; returns what changed."""
    changed = to_refocus(known, focus_of)
    await store(conn, changed)
    return changed


def revision_entries(changed: Sequence[Refocused]) -> tuple[tuple[SubscriptionId, Focus, Focus], ...]:
    """What changed, for a revision."""
    return tuple((item.subscription.id, item.before, item.subscription.focus) for item in changed)


def history_words(changed: Sequence[Refocused]) -> list[str]:
    """What changed, for /config history."""
    groups: dict[tuple[Focus, Focus], list[Subscription]] = {}
    for item in changed:
        groups.setdefault((item.before, item.subscription.focus), []).append(item.subscription)
    return [refocused_words(group, before=before) for (before, _), group in groups.items()]
