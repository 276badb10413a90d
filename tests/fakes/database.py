"""A database for a test: migrated once a process, and copied, which is quicker than to migrate again."""

from __future__ import annotations

from pathlib import Path

from bot.store.database import Database
from bot.store.sqlite.files import make, make_folder

_empty: dict[str, bytes] = {}


async def open_database(path: Path) -> Database:
    """The database at this path, an empty one where there is none."""
    url = f"sqlite+aiosqlite:///{path}"
    if not path.exists():
        if "file" not in _empty:
            await (await Database.open(url)).close()
            _empty["file"] = path.read_bytes()
        else:
            make_folder(path.parent)
            make(path)
            path.write_bytes(_empty["file"])
    return await Database.open(url)
