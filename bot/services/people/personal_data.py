"""Personal data: all that is kept about a person, as a file for them, and its deletion."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from bot.core.ids import UserId
from bot.core.posts import PostState
from bot.services.context import ServiceContext
from bot.services.library.citations import MAX_FILE_BYTES
from bot.services.people.erasing import Erasing
from bot.store import deletions, feeds, people
from bot.store.locking import lock_person

_Rows = Mapping[str, Sequence[Mapping[str, Any]]]
FILE_NAME: Final = "my-data.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptData:
    """How much is kept about a person."""

    saved: int  # papers
    follows: int  # keywords, with those removed lately
    messages: int  # direct messages with papers, sent or not
    pending: int  # of these
    changes: int  # that they made in servers
    drafts: int  # panels of /setup that are open
    has_feed: bool

    @property
    def is_empty(self) -> bool:
        return not (self.saved or self.changes or self.drafts or self.has_feed)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataExport:
    kept: KeptData
    name: str
    file: bytes


class PersonalData:
    """The use cases of /my data. Deleting is protected by the locks on the person and their feed."""

    def __init__(self, context: ServiceContext, *, erasing: Erasing) -> None:
        self._database = context.database
        self._erasing = erasing
        self._clock = context.clock

    async def kept(self, user_id: UserId) -> KeptData:
        return _counted(await self._rows(user_id))

    async def export(self, user_id: UserId) -> DataExport:
        """All rows about the person as JSON; zipped where Discord would not take so large a file."""
        rows = await self._rows(user_id)
        shown = {table: [_shown(row) for row in its_rows] for table, its_rows in rows.items()}
        content = {"user_id": str(user_id), "exported_at": self._clock(), **shown}
        name, file = await asyncio.to_thread(_file, content)
        return DataExport(kept=_counted(rows), name=name, file=file)

    async def delete(self, user_id: UserId) -> KeptData:
        """Deletes all about the person, now; returns what that was. The files are erased soon after."""
        async with self._database.write() as conn:
            await feeds.of_person(conn, user_id, for_update=True)  # what is counted is deleted
            await lock_person(conn, user_id)
            rows = await people.rows_about(conn, user_id)
            await people.forget(conn, user_id)
            await deletions.record(conn, user_id, now=self._clock())
        self._erasing.wake()
        return _counted(rows)

    async def _rows(self, user_id: UserId) -> _Rows:
        async with self._database.read() as conn:
            return await people.rows_about(conn, user_id)


def _counted(rows: _Rows) -> KeptData:
    return KeptData(
        saved=len(rows["saved_papers"]),
        follows=len(rows["subscriptions"]),
        messages=len(rows["posts"]),
        pending=sum(row["state"] is PostState.PENDING for row in rows["posts"]),
        changes=len(rows["changes"]),
        drafts=len(rows["drafts"]),
        has_feed=bool(rows["feeds"]),
    )


def _file(content: Mapping[str, Any]) -> tuple[str, bytes]:
    text = json.dumps(content, default=_as_json, ensure_ascii=False, indent=1).encode()
    if len(text) <= MAX_FILE_BYTES:
        return FILE_NAME, text
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(FILE_NAME, text)
    return f"{FILE_NAME}.zip", packed.getvalue()


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row's values; ids as text, because many programs read no numbers of 64 bits."""
    return {
        name: str(value) if name.endswith("_id") else value
        for name, value in row.items()
        if value is not None
    }


def _as_json(value: datetime | date | time | frozenset[int]) -> str | list[int]:
    return sorted(value) if isinstance(value, frozenset) else value.isoformat()
