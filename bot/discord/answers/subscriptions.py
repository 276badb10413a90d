"""Answers of /subscribe, /unsubscribe and /subscriptions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import discord

from bot.core.cards import date_text
from bot.core.feed_settings import focus_note, mention_note
from bot.core.feeds import REMOVED_KEPT, Subscription
from bot.core.focus import Focus
from bot.core.ids import ChannelId
from bot.core.plurals import count, in_a_list, is_or_are, of_them
from bot.discord.answers.feed_status import (
    ADD_A_SUBSCRIPTION,
    filter_text,
    history_warning,
    merged_keywords,
    next_post,
    schedule_text,
)
from bot.discord.answers.formatting import code, message_link
from bot.discord.answers.hints import hint_lines, reading_line
from bot.discord.answers.pages import pages
from bot.discord.answers.run_results import days_read
from bot.discord.permissions.targets import Target
from bot.services.delivery.outbox import Delivered
from bot.services.feeds.older_matches import OLDER_MATCHES
from bot.services.feeds.subscribed import Replaced, Subscribed, SubscribedQuery
from bot.services.feeds.subscriptions import FeedSubscriptions
from bot.services.feeds.unsubscribing import RemovalPreview, Unsubscribed
from bot.services.queries.hints import Study
from bot.services.queries.search import RECENT_DAYS


def subscribed(result: Subscribed, *, now: datetime, title: str = "") -> list[discord.Embed]:
    """What /subscribe or *Undo* did, how many recent papers each keyword matches, and the next post."""
    channel = f"<#{result.feed.channel_id}>"
    has_changed = result.made_up is not None or any(
        item.is_new or item.focus_before is not None for item in result.wanted
    )
    has_changed = has_changed or bool(result.pinging or result.changes)
    intro = f"{channel} is now subscribed to:"
    if not has_changed:
        intro = f"Nothing changed: {channel} is already subscribed to:"
    title = title or ("Subscribed" if has_changed else "Already subscribed")
    return _subscribed_pages(result, now=now, title=title, intro=intro, has_changed=has_changed)


def _subscribed_pages(
    result: Subscribed, *, now: datetime, title: str, intro: str, has_changed: bool = True
) -> list[discord.Embed]:
    return pages(
        (wanted_line(item, study=result.study, has_changed=has_changed) for item in result.wanted),
        title=title,
        intro=intro,
        footer="\n".join(_what_follows(result, now=now)),
    )


def replaced(result: Replaced, *, now: datetime) -> list[discord.Embed]:
    """Which subscriptions a hint's button replaced, and the rest as for /subscribe."""
    before = ", ".join(code(item.query.text) for item in result.before)
    after = ", ".join(code(item.subscription.query.text) for item in result.result.wanted)
    channel = f"<#{result.result.feed.channel_id}>"
    return _subscribed_pages(
        result.result,
        now=now,
        title="Subscription replaced",
        intro=f"{channel}: {before} → {after}" if before else f"Nothing changed: {channel} already has:",
    )


def _what_follows(result: Subscribed, *, now: datetime) -> list[str]:
    lines: list[str] = []
    lines.extend(f"{change.name}: {change.before} → **{change.after}**" for change in result.changes)
    lines.extend(merged_keywords(result.merged))
    lines.append(next_post(result.feed, now=now))
    if new := [item for item in result.wanted if item.is_new]:
        since = date_text(new[0].subscription.since)
        lines.append(
            f"The first post covers the whole list of {since}; later posts cover newer papers. Older "
            "papers are not posted automatically."
        )
    lines.extend(resumed_lines(result))
    if result.feed.settings.is_filtered:
        lines.append(f"The channel's filter applies to these papers too: {filter_text(result.feed)}.")
    if result.recent_days_known < RECENT_DAYS:
        lines.append(days_read(result.recent_days_known, of=RECENT_DAYS))
    if warning := history_warning(result.access):
        lines.append(warning)
    lines.extend(hint_lines(result.study))
    lines.extend(filter(None, map(focus_line, result.wanted)))
    return lines


def focus_line(item: SubscribedQuery) -> str:
    """What another focus would take, or that no focus makes a difference; '' if neither is to be said."""
    query, focus = code(item.subscription.query.text), item.better_focus
    if focus is not None and item.compared is not None:
        taken = count(len(item.compared.taken(focus)), "paper")
        return (
            f"💡 Most of the papers only mention {query}. With focus {focus.value}, it would have been "
            f"{taken} in the last {RECENT_DAYS} days."
        )
    is_exact = item.compared is not None and not item.compared.is_known
    if is_exact and item.subscription.focus is not Focus.EXACT:
        return f"None of the words in {query} is known, so its focus has no effect: it works like `exact`."
    return ""


def resumed_lines(result: Subscribed) -> list[str]:
    """What happens to subscriptions that were removed and added again, if there are any."""
    missed = result.made_up
    if missed is None:
        return []
    parts: list[str] = []
    if result.returned:
        parts.append(f"{count(result.returned, 'paper')} {is_or_are(result.returned)} pending again")
    if missed.planned:
        come = "comes" if missed.planned == 1 else "come"
        parts.append(f"{count(missed.planned, 'paper')} listed since then {come} with the next post")
    if filtered := missed.matched - missed.planned:
        held = f"{is_or_are(filtered)} held back by the channel's filter for now"
        parts.append(f"{count(filtered, 'paper')} {held}")
    return [f"What was removed continues where it left off: {in_a_list(parts) or 'nothing was missed'}."]


