"""PostgreSQL's errors: what the operator does about them, and what people on Discord learn."""

from __future__ import annotations

import errno

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
from asyncpg.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
    TargetServerAttributeNotMatched,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot.errors import StoreError

_RIGHTS = "this user lacks the rights for that; make the user the owner of the database"
_AWAY = "the server does not answer; check that it runs, and its host and port"
_FULL = "the server's disk is full; free some space"
_GAVE_UP = "a transaction took too long, and the server ended it"
_OTHER_TABLES = "the tables are not this version's; if a newer Paperboy has changed them, update this one"
STANDBY = "the server only reads, as a standby does; name the primary, or promote this one"
POOLED = (
    "a pooler such as PgBouncer is in between, which gives each transaction another connection; name the "
    "server itself, or have it pool by session (pool_mode = session)"
)
_NO_FILES = "this process may open no more files; raise LimitNOFILE in its systemd unit, or `ulimit -n`"
_NO_PRIMARY = "none of these servers accepts writes; promote one of them"
# By SQLSTATE, or its class; PostgreSQL's manual, appendix A.
_ADVICE = {
    "28": "the server does not accept this user and password; correct them in the address, in which %40 is @",
    "3D000": "the server has no such database; create it: CREATE DATABASE … OWNER …",
    "42501": _RIGHTS,
    "08": _AWAY,
    "25P03": _GAVE_UP,
    "25P04": _GAVE_UP,
    "57P05": _GAVE_UP,
    "57": "the server is shutting down or starting up",
    "53100": _FULL,
    "53200": "the server has run out of memory",
    "53300": "the server accepts no more connections; raise its max_connections",
    "53": "the server has reached one of its limits; see its log",
    "55000": "the database accepts no connections; allow them: ALTER DATABASE … ALLOW_CONNECTIONS true",
    "58": "the server's disk or system failed; see the server's log",
    "XX000": "the server failed; see its log",
    "25006": STANDBY,
    "26000": POOLED,
    "42P05": POOLED,
    "40": "another program changed the same rows at the same time",
    "55P03": "another program has locked a table",
    "57014": "the server cancelled a statement",
    "42703": _OTHER_TABLES,
    "42P01": _OTHER_TABLES,
    "0A000": _OTHER_TABLES,  # a statement that was prepared before they changed
    "XX001": "the database is damaged; restore a dump",
    "XX002": "the database is damaged; restore a dump",
}
_REASONS = {
    "53100": "the disk of my database is full",
    "25006": "my database cannot be written to",
    "42501": "my database cannot be written to",
    "XX001": "my database is damaged",
    "XX002": "my database is damaged",
    "40": "my database was busy",
    "55P03": "another program has locked my database",
    "42": "my database belongs to another version of Paperboy",
    "0A000": "my database belongs to another version of Paperboy",
}


# What is behind these only says where in a library it happened.
_OWN = (asyncpg.PostgresError, asyncpg.InternalClientError, OSError, TimeoutError)


class ConnectError(asyncpg.InterfaceError):
    """The server could not be connected to; the cause says why."""


def advice(error: BaseException | None) -> str | None:
    """What is wrong and how to fix it, with the server's words; None if it is a bug of ours."""
    cause = _cause(error)
    if cause is None:
        return None
    known = _by_state(cause, _ADVICE)
    if isinstance(cause, TargetServerAttributeNotMatched):
        known = _NO_PRIMARY
    elif isinstance(cause, OSError) and cause.errno in {errno.EMFILE, errno.ENFILE}:
        known = _NO_FILES
    elif known is None and _is_away(cause):
        known = _AWAY
    words = str(cause).strip() or type(cause).__name__
    return None if known is None else f"{known} ({words})"


def may_pass(error: BaseException | None) -> bool:
    """Whether the server may only be starting, stopping or busy, or the network be gone."""
    cause = _cause(error)
    state: str = getattr(cause, "sqlstate", None) or ""
    passes = state.startswith(("08", "532", "533", "55000", "57"))
    return cause is not None and (
        passes or isinstance(cause, TargetServerAttributeNotMatched) or _is_away(cause)
    )


def store_error(error: Exception, *, is_write: bool) -> StoreError | None:
    """Our error, if the operator can fix the cause or it passes; None if it is a bug."""
    if isinstance(error, PoolTimeoutError):
        reason = "my database has too many requests at once"
        return StoreError("no connection was free in time", reason=reason, is_write=is_write)
    known = advice(error)
    if known is None:
        return None
    cause = _cause(error)
    reason = (cause and _by_state(cause, _REASONS)) or "my database cannot be used"
    return StoreError(known, reason=reason, is_write=is_write)


def was_in_the_way(error: Exception) -> bool:
    """Whether another transaction held a lock for too long, or this one was chosen to end a deadlock."""
    return getattr(_cause(error), "sqlstate", None) in {"55P03", "40P01"}


def _cause(error: BaseException | None) -> BaseException | None:
    """The driver's own error, or the system's, behind SQLAlchemy's."""
    while isinstance(error, DBAPIError):
        error = error.orig
    while error is not None and error.__cause__ is not None and not isinstance(error, _OWN):
        error = error.__cause__
    return error


def _by_state(error: BaseException, texts: dict[str, str]) -> str | None:
    state: str = getattr(error, "sqlstate", None) or ""
    return next((texts[start] for start in (state, state[:3], state[:2]) if start in texts), None)


def _is_away(error: BaseException) -> bool:
    if isinstance(error, (OSError, TimeoutError, ConnectError)):
        return True
    lost = ("connection is closed", "connection was closed", "closed in the middle", "not connected")
    if isinstance(error, asyncpg.InternalClientError):  # ended while nobody read, as in a frozen process
        lost = ("cannot switch to state",)
    elif not isinstance(error, asyncpg.InterfaceError):
        return False
    return any(word in str(error) for word in lost)
