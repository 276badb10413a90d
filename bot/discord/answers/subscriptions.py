"""Answers about subscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import discord

from bot.core.cards import date_text
from bot.core.feed_settings import differences, settings_of
from bot.core.feeds import REMOVED_KEPT, Subscription
from bot.core.ids import ChannelId
from bot.core.plurals import count, of_them
from bot.discord.answers import phrases
from bot.discord.answers.pages import pages
from bot.discord.answers.phrases import code
from bot.discord.permissions.targets import Target
from bot.services.delivery.outbox import Delivered
from bot.services.feeds.subscriptions import OLDER_MATCHES, FeedSubscriptions, Subscribed, Wanted
from bot.services.feeds.unsubscribing import ToEnd, Unsubscribed
from bot.services.queries.search import RECENT_DAYS


def subscribed(result: Subscribed, *, now: datetime, title: str = "") -> list[discord.Embed]:
    """What /subscribe did, or *Undo*, what each keyword would have brought, and when the next post comes."""
    new = [item for item in result.wanted if item.is_new]
    has_changed = bool(new) or result.made_up is not None
    footer = phrases.next_post(result.feed, now=now)
    if has_changed:
        intro = f"<#{result.feed.channel_id}> now gets papers that match:"
    else:
        intro = f"Nothing changed: <#{result.feed.channel_id}> has that already."
    if new:
        since = date_text(new[0].subscription.since)
        footer += (
            f"\nThe first post brings the list of {since} whole, later ones what is listed after that; older "
            "papers are not posted by themselves."
        )
    footer += _going_on(result)
    footer = "\n".join([*phrases.merged(result.merged), footer])
    if result.before is not None:
        after = settings_of(result.feed)
        for one in differences(result.before, after):
            footer = f"**{one.name}:** {one.before} → {one.after}\n{footer}"
    if result.feed.is_filtered:
        footer += f"\nThe channel's filter counts for these papers too: {phrases.filtered_out(result.feed)}."
    if result.recent_days_known < RECENT_DAYS:
        footer += f"\n{phrases.days_read(result.recent_days_known, of=RECENT_DAYS)}"
    if warning := phrases.history_warning(result.access):
        footer += f"\n{warning}"
    return pages(
        (_wanted(item) for item in result.wanted),
        title=title or ("Subscribed" if has_changed else "Already subscribed"),
        intro=intro,
        footer=footer,
    )


def _going_on(result: Subscribed) -> str:
    """What comes of subscriptions that were removed and go on where they were; '' where there are none."""
    made_up = result.made_up
    if made_up is None:
        return ""
    said = (
        f"\nWhat was removed goes on where it was: {count(result.returned, 'pending paper')} will be posted "
        f"as before, and {count(made_up.planned, 'more paper')} will come with the next post."
    )
    if filtered := made_up.matched - made_up.planned:
        said += f" The channel's filter keeps {count(filtered, 'more paper')} out for now."
    return said


def _wanted(item: Wanted) -> str:
    recent = count(item.recent, "paper")
    today = ""
    if item.today:
        which = "" if item.recent == 1 else f"{of_them(item.today, item.recent)} "
        today = f", {which}on today's list"
    known = " (goes on)" if item.goes_on else "" if item.is_new else " (subscribed before)"
    return f"• {code(item.subscription.query.text)}{known}: {recent} in the last {RECENT_DAYS} days{today}"


def unsubscribed(result: Unsubscribed, *, now: datetime) -> list[discord.Embed]:
    """What /unsubscribe removed, what was pending, what is left, and how to go back."""
    if result.left:
        footer = f"{count(result.left, 'subscription')} left. {phrases.next_post(result.feed, now=now)}"
    else:
        footer = (
            "No subscriptions are left there, so nothing more is posted. `/subscribe` starts again; the "
            "channel keeps its settings."
        )
    cancelled = result.cancelled
    if cancelled.papers:
        are = "was pending and is" if cancelled.papers == 1 else "were pending and are"
        footer += f"\n{count(cancelled.papers, 'paper')} {are} not posted now."
    if cancelled.under_way:
        footer += f"\n{_under_way(cancelled.under_way)}"
    footer += (
        f"\nBy mistake? *Undo*, or `/subscribe` with the same keywords within {REMOVED_KEPT.days} days: it "
        "goes on where it was."
    )
    return pages(
        (f"• {code(item.query.text)}" for item in result.removed),
        title="Unsubscribed",
        intro=f"<#{result.feed.channel_id}> no longer gets papers that match:",
        footer=footer,
    )


def to_end(found: ToEnd) -> list[discord.Embed]:
    """What ending all of a channel's subscriptions would end, before it is done."""
    pending, under_way = found.pending.papers + found.coming, found.pending.under_way
    lines: list[str] = []
    if pending:
        lines.append(f"Not posted any more: {count(pending, 'pending paper')}.")
    if under_way:
        lines.append(_under_way(under_way))
    if not (pending or under_way):
        lines.append("Nothing is pending.")
    lines.append("The channel keeps its settings. Press *Unsubscribe* within 14 minutes.")
    number = len(found.subscriptions)
    these = f"all {number} subscriptions" if number > 1 else "the only subscription"
    return pages(
        (f"• {code(item.query.text)}" for item in found.subscriptions),
        title="Unsubscribe from all of them?",
        intro=f"Nothing was changed yet. This would end {these} of <#{found.feed.channel_id}>:",
        footer="\n".join(lines),
    )


def _under_way(papers: int) -> str:
    return f"{count(papers, 'paper')} may still arrive: sending was tried already."


def of_channel(
    found: FeedSubscriptions | None, *, channel_id: ChannelId, now: datetime
) -> list[discord.Embed]:
    """What one channel is subscribed to."""
    if found is None or not found.subscriptions:
        return pages(
            (),
            title="Subscriptions",
            empty=f"<#{channel_id}> has no subscriptions. `/subscribe` makes the first one.",
        )
    return pages(
        _listed(found.subscriptions),
        title="Subscriptions",
        intro=f"<#{channel_id}>, {len(found.subscriptions)} of {found.most}, "
        f"{phrases.schedule(found.feed.schedule)}:",
        footer=phrases.next_post(found.feed, now=now),
    )


def _listed(subscriptions: Sequence[Subscription]) -> list[str]:
    return [f"• {code(item.query.text)}, since {date_text(item.since)}" for item in subscriptions]


def older_posted(result: Delivered, target: Target) -> str:
    """What came of the button that posts older matches."""
    if result.sent:
        rest = " The rest follows." if result.waiting else ""
        papers = count(sum(len(post.entries) for post in result.sent), "older paper")
        place = phrases.message_link(target.server_id, result.sent[0])
        return f"Posted {papers} in <#{target.channel_id}>: {place}{rest}"
    if result.waiting or result.failed:
        posts = (*result.waiting, *result.failed)
        reasons = " ".join(dict.fromkeys(post.reason for post in posts if post.reason))
        return (
            f"The older papers could not be posted in <#{target.channel_id}> so far. {reasons} `/status` "
            "tells more."
        )
    return (
        f"Nothing is left to post in <#{target.channel_id}>: the last {OLDER_MATCHES} older matches stand "
        "there already, the channel's filter keeps them out, or none has been read from the archive."
    )
