"""Giving subscriptions another focus: the one way to do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.changes import ChangedSubscription, Refocused
from bot.core.feeds import Subscription
from bot.core.focus import Focus
from bot.services.runs.closeness import focus_terms
from bot.store import subscriptions

NO_FOCUS: Final[Mapping[str, Focus]] = MappingProxyType({})  # none was chosen


def to_refocus(known: Sequence[Subscription], focus_of: Mapping[str, Focus]) -> list[Refocused]:
    """The subscriptions that have another focus than is wanted for their canonical form, and it instead."""
    wanted = [(item, focus_of.get(item.query.canonical, item.focus)) for item in known]
    return [
        ChangedSubscription(
            subscription=replace(item, focus=focus, focus_terms=focus_terms(item.query, focus)),
            before=item.focus,
            after=focus,
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
