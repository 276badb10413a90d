"""The problem report: a server's pending notices whose problems still exist, as one message's content."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.feeds import Feed
from bot.core.ids import FeedId, NoticeId, ServerId
from bot.core.notices import Delay, Failure, Notice, NoticeKind, ProblemReport
from bot.core.posts import Post
from bot.store import feeds, notices, posts, runs
from bot.store.database import Database

MAX_FAILED = 100  # posts in one message


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The notices that a server gets in one message."""

    ids: tuple[NoticeId, ...]
    nonce: str
    attempts: int  # before this one
    report: ProblemReport


async def current_problems(
    database: Database, server_id: ServerId, pending: Sequence[Notice]
) -> Pending | None:
    """The notices whose problems still exist; drops the others, so that a new problem is a new notice."""
    async with database.read() as conn:
        found = await _existing(conn, server_id, pending)
    if found is None or len(found.ids) < len(pending):
        async with database.write() as conn:
            # Looked at again while nothing can change: a problem that has just come back keeps its notice.
            await feeds.of_server(conn, server_id, for_update=True)
            found = await _existing(conn, server_id, pending)
            kept = found.ids if found else ()
            await notices.drop(conn, [notice.id for notice in pending if notice.id not in kept])
    return found


async def _existing(conn: AsyncConnection, server_id: ServerId, pending: Sequence[Notice]) -> Pending | None:
    by_id = {feed.id: feed for feed in await feeds.of_server(conn, server_id)}
    delays = await notices.delays(conn, list(by_id))
    failures = _failures(await posts.failed(conn, list(by_id), MAX_FAILED), by_id)
    source = await runs.source_failure(conn)
    blocked = _of(pending, NoticeKind.BLOCKED, by_id)
    blocked = {notice_id: feed for notice_id, feed in blocked.items() if feed.block is not None}
    delayed = _of(pending, NoticeKind.DELAYED, by_id)
    delayed = {notice_id: feed for notice_id, feed in delayed.items() if feed.id in delays}
    failed = _of(pending, NoticeKind.FAILED, by_id)
    failed = {notice_id: feed for notice_id, feed in failed.items() if feed.id in failures}
    of_source = [notice.id for notice in pending if notice.kind is NoticeKind.SOURCE and source]
    kept = {*blocked, *delayed, *failed, *of_source}
    if not kept:
        return None
    return Pending(
        ids=tuple(sorted(kept)),
        nonce=pending[0].nonce,
        attempts=max(notice.attempts for notice in pending),
        report=ProblemReport(
            server_id=server_id,
            blocked=tuple(blocked.values()),
            delayed=tuple(Delay(feed=feed, reason=delays[feed.id]) for feed in delayed.values()),
            failed=tuple(failures[feed.id] for feed in failed.values()),
            source=source if of_source else None,
        ),
    )


def _of(pending: Iterable[Notice], kind: NoticeKind, known: Mapping[FeedId, Feed]) -> dict[NoticeId, Feed]:
    of_kind = [(notice.id, notice.feed_id) for notice in pending if notice.kind is kind]
    return {notice_id: known[feed_id] for notice_id, feed_id in of_kind if feed_id and feed_id in known}


def _failures(failed: Sequence[Post], known: Mapping[FeedId, Feed]) -> dict[FeedId, Failure]:
    """The papers that could not be posted, by feed, the latest failure first."""
    of_feeds: defaultdict[FeedId, list[Post]] = defaultdict(list)
    for post in failed:
        if post.feed_id in known:
            of_feeds[post.feed_id].append(post)
    return {
        feed_id: Failure(
            feed=known[feed_id],
            paper_ids=tuple(entry.paper_id for post in failed_posts for entry in post.entries),
            reason=failed_posts[0].refusal or failed_posts[0].reason or "",
        )
        for feed_id, failed_posts in of_feeds.items()
    }
