"""What is kept about a person is found by their id, whole, and deleted without a trace."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.changes import Change
from bot.core.drafts import Draft
from bot.core.feeds import FeedKind, Place
from bot.core.ids import ChannelId, PaperId, ServerId, UserId
from bot.store import changes, deletions, drafts, feeds, people, saved_papers, tables
from bot.store.column_types import Id
from bot.store.database import Database
from tests.samples import NOW, paper_id
from tests.store.samples import WEEKDAYS, a_subscription, pending

pytestmark = pytest.mark.usefixtures("each_store")

PERSON, OTHER = UserId(1_290_000_000_000_000_123), UserId(1_290_000_000_000_000_999)
# Discord's ids of anything but people, and ids of our own rows.
_NOT_OF_PEOPLE = {
    "channel_id", "server_id", "message_id", "mention_role_id", "notices_channel_id",
    "id", "feed_id", "post_id", "subscription_id", "part_of", "queue",
}  # fmt: skip
# Computed from columns that are deleted with their row.
_COMPUTED = {"owner_id"}


async def about(conn: AsyncConnection, person: UserId) -> None:
    """Something in each table that can be about a person."""
    place = Place(user_id=person, channel_id=ChannelId(person), kind=FeedKind.DIRECT)
    feed = await feeds.ensure(conn, place=place, schedule=WEEKDAYS, next_run_at=NOW, now=NOW)
    subscription = await a_subscription(conn, feed.id, "agents")
    assert subscription is not None
    post = await pending(conn, feed, 1)
    await conn.execute(
        insert(tables.cancelled_papers).values(
            subscription_id=subscription.id, paper_id=paper_id(1), pings=False
        )
    )
    await conn.execute(
        insert(tables.follow_ups).values(
            post_id=post.id, kind="publish", state="pending", attempts=0, next_attempt_at=NOW
        )
    )
    await saved_papers.add(conn, person, {PaperId(paper_id(1)): "li2026tea"}, now=NOW)
    draft = Draft(schedule=WEEKDAYS)
    await drafts.save(conn, f"{person:x}", draft, user_id=person, now=NOW, kept_since=NOW)
    change = Change(
        server_id=ServerId(1), channel_id=None, user_id=person, changed_at=NOW, what="time: 8 → 9"
    )
    await changes.add(conn, change)


async def everything(conn: AsyncConnection) -> str:
    """Every value of every table."""
    found: list[Any] = []
    for table in tables.metadata.sorted_tables:
        found.extend((await conn.execute(select(table))).all())
    return repr(found)


def test_each_column_of_ids_is_known_to_hold_a_persons_or_not() -> None:
    for table in tables.metadata.sorted_tables:
        for column in table.c:
            if column.type is Id and column not in people.person_columns():
                assert column.name in _NOT_OF_PEOPLE | _COMPUTED, f"{column}: mark it with PERSON if it is"


async def test_each_table_about_people_is_exported_and_a_deletion_leaves_the_id_nowhere(
    conn: AsyncConnection,
) -> None:
    for person in (PERSON, OTHER):
        await about(conn, person)

    rows = await people.rows_about(conn, PERSON)
    empty = {table for table, found in rows.items() if not found}
    assert empty == {"notices"}, "a person's feed has no notices"
    assert str(OTHER) not in repr(rows)
    assert await people.everybody(conn) == {PERSON, OTHER}

    await people.forget(conn, PERSON)

    assert str(PERSON) not in await everything(conn)
    assert not any((await people.rows_about(conn, PERSON)).values())
    kept = await people.rows_about(conn, OTHER)
    assert {table for table, found in kept.items() if not found} == empty
    assert len(await changes.of_server(conn, ServerId(1), since=NOW, limit=9)) == 2


async def test_a_deletion_is_applied_again_to_an_earlier_state_alone(conn: AsyncConnection) -> None:
    await about(conn, PERSON)
    await about(conn, OTHER)
    # Their first deletion is known here; they came back since.
    await deletions.record(conn, OTHER, now=NOW)
    known = await deletions.all_of_them(conn)
    await deletions.record(conn, PERSON, now=NOW + timedelta(hours=1))
    carried = await deletions.all_of_them(conn)
    assert str(PERSON) not in repr(carried)
    await conn.execute(tables.deletions.delete().where(tables.deletions.c.deleted_at > NOW))
    assert await deletions.all_of_them(conn) == known

    assert await deletions.apply_again(conn, carried) == 1

    assert await people.everybody(conn) == {OTHER}
    assert set(await deletions.all_of_them(conn)) == set(carried)
    assert await deletions.apply_again(conn, carried) == 0


async def test_what_was_deleted_can_be_erased_from_the_files_of_each_store(database: Database) -> None:
    async with database.write() as conn:
        await about(conn, PERSON)
        await people.forget(conn, PERSON)
    assert await database.erase_deleted()
    async with database.write() as conn:
        await about(conn, PERSON)
