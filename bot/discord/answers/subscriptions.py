"""Answers about subscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import discord

from bot.core.cards import date_text
from bot.core.feed_settings import differences, settings_of
from bot.core.feeds import Subscription
from bot.core.ids import ChannelId
from bot.core.plurals import count, of_them
from bot.discord import phrases
from bot.discord.paging import pages
from bot.discord.phrases import code
from bot.discord.targets import Target
from bot.services.delivery import Delivered
from bot.services.searching import RECENT_DAYS
from bot.services.subscriptions import OLDER_MATCHES, FeedSubscriptions, Subscribed, Unsubscribed, Wanted


def subscribed(result: Subscribed, *, now: datetime) -> list[discord.Embed]:
    """What /subscribe did, what each keyword would have brought, and when the next post comes."""
    new = [item for item in result.wanted if item.is_new]
    if new:
        intro = f"<#{result.feed.channel_id}> now gets papers that match:"
        since = date_text(new[0].subscription.since)
        footer = (
            f"{phrases.next_post(result.feed, now=now)}\nThe first post brings the list of {since} whole, "
            "later ones what is listed after that; older papers are not posted by themselves."
        )
    else:
        intro = f"Nothing changed: <#{result.feed.channel_id}> has that already."
        footer = phrases.next_post(result.feed, now=now)
    footer = "\n".join([*phrases.merged(result.merged), footer])
    if result.before is not None:
        after = settings_of(result.feed)
        for one in differences(result.before, after):
            footer = f"**{one.name}:** {one.before} → {one.after}\n{footer}"
    if result.feed.is_filtered:
        footer += f"\nThe channel's filter counts for these papers too: {phrases.kept_out(result.feed)}."
    if result.recent_days_known < RECENT_DAYS:
        footer += f"\n{phrases.days_read(result.recent_days_known, of=RECENT_DAYS)}"
    if warning := phrases.history_warning(result.access):
        footer += f"\n{warning}"
    return pages(
        (_wanted(item) for item in result.wanted),
        title="Subscribed" if new else "Already subscribed",
        intro=intro,
        footer=footer,
    )


def _wanted(item: Wanted) -> str:
    recent = count(item.recent, "paper")
    today = ""
    if item.today:
        which = "" if item.recent == 1 else f"{of_them(item.today, item.recent)} "
        today = f", {which}on today's list"
    known = "" if item.is_new else " (subscribed before)"
    return f"• {code(item.subscription.text)}{known}: {recent} in the last {RECENT_DAYS} days{today}"


def unsubscribed(result: Unsubscribed, *, now: datetime) -> list[discord.Embed]:
    """What /unsubscribe removed, and what is left."""
    if result.left:
        footer = f"{count(result.left, 'subscription')} left. {phrases.next_post(result.feed, now=now)}"
    else:
        footer = (
            "No subscriptions are left there, so nothing more is posted. `/subscribe` starts again; the "
            "channel keeps its settings."
        )
    return pages(
        (f"• {code(item.text)}" for item in result.removed),
        title="Unsubscribed",
        intro=f"<#{result.feed.channel_id}> no longer gets papers that match:",
        footer=footer,
        empty="• nothing: there was no subscription",
    )


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
    return [f"• {code(item.text)}, since {date_text(item.since)}" for item in subscriptions]


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
