"""The answer of /preview without keywords: a channel's next post as of now, and what its filter stops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import discord

from bot.core.cards import date_text
from bot.core.cutting import shorten
from bot.core.decisions import Decision, Stage
from bot.core.feeds import Feed, FeedKind
from bot.core.lines import MAX_LINE_LENGTH, digest_line
from bot.core.markdown import fit
from bot.core.messages import MAX_CONTENT, MAX_THREAD_NAME, Message
from bot.core.papers import Paper
from bot.core.plurals import count, in_a_list, is_or_are
from bot.core.posts import Form, Post
from bot.core.query.compiled import readable_queries
from bot.discord.answers.feed_settings import follow_up_obstacles
from bot.discord.answers.feed_status import next_post
from bot.discord.answers.formatting import code
from bot.discord.answers.pages import pages
from bot.discord.answers.run_results import days_read
from bot.services.queries.next_post import NextMessage, NextPost

_UNTIL_LENGTH = 30  # of the day until which a paper is rechecked


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewPage:
    """A page: a message as it would be posted, with text above it; or an embed of ours."""

    text: str = ""
    message: Message | None = None
    embed: discord.Embed | None = None


def coming(result: NextPost, *, now: datetime) -> list[PreviewPage]:
    """When the channel posts next and what, message by message; then what is not in it, and why."""
    number = sum(len(post.entries) for post in result.posts)
    title = f"Preview: {count(number, 'paper') if number else 'nothing'} so far"
    intro = [next_post(result.feed, now=now), *_warnings(result), f"\n{_summary(result)}", *_notes(result)]
    if not result.messages:
        summary = pages(_filtered(result), title=title, intro="\n".join(intro), footer=_rechecks(result))
        return [PreviewPage(embed=embed) for embed in summary]
    if number := len(result.filtered):
        intro.append(
            f"{count(number, 'matching paper')} {is_or_are(number)} filtered out: the last page says why."
        )
    top = "\n".join([f"**{title}**", *intro])
    shown = [
        PreviewPage(
            text=_above(message, top if place == 1 else "", place=place, of=result), message=message.message
        )
        for place, message in enumerate(result.messages, start=1)
    ]
    lines = list(_filtered(result))
    left = pages(lines, title="Not in the next post", footer=_rechecks(result)) if lines else []
    return [*shown, *(PreviewPage(embed=embed) for embed in left)]


def _above(shown: NextMessage, top: str, *, place: int, of: NextPost) -> str:
    """The text above a message's cards: the introduction, and the message's own text."""
    is_forum = of.feed.kind is FeedKind.FORUM
    parts: list[str] = []
    if len(of.posts) > 1:
        parts.append(f"{'Post' if is_forum else 'Message'} {place} of {len(of.posts)}")
    if isinstance(shown.post, Post):
        since = f"pending since <t:{int(shown.post.planned_at.timestamp())}:f>"
        parts.append(f"{since}, may have arrived" if shown.post.unconfirmed_since else since)
    which = ", ".join(parts)
    which = f"-# {which[0].upper()}{which[1:]}:" if which else ""
    title = f"**{fit(shown.message.title, (), MAX_THREAD_NAME)}**" if is_forum else ""
    return shorten("\n".join(filter(None, (top, which, title, shown.message.content))), MAX_CONTENT)


def _rechecks(result: NextPost) -> str:
    if all(decision.stage is Stage.EXCLUDED for _, decision in result.filtered):
        return ""
    return "-# Waiting papers are rechecked at every run until that day; `/explain` says more about each."


def _summary(result: NextPost) -> str:
    """How many papers, in how many messages, and whom they ping; or that there is nothing to post."""
    channel = f"<#{result.feed.channel_id}>"
    if result.filtered and not result.posts:
        return f"Nothing to post in {channel} right now: its filter excludes every new match."
    if not result.posts and not result.days_known:
        return f"What comes next in {channel} is not known yet."
    if not result.posts:
        days = "today's list" if result.days == 1 else f"the lists since {date_text(result.first)}"
        wanting = count(result.subscriptions, "subscription")
        return f"Nothing to post in {channel} right now: no further paper on {days} matches its {wanting}."
    entries = [entry for post in result.posts for entry in post.entries]
    text = f"As of now, for {channel}: {_forms([entry.form for entry in entries])}"
    text += f" in {count(len(result.posts), 'post' if result.feed.kind is FeedKind.FORUM else 'message')}"
    if roles := result.pings.working:
        text += f", pinging {in_a_list([f'<@&{role_id}>' for role_id in roles])}"
    return f"{text}, without push notifications." if result.feed.settings.is_silent else f"{text}."


def _forms(forms: Sequence[Form]) -> str:
    cards = sum(form is Form.CARD for form in forms)
    parts = [count(cards, "card")] if cards else []
    parts += [count(len(forms) - cards, "line")] if len(forms) > cards else []
    return " and ".join(parts)


def _filtered(result: NextPost) -> Iterator[str]:
    """The matching papers that the filter stops, by what they lack, with the last day of rechecks."""
    for stage in (Stage.UPVOTES, Stage.CODE, Stage.EXCLUDED):
        stopped = [(paper, decision) for paper, decision in result.filtered if decision.stage is stage]
        heading = f"\n**{_why(stage, result.feed, number=len(stopped))}**\n"
        for paper, decision in stopped:
            yield heading + _filtered_line(paper, decision)
            heading = ""


def _why(stage: Stage, feed: Feed, *, number: int) -> str:
    papers = count(number, "paper")
    if stage is Stage.UPVOTES:
        return f"{papers} waiting for {count(feed.settings.min_upvotes, 'upvote')}"
    if stage is Stage.CODE:
        return f"{papers} waiting for a code repository"
    excluded = f": {code(feed.settings.exclude.text)}" if feed.settings.exclude else ""
    return f"{papers} excluded{excluded}"


def _filtered_line(paper: Paper, decision: Decision) -> str:
    queries = readable_queries(subscription.query.canonical for subscription in decision.matched)
    line = digest_line(paper, queries=queries, limit=MAX_LINE_LENGTH - _UNTIL_LENGTH)
    if decision.stage is Stage.EXCLUDED or decision.waits_until is None:
        return line
    return f"{line} · until {date_text(decision.waits_until)}"


def _warnings(result: NextPost) -> Iterator[str]:
    """What would prevent the post from going out as it is set."""
    if result.access.obstacle and result.feed.block is None:
        yield f"⚠️ {result.access.obstacle}"
    yield from follow_up_obstacles(result.feed, result.access, pings=result.pings)
    if number := len(result.pending):
        below = " (at the end)" if result.feed.kind is FeedKind.FORUM else ""
        yield (
            f"{count(number, 'message')} from earlier {is_or_are(number)} still pending and sent "
            f"first{below}; `/status` shows why."
        )
    if hidden := len(result.posts) - len(result.messages):
        yield f"{hidden:,} of them {is_or_are(hidden)} not shown here."


def _notes(result: NextPost) -> Iterator[str]:
    """What may still change the post, as far as it is known."""
    if result.problem is not None:
        yield f"⚠️ This may be incomplete or out of date, because {result.problem}."
    if result.days_known < result.days:
        yield days_read(result.days_known, of=result.days)
    if not result.is_whole:
        yield (
            "⚠️ A bug kept me from checking one of the subscriptions. The bot's operator can find the details "
            "in its log."
        )
