"""The answer of *Undo* below a change of settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import discord

from bot.core.feed_settings import query_words, role_words
from bot.core.feeds import Subscription
from bot.core.plurals import count, in_a_list, is_or_are
from bot.discord.answers.feed_settings import next_post_of, warnings
from bot.discord.answers.pages import pages
from bot.discord.answers.setting_changes import applies, old_and_new
from bot.services.feeds.undoing import UndoneFeed

_MAX_NAMED = 5  # subscriptions of one feed


def undone(result: Sequence[UndoneFeed], *, now: datetime) -> list[discord.Embed]:
    """That changes were undone: what each thing was until now, and what it is again."""
    is_alone = len(result) == 1
    return pages(
        ("\n".join(_feed(undone, is_alone=is_alone, now=now)) for undone in result),
        title="Undone",
        footer="" if is_alone else "`/status` shows when each channel posts next.",
    )


def _feed(undone: UndoneFeed, *, is_alone: bool, now: datetime) -> Iterator[str]:
    state = undone.state
    if not is_alone:
        yield f"**<#{state.feed.channel_id}>**"
    yield from old_and_new(state)
    yield from _subscriptions(undone)
    yield from _brought_back(undone)
    if is_alone:
        yield applies(state, now=now) if state.has_changed else _where(undone, now=now)
        yield from warnings(state)


def _where(undone: UndoneFeed, *, now: datetime) -> str:
    return f"<#{undone.state.feed.channel_id}>: {next_post_of(undone.state, now=now)}"


def _subscriptions(undone: UndoneFeed) -> Iterator[str]:
    done = undone.reverted
    if done.removed:
        yield f"Unsubscribed from {_named(done.removed)}."
    if papers := done.cancelled.papers:
        yield f"{count(papers, 'pending paper')} will not be posted."
    if done.added.all:
        yield f"Subscribed again to {_named(done.added.all)}."
    gone = {item.id for item in done.removed}
    for item in done.mentions:
        if item.subscription.id not in gone:
            text, role_id = query_words(item.subscription.query.text), item.subscription.mention_role_id
            yield f"Mention of *{text}*: {role_words(item.before)} → **{role_words(role_id)}**"
    for item in done.refocused:
        text, focus = query_words(item.subscription.query.text), item.subscription.focus
        yield f"Focus of *{text}*: {item.before.value} → **{focus.value}**"


def _brought_back(undone: UndoneFeed) -> Iterator[str]:
    """What was skipped and is not any more, as far as it is known now."""
    pending = undone.reverted.brought_back
    if pending is None:
        return
    parts = [f"{count(pending, 'paper')} {is_or_are(pending)} pending again"] if pending else []
    if undone.coming:
        come = "comes" if undone.coming == 1 else "come"
        parts.append(
            f"{count(undone.coming, 'more paper' if pending else 'paper')} {come} with the next post"
        )
    outcome = in_a_list(parts) or "nothing to post right now"
    yield f"Skipped papers can be posted again: {outcome}."


def _named(items: Sequence[Subscription]) -> str:
    named = [f"*{query_words(item.query.text) or '…'}*" for item in items[:_MAX_NAMED]]
    return in_a_list([*named, *([f"{len(items) - _MAX_NAMED} more"] if len(items) > _MAX_NAMED else [])])
