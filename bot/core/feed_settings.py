"""The settings of a feed in words: what a change of them changed, and what each one is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.core.feeds import FeedSettings
from bot.core.focus import Focus
from bot.core.ids import RoleId
from bot.core.markdown import escape, fit
from bot.core.plurals import count
from bot.core.query.compiled import CompiledQuery
from bot.core.schedules import Cadence, Schedule, weekdays_text

MAX_SHOWN_LENGTH = 80  # characters of a query within a sentence


def changed(before: FeedSettings, after: FeedSettings) -> tuple[str, ...]:
    """What differs, each setting as it is afterwards, in words; Discord markdown."""
    return tuple(
        said(after) for name, said in _WORDS.items() if getattr(before, name) != getattr(after, name)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A setting that changed, in words; Discord markdown."""

    name: str
    before: str
    after: str


def differences(before: FeedSettings, after: FeedSettings) -> tuple[Difference, ...]:
    """What differs, each setting as it was and as it is."""
    return tuple(
        Difference(name=name, before=said(before), after=said(after))
        for field, (name, said) in _VALUES.items()
        if getattr(before, field) != getattr(after, field)
    )


def schedule_words(schedule: Schedule) -> str:
    if schedule.cadence is Cadence.LIVE:
        return "schedule live"
    return f"schedule {schedule.cadence.value}, {times_words(schedule)}"


def times_words(schedule: Schedule) -> str:
    """The days and the time, whether they count or not."""
    days = weekdays_text(schedule.weekdays)
    when = "every day" if days == "all" else days
    return f"{when}, at {schedule.time:%H:%M} {escape(schedule.timezone)}"


def mention_words(role_id: RoleId | None) -> str:
    return "nobody is pinged" if role_id is None else f"<@&{role_id}> is pinged"


def query_words(text: str) -> str:
    """A query within a sentence: escaped, and shortened where it is long."""
    return fit(text, (), MAX_SHOWN_LENGTH)


def focus_note(focus: Focus) -> str:
    """What stands behind a subscription whose focus is not exact."""
    return "" if focus is Focus.EXACT else f" (focus {focus.value})"


def _exclude_words(exclude: CompiledQuery | None) -> str:
    return f"excluding *{query_words(exclude.text)}*" if exclude else "nothing excluded"


def _schedule_value(settings: FeedSettings) -> str:
    schedule = settings.schedule
    if schedule.cadence is Cadence.LIVE:
        return f"live (saved for later: {times_words(schedule)})"
    return f"{schedule.cadence.value}, {times_words(schedule)}"


def _exclude_value(settings: FeedSettings) -> str:
    return f"*{query_words(settings.exclude.text)}*" if settings.exclude else "nothing"


def _mention_value(settings: FeedSettings) -> str:
    return "nobody" if settings.mention_role_id is None else f"<@&{settings.mention_role_id}>"


# Each field, by what an answer calls it, and its value alone.
_VALUES: dict[str, tuple[str, Callable[[FeedSettings], str]]] = {
    "schedule": ("Schedule", _schedule_value),
    "style": ("Style", lambda settings: settings.style.value),
    "min_upvotes": ("Minimum upvotes", lambda settings: str(settings.min_upvotes)),
    "max_papers": ("Cards per post", lambda settings: f"up to {settings.max_papers}"),
    "only_with_code": ("Only with code", lambda settings: "yes" if settings.only_with_code else "no"),
    "exclude": ("Excluded", _exclude_value),
    "mention_role_id": ("Mention", _mention_value),
    "opens_threads": ("Threads", lambda settings: "on" if settings.opens_threads else "off"),
    "publishes": ("Publishing", lambda settings: "on" if settings.publishes else "off"),
    "is_paused": ("Paused", lambda settings: "yes" if settings.is_paused else "no"),
}
# Each field, in words, as it is afterwards.
_WORDS: dict[str, Callable[[FeedSettings], str]] = {
    "schedule": lambda after: f"schedule {_schedule_value(after)}",
    "style": lambda after: f"style {after.style.value}",
    "min_upvotes": lambda after: (
        f"at least {count(after.min_upvotes, 'upvote')}" if after.min_upvotes else "no upvote minimum"
    ),
    "max_papers": lambda after: f"up to {count(after.max_papers, 'card')} per post",
    "only_with_code": lambda after: (
        "only papers with code" if after.only_with_code else "papers with or without code"
    ),
    "exclude": lambda after: _exclude_words(after.exclude),
    "mention_role_id": lambda after: mention_words(after.mention_role_id),
    "opens_threads": lambda after: f"threads {'on' if after.opens_threads else 'off'}",
    "publishes": lambda after: f"publishing {'on' if after.publishes else 'off'}",
    "is_paused": lambda after: "paused" if after.is_paused else "resumed",
}
