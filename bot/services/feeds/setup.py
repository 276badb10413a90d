"""Setup: checking the answers of /setup one by one, and applying all of them at the end."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.decisions import newest_first
from bot.core.drafts import Draft, on_one_line
from bot.core.feeds import Place
from bot.core.ids import ServerId, UserId
from bot.core.papers import Paper
from bot.core.query.compiled import CompiledQuery, compile_alternatives, distinct
from bot.core.schedules import parse_time, parse_weekdays
from bot.errors import UserError
from bot.services.context import ServiceContext
from bot.services.feeds.servers import Servers
from bot.services.feeds.subscriptions import Subscribed, Subscriptions
from bot.services.feeds.timezones import timezone_meant
from bot.services.queries.search import RECENT_DAYS, Search

_TITLES_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The recent papers that one keyword matches."""

    text: str
    recent: int  # papers of the last RECENT_DAYS list days
    newest: tuple[Paper, ...]  # a few of them, the newest list day first


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

    async def samples(self, draft: Draft) -> tuple[Sample, ...]:
        """The recent papers that each of the draft's keywords matches, in the order typed."""
        if not draft.keywords:
            return ()
        queries = self._queries(draft.keywords)
        found = await self._search.recent({query.expression for query in queries}, days=RECENT_DAYS)
        return tuple(_sample(query.text, found[query.expression]) for query in queries)

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
            draft.keywords, place=draft.place, user_id=user_id, schedule=schedule
        )

    def _queries(self, keywords: str) -> tuple[CompiledQuery, ...]:
        return distinct(compile_alternatives(keywords, self._limits))[0]


def _sample(text: str, found: list[Paper]) -> Sample:
    return Sample(text=text, recent=len(found), newest=tuple(newest_first(found)[:_TITLES_SHOWN]))
