"""Copying a database to the other store, and going on there."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select, text

from bot.core.changes import Change
from bot.core.ids import PaperId
from bot.errors import ConfigError, CopyError
from bot.store import changes, copying, tables
from bot.store.address import backend_of
from bot.store.copying import copy_database
from bot.store.database import Database
from tests.examples import thorough
from tests.fakes.database import make_migrated
from tests.samples import NOW
from tests.services.bots import CHANNEL, LIVE, OTHER, USER, Bot, a_bot
from tests.store.samples import SERVER, a_feed
from tests.stores import Store, address_on, fill_disk, on

GONE = 3  # a channel whose feed was deleted
OTHER_STORE = {Store.SQLITE: Store.POSTGRESQL, Store.POSTGRESQL: Store.SQLITE}


@pytest_asyncio.fixture
async def addresses(tmp_path: Path, each_store: Store, databases_are_freed: None) -> tuple[str, str]:
    """The database of the bot `a_bot(tmp_path)`, and one for its copy on the other store."""
    if each_store is Store.SQLITE:
        await make_migrated(tmp_path / "paperboy.db")
    return (
        await address_on(each_store, tmp_path / "paperboy.db"),
        await address_on(OTHER_STORE[each_store], tmp_path / "copy.db"),
    )


async def filled(bot: Bot) -> None:
    """Papers posted in one channel, pending in another, and saved by a person."""
    for number in range(1, 4):
        bot.list_paper(f"2608.0000{number}", title=f"Video, \u03c0 and \U0001f642 {number}")
    for channel in (CHANNEL, OTHER):
        await bot.subscribe(channel=channel, schedule=LIVE)
    await bot.run()
    await bot.services.library.save(USER, [PaperId("2608.00001")])


async def rows_of(address: str) -> dict[str, list[tuple[object, ...]]]:
    database = await Database.open(address)
    async with database.read() as conn:
        found = {
            table.name: [tuple(row) for row in await conn.execute(select(table).order_by(*table.primary_key))]
            for table in tables.metadata.sorted_tables
        }
    await database.close()
    return found


async def statistics(database: Database) -> float:
    """How many subscriptions PostgreSQL plans its statements for; -1 where it has never counted them."""
    known = text("SELECT reltuples FROM pg_class WHERE oid = 'subscriptions'::regclass")
    async with database.read() as conn:
        return (await conn.execute(known)).scalar_one()


async def test_everything_is_copied_and_the_bot_goes_on_where_it_was(
    addresses: tuple[str, str], tmp_path: Path, each_store: Store
) -> None:
    source, target = addresses
    async with a_bot(tmp_path) as bot:
        await filled(bot)
        posted = bot.publisher.posted(CHANNEL)
        assert len(posted) == 3
        gone = await bot.subscribe(channel=GONE)
        await bot.execute("DELETE FROM feeds WHERE channel_id = :id", id=GONE)
        await bot.stop_delivering()
        await bot.database.close()

        copied = await copy_database(source, target)

        before, after = await rows_of(source), await rows_of(target)
        assert after == before
        assert copied == {name: len(rows) for name, rows in before.items()}
        assert {"posts", "post_papers", "saved_papers"} <= {name for name, rows in copied.items() if rows}
        with pytest.raises(CopyError, match=r"rows already, in .*servers.*: name an empty database"):
            await copy_database(source, target)
        assert await rows_of(target) == after

        bot.database = await Database.open(target)
        if each_store is Store.SQLITE:  # a copy that is a file plans its statements without statistics
            assert await statistics(bot.database) == 2
        await bot.restart()
        bot.list_paper("2608.00009", title="Video again")
        await bot.run()
        assert bot.publisher.posted(CHANNEL) == [*posted, "2608.00009"]
        assert (await bot.subscribe(channel=GONE)).id == gone.id + 1
        await bot.stop_delivering()
        await bot.database.close()


@pytest.mark.thorough
async def test_an_error_halfway_leaves_nothing_of_the_copy(
    addresses: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = addresses
    old = await Database.open(source)
    async with old.write() as conn:
        await a_feed(conn, channel=1)
    await old.close()

    async def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(copying, "_continue_ids", fail)
    with pytest.raises(RuntimeError, match="a bug"):
        await copy_database(source, target)
    assert not any((await rows_of(target)).values())


async def test_while_a_bot_runs_on_either_nothing_is_copied(
    tmp_path: Path, databases_are_freed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = [await address_on(store, tmp_path / f"{store}.db") for store in Store]
    for name in ("sqlite.locks._CLOSES_WITHIN_SECONDS", "postgres.sole_use.CLOSES_WITHIN_SECONDS"):
        monkeypatch.setattr(f"bot.store.{name}", 0.0)
    for used in addresses:
        async with backend_of(used).sole_use():
            with pytest.raises(ConfigError, match="another Paperboy runs"):
                await copy_database(addresses[0], addresses[1])


async def test_one_database_is_not_copied_into_itself(addresses: tuple[str, str], tmp_path: Path) -> None:
    source, _ = addresses
    (tmp_path / "link.db").symlink_to(tmp_path / "paperboy.db")
    same = source if source.startswith("postgresql") else source.replace("paperboy.db", "link.db")
    for target in (source, same):
        with pytest.raises(CopyError, match="the same database"):
            await copy_database(source, target)


async def test_a_source_without_rows_is_a_wrong_address(tmp_path: Path, databases_are_freed: None) -> None:
    await make_migrated(tmp_path / "paperboy.db")
    source = await address_on(Store.SQLITE, tmp_path / "paperboy.db")
    target = await address_on(Store.POSTGRESQL, tmp_path / "copy.db")
    with pytest.raises(CopyError, match="there is no database at FROM: check the address"):
        await copy_database(f"sqlite+aiosqlite:///{tmp_path}/nothing.db", target)
    assert not (tmp_path / "nothing.db").exists()
    with pytest.raises(CopyError, match="the source has no rows: check the address"):
        await copy_database(source, target)
    with pytest.raises(ConfigError, match="TO must be the address of"):
        await copy_database(source, "paperboy.db")


async def a_change(address: str, what: str) -> None:
    database = await Database.open(address)
    async with database.write() as conn:
        await a_feed(conn, channel=1)
        for number in range(1, 4):
            change = Change(server_id=SERVER, channel_id=None, user_id=USER, changed_at=NOW, what=f"{number}")
            await changes.add(conn, change)
        await conn.exec_driver_sql(f"UPDATE changes SET what = {what} WHERE id = 2")  # noqa: S608 - ours
    await database.close()


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("char(0)", "the target cannot take the row of changes with id 2 .*0x00.*: correct or delete it"),
        thorough(
            "x'ff00'", "the target cannot take the row of changes with id 2 .what: .*: correct or delete it"
        ),
        ("CAST(x'ff41' AS TEXT)", "a row of changes in the source cannot be read .*: correct or delete it"),
    ],
)
async def test_a_row_that_postgresql_cannot_take_is_named(
    tmp_path: Path, databases_are_freed: None, what: str, error: str
) -> None:
    await make_migrated(tmp_path / "paperboy.db")
    source = await address_on(Store.SQLITE, tmp_path / "paperboy.db")
    await a_change(source, what)
    with on(Store.POSTGRESQL):
        target = await address_on(Store.POSTGRESQL, tmp_path / "copy.db")
        with pytest.raises(CopyError, match=error):
            await copy_database(source, target)
        assert not any((await rows_of(target)).values())


async def test_a_full_disk_leaves_nothing_of_the_copy(addresses: tuple[str, str]) -> None:
    source, target = addresses
    await a_change(source, "'so'")
    with on(Store.POSTGRESQL if target.startswith("postgresql") else Store.SQLITE):
        new = await Database.open(target)
        await fill_disk(new, "changes", on="INSERT")
        await new.close()
        with pytest.raises(
            CopyError, match=r"the target cannot be written: .*disk is full.*Nothing was copied"
        ):
            await copy_database(source, target)
        assert not any((await rows_of(target)).values())


@pytest.mark.parametrize("newer", [thorough("source"), "target"])
async def test_a_database_with_newer_tables_is_not_copied_in_part(tmp_path: Path, newer: str) -> None:
    address = {name: await address_on(Store.SQLITE, tmp_path / name) for name in ("source", "target")}
    for name in address:
        await make_migrated(tmp_path / name)
    database = await Database.open(address[newer])
    async with database.write() as conn:
        await conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    await database.close()
    with pytest.raises(
        CopyError, match=f"the {newer} has the tables of a newer Paperboy .*copy with that version"
    ):
        await copy_database(address["source"], address["target"])
