"""The settings of a feed in words: what a change of them changed, and what each one is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.core.feeds import FeedSettings
from bot.core.focus import Focus
from bot.core.ids import RoleId
from bot.core.markdown import escape, fit
from bot.core.schedules import Cadence, Schedule, weekdays_text
from bot.core.typed_dates import date_label

MAX_SHOWN_LENGTH = 80  # characters of a query within a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A setting that changed, in words; Discord markdown."""

    name: str
    before: str
    after: str

    @property
    def words(self) -> str:
        """Within a sentence, as /config history has it: `minimum upvotes: 10 → 100`."""
        return f"{self.name[0].lower()}{self.name[1:]}: {self.before} → {self.after}"


def differences(before: FeedSettings, after: FeedSettings) -> tuple[Difference, ...]:
    """What differs, each setting as it was and as it is."""
    return tuple(
        Difference(name=name, before=said(before, after), after=said(after, before))
        for names, (name, said) in _VALUES.items()
        if any(getattr(before, field) != getattr(after, field) for field in names.split())
    )


def schedule_words(schedule: Schedule) -> str:
    if schedule.cadence is Cadence.LIVE:
        return f"live (saved for later: {times_words(schedule)})"
    return f"{schedule.cadence.value}, {times_words(schedule)}"


def times_words(schedule: Schedule) -> str:
    """The days and the time, whether they count or not."""
    days = weekdays_text(schedule.weekdays)
    when = "every day" if days == "all" else days
    return f"{when}, at {schedule.time:%H:%M} {escape(schedule.timezone)}"


def pause_words(settings: FeedSettings) -> str:
    """`on`, `paused`, `paused until Monday, 30 November 2026`."""
    if not settings.is_paused:
        return "on"
    return f"paused until {date_label(settings.paused_until)}" if settings.paused_until else "paused"


def query_words(text: str) -> str:
    """A query within a sentence: escaped, and shortened where it is long."""
    return fit(text, (), MAX_SHOWN_LENGTH)


def role_words(role_id: RoleId | None) -> str:
    return "nobody" if role_id is None else f"<@&{role_id}>"


def mention_note(role_id: RoleId | None) -> str:
    """The note after a subscription that pings its own role; '' for others."""
    return "" if role_id is None else f" (pings <@&{role_id}>)"


def focus_note(focus: Focus) -> str:
    """The note after a subscription whose focus is not exact; '' for others."""
    return "" if focus is Focus.EXACT else f" (focus {focus.value})"


def _schedule_value(settings: FeedSettings, other: FeedSettings) -> str:
    """What a live channel has saved for later is shown only if that is what differs."""
    if settings.schedule.cadence is Cadence.LIVE and other.schedule.cadence is not Cadence.LIVE:
        return "live"
    return schedule_words(settings.schedule)


def _exclude_value(settings: FeedSettings, _: FeedSettings) -> str:
    return f"*{query_words(settings.exclude.text)}*" if settings.exclude else "nothing"


# Each field, or two that are one to people, by what an answer calls it, and its value beside the one that it
# replaces or is replaced by.
_VALUES: dict[str, tuple[str, Callable[[FeedSettings, FeedSettings], str]]] = {
    "schedule": ("Schedule", _schedule_value),
    "style": ("Style", lambda settings, _: settings.style.value),
    "min_upvotes": ("Minimum upvotes", lambda settings, _: str(settings.min_upvotes)),
    "max_papers": ("Cards per post", lambda settings, _: f"up to {settings.max_papers}"),
    "only_with_code": ("Only with code", lambda settings, _: "yes" if settings.only_with_code else "no"),
    "exclude": ("Excluded", _exclude_value),
    "mention_role_id": ("Mention", lambda settings, _: role_words(settings.mention_role_id)),
    "is_silent": ("Notifications", lambda settings, _: "off" if settings.is_silent else "on"),
    "opens_threads": ("Threads", lambda settings, _: "on" if settings.opens_threads else "off"),
    "publishes": ("Publishing", lambda settings, _: "on" if settings.publishes else "off"),
    "is_paused paused_until": ("Posting", lambda settings, _: pause_words(settings)),
}
