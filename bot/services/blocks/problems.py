"""Problems: which of a server's notices still apply, and the report that one message makes of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.core.feeds import Feed
from bot.core.ids import FeedId, NoticeId, ServerId
from bot.core.notices import Delay, Failure, Notice, NoticeKind, ProblemReport
from bot.core.posts import Post
from bot.store import feeds, notices, posts, runs
from bot.store.database import Database

MAX_FAILED = 100  # posts that a message counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The notices that one message to a server reports."""

    ids: tuple[NoticeId, ...]
    nonce: str
    attempts: int  # before this one
    told: ProblemReport


async def still_true(database: Database, server_id: ServerId, theirs: Sequence[Notice]) -> Pending | None:
    """The notices that still apply; the others are deleted, so that a problem that comes back is reported."""
    async with database.read() as conn:
        known = {feed.id: feed for feed in await feeds.of_server(conn, server_id)}
        delays = await notices.delays(conn, list(known))
        failures = _failures(await posts.failed(conn, list(known), MAX_FAILED), known)
        source = await runs.source_failure(conn)
    blocked = _of(theirs, NoticeKind.BLOCKED, known)
    blocked = {notice_id: feed for notice_id, feed in blocked.items() if feed.block is not None}
    delayed = _of(theirs, NoticeKind.DELAYED, known)
    delayed = {notice_id: feed for notice_id, feed in delayed.items() if feed.id in delays}
    failed = _of(theirs, NoticeKind.FAILED, known)
    failed = {notice_id: feed for notice_id, feed in failed.items() if feed.id in failures}
    of_source = [notice.id for notice in theirs if notice.kind is NoticeKind.SOURCE and source]
    kept = {*blocked, *delayed, *failed, *of_source}
    if over := [notice.id for notice in theirs if notice.id not in kept]:
        async with database.write() as conn:
            await notices.drop(conn, over)
    if not kept:
        return None
    return Pending(
        ids=tuple(sorted(kept)),
        nonce=theirs[0].nonce,
        attempts=max(notice.attempts for notice in theirs),
        told=ProblemReport(
            server_id=server_id,
            blocked=tuple(blocked.values()),
            delayed=tuple(Delay(feed=feed, reason=delays[feed.id]) for feed in delayed.values()),
            failed=tuple(failures[feed.id] for feed in failed.values()),
            source=source if of_source else None,
        ),
    )


def _of(theirs: Iterable[Notice], kind: NoticeKind, known: Mapping[FeedId, Feed]) -> dict[NoticeId, Feed]:
    of_kind = [(notice.id, notice.feed_id) for notice in theirs if notice.kind is kind]
    return {notice_id: known[feed_id] for notice_id, feed_id in of_kind if feed_id and feed_id in known}


def _failures(failed: Sequence[Post], known: Mapping[FeedId, Feed]) -> dict[FeedId, Failure]:
    """Failed posts by feed, the latest first."""
    of_feeds: defaultdict[FeedId, list[Post]] = defaultdict(list)
    for post in failed:
        if post.feed_id in known:
            of_feeds[post.feed_id].append(post)
    return {
        feed_id: Failure(
            feed=known[feed_id],
            paper_ids=tuple(entry.paper_id for post in theirs for entry in post.entries),
            reason=theirs[0].refusal or theirs[0].reason or "",
        )
        for feed_id, theirs in of_feeds.items()
    }