def wanted_line(
    item: SubscribedQuery, *, study: Study, has_changed: bool, already: str = "already subscribed"
) -> str:
    """A keyword with the number of recent papers that it matches, and how it was read."""
    recent = count(item.recent, "paper")
    today = ""
    if item.today:
        which = "" if item.recent == 1 else f"{of_them(item.today, item.recent)} "
        today = f", {which}on today's list"
    note = ""
    if item.goes_on:
        note = " (continued)"
    elif has_changed and not item.is_new:
        note = f" ({already})"
    query, focus = item.subscription.query, item.subscription.focus
    if item.focus_before is not None:
        note = f" (focus {item.focus_before.value} → {focus.value})"
    elif focus is not Focus.EXACT:
        note = f"{focus_note(focus)}{note}"
    note += mention_note(item.subscription.mention_role_id)
    line = f"• {code(query.text)}{note}: {recent} in the last {RECENT_DAYS} days{today}"
    return "\n".join(filter(None, (line, reading_line(query, study))))


def unsubscribed(result: Unsubscribed, *, now: datetime) -> list[discord.Embed]:
    """What /unsubscribe removed, what is cancelled with it, what is left, and how to undo it."""
    lines: list[str] = []
    if result.left:
        lines.append(f"{count(result.left, 'subscription')} left. {next_post(result.feed, now=now)}")
    else:
        lines.append(
            "No subscriptions are left there, so nothing more is posted. The channel keeps its settings; "
            "`/subscribe` starts again."
        )
    lines.extend(removal_notes(result, sent="posted", command="/subscribe"))
    return pages(
        (f"• {code(item.query.text)}" for item in result.removed),
        title="Unsubscribed",
        intro=f"<#{result.feed.channel_id}> is no longer subscribed to:",
        footer="\n".join(lines),
    )


def removal_notes(result: Unsubscribed, *, sent: str, command: str) -> Iterator[str]:
    """What was cancelled with the subscriptions, and how to undo their removal."""
    if papers := result.cancelled.papers:
        yield f"{count(papers, 'pending paper')} will not be {sent}."
    if result.cancelled.under_way:
        yield _under_way_line(result.cancelled.under_way)
    yield (
        f"Removed by mistake? Press *Undo*, or use `{command}` with the same keywords within "
        f"{REMOVED_KEPT.days} days to continue where you left off."
    )


def unsubscribe_all_question(removal: RemovalPreview) -> list[discord.Embed]:
    """What removing all of a channel's subscriptions would do, before it is done."""
    pending, under_way = removal.pending.papers + removal.coming, removal.pending.under_way
    lines: list[str] = []
    if pending:
        lines.append(f"{count(pending, 'pending paper')} would not be posted.")
    if under_way:
        lines.append(_under_way_line(under_way))
    if not (pending or under_way):
        lines.append("Nothing is pending.")
    lines.append("The channel keeps its settings. Press *Unsubscribe* within 14 minutes to go ahead.")
    number = len(removal.subscriptions)
    all_of_them = f"all {number} subscriptions" if number > 1 else "the only subscription"
    return pages(
        (f"• {code(item.query.text)}" for item in removal.subscriptions),
        title="Remove all subscriptions?",
        intro=f"Nothing has changed yet. This would remove {all_of_them} of <#{removal.feed.channel_id}>:",
        footer="\n".join(lines),
    )


def _under_way_line(papers: int) -> str:
    were = "it was" if papers == 1 else "they were"
    return f"{count(papers, 'paper')} may still arrive: {were} already being sent."


def subscription_list(
    listed: FeedSubscriptions | None, *, channel_id: ChannelId, now: datetime
) -> list[discord.Embed]:
    """What one channel is subscribed to."""
    if listed is None or not listed.subscriptions:
        return pages(
            (), title="Subscriptions", empty=f"<#{channel_id}> has no subscriptions. {ADD_A_SUBSCRIPTION}"
        )
    return pages(
        map(_listed, listed.subscriptions),
        title="Subscriptions",
        intro=f"<#{channel_id}>: {len(listed.subscriptions)} of {count(listed.maximum, 'subscription')}, "
        f"{schedule_text(listed.feed.settings.schedule)}",
        footer=next_post(listed.feed, now=now),
    )


def _listed(subscription: Subscription) -> str:
    named = f"{code(subscription.query.text)}{focus_note(subscription.focus)}"
    named += mention_note(subscription.mention_role_id)
    line = f"• {named}, since {date_text(subscription.since)}"
    return "\n".join(filter(None, (line, reading_line(subscription.query))))


def older_posted(result: Delivered, target: Target) -> str:
    """What the button that posts older matches did."""
    channel = f"<#{target.channel_id}>"
    if result.sent:
        rest = " The rest will follow." if result.waiting else ""
        papers = count(sum(len(post.entries) for post in result.sent), "older paper")
        return f"Posted {papers} in {channel}: {message_link(target.server_id, result.sent[0])}{rest}"
    if result.waiting or result.failed:
        posts = (*result.waiting, *result.failed)
        reasons = " ".join(dict.fromkeys(post.reason for post in posts if post.reason))
        return f"The older papers could not be posted in {channel} yet. {reasons} `/status` shows details."
    return (
        f"There is nothing left to post in {channel}: the last {OLDER_MATCHES} older matches are posted "
        "already, filtered out, or not read from the archive yet."
    )
