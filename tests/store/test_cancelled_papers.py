"""Papers that were pending when their subscription was removed, and what they keep until they return."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.posts import CloseTo
from bot.store import cancelled_papers
from tests.store.samples import a_feed, a_subscription, added, listed, planned


async def test_a_paper_that_was_only_close_is_given_back_as_close(conn: AsyncConnection) -> None:
    feed = await a_feed(conn)
    agents = await a_subscription(conn, feed.id, "agent")
    assert agents is not None
    await listed(conn, 1, 2)
    post = planned(feed, 1, 2)
    close = CloseTo(queries=("agent",), words=("robot", "tool use"))
    entries = [entry._replace(queries=("agent",)) for entry in post.entries]
    await added(conn, post._replace(entries=(entries[0]._replace(close_to=close), entries[1])))

    await cancelled_papers.cancel(conn, feed.id, {"agent": agents.id})
    back = await cancelled_papers.give_back(conn, feed.id, {agents.id: "agent"})

    assert set(back.queries_of) == {entry.paper_id for entry in entries}
    assert back.close_to == {entries[0].paper_id: close}
