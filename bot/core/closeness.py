"""Closeness: how close one paper is to the query of a subscription, beyond whether it matches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from bot.core.feeds import Subscription
from bot.core.focus import Focus, keeps, threshold
from bot.core.ids import SubscriptionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Closeness:
    is_hit: bool  # whether the query matches the paper
    in_title: bool  # whether its title alone does
    score: float | None  # in standard deviations; None if no word of the query is known

    def asked_by(self, focus: Focus) -> float | None:
        """The score that a subscription with this focus asks for; None if the score doesn't matter."""
        return threshold(focus, is_hit=self.is_hit, in_title=self.in_title)

    def satisfies(self, focus: Focus) -> bool:
        """Whether a subscription with this focus takes the paper."""
        return keeps(focus, is_hit=self.is_hit, in_title=self.in_title, closeness=self.score)


class FocusedQuery(NamedTuple):
    """A query with its focus, as a subscription stores them."""

    expression: str
    terms: str
    focus: Focus

    @classmethod
    def of(cls, subscription: Subscription) -> FocusedQuery | None:
        """None if papers are not compared with it."""
        terms = subscription.focus_terms
        return cls(subscription.query.expression, terms, subscription.focus) if terms else None


NOT_MEASURED: Final[Mapping[SubscriptionId, Closeness]] = {}
