"""Setup: checking the answers of /setup one by one, and applying all of them at the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from bot.core.decisions import newest_first
from bot.core.drafts import Draft, on_one_line
from bot.core.feeds import Place
from bot.core.ids import ServerId, UserId
from bot.core.list_days import open_list_day
from bot.core.papers import Paper
from bot.core.query.compiled import CompiledQuery, compile_alternatives, distinct
from bot.core.query.hints import Hint
from bot.core.typed_times import parse_time, parse_weekdays
from bot.errors import UserError
from bot.services.context import ServiceContext
from bot.services.feeds.servers import Servers
from bot.services.feeds.subscriptions import Subscribed, Subscriptions
from bot.services.feeds.timezones import timezone_meant
from bot.services.queries.hints import NO_STUDY, Study
from bot.services.queries.search import RECENT_DAYS, Search

_TITLES_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The recent papers that one keyword matches."""

    query: CompiledQuery
    recent: int  # papers of the last RECENT_DAYS list days
    newest: tuple[Paper, ...]  # a few of them, the newest list day first


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """What the keywords of a draft match, and how they were read."""

    keywords: tuple[Sample, ...] = ()  # in the order typed
    study: Study = NO_STUDY


class Setup:
    """The use cases of /setup."""

    def __init__(
        self, context: ServiceContext, *, servers: Servers, subscriptions: Subscriptions, search: Search
    ) -> None:
        self._servers = servers
        self._subscriptions = subscriptions
        self._search = search
        self._publisher = context.publisher
        self._limits = context.limits
        self.clock = context.clock

    async def begin(self, server_id: ServerId) -> Draft:
        """An empty draft, with the schedule of the server's new feeds."""
        return Draft(schedule=(await self._servers.defaults(server_id)).schedule)

    async def choose(self, draft: Draft, place: Place) -> Draft:
        """The draft with this place, and with the schedule of its feed if it has one."""
        found = await self._subscriptions.of_channel(place.channel_id)
        if found is not None:
            return draft.in_place(
                place,
                schedule=found.feed.settings.schedule,
                subscribed=len(found.subscriptions),
                is_waiting=not found.feed.is_active,
            )
        defaults = await self._servers.defaults(place.server_id)
        return draft.in_place(place, schedule=defaults.schedule, subscribed=0)

    def ask_for(self, draft: Draft, typed: str) -> Draft:
        """With the keywords.

        Raises:
            QueryError: a part cannot be read; says where.
            UserError: they are more than a channel can have.
        """
        self._limits.check_keywords(len(self._queries(on_one_line(typed))))
        return draft.asking_for(typed)

    async def samples(self, draft: Draft) -> Samples:
        """The recent papers that each of the draft's keywords matches, with hints."""
        if not draft.keywords:
            return Samples()
        queries = self._queries(draft.keywords)
        found, studied = await self._search.studied(queries)
        first = open_list_day(self.clock()) - timedelta(days=RECENT_DAYS - 1)
        return Samples(
            keywords=tuple(_sample(query, found[query.expression], first=first) for query in queries),
            study=studied,
        )

    def following(self, draft: Draft, hint: Hint) -> Draft:
        """The draft with what a hint says in place of the keywords that it is about.

        Raises:
            QueryError: a part cannot be read.
        """
        kept = [query.text for query in self._queries(draft.keywords) if query.canonical not in hint.queries]
        return self.ask_for(draft, "\n".join([*kept, hint.rewrite.text]))

    def at_times(self, draft: Draft, *, time: str, weekdays: str, place: str) -> Draft:
        """The draft with this time, these days, and the time zone of a place.

        Raises:
            UserError: one of them cannot be read.
        """
        return draft.with_times(
            at=parse_time(time),
            weekdays=parse_weekdays(weekdays),
            timezone=timezone_meant(place, now=self.clock()),
        )

    async def finish(self, draft: Draft, *, user_id: UserId) -> Subscribed:
        """Applies the draft: all of it, or nothing.

        Raises:
            UserError: the bot cannot post in the channel, or it would have too many subscriptions.
        """
        if draft.place is None or not draft.keywords:
            raise UserError("Some questions are not answered yet. Nothing was changed.")
        access = await self._publisher.access(draft.place)
        if access.obstacle:
            raise UserError(
                f"{access.obstacle} Nothing was changed: once that is fixed, press *Finish* again."
            )
        # A schedule that the person did not choose may have been changed by others since.
        schedule = draft.schedule if draft.is_own_schedule else None
        return await self._subscriptions.subscribe(
            draft.keywords, place=draft.place, user_id=user_id, schedule=schedule, focus=draft.focus
        )

    def _queries(self, keywords: str) -> tuple[CompiledQuery, ...]:
        return distinct(compile_alternatives(keywords, self._limits))[0]


def _sample(query: CompiledQuery, found: list[Paper], *, first: date) -> Sample:
    recent = [paper for paper in found if paper.list_day is not None and paper.list_day >= first]
    return Sample(query=query, recent=len(recent), newest=tuple(newest_first(recent)[:_TITLES_SHOWN]))
