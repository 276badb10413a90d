"""Servers: for each feed, whether the bot may do there what it is asked for, and what waits or failed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from bot.core.access import Access
from bot.core.feeds import Block, Feed
from bot.core.ids import ChannelId, ServerId
from bot.core.markdown import without_markup
from bot.core.plurals import count
from bot.discord.survey import NoAnswerError, ServerSurvey, Survey, TokenRefusedError
from bot.doctor.database import Contents
from bot.doctor.findings import Finding, Sign, fine, unchecked, warning, wrong
from bot.store.sqlite.inspection import Pending

_MOST_TOLD = 20  # troubles
_AT_ONCE = 4  # servers
_A_SERVER_SECONDS = 30.0
_ALL_SECONDS = 90.0

_MENTION = re.compile(r"<#(\d+)>")

Names = Mapping[ChannelId, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFeed:
    """A feed, and what was seen of its channel; None where its server was not looked at."""

    feed: Feed
    pending: Pending
    where: str  # such as `#papers in Paper Club`
    channel_names: Names = field(default_factory=dict[ChannelId, str])
    access: Access | None


async def check_servers(
    survey: Survey, contents: Contents, *, within_seconds: float = _ALL_SECONDS
) -> list[Finding]:
    try:
        names = await survey.servers()
    except (NoAnswerError, TokenRefusedError) as error:
        return [unchecked("The servers", because=str(error))]
    by_server = _by_server(contents.feeds)
    found = [_membership(names, by_server)]
    found += [_left(server_id, feeds) for server_id, feeds in by_server.items() if server_id not in names]
    ours = {one: feeds for one, feeds in by_server.items() if one in names}
    looked_at = await _look(survey, ours, within_seconds=within_seconds)
    seen: list[SeenFeed] = []
    for server_id, server in looked_at.items():
        feeds = by_server[server_id]
        accesses = [None] * len(feeds) if server is None else server.accesses
        channel_names = {} if server is None else server.channel_names
        seen += [
            _seen(feed, contents, names[server_id], access, channel_names)
            for feed, access in zip(feeds, accesses, strict=True)
        ]
    return [*found, *judged_feeds(seen)]


def _by_server(feeds: Iterable[Feed]) -> dict[ServerId, list[Feed]]:
    in_order = sorted(feeds, key=lambda feed: (feed.server_id, feed.id))
    return {one: list(theirs) for one, theirs in groupby(in_order, key=lambda feed: feed.server_id)}


def _membership(names: Mapping[ServerId, str], by_server: Mapping[ServerId, Sequence[Feed]]) -> Finding:
    if not names:
        return warning("The bot is in no server", "open the invite link: it stands in the log at each start")
    with_feeds = len(names.keys() & by_server.keys())
    if not with_feeds:
        return fine(f"The bot is in {count(len(names), 'server')}; none of them has subscriptions yet")
    have = "has" if with_feeds == 1 else "have"
    return fine(f"The bot is in {count(len(names), 'server')}; {with_feeds} {have} subscriptions")


def _left(server_id: ServerId, feeds: Sequence[Feed]) -> Finding:
    return warning(
        f"The bot is not in server {server_id} any more, which has {count(len(feeds), 'channel')} "
        "with subscriptions",
        "invite it again, or leave it: after 30 days they are forgotten",
    )


async def _look(
    survey: Survey, by_server: Mapping[ServerId, Sequence[Feed]], *, within_seconds: float
) -> dict[ServerId, ServerSurvey | None]:
    """What was seen in each server; None where Discord did not say in time."""
    seen: dict[ServerId, ServerSurvey | None] = dict.fromkeys(by_server)
    room = asyncio.Semaphore(_AT_ONCE)

    async def look(server_id: ServerId, feeds: Sequence[Feed]) -> None:
        try:
            async with room, asyncio.timeout(_A_SERVER_SECONDS):
                seen[server_id] = await survey.accesses(server_id, [feed.place for feed in feeds])
        except (NoAnswerError, TokenRefusedError, TimeoutError):
            pass

    try:
        async with asyncio.timeout(within_seconds), asyncio.TaskGroup() as group:
            for server_id, feeds in by_server.items():
                group.create_task(look(server_id, feeds))
    except TimeoutError:
        pass
    return seen


def _seen(feed: Feed, contents: Contents, server_name: str, access: Access | None, names: Names) -> SeenFeed:
    name = names.get(feed.channel_id)
    channel = f"#{name}" if name else f"channel {feed.channel_id}"
    return SeenFeed(
        feed=feed,
        pending=contents.pending.get(feed.id, Pending(waiting=0, unconfirmed=0, failed=0)),
        where=f"{channel} in {server_name}",
        channel_names=names,
        access=access,
    )


def judged_feeds(seen: Sequence[SeenFeed]) -> list[Finding]:
    """The troubles, the worst first, and in one line all that is fine."""
    problems = [problem for one in seen for problem in _problems(one)]
    problems.sort(key=lambda problem: problem.sign is not Sign.WRONG)
    findings = problems[:_MOST_TOLD]
    if len(problems) > _MOST_TOLD:
        worst = any(problem.sign is Sign.WRONG for problem in problems[_MOST_TOLD:])
        more = f"{count(len(problems) - _MOST_TOLD, 'trouble')} more of this kind"
        findings.append((wrong if worst else warning)(more, "mend these first, and look again"))
    not_seen = [one for one in seen if one.access is None or not one.access.is_known]
    if not_seen:
        findings.append(unchecked(_in_servers(not_seen), because="Discord did not tell of them"))
    if well := [one for one in seen if one not in not_seen and not any(_problems(one))]:
        findings.append(fine(f"{_in_servers(well)}: all is well{_waiting(seen)}"))
    return findings


def _in_servers(seen: Sequence[SeenFeed]) -> str:
    servers = len({one.feed.server_id for one in seen})
    paused = sum(one.feed.paused_at is not None for one in seen)
    also = f" ({paused} paused)" if paused else ""
    return f"{count(len(seen), 'channel')}{also} in {count(servers, 'server')}"


def _waiting(seen: Sequence[SeenFeed]) -> str:
    waiting = sum(one.pending.waiting for one in seen)
    return f"; {count(waiting, 'post')} {'waits' if waiting == 1 else 'wait'} to be sent" if waiting else ""


def _problems(seen: SeenFeed) -> Iterator[Finding]:
    feed, access = seen.feed, seen.access or Access()
    blocking = feed.block is not None or access.obstacle is not None
    if blocking and feed.paused_at is None:
        yield _in_the_way(seen, feed.block, access)
    if not blocking:
        wanted = [(access.history_obstacle, "a message that a crash leaves in doubt is held back")]
        if feed.publishes:
            wanted.append((access.publishing_obstacle, "its messages are not published"))
        if feed.opens_threads:
            wanted.append((access.threads_obstacle, "no threads are opened"))
        for obstacle, cost in wanted:
            if obstacle is not None:
                what, remedy = _said(obstacle, seen)
                yield warning(f"{seen.where}: {what}, so {cost}", remedy)
    if feed.paused_at is None and seen.pending.failed:
        refused = (
            f"{count(seen.pending.failed, 'post')} {'was' if seen.pending.failed == 1 else 'were'} refused"
        )
        yield warning(f"{seen.where}: {refused} by Discord", "/status there tells why, /deliver tries again")
    if seen.pending.unconfirmed:
        unconfirmed = f"{count(seen.pending.unconfirmed, 'post')} may stand there or not"
        yield warning(
            f"{seen.where}: {unconfirmed}", "give the bot Read Message History there, then it looks"
        )


def _in_the_way(seen: SeenFeed, block: Block | None, access: Access) -> Finding:
    if access.is_gone or (block is not None and block.is_gone):
        return warning(
            f"{seen.where} does not exist any more",
            "/subscribe in another channel; after 30 days this one is forgotten",
        )
    if block is None:
        what, remedy = _said(access.obstacle or "", seen)
        return wrong(f"{seen.where}: {what}", remedy)
    what, remedy = _said(access.obstacle or block.reason, seen)
    if access.obstacle is None and access.is_known and seen.access is not None and block.recheck_at is None:
        remedy = "nothing is in the way any more: the bot starts again by itself, or by /config resume"
    return wrong(f"{seen.where} is held since {block.since:%Y-%m-%d %H:%M} UTC: {what}", remedy)


def _said(told: str, seen: SeenFeed) -> tuple[str, str]:
    """What is in the way and what to do, from what would be said in Discord."""
    told = told.replace(f" in <#{seen.feed.channel_id}>", "", 1)  # that stands before it

    def named(mention: re.Match[str]) -> str:
        return f"#{seen.channel_names.get(ChannelId(int(mention[1])), mention[1])}"

    what, _, remedy = _MENTION.sub(named, without_markup(told)).removesuffix(".").partition(": ")
    return what, remedy
