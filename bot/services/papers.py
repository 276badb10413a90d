"""Reading the list: the newest day, any day, one paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bot.core.ids import PaperId
from bot.core.list_days import open_list_day
from bot.core.papers import Paper
from bot.errors import NotOpenYetError, PaperNotFoundError, SourceError, UserError
from bot.services.clock import Clock
from bot.services.polling import Polling
from bot.sources.huggingface import HuggingFace
from bot.store import list_days, papers
from bot.store.database import Database

# The first day of the Daily Papers list.
FIRST_LIST_DAY = date(2023, 5, 4)

_UNREACHABLE = "Hugging Face could not be asked just now. Try again in a few minutes."


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDay:
    """One list day as it is known."""

    day: date
    papers: tuple[Paper, ...]  # by upvotes, then id
    is_open: bool  # it is still filling


class Papers:
    """Answers about the list, from the store where it knows, else from Hugging Face."""

    def __init__(self, *, database: Database, source: HuggingFace, polling: Polling, clock: Clock) -> None:
        self._database = database
        self._source = source
        self._polling = polling
        self._clock = clock

    async def today(self) -> ListDay:
        """The newest list day that has papers.

        Raises:
            UserError: none is known, and Hugging Face cannot be asked.
        """
        today = open_list_day(self._clock())
        newest = await self._newest_day(today)
        for back in range(5):  # nothing read yet: a long weekend at most lies between two lists
            if newest is not None:
                break
            try:
                await self._polling.read_day(today - timedelta(days=back))
            except NotOpenYetError:
                continue
            except SourceError as error:
                raise UserError(_UNREACHABLE) from error
            newest = await self._newest_day(today)
        return await self._stored(newest or today)

    async def on(self, text: str) -> ListDay:
        """The list of the day that was typed: ``YYYY-MM-DD``, ``today`` or ``yesterday``.

        Raises:
            UserError: no date, a day that has not opened or is before the first list, or no answer now.
        """
        today = open_list_day(self._clock())
        day = _parse_day(text, today)
        async with self._database.read() as conn:
            reads = await list_days.reads(conn, day, day)
        if day not in reads:
            try:
                await self._polling.read_day(day)
            except NotOpenYetError as error:
                raise UserError(f"The list of {day} has not opened yet.") from error
            except SourceError as error:
                raise UserError(_UNREACHABLE) from error
        return await self._stored(day)

    async def one(self, paper_id: PaperId) -> Paper:
        """The paper as it is known, or as Hugging Face has it where it was never on a list that was read.

        Raises:
            UserError: there is no such paper, or Hugging Face cannot be asked.
        """
        async with self._database.read() as conn:
            known = await papers.get(conn, paper_id)
        if known is not None:
            return known
        try:
            return await self._source.paper(paper_id)
        except PaperNotFoundError as error:
            raise UserError(
                f"Hugging Face has no paper `{paper_id}`. Look at the id again; it may be on arXiv alone: "
                f"https://arxiv.org/abs/{paper_id}"
            ) from error
        except SourceError as error:
            raise UserError(_UNREACHABLE) from error

    async def _newest_day(self, up_to: date) -> date | None:
        async with self._database.read() as conn:
            return await papers.newest_day(conn, up_to=up_to)

    async def _stored(self, day: date) -> ListDay:
        async with self._database.read() as conn:
            found = await papers.of_day(conn, day)
        return ListDay(day=day, papers=tuple(found), is_open=day >= open_list_day(self._clock()))


def _parse_day(text: str, today: date) -> date:
    typed = text.strip().casefold()
    words = {"today": today, "yesterday": today - timedelta(days=1)}
    if typed in words:
        return words[typed]
    try:
        # fromisoformat takes other spellings too, such as 20260819, which a person hardly means.
        day = datetime.strptime(typed, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise UserError(
            f"The date must be written `YYYY-MM-DD`, such as `{today}`, or `today` or `yesterday`."
        ) from error
    if day > today:
        raise UserError(f"The list of {day} has not opened yet; the newest is `{today}`.")
    if day < FIRST_LIST_DAY:
        raise UserError(f"The Daily Papers list began on {FIRST_LIST_DAY}.")
    return day
