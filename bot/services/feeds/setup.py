"""Setup: checking the answers of /setup one by one, and applying all of them at the end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.core.bundles import BUNDLES, exchanged
from bot.core.decisions import newest_first
from bot.core.drafts import KEPT, Draft, Field, Rejected, on_one_line
from bot.core.feeds import MAX_MIN_UPVOTES, Place
from bot.core.focus import Focus
from bot.core.ids import ServerId, UserId
from bot.core.papers import Paper
from bot.core.query.compiled import CompiledQuery, compile_alternatives, distinct
from bot.core.query.hints import Hint
from bot.core.schedules import Cadence
from bot.core.typed_times import parse_time, parse_weekdays
from bot.errors import UserError
from bot.services.context import ServiceContext
from bot.services.feeds.servers import Servers
from bot.services.feeds.subscribed import Subscribed
from bot.services.feeds.subscriptions import Subscriptions
from bot.services.feeds.timezones import timezone_meant
from bot.services.queries.hints import NO_STUDY, Study
from bot.services.queries.search import RECENT_DAYS, Search
from bot.store import drafts

MAX_TYPED_LENGTH = 4_000  # of a form's text input; Discord's limit
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
    upvotes: tuple[int, ...] = ()  # of the recent papers that any of them matches
    days_known: int = 0  # of the last RECENT_DAYS list days, those that have been read
    study: Study = NO_STUDY

    @property
    def together(self) -> int:
        """How many recent papers any of the keywords matches."""
        return len(self.upvotes)

    def with_upvotes(self, least: int) -> int:
        """How many of them have at least that many upvotes."""
        return sum(number >= least for number in self.upvotes)


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleCounts:
    """How many recent papers each bundle would have posted."""

    papers: Mapping[str, int]  # by the bundle's name
    days_known: int  # of the last RECENT_DAYS list days, those that have been read


class Setup:
    """The use cases of /setup."""

    def __init__(
        self, context: ServiceContext, *, servers: Servers, subscriptions: Subscriptions, search: Search
    ) -> None:
        self._database = context.database
        self._servers = servers
        self._subscriptions = subscriptions
        self._search = search
        self._publisher = context.publisher
        self._limits = context.limits
        self.clock = context.clock

    async def begin(self, server_id: ServerId, *, cadence: Cadence | None, focus: Focus | None) -> Draft:
        """A draft with what is given, and with the schedule of the server's new feeds."""
        draft = Draft(schedule=(await self._servers.defaults(server_id)).schedule, focus=focus)
        return draft.with_cadence(cadence) if cadence else draft

    async def save(self, key: str, draft: Draft, *, user_id: UserId) -> None:
        """Saves the draft of the panel with this key, so that the panel survives a restart."""
        now = self.clock()
        async with self._database.write() as conn:
            await drafts.save(conn, key, draft, user_id=user_id, now=now, kept_since=now - KEPT)

    async def saved(self, key: str) -> tuple[UserId, Draft] | None:
        """The draft of a panel and whose it is; None if it is no longer kept."""
        async with self._database.read() as conn:
            return await drafts.by_key(conn, key, kept_since=self.clock() - KEPT)

    async def forget(self, key: str) -> None:
        """Deletes the draft of a panel that was closed."""
        async with self._database.write() as conn:
            await drafts.delete_one(conn, key)

    async def count_bundles(self) -> BundleCounts:
        """Counts the recent papers of each bundle, without filters."""
        expressions = [query.expression for bundle in BUNDLES for query in bundle.queries]
        papers_of = await self._search.recent(expressions, days=RECENT_DAYS)
        return BundleCounts(
            papers={
                bundle.name: len(
                    {paper.id for query in bundle.queries for paper in papers_of[query.expression]}
                )
                for bundle in BUNDLES
            },
            days_known=await self._search.days_known(RECENT_DAYS),
        )

    async def choose(self, draft: Draft, place: Place) -> Draft:
        """The draft with this place, and with the schedule and filter of its feed if it has one."""
        current = await self._subscriptions.of_channel(place.channel_id)
        if current is not None:
            return draft.in_place(
                place,
                schedule=current.feed.settings.schedule,
                min_upvotes=current.feed.settings.min_upvotes,
                subscribed=len(current.subscriptions),
                is_waiting=not current.feed.is_active,
            )
        defaults = await self._servers.defaults(place.in_server)
        return draft.in_place(place, schedule=defaults.schedule)

    def answered(self, draft: Draft, typed: Mapping[Field, str]) -> Draft:
        """The draft with what was typed in the form. A field that cannot be read changes nothing else."""
        readers: dict[Field, Callable[[Draft, str], Draft]] = {
            Field.KEYWORDS: self.ask_for,
            Field.TIME: _at_time,
            Field.WEEKDAYS: _on_weekdays,
            Field.CITY: self._in_city,
            Field.MIN_UPVOTES: _with_min_upvotes,
        }
        rejected: dict[Field, Rejected] = {}
        for field, read in readers.items():
            try:
                draft = read(draft, typed.get(field, ""))
            except UserError as error:
                rejected[field] = Rejected(typed=typed[field], problem=str(error))
        return draft.rejecting(rejected)

    def ask_for(self, draft: Draft, typed: str) -> Draft:
        """With the keywords.

        Raises:
            QueryError: a part cannot be read; says where.
            UserError: they are more than a channel can have.
        """
        if not on_one_line(typed):
            return draft.asking_for("")
        self._limits.check_keywords(len(self._queries(on_one_line(typed))))
        if len(typed) > MAX_TYPED_LENGTH:
            raise UserError(
                f"These keywords are {len(typed):,} characters long, and a form can hold "
                f"{MAX_TYPED_LENGTH:,}. "
                "Finish with fewer of them, and use `/setup` again for the others."
            )
        return draft.asking_for(typed)

    async def samples(self, draft: Draft) -> Samples:
        """The recent papers that each of the draft's keywords matches, with hints."""
        if not draft.keywords:
            return Samples()
        queries = self.queries(draft)
        matches, studied = await self._search.studied(queries, days=RECENT_DAYS)
        upvotes = {paper.id: paper.upvotes for papers in matches.values() for paper in papers}
        return Samples(
            keywords=tuple(_sample(query, matches[query.expression]) for query in queries),
            upvotes=tuple(upvotes.values()),
            days_known=await self._search.days_known(RECENT_DAYS),
            study=studied,
        )

    def with_bundles(self, draft: Draft, names: Collection[str]) -> Draft:
        """The draft with the keywords of the bundles with these names, and of no others.

        Raises:
            UserError: what was typed cannot be read, or these are more keywords than a channel can have.
        """
        if Field.KEYWORDS in draft.rejected:
            raise UserError("First correct or delete the keywords that you typed: open the form again.")
        return self.ask_for(draft, "\n".join(exchanged(self.queries(draft), names)))

    def following(self, draft: Draft, hint: Hint) -> Draft:
        """The draft with what a hint says in place of the keywords that it is about.

        Raises:
            QueryError: a part cannot be read.
        """
        kept = [query.text for query in self.queries(draft) if query.canonical not in hint.queries]
        return self.ask_for(draft, "\n".join([*kept, hint.rewrite.text]))

    def _in_city(self, draft: Draft, typed: str) -> Draft:
        timezone = timezone_meant(typed, now=self.clock())
        return draft.with_schedule(replace(draft.schedule, timezone=timezone))

    async def finish(self, draft: Draft, *, user_id: UserId) -> Subscribed:
        """Applies the draft: all of it, or nothing.

        Raises:
            UserError: the bot cannot post in the channel, or it would have too many subscriptions.
        """
        if draft.place is None or not draft.is_complete:
            raise UserError("Some questions are not answered yet. Nothing was changed.")
        access = await self._publisher.access(draft.place)
        if access.obstacle:
            raise UserError(
                f"{access.obstacle} Nothing was changed: once that is fixed, press *Finish* again."
            )
        # What the person did not choose may have been changed by others since.
        return await self._subscriptions.subscribe(
            draft.keywords,
            place=draft.place,
            user_id=user_id,
            schedule=draft.schedule if draft.is_own_schedule else None,
            min_upvotes=draft.min_upvotes if draft.is_own_filter else None,
            focus=draft.focus,
        )

    def queries(self, draft: Draft) -> tuple[CompiledQuery, ...]:
        """The draft's keywords, each once."""
        return self._queries(draft.keywords) if draft.keywords else ()

    def _queries(self, keywords: str) -> tuple[CompiledQuery, ...]:
        return distinct(compile_alternatives(keywords, self._limits))[0]


def _sample(query: CompiledQuery, papers: Sequence[Paper]) -> Sample:
    return Sample(query=query, recent=len(papers), newest=tuple(newest_first(papers)[:_TITLES_SHOWN]))


def _at_time(draft: Draft, typed: str) -> Draft:
    return draft.with_schedule(replace(draft.schedule, time=parse_time(typed)))


def _on_weekdays(draft: Draft, typed: str) -> Draft:
    return draft.with_schedule(replace(draft.schedule, weekdays=parse_weekdays(typed)))


def _with_min_upvotes(draft: Draft, typed: str) -> Draft:
    digits = typed.strip().replace(",", "") or "0"
    if not (digits.isascii() and digits.isdecimal() and int(digits[:9]) <= MAX_MIN_UPVOTES):
        raise UserError(f"The minimum upvotes must be a number from 0 to {MAX_MIN_UPVOTES:,}.")
    return draft.with_min_upvotes(int(digits))
