"""What the panel of /setup shows, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import discord

from bot.core.drafts import Draft, Page
from bot.core.feed_settings import times_words
from bot.core.markdown import length, link
from bot.core.plurals import count
from bot.core.schedules import Cadence, next_run
from bot.core.words.latex import readable
from bot.discord.answers import phrases
from bot.discord.answers.pages import COLOUR, LONGEST_PAGE
from bot.discord.answers.phrases import code
from bot.services.feeds.setup import Sample
from bot.services.feeds.timezones import note
from bot.services.queries.search import RECENT_DAYS

CADENCES = {
    Cadence.LIVE: ("live", "Each paper as soon as it is listed"),
    Cadence.DAILY: ("daily", "Once a day, at a time and on the days that you choose"),
    Cadence.WEEKLY: ("weekly", "The week's best, on the first of the days that you choose"),
}
_TITLES = {
    Page.CHANNEL: "Where should papers go?",
    Page.KEYWORDS: "Which papers?",
    Page.SCHEDULE: "When?",
    Page.SUMMARY: "All right like this?",
}
_LONGEST_TITLE = 90


def panel(draft: Draft, *, samples: Sequence[Sample] = (), problem: str = "", now: datetime) -> discord.Embed:
    """The draft's page, below what was wrong with the last answer."""
    match draft.page:
        case Page.CHANNEL:
            said = _channel(draft)
        case Page.KEYWORDS:
            said = _keywords(draft, samples)
        case Page.SCHEDULE:
            said = _schedule(draft, now=now)
        case Page.SUMMARY:
            said = _summary(draft, samples, now=now)
    embed = discord.Embed(
        title=_TITLES[draft.page],
        description="\n\n".join(filter(None, [f"⚠️ {problem}" if problem else "", said])),
        colour=COLOUR,
    )
    return embed.set_footer(text=f"Step {draft.page} of {len(Page)}. Nothing is changed before Finish.")


def page_shown(embeds: Sequence[discord.Embed]) -> Page | None:
    """The page that a message shows; None where it shows none."""
    titles = {embed.title for embed in embeds}
    return next((page for page, title in _TITLES.items() if title in titles), None)


def closed(text: str) -> discord.Embed:
    """A panel that is put away."""
    return discord.Embed(title="Setup", description=text, colour=COLOUR)


def _channel(draft: Draft) -> str:
    if draft.place is not None:
        return f"Papers go to <#{draft.place.channel_id}>. *Next* goes on with it, or choose another."
    return (
        "Choose a channel: a text or announcement channel, a forum, a thread or a voice channel's chat. You "
        "must be able to manage it and write in it, and so must I be able to write there."
    )


def _keywords(draft: Draft, samples: Sequence[Sample]) -> str:
    lines: list[str] = []
    if draft.place is not None and draft.subscribed:
        has = count(draft.subscribed, "subscription")
        lines.append(f"<#{draft.place.channel_id}> has {has} already; these come on top.\n")
    if samples:
        lines.extend(_samples(samples, room=LONGEST_PAGE))
    elif draft.typed:
        lines.append("*Edit keywords* opens what you typed again.")
    else:
        lines.append(
            "*Enter keywords* takes them, one a line or with commas between: `diffusion model`, "
            "`RLHF AND reward`, `author:Kaiming He`; `*` is every paper. `/help` has them all."
        )
    return "\n".join(lines)


def _samples(samples: Sequence[Sample], *, room: int) -> list[str]:
    """A line a keyword, and below it titles as long as there is room for all the keywords."""
    heads = [
        f"• {code(item.text)}: {count(item.recent, 'paper')} in the last {RECENT_DAYS} days"
        for item in samples
    ]
    left = room - sum(length(head) + 1 for head in heads)
    lines: list[str] = []
    for number, (head, item) in enumerate(zip(heads, samples, strict=True)):
        if sum(length(line) + 1 for line in lines) + length(head) > room:
            lines.append(f"… and {len(samples) - number} more")
            break
        lines.append(head)
        titles = [
            "-# " + link(readable(paper.title), paper.page_url, limit=_LONGEST_TITLE) for paper in item.newest
        ]
        needed = sum(length(title) + 1 for title in titles)
        if needed <= left:
            left -= needed
            lines.extend(titles)
    return lines


def _schedule(draft: Draft, *, now: datetime) -> str:
    said = f"Now: **{phrases.schedule(draft.schedule)}**.\n{_first_post(draft, now=now)}\n\n"
    if draft.schedule.cadence is Cadence.LIVE:
        return (
            f"{said}*Time, days and city* have no effect while posts are live. They are kept "
            f"({times_words(draft.schedule)}) for *daily* or *weekly*, which you can choose below."
        )
    about_zone = note(draft.schedule.timezone)
    said += f"{about_zone}\n\n" if about_zone else ""
    return f"{said}*Time, days and city* changes the rest; your city is enough for the time zone."


def _summary(draft: Draft, samples: Sequence[Sample], *, now: datetime) -> str:
    where = f"<#{draft.place.channel_id}>" if draft.place else "nowhere"
    added = "new subscriptions" if draft.subscribed else "subscriptions"
    lines = [
        f"**Where:** {where}",
        f"**When:** {phrases.schedule(draft.schedule)}",
        _first_post(draft, now=now),
        f"**Which:** {added}",
        *_samples(samples, room=LONGEST_PAGE - 500),
        "",
        "The first post brings today's list whole, later ones what is listed after that. Nobody is pinged.",
    ]
    return "\n".join(lines)


def _first_post(draft: Draft, *, now: datetime) -> str:
    if draft.is_waiting:
        return "Next post: none for now, for the channel is paused or held. `/config resume` starts it again."
    if draft.schedule.cadence is Cadence.LIVE:
        return "Next post: as soon as a paper is listed that matches."
    return f"Next post: {phrases.moment(next_run(draft.schedule, after=now), now=now)}."
