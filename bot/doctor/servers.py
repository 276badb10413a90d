"""Checks each feed: whether the bot has the permissions that it needs, and what is pending or failed."""

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
from bot.doctor.findings import Finding, Sign, fine, unchecked, warning, wrong
from bot.doctor.reports import Contents
from bot.store.inspection import Pending

_MAX_PROBLEMS = 20
_MAX_CONCURRENT_SERVERS = 4
_SERVER_TIMEOUT_SECONDS = 30.0
_TIMEOUT_SECONDS = 90.0

_MENTION = re.compile(r"<#(\d+)>")

Names = Mapping[ChannelId, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A feed and what is known about its channel; `access` is None if its server could not be checked."""

    feed: Feed
    pending: Pending
    where: str  # such as `#papers in Paper Club`
    channel_names: Names = field(default_factory=dict[ChannelId, str])
    access: Access | None


async def check_servers(
    survey: Survey, contents: Contents, *, timeout_seconds: float = _TIMEOUT_SECONDS
) -> list[Finding]:
    try:
        names = await survey.servers()
    except (NoAnswerError, TokenRefusedError) as error:
        return [unchecked("The servers", because=str(error))]
    by_server = _by_server(contents.feeds)
    findings = [_membership(names, by_server)]
    findings += [_left(server_id, feeds) for server_id, feeds in by_server.items() if server_id not in names]
    joined = {server_id: feeds for server_id, feeds in by_server.items() if server_id in names}
    surveys = await _survey(survey, joined, timeout_seconds=timeout_seconds)
    targets: list[Target] = []
    for server_id, server in surveys.items():
        feeds = by_server[server_id]
        accesses = [None] * len(feeds) if server is None else server.accesses
        channel_names = {} if server is None else server.channel_names
        targets += [
            _target(feed, contents, names[server_id], access, channel_names)
            for feed, access in zip(feeds, accesses, strict=True)
        ]
    return [*findings, *judge_feeds(targets)]


def _by_server(feeds: Iterable[Feed]) -> dict[ServerId, list[Feed]]:
    in_order = sorted(feeds, key=lambda feed: (feed.place.in_server, feed.id))
    return {
        server_id: list(group)
        for server_id, group in groupby(in_order, key=lambda feed: feed.place.in_server)
    }


def _membership(names: Mapping[ServerId, str], by_server: Mapping[ServerId, Sequence[Feed]]) -> Finding:
    if not names:
        return warning(
            "The bot is not in any server", "open the invite link, which the bot logs at each start"
        )
    with_feeds = len(names.keys() & by_server.keys())
    if not with_feeds:
        return fine(f"The bot is in {count(len(names), 'server')}, without subscriptions so far")
    have = "has" if with_feeds == 1 else "have"
    return fine(f"The bot is in {count(len(names), 'server')}; {with_feeds} {have} subscriptions")


def _left(server_id: ServerId, feeds: Sequence[Feed]) -> Finding:
    return warning(
        f"The bot is no longer in server {server_id}, which has {count(len(feeds), 'channel')} "
        "with subscriptions",
        "invite it again; otherwise they are deleted after 30 days",
    )


async def _survey(
    survey: Survey, by_server: Mapping[ServerId, Sequence[Feed]], *, timeout_seconds: float
) -> dict[ServerId, ServerSurvey | None]:
    """What was seen in each server; None if Discord did not answer in time."""
    surveys: dict[ServerId, ServerSurvey | None] = dict.fromkeys(by_server)
    limit = asyncio.Semaphore(_MAX_CONCURRENT_SERVERS)

    async def survey_one(server_id: ServerId, feeds: Sequence[Feed]) -> None:
        try:
            async with limit, asyncio.timeout(_SERVER_TIMEOUT_SECONDS):
                surveys[server_id] = await survey.accesses(server_id, [feed.place for feed in feeds])
        except (NoAnswerError, TokenRefusedError, TimeoutError):
            pass

    try:
        async with asyncio.timeout(timeout_seconds), asyncio.TaskGroup() as group:
            for server_id, feeds in by_server.items():
                group.create_task(survey_one(server_id, feeds))
    except TimeoutError:
        pass
    return surveys


def _target(feed: Feed, contents: Contents, server_name: str, access: Access | None, names: Names) -> Target:
    name = names.get(feed.channel_id)
    channel = f"#{name}" if name else f"channel {feed.channel_id}"
    return Target(
        feed=feed,
        pending=contents.pending.get(feed.id, Pending(waiting=0, unconfirmed=0, failed=0)),
        where=f"{channel} in {server_name}",
        channel_names=names,
        access=access,
    )


def judge_feeds(targets: Sequence[Target]) -> list[Finding]:
    """The problems, worst first, and one line for everything that is fine."""
    problems = [problem for target in targets for problem in _problems(target)]
    problems.sort(key=lambda problem: problem.sign is not Sign.WRONG)
    findings = problems[:_MAX_PROBLEMS]
    if len(problems) > _MAX_PROBLEMS:
        worst = any(problem.sign is Sign.WRONG for problem in problems[_MAX_PROBLEMS:])
        more = count(len(problems) - _MAX_PROBLEMS, "more problem")
        findings.append((wrong if worst else warning)(more, "fix these first, then check again"))
    unseen = [target for target in targets if target.access is None or not target.access.is_known]
    if unseen:
        findings.append(unchecked(_in_servers(unseen), because="Discord did not return them"))
    if fine_targets := [target for target in targets if target not in unseen and not any(_problems(target))]:
        findings.append(fine(f"{_in_servers(fine_targets)}: no problems{_waiting(targets)}"))
    return findings


def _in_servers(targets: Sequence[Target]) -> str:
    servers = len({target.feed.server_id for target in targets})
    paused = sum(target.feed.paused_at is not None for target in targets)
    also = f" ({paused} paused)" if paused else ""
    return f"{count(len(targets), 'channel')}{also} in {count(servers, 'server')}"


def _waiting(targets: Sequence[Target]) -> str:
    waiting = sum(target.pending.waiting for target in targets)
    return f"; {count(waiting, 'post')} pending" if waiting else ""


def _problems(target: Target) -> Iterator[Finding]:
    feed, access = target.feed, target.access or Access()
    blocking = feed.block is not None or access.obstacle is not None
    if blocking and feed.paused_at is None:
        yield _obstacle(target, feed.block, access)
    if not blocking:
        obstacles = [(access.history_obstacle, "an unconfirmed message cannot be checked")]
        if feed.settings.publishes:
            obstacles.append((access.publishing_obstacle, "its messages are not published"))
        if feed.settings.opens_threads:
            obstacles.append((access.threads_obstacle, "no threads are opened"))
        for obstacle, cost in obstacles:
            if obstacle is not None:
                what, remedy = _plain(obstacle, target)
                yield warning(f"{target.where}: {what}, so {cost}", remedy)
    if feed.paused_at is None and target.pending.failed:
        failed = count(target.pending.failed, "post")
        yield warning(
            f"{target.where}: {failed} refused by Discord", "/status there says why; /deliver retries"
        )
    if target.pending.unconfirmed:
        unconfirmed = f"{count(target.pending.unconfirmed, 'post')} unconfirmed (may have arrived or not)"
        yield warning(
            f"{target.where}: {unconfirmed}", "give the bot Read Message History there, so that it can check"
        )


def _obstacle(target: Target, block: Block | None, access: Access) -> Finding:
    if access.is_gone or (block is not None and block.is_gone):
        return warning(
            f"{target.where} no longer exists",
            "/subscribe in another channel; this one is deleted after 30 days",
        )
    if block is None:
        what, remedy = _plain(access.obstacle or "", target)
        return wrong(f"{target.where}: {what}", remedy)
    what, remedy = _plain(access.obstacle or block.reason, target)
    if access.obstacle is None and access.is_known and target.access is not None and block.recheck_at is None:
        remedy = "this is fixed: posting resumes automatically, or at once with /config resume"
    return wrong(f"{target.where} has been blocked since {block.since:%Y-%m-%d %H:%M} UTC: {what}", remedy)


def _plain(text: str, target: Target) -> tuple[str, str]:
    """The problem and its remedy, from a text that was written for Discord."""
    text = text.replace(f" in <#{target.feed.channel_id}>", "", 1)  # named before it

    def named(mention: re.Match[str]) -> str:
        return f"#{target.channel_names.get(ChannelId(int(mention[1])), mention[1])}"

    what, _, remedy = _MENTION.sub(named, without_markup(text)).removesuffix(".").partition(": ")
    return what, remedy
