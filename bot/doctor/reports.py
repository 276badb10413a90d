"""What a check of the database reports, on every kind of database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.feeds import Feed
from bot.core.ids import FeedId
from bot.core.sizes import size_text
from bot.doctor.findings import Finding, fine, wrong
from bot.errors import ConfigError
from bot.store.inspection import Pending, Revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What the other checks need from the database."""

    feeds: Sequence[Feed]  # with subscriptions
    pending: Mapping[FeedId, Pending]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseReport:
    findings: Sequence[Finding]
    contents: Contents | None = None  # None if it cannot be read, or has other tables


def refused(error: ConfigError, *, prevents_start: bool) -> Finding:
    """The error of the start, as a problem and a remedy."""
    text = str(error).replace("DATABASE_URL names a ", "It is a ", 1).removeprefix("DATABASE_URL names ")
    text = text.removesuffix(".").replace(", but ", ": ", 1)
    what, _, remedy = text.partition(". " if ". " in text else "; ")
    return wrong(what, remedy, prevents_start=prevents_start)


def revision_finding(name: object, revision: Revision, *, size_bytes: int) -> Finding:
    what = f"{name}, {size_text(size_bytes)}"
    if revision.is_current:
        return fine(f"{what}, has this version's tables (revision {revision.newest})")
    if revision.is_newer:
        return fine(
            f"{what}, has a newer version's tables (revision {revision.current}), and this version can work "
            "with them"
        )
    if revision.current is None:
        return fine(f"{what}, is empty; the next start creates its tables")
    return fine(
        f"{what}, has an older version's tables (revision {revision.current}); the next start "
        f"migrates them to revision {revision.newest}"
    )
