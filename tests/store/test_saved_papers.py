"""Each person's saved papers."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.ids import PaperId, UserId
from bot.store import saved_papers
from tests.samples import NOW
from tests.store.samples import listed

ONE, TWO, THREE = (PaperId(f"2608.{number:05}") for number in (1, 2, 3))
ME, YOU = UserId(1), UserId(2)


async def test_each_person_has_papers_and_keys_of_their_own(conn: AsyncConnection) -> None:
    await listed(conn, 1, 2, 3)
    await saved_papers.add(conn, ME, {ONE: "li", TWO: "wu"}, now=NOW)
    await saved_papers.add(conn, YOU, {TWO: "li"}, now=NOW)

    later = NOW + timedelta(hours=1)
    await saved_papers.add(conn, ME, {THREE: "wua"}, now=later)
    await saved_papers.add(conn, ME, {}, now=later)

    found = await saved_papers.of_user(conn, ME)
    assert {paper_id: row.citation_key for paper_id, row in found.items()} == {
        THREE: "wua",
        TWO: "wu",
        ONE: "li",
    }
    assert list(found) == [THREE, TWO, ONE], "the latest first"
    assert found[ONE].saved_at == NOW
    assert await saved_papers.count(conn, ME) == 3


async def test_what_is_removed_is_removed_for_that_person_alone(conn: AsyncConnection) -> None:
    await listed(conn, 1, 2)
    for user in (ME, YOU):
        await saved_papers.add(conn, user, {ONE: "li", TWO: "wu"}, now=NOW)

    assert await saved_papers.remove(conn, ME, [ONE, THREE]) == {ONE}

    assert list(await saved_papers.of_user(conn, ME)) == [TWO]
    assert await saved_papers.count(conn, YOU) == 2
