"""Filters: which matching papers are filtered out of a channel, as /config filter sets it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.core.decisions import filtered_out_by
from bot.core.feeds import FeedSettings, Place
from bot.core.ids import UserId
from bot.core.query.compiled import CompiledQuery, compile_exclusion
from bot.core.query.expression import EVERY_PAPER
from bot.errors import UserError
from bot.services.context import ServiceContext
from bot.services.feeds.creation import ensure_feed
from bot.services.feeds.feeds import Feeds, FeedState
from bot.services.feeds.settings import change_and_record
from bot.services.queries.hints import NO_STUDY, Study
from bot.services.queries.search import RECENT_DAYS, Search

_NO_QUERY = frozenset({"-", "none"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterChange:
    """The parts of a filter to change; None leaves a part as it is."""

    min_upvotes: int | None = None
    max_papers: int | None = None
    only_with_code: bool | None = None
    exclude: str | None = None  # a query, or `-` or `none` to remove the exclusion


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterChanged:
    state: FeedState
    matched: int  # papers of the last RECENT_DAYS days that the channel's subscriptions match
    kept: int  # of those, the papers that pass the whole filter now
    filtered_out: int  # of those, the papers that the exclusion matches
    study: Study = NO_STUDY  # how the exclusion was read, if one was given


class Filters:
    """The use case of /config filter.

    Each change is protected by the locks on the server and the feed (`ensure_feed`).
    """

    def __init__(self, context: ServiceContext, *, feeds: Feeds, search: Search) -> None:
        self._context = context
        self._database = context.database
        self._search = search
        self._limits = context.limits
        self._feeds = feeds
        self._clock = context.clock

    async def change(self, wanted: FilterChange, *, place: Place, user_id: UserId) -> FilterChanged:
        """Changes the given parts of the channel's filter. A channel without a feed gets one.

        It applies from the next run: pending posts stay, and waiting papers are rechecked.

        Raises:
            QueryError: what to exclude cannot be read.
            UserError: nothing was given, or every paper would be excluded. Nothing was changed.
        """
        if wanted == FilterChange():
            raise UserError(
                "Nothing was changed. Give `min_upvotes`, `max_papers`, `only_with_code` or `exclude`; "
                "`/config show` shows the current filter."
            )
        given = None if wanted.exclude is None else self._exclusion(wanted.exclude)
        async with self._database.write() as conn:
            feed = await ensure_feed(conn, place, context=self._context)
            after = _after(feed.settings, wanted, given)
            changed = await change_and_record(conn, feed, after, user_id=user_id, now=self._clock())
        state = await self._feeds.state_of(place.channel_id, before=feed, change_id=changed.change_id)
        matched, kept, filtered_out = await self._effect(state)
        studied = NO_STUDY if given is None else (await self._search.studied([given]))[1]
        return FilterChanged(
            state=state,
            matched=matched,
            kept=kept,
            filtered_out=filtered_out,
            study=studied,
        )

    async def _effect(self, state: FeedState) -> tuple[int, int, int]:
        """How many papers of the last RECENT_DAYS days the feed matches, keeps, and excludes.

        A feed without subscriptions counts as matching all of them.
        """
        if not state.feed.settings.is_filtered:
            return 0, 0, 0
        excluded = state.feed.settings.exclude
        queries = {item.query.expression for item in state.subscriptions} or {EVERY_PAPER}
        unwanted = {excluded.expression} if excluded else set[str]()
        papers_of = await self._search.recent(queries | unwanted, days=RECENT_DAYS)
        matched = {paper.id: paper for query in queries for paper in papers_of[query]}
        out = {paper.id for query in unwanted for paper in papers_of[query]} & matched.keys()
        kept = [
            paper
            for paper in matched.values()
            if filtered_out_by(state.feed, paper, is_excluded=paper.id in out) is None
        ]
        return len(matched), len(kept), len(out)

    def _exclusion(self, typed: str) -> CompiledQuery | None:
        """The query that was typed; None removes the exclusion."""
        if typed.strip().casefold() in _NO_QUERY:
            return None
        return compile_exclusion(typed, self._limits)


def _after(before: FeedSettings, wanted: FilterChange, exclude: CompiledQuery | None) -> FeedSettings:
    """The settings with the change made; `exclude` counts where something was given for it."""
    if exclude is not None and before.exclude is not None and exclude.canonical == before.exclude.canonical:
        exclude = before.exclude  # the same in other words
    return replace(
        before,
        min_upvotes=before.min_upvotes if wanted.min_upvotes is None else wanted.min_upvotes,
        max_papers=before.max_papers if wanted.max_papers is None else wanted.max_papers,
        only_with_code=before.only_with_code if wanted.only_with_code is None else wanted.only_with_code,
        exclude=before.exclude if wanted.exclude is None else exclude,
    )
