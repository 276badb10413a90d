"""The pages of /setup's panel in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import discord

from bot.core.drafts import Draft, Page
from bot.core.feed_settings import focus_note, times_words
from bot.core.focus import Focus
from bot.core.markdown import length, link
from bot.core.plurals import count
from bot.core.schedules import Cadence, next_run
from bot.core.words.latex import readable
from bot.discord.answers.feed_status import schedule_text
from bot.discord.answers.formatting import code, moment
from bot.discord.answers.hints import hint_lines, reading_line
from bot.discord.answers.pages import COLOUR, MAX_PAGE_LENGTH
from bot.services.feeds.setup import Sample, Samples
from bot.services.feeds.timezones import note
from bot.services.queries.hints import Study
from bot.services.queries.search import RECENT_DAYS

CADENCES = {
    Cadence.LIVE: ("live", "Each paper as soon as it is listed"),
    Cadence.DAILY: ("daily", "Once a day, at the time and on the days that you choose"),
    Cadence.WEEKLY: ("weekly", "The week's best papers, on the first of the days that you choose"),
}
_TITLES = {
    Page.CHANNEL: "Where should papers go?",
    Page.KEYWORDS: "Which papers?",
    Page.SCHEDULE: "When?",
    Page.SUMMARY: "Does this look right?",
}
_MAX_TITLE_LENGTH = 90
_NO_SAMPLES = Samples()


def panel(draft: Draft, *, samples: Samples = _NO_SAMPLES, problem: str = "", now: datetime) -> discord.Embed:
    """The draft's current page, below the problem with the last answer."""
    match draft.page:
        case Page.CHANNEL:
            text = _channel(draft)
        case Page.KEYWORDS:
            text = _keywords(draft, samples)
        case Page.SCHEDULE:
            text = _schedule(draft, now=now)
        case Page.SUMMARY:
            text = _summary(draft, samples, now=now)
    embed = discord.Embed(
        title=_TITLES[draft.page],
        description="\n\n".join(filter(None, [f"⚠️ {problem}" if problem else "", text])),
        colour=COLOUR,
    )
    return embed.set_footer(text=f"Step {draft.page} of {len(Page)}. Nothing changes until you press Finish.")


def page_shown(embeds: Sequence[discord.Embed]) -> Page | None:
    """The page that a message shows, if any."""
    titles = {embed.title for embed in embeds}
    return next((page for page, title in _TITLES.items() if title in titles), None)


def closed(text: str) -> discord.Embed:
    """A panel that can no longer be used."""
    return discord.Embed(title="Setup", description=text, colour=COLOUR)


def _channel(draft: Draft) -> str:
    if draft.place is not None:
        return (
            f"Papers go to <#{draft.place.channel_id}>. Press *Next* to continue, or choose another channel."
        )
    return (
        "Choose a text or announcement channel, a forum, a thread or a voice channel's chat. You must be "
        "able to manage it and post in it, and I must be able to post in it."
    )


def _keywords(draft: Draft, samples: Samples) -> str:
    lines: list[str] = []
    if draft.place is not None and draft.subscribed:
        has = count(draft.subscribed, "subscription")
        lines.append(f"<#{draft.place.channel_id}> already has {has}; these are added.\n")
    if samples.keywords:
        hints = hint_lines(samples.study)
        room = MAX_PAGE_LENGTH - sum(length(hint) + 1 for hint in hints)
        lines.extend(_samples(samples, room=room))
        lines.extend(["", *hints] if hints else [])
    elif draft.typed:
        lines.append("Press *Edit keywords* to edit what you typed.")
    else:
        lines.append(
            "Press *Enter keywords* and type one per line, or separate them with commas: `diffusion model`, "
            "`RLHF AND reward`, `author:Kaiming He`; `*` is every paper. `/help` explains the syntax."
        )
    return "\n".join(lines)


def _samples(samples: Samples, *, room: int) -> list[str]:
    """One line per keyword, each with titles below it while there is room for all the keywords."""
    heads = [_head(item, samples.study) for item in samples.keywords]
    left = room - sum(length(head) + 1 for head in heads)
    lines: list[str] = []
    for number, (head, item) in enumerate(zip(heads, samples.keywords, strict=True)):
        if sum(length(line) + 1 for line in lines) + length(head) > room:
            lines.append(f"… and {len(samples.keywords) - number} more")
            break
        lines.append(head)
        titles = [
            "-# " + link(readable(paper.title), paper.page_url, limit=_MAX_TITLE_LENGTH)
            for paper in item.newest
        ]
        needed = sum(length(title) + 1 for title in titles)
        if needed <= left:
            left -= needed
            lines.extend(titles)
    return lines


def _head(item: Sample, study: Study) -> str:
    line = f"• {code(item.query.text)}: {count(item.recent, 'paper')} in the last {RECENT_DAYS} days"
    return "\n".join(filter(None, (line, reading_line(item.query, study))))


def _schedule(draft: Draft, *, now: datetime) -> str:
    text = f"Schedule: **{schedule_text(draft.schedule)}**.\n{_first_post(draft, now=now)}\n\n"
    if draft.schedule.cadence is Cadence.LIVE:
        return (
            f"{text}*Time, days and city* have no effect while posts are live. They are saved "
            f"({times_words(draft.schedule)}) for *daily* or *weekly*, which you can choose below."
        )
    about_zone = note(draft.schedule.timezone)
    text += f"{about_zone}\n\n" if about_zone else ""
    return f"{text}*Time, days and city* changes the rest; a city is enough for the time zone."


def _summary(draft: Draft, samples: Samples, *, now: datetime) -> str:
    where = f"<#{draft.place.channel_id}>" if draft.place else "nowhere"
    added = "new subscriptions" if draft.subscribed else "subscriptions"
    lines = [
        f"**Where:** {where}",
        f"**When:** {schedule_text(draft.schedule)}",
        _first_post(draft, now=now),
        f"**Which:** {added}{focus_note(draft.focus or Focus.EXACT)}",
        *_samples(samples, room=MAX_PAGE_LENGTH - 500),
        "",
        "The first post covers the whole of today's list; later posts cover newer papers.",
    ]
    return "\n".join(lines)


def _first_post(draft: Draft, *, now: datetime) -> str:
    if draft.is_waiting:
        return "Next post: none while the channel is paused or blocked. `/config resume` resumes posting."
    if draft.schedule.cadence is Cadence.LIVE:
        return "Next post: as soon as a matching paper is listed."
    return f"Next post: {moment(next_run(draft.schedule, after=now), now=now)}."
