"""Beginnings: attempts are recorded before they are made, those of one moment in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.core.feeds import FeedKind
from bot.core.ids import PostId
from bot.core.posts import Post
from bot.services.context import ServiceContext
from bot.store import feeds, outbox

# Without a nonce, Discord may still be working on an interrupted attempt for this long.
SETTLES_WITHIN = timedelta(seconds=5)


class Beginnings:
    """Records that attempts begin, under the leases of their servers' shards and the locks on their feeds."""

    def __init__(self, context: ServiceContext) -> None:
        self._database = context.database
        self._clock = context.clock
        self._fleet = context.fleet
        self._waiting: list[Post] = []  # for the next transaction
        self._next: asyncio.Task[dict[PostId, datetime]] | None = None
        self._under_way: set[asyncio.Task[dict[PostId, datetime]]] = set()

    async def record(self, post: Post) -> datetime | None:
        """Records that an attempt at the post begins, and returns when; None if it must not be sent now.

        That is so if it has changed since it was claimed, if another process owns its server by now, or while
        another transaction has its feed locked. The others do not wait for that one: it may be stuck.

        Raises:
            StoreError: as `Database.write`.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._record_waiting(), name="record attempts")
            self._under_way.add(self._next)
            self._next.add_done_callback(self._under_way.discard)
        self._waiting.append(post)
        # The others go on if this attempt is cancelled.
        return (await asyncio.shield(self._next)).get(post.id)

    async def end(self) -> None:
        """Ends what is being recorded."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _record_waiting(self) -> dict[PostId, datetime]:
        posts, self._waiting, self._next = self._waiting, [], None
        owned = self._fleet.owned
        async with self._database.write() as conn:
            held = await self._fleet.hold(conn, {owned.shard_of(post.server_id) for post in posts})
            posts = [post for post in posts if held.has(post.server_id)]
            locked = await feeds.lock(conn, {post.feed_id for post in posts}, waits=False)
            posts = [post for post in posts if post.feed_id in locked]
            now = self._clock()
            begun: set[PostId] = set()
            for until, alike in _by_next_attempt(posts, now):
                nonces = [post.nonce for post in alike]
                begun |= await outbox.begin_attempts(conn, nonces, now=now, next_attempt_at=until)
        return dict.fromkeys(begun, now)


def has_nonce(post: Post) -> bool:
    """Whether Discord takes a nonce for the post, by which it knows an earlier attempt."""
    return post.kind in {FeedKind.CHANNEL, FeedKind.DIRECT}


def _by_next_attempt(posts: Iterable[Post], now: datetime) -> list[tuple[datetime, list[Post]]]:
    """When posts are tried again if the results of the attempts are never recorded."""
    groups: dict[datetime, list[Post]] = {}
    for post in posts:
        groups.setdefault(now if has_nonce(post) else now + SETTLES_WITHIN, []).append(post)
    return list(groups.items())
