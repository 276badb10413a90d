"""Answers of /my follow, unfollow, feed, schedule, pause and resume, and the greeting by direct message."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import discord

from bot.core.cards import date_text
from bot.core.feed_settings import differences, focus_note
from bot.core.feeds import Feed
from bot.core.plurals import count
from bot.core.posts import PostState
from bot.discord.answers.feed_status import RESUMING, merged_keywords, next_delivery, schedule_text
from bot.discord.answers.formatting import code, message_link, relative
from bot.discord.answers.hints import hint_lines
from bot.discord.answers.pages import COLOR, pages
from bot.discord.answers.run_results import days_read
from bot.discord.answers.setting_changes import change_embed
from bot.discord.answers.subscriptions import focus_line, removal_notes, resumed_lines, wanted_line
from bot.services.feeds.timezones import note
from bot.services.feeds.unsubscribing import Unsubscribed
from bot.services.follows.direct_messages import Greeting
from bot.services.follows.follows import NOTHING_FOLLOWED, Followed
from bot.services.follows.personal_feed import PersonalFeedState, ResumedFeed
from bot.services.queries.search import RECENT_DAYS


def greeting() -> discord.Embed:
    """The message that shows whether direct messages arrive; it has no papers."""
    return discord.Embed(
        title="Your papers will arrive here",
        description=(
            "You follow keywords with me, and I send you the matching papers by direct message. `/my feed` "
            "shows what you follow and when the next papers come.\n-# **Stop** pauses these messages, and "
            "**What I follow** shows your keywords and your schedule."
        ),
        color=COLOR,
    )


def followed(result: Followed, *, now: datetime, title: str = "") -> list[discord.Embed]:
    """What is followed now, how many recent papers it matches, and the next delivery."""
    subscribed = result.subscribed
    has_changed = subscribed.made_up is not None or any(
        item.is_new or item.focus_before is not None for item in subscribed.wanted
    )
    refusal = result.greeting.refusal if result.greeting else None
    intro = "You now follow:" if has_changed else "Nothing changed: you already follow:"
    if result.removed:
        intro = f"{', '.join(code(item.query.text) for item in result.removed)} → "
    if refusal:
        intro = f"⚠️ **Saved, but nothing can reach you yet.** {refusal} {RESUMING}\n\n{intro}"
    return pages(
        (
            wanted_line(item, study=subscribed.study, has_changed=has_changed, already="already followed")
            for item in subscribed.wanted
        ),
        title=title or ("Following" if has_changed else "Already following"),
        intro=intro,
        footer="\n".join(_what_follows(result, now=now)),
    )


def _what_follows(result: Followed, *, now: datetime) -> Iterator[str]:
    subscribed = result.subscribed
    yield from merged_keywords(subscribed.merged)
    if result.greeting is not None:
        yield from _greeted(result.greeting)
    if not (result.greeting and result.greeting.refusal):
        yield next_delivery(subscribed.feed, now=now)
    if new := [item for item in subscribed.wanted if item.is_new]:
        yield f"The first delivery covers the whole list of {date_text(new[0].subscription.since)}."
    yield from resumed_lines(subscribed)
    if subscribed.recent_days_known < RECENT_DAYS:
        yield days_read(subscribed.recent_days_known, of=RECENT_DAYS)
    yield from hint_lines(subscribed.study)
    yield from filter(None, map(focus_line, subscribed.wanted))
    yield _when(subscribed.feed)


def _greeted(greeting: Greeting) -> Iterator[str]:
    if greeting.is_unclear:
        yield (
            "Discord didn't say whether my first direct message to you arrived. Your papers will still be "
            "sent; `/my feed` shows whether they arrive."
        )
    elif not greeting.refusal:
        yield "I have just sent you a direct message, so you know where your papers will arrive."


def _when(feed: Feed) -> str:
    schedule = schedule_text(feed.settings.schedule)
    return f"-# Delivered {schedule}. `/my schedule` changes the time, the time zone and the days."


def unfollowed(result: Unsubscribed, *, now: datetime) -> list[discord.Embed]:
    """What is no longer followed, what is cancelled with it, what is left, and how to undo it."""
    still = f"You still follow {count(result.left, 'query', 'queries')}."
    lines = [f"{still} {next_delivery(result.feed, now=now)}"]
    if not result.left:
        lines = ["You follow nothing now, so no more papers will be sent to you. `/my follow` starts again."]
    lines.extend(removal_notes(result, sent="sent", command="/my follow"))
    return pages(
        (f"• {code(item.query.text)}" for item in result.removed),
        title="Unfollowed",
        intro="You no longer follow:",
        footer="\n".join(lines),
    )


def feed(state: PersonalFeedState | None, *, now: datetime) -> list[discord.Embed]:
    """What a person follows, the schedule, the next delivery, and what is pending or was sent last."""
    title = "Your papers by direct message"
    if state is None or not state.follows:
        when = [] if state is None else [_when(state.feed)]
        return [change_embed(title, [NOTHING_FOLLOWED, *when])]
    number, pending = len(state.follows), state.posts.get(PostState.PENDING, 0)
    footer = [f"Delivered {schedule_text(state.feed.settings.schedule)}."]
    footer += filter(None, [note(state.feed.settings.schedule.timezone)])
    if pending:
        footer.append(f"{count(pending, 'message')} pending.")
    if failed := state.posts.get(PostState.FAILED, 0):
        footer.append(f"{count(failed, 'message')} refused by Discord; `/my resume` tries again.")
    if state.last_sent is not None and state.last_sent.sent_at is not None:
        link = message_link(None, state.last_sent)
        footer.append(f"The last papers came {relative(state.last_sent.sent_at)}: {link}")
    footer.append("-# `/my follow` adds keywords, `/my unfollow` removes some, `/my pause` stops deliveries.")
    return pages(
        (f"• {code(item.query.text)}{focus_note(item.focus)}" for item in state.follows),
        title=title,
        intro=f"{next_delivery(state.feed, now=now)}\n"
        f"You follow {count(number, 'query', 'queries')} (at most {state.maximum}):",
        footer="\n".join(footer),
    )


def rescheduled(state: PersonalFeedState, *, now: datetime) -> discord.Embed:
    """What changed in the schedule, old → new, and when papers come next."""
    changes = differences(state.before, state.feed.settings) if state.before else ()
    zone = note(state.feed.settings.schedule.timezone)
    following = next_delivery(state.feed, now=now) if state.follows else NOTHING_FOLLOWED
    if not changes:
        already = f"It is {schedule_text(state.feed.settings.schedule)}."
        return change_embed("Schedule: nothing changed", [already, following, zone])
    lines = [f"**{change.name}:** {change.before} → {change.after}" for change in changes]
    return change_embed("Schedule changed", [*lines, following, zone])


def paused(state: PersonalFeedState, *, title: str = "Paused") -> discord.Embed:
    """That deliveries stopped, and what is kept."""
    follows = count(len(state.follows), "query", "queries")
    kept = f"The {follows} that you follow, your schedule and what is pending are kept."
    first = (
        "No papers will be sent to you until you resume."
        if state.has_changed
        else "Nothing changed: it is paused already."
    )
    return change_embed(
        title if state.has_changed else f"Already {title.lower()}",
        [
            first,
            f"{kept} Papers listed meanwhile are not lost.",
            "`/my resume` resumes deliveries, and `/my unfollow` removes keywords.",
        ],
    )


def resumed(result: ResumedFeed, *, now: datetime) -> discord.Embed:
    """That deliveries resume, or why nothing can reach the person yet."""
    state, refusal = result.state, result.greeting.refusal if result.greeting else None
    if refusal:
        return change_embed("Still blocked", [f"⚠️ {refusal} {RESUMING}", "Nothing is lost."])
    if result.was_running:
        first = "Nothing changed: deliveries were neither paused nor blocked."
    else:
        first = "Your papers come by direct message again."
    sending = [f"Sending {count(result.pending, 'pending message')} now."] if result.pending else []
    greeted = list(_greeted(result.greeting)) if result.greeting else []
    following = next_delivery(state.feed, now=now) if state.follows else NOTHING_FOLLOWED
    return change_embed(
        "Already running" if result.was_running else "Resumed", [first, *greeted, *sending, following]
    )
