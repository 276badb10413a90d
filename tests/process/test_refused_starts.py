"""Startup with an unusable database: one line, exit code 78, and the same finding by the doctor."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from bot.store.database import Database
from tests.fakes import postgres
from tests.fakes.link import Link
from tests.process.running import Stage


async def refused(stage: Stage, url: str) -> str:
    """The line with which the start ends."""
    ended = await stage.finished("run", DATABASE_URL=url)
    lines = [line for line in ended.err.splitlines() if not line.startswith("20")]  # the log before
    assert (ended.code, len(lines)) == (78, 1), ended.err
    return lines[0]


async def test_a_wrong_address_is_refused_with_the_one_that_was_meant_and_makes_nothing(stage: Stage) -> None:
    url, meant = "sqlite+aiosqlite://data/x.db", "did you mean sqlite+aiosqlite:///data/x.db?"
    answer = await refused(stage, url)
    assert answer.endswith(meant)
    for command in (("backup", "one.db"), ("restore", "one.db"), ("preview", "agents")):
        ended = await stage.finished(*command, DATABASE_URL=url)
        assert (ended.code, ended.err) == (78, f"{answer}\n")
    doctor = await stage.finished("doctor", DATABASE_URL=url)
    assert doctor.code == 78
    assert " ".join(f"✗ {answer.removeprefix('paperboy: ')}".split()) in " ".join(doctor.out.split())
    assert list(stage.folder.iterdir()) == []


async def test_a_table_that_is_damaged_ends_the_start_with_one_line(stage: Stage) -> None:
    path = stage.folder / "paperboy.db"
    url = f"sqlite+aiosqlite:///{path}"
    await (await Database.open(url)).close()
    with closing(sqlite3.connect(path)) as connection:
        found = "SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_master WHERE name = ?"
        page, size = connection.execute(found, ("feeds",)).fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    assert "the file is damaged; restore a backup" in await refused(stage, url)


async def test_a_database_server_that_does_not_answer_is_waited_for(
    stage: Stage, databases_are_freed: None, tmp_path: Path
) -> None:
    postgres.must_be_there()
    address = make_url(await postgres.address_of(tmp_path))
    async with Link(Path(str(address.query["host"]), ".s.PGSQL.5432")) as link:
        link.refuse()
        there = address.set(host="127.0.0.1", port=link.port, query={}).render_as_string()
        bot = await stage.launch(DATABASE_URL=there)
        await bot.says("the server does not answer")
        link.restore()
        await bot.says("Ready as")
        assert await bot.stop() == 0
