"""The panel of /setup in words."""

from __future__ import annotations

from datetime import datetime

import discord

from bot.core.bundles import Bundle
from bot.core.drafts import Draft, Field
from bot.core.feed_settings import focus_note, times_words
from bot.core.focus import Focus
from bot.core.markdown import length, link
from bot.core.plurals import count
from bot.core.schedules import Cadence, next_run
from bot.core.words.latex import readable
from bot.discord.answers.feed_status import schedule_text
from bot.discord.answers.formatting import code, moment
from bot.discord.answers.hints import hint_lines, reading_line
from bot.discord.answers.pages import COLOR, MAX_PAGE_LENGTH
from bot.discord.answers.run_results import days_read
from bot.services.feeds.setup import BundleCounts, Sample, Samples
from bot.services.feeds.timezones import note
from bot.services.queries.hints import Study
from bot.services.queries.search import RECENT_DAYS

CADENCES = {
    Cadence.LIVE: ("live", "Each paper as soon as it is listed"),
    Cadence.DAILY: ("daily", "Once a day, at the time and on the days that you choose"),
    Cadence.WEEKLY: ("weekly", "The week's best papers, on the first of the days that you choose"),
}
FORM_NAME = "Keywords, time and filter"
FIELDS = {
    Field.KEYWORDS: "Keywords",
    Field.TIME: "Time",
    Field.WEEKDAYS: "Days",
    Field.CITY: "City or time zone",
    Field.MIN_UPVOTES: "Minimum upvotes",
}
_CHOOSE_KEYWORDS = (
    f"**Which:** choose ready-made keywords in the menu, or press *{FORM_NAME}* and type your own: "
    "`diffusion model`, `RLHF AND reward`, `author:Kaiming He`; `*` is every paper. `/help` explains the "
    "syntax."
)
_CORRECT_KEYWORDS = "**Which:** nothing yet, as the keywords can't be read."
_CORRECT = f"Press *{FORM_NAME}* to correct this. What you typed is still there."
_FIRST_POST = "The first post covers the whole of today's list; later posts cover newer papers."
_MAX_TITLE_LENGTH = 90
_NO_SAMPLES = Samples()


def panel(draft: Draft, *, samples: Samples = _NO_SAMPLES, problem: str = "", now: datetime) -> discord.Embed:
    """The draft, below the problem with the last answer."""
    top = [f"⚠️ {problem}\n"] if problem else []
    top += [*_corrections(draft), _where(draft), *_when(draft, now=now), *_filter(draft, samples)]
    room = MAX_PAGE_LENGTH - sum(length(line) + 1 for line in top)
    text = "\n".join([*top, *_which(draft, samples, room=room)])
    embed = discord.Embed(title="Set up papers", description=text, color=COLOR)
    return embed.set_footer(text="Nothing changes until you press Finish.")


def bundle_text(bundle: Bundle, counts: BundleCounts) -> str:
    """How many papers a bundle would have posted, and its keywords."""
    papers = count(counts.papers[bundle.name], "paper")
    if not counts.days_known:
        recent = f"the last {RECENT_DAYS} days could not be read"
    elif counts.days_known < RECENT_DAYS:
        recent = f"{papers} on the {counts.days_known} of the last {RECENT_DAYS} days that could be read"
    else:
        recent = f"{papers} in the last {RECENT_DAYS} days"
    return f"{recent} · {', '.join(query.text for query in bundle.queries)}"


def closed(text: str) -> discord.Embed:
    """A panel that can no longer be used."""
    return discord.Embed(title="Setup", description=text, color=COLOR)


def _corrections(draft: Draft) -> list[str]:
    """What is wrong in the form, field by field."""
    wrong = [f"⚠️ **{FIELDS[field]}:** {rejected.problem}" for field, rejected in draft.rejected.items()]
    return [*wrong, f"{_CORRECT}\n"] if wrong else []


def _filter(draft: Draft, samples: Samples) -> list[str]:
    if not draft.min_upvotes:
        return []
    upvotes = f"**Filter:** at least {count(draft.min_upvotes, 'upvote')}"
    if not samples.together:
        return [upvotes]
    enough = samples.with_upvotes(draft.min_upvotes)
    return [
        f"{upvotes}; {enough:,} of {count(samples.together, 'matching paper')} had that many when last read"
    ]


def _where(draft: Draft) -> str:
    if draft.place is None:
        return (
            "**Where:** choose a text or announcement channel, a forum, a thread or a voice channel's chat. "
            "You must be able to manage it and post in it, and I must be able to post in it."
        )
    has = f" (it already has {count(draft.subscribed, 'subscription')})" if draft.subscribed else ""
    return f"**Where:** <#{draft.place.channel_id}>{has}"


def _when(draft: Draft, *, now: datetime) -> list[str]:
    lines = [f"**When:** {schedule_text(draft.schedule)}"]
    if draft.is_own_schedule and draft.schedule.cadence is Cadence.LIVE:
        lines.append(
            "Time, days and city have no effect while posts are live. They are saved for later: "
            f"{times_words(draft.schedule)}."
        )
    lines.extend(_first_post(draft, now=now))
    if about_zone := note(draft.schedule.timezone):
        lines.append(about_zone)
    return lines


def _which(draft: Draft, samples: Samples, *, room: int) -> list[str]:
    """What the keywords match, with hints."""
    if not samples.keywords:
        return [_CORRECT_KEYWORDS if Field.KEYWORDS in draft.rejected else _CHOOSE_KEYWORDS]
    new = f"{'new ' if draft.subscribed else ''}subscription"
    number = count(len(samples.keywords), new)
    matched = f"{count(samples.together, 'paper')} in the last {RECENT_DAYS} days"
    lines = [f"**Which:** {number}{focus_note(draft.focus or Focus.EXACT)}, matching {matched}"]
    below = [*hint_lines(samples.study), _FIRST_POST]
    if samples.days_known < RECENT_DAYS:
        below.insert(0, days_read(samples.days_known, of=RECENT_DAYS))
    room -= sum(length(line) + 1 for line in (*lines, *below))
    return [*lines, *_samples(samples, room=room), "", *below]


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
            for paper in item.newest[: _titles_of_each(len(heads))]
        ]
        needed = sum(length(title) + 1 for title in titles)
        if needed <= left:
            left -= needed
            lines.extend(titles)
    return lines


def _titles_of_each(keywords: int) -> int:
    """How many titles a keyword is shown with: the fewer, the more keywords there are."""
    return 3 if keywords <= 2 else 1 if keywords <= 5 else 0


def _head(item: Sample, study: Study) -> str:
    line = f"• {code(item.query.text)}: {count(item.recent, 'paper')}"
    return "\n".join(filter(None, (line, reading_line(item.query, study))))


def _first_post(draft: Draft, *, now: datetime) -> list[str]:
    if draft.is_waiting:
        return ["Next post: none while the channel is paused or blocked. `/config resume` resumes posting."]
    if draft.schedule.cadence is Cadence.LIVE:  # the line above says when
        return []
    return [f"Next post: {moment(next_run(draft.schedule, after=now), now=now)}."]
