"""`paperboy backup` beside a running bot, and `paperboy restore`."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.store.database import Database
from tests.process import forked
from tests.process.running import BotProcess, Stage, finished


async def paperboy(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """The command's exit code, and what it prints."""
    done = await finished(*arguments, folder=folder, env={"PATH": os.environ["PATH"]})
    return done.code, done.out, done.err


async def test_a_running_bot_is_backed_up_while_it_works_and_restored_when_it_is_stopped(
    stage: Stage,
) -> None:
    stage.list_paper("2608.00001", title="Agents that read")
    bot = await stage.start()
    await stage.live("agents")
    await stage.until_posted("2608.00001")
    (stage.folder / "copies").mkdir()
    code, out, err = await paperboy(
        stage.folder, "backup", "copies/1.db"
    )  # runs follow each other each second
    assert (code, err) == (0, "")
    assert "Wrote copies/1.db (" in out
    assert "1 feed, 1 subscription, 1 post, last run 0 minutes ago" in out
    assert [path.name for path in (stage.folder / "copies").iterdir()] == ["1.db"]

    # While the bot runs, nothing is restored, and no second bot runs beside it.
    code, out, err = await paperboy(stage.folder, "restore", "copies/1.db")
    assert (code, out) == (1, "")
    assert "a bot runs on data/paperboy.db: stop it" in err
    second = await stage.launch()
    assert await second.ended() == 78
    assert "another Paperboy runs" in second.log
    await stage.two_more_runs(bot)

    await stage.command("subscribe", keywords="robots")
    assert await bot.stop() == 0
    code, out, err = await paperboy(stage.folder, "restore", "copies/1.db")
    assert (code, err) == (0, "")
    assert "1 feed, 1 subscription, 1 post" in out
    assert "The previous database is now data/paperboy.db.before-restore-" in out
    bot = await stage.start()
    shown = await stage.command("subscriptions")
    assert "agents" in shown
    assert "robots" not in shown
    await stage.two_more_runs(bot)
    assert stage.posted() == ["2608.00001"]  # the backup knew of it


@pytest.mark.thorough
async def test_a_post_sent_after_the_backup_is_adopted_if_it_was_pending_in_the_backup(
    stage: Stage,
) -> None:
    stage.list_paper("2608.00001", title="Agents that read")
    bot = await stage.start()
    await stage.live("agents")
    await stage.until_posted("2608.00001")
    assert await bot.stop() == 0
    # As it was between the plan and the sending.
    with closing(sqlite3.connect(stage.folder / "data" / "paperboy.db", isolation_level=None)) as database:
        database.execute(
            "UPDATE posts SET state = 'pending', message_id = NULL, sent_at = NULL, attempts = 0,"
            " first_attempt_at = NULL, planned_at = datetime('now', '-10 minutes') || '.000000Z'"
        )
        database.execute("UPDATE posts SET planned_at = replace(planned_at, ' ', 'T')")
    assert (await paperboy(stage.folder, "backup", "one.db"))[0] == 0
    assert (await paperboy(stage.folder, "restore", "one.db"))[0] == 0
    bot = await stage.start()
    await stage.two_more_runs(bot)
    await stage.until(lambda: bool(stage.calls("GET", "/messages")), "a look at the channel")
    await stage.two_more_runs(bot)
    assert stage.posted() == ["2608.00001"]


@pytest.mark.thorough
async def test_a_killed_bot_is_followed_by_another_at_once(stage: Stage) -> None:
    bot = await stage.start()
    await bot.kill()
    bot = await stage.start()
    assert await bot.stop() == 0
    assert sorted(path.name for path in (stage.folder / "data").iterdir()) == ["paperboy.db"]


async def make_database(folder: Path) -> None:
    await (await Database.open(f"sqlite+aiosqlite:///{folder}/data/paperboy.db")).close()


async def test_in_a_folder_backups_have_their_date_and_the_newest_are_kept(tmp_path: Path) -> None:
    await make_database(tmp_path)
    folder = tmp_path / "copies"
    folder.mkdir()
    old = [f"paperboy-2026-01-0{day}T090000Z.db" for day in (1, 2, 3)]
    for name in [*old, "paperboy.db", "paperboy-notes.txt"]:
        (folder / name).touch()
    code, out, _ = await paperboy(tmp_path, "backup", "copies", "--keep", "2")
    assert code == 0
    assert "Deleted 2 older backups." in out
    (made,) = {path.name for path in folder.iterdir()} - {*old, "paperboy.db", "paperboy-notes.txt"}
    assert {path.name for path in folder.iterdir()} == {made, old[2], "paperboy.db", "paperboy-notes.txt"}


_CHECKS_OFTEN = """
from bot.cli import backup
assert backup._CHECK_INTERVAL_SECONDS
backup._CHECK_INTERVAL_SECONDS = 0.1
"""


async def test_backups_are_repeated_until_the_command_is_ended(stage: Stage) -> None:
    (stage.folder / "copies").mkdir()
    process = BotProcess(
        await forked.start(
            ["backup", "copies", "--every", "24h", "--keep", "2"],
            folder=stage.folder,
            env={"PATH": os.environ["PATH"]},
            before=_CHECKS_OFTEN,
            joined=True,
        )
    )
    stage.started.append(process)
    await process.says("There is no database yet")
    await make_database(stage.folder)
    await process.says("Wrote copies/paperboy-")
    assert await process.stop() == 0
    assert len(list((stage.folder / "copies").iterdir())) == 1
    answer = [line.partition("bot.cli.backup: ")[2] for line in process.log.splitlines()]
    assert [line.partition(" copies")[0] for line in answer if line] == [
        "Backing up to",
        "There is no database yet; the first backup is made once the bot has started",
        "Wrote",
    ]
    assert "Backing up to copies every day\n" in process.log


async def test_what_is_wrong_is_one_line_with_the_exit_code_for_it(tmp_path: Path) -> None:
    for arguments, code, answer in (
        (("backup", "one.db"), 78, "DATABASE_URL names data/paperboy.db, and there is no database yet"),
        (("backup", "nowhere/"), 1, "the directory nowhere does not exist: create it"),
        (("backup", "one.db", "--keep", "3"), 1, "--keep and --every need a directory"),
        (("backup", "one.db", "--keep", "0"), 2, "is not a whole number of at least 1"),
        (("backup", ".", "--every", "soon"), 2, "Use hours or days, such as 24h or 7d"),
        (("restore", "one.db"), 1, "one.db does not exist: name a file that `paperboy backup` wrote"),
    ):
        ended, out, err = await paperboy(tmp_path, *arguments)
        assert (ended, out) == (code, "")
        assert answer in err.splitlines()[-1]
        assert code == 2 or err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
