"""Logging: one line per record on standard error, as text or JSON, with secrets redacted."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import cast

from bot.redaction import Redaction
from bot.settings import LogFormat, LogLevel

# Libraries that are too verbose below these levels; discord.py would also log interaction tokens.
_FLOORS = {
    "aiohttp.access": logging.WARNING,
    "aiosqlite": logging.WARNING,
    "alembic": logging.WARNING,
    "apscheduler": logging.WARNING,
    "asyncio": logging.WARNING,
    "discord": logging.INFO,
    "simcord": logging.WARNING,
    "sqlalchemy": logging.WARNING,
}
# Lines of discord.py that repeat another line: a wait too long for it (the caller logs the wait), a global
# rate limit after its 429, and each login.
_REDUNDANT = (
    "We are being rate limited. %s %s responded with 429. Timeout of",
    "Global rate limit has been hit.",
    "logging in using static token",
)
# What could end a line or control a terminal; a tab is harmless.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

_log = logging.getLogger(__name__)


def configure(*, level: LogLevel, log_format: LogFormat, secrets: Iterable[str]) -> None:
    """Send all records of this process to standard error; a later call replaces an earlier one."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = JsonFormatter if log_format is LogFormat.JSON else TextFormatter
    handler.setFormatter(formatter(secrets))
    logging.basicConfig(handlers=[handler], level=level.value, force=True)
    for name, floor in _FLOORS.items():
        logging.getLogger(name).setLevel(max(floor, logging.getLogger().level))
    for name in ("discord.client", "discord.http"):
        logging.getLogger(name).addFilter(_is_not_redundant)  # adding the same filter twice has no effect
    logging.captureWarnings(capture=True)
    threading.excepthook = _log_thread_error
    sys.unraisablehook = _log_unraisable


def _is_not_redundant(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(_REDUNDANT)


class _Formatter(logging.Formatter):
    """Formats the parts of a record, with secrets redacted."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self.clean = Redaction(secrets)

    def message(self, record: logging.LogRecord) -> str:
        try:
            return self.clean(record.getMessage())
        except Exception:  # noqa: BLE001 - a broken logging call must neither lose its record nor skip redaction
            return self.clean(f"{record.msg!s} {record.args!r}")

    def exception(self, record: logging.LogRecord) -> str:
        """The traceback and the stack, if any."""
        parts: list[str] = []
        if record.exc_info and record.exc_info[0]:
            parts.append("".join(traceback.format_exception(*record.exc_info)))
        if record.stack_info:
            parts.append(record.stack_info)
        return self.clean("\n".join(parts)).rstrip("\n")


class TextFormatter(_Formatter):
    """``2026-08-01T09:00:00.123Z INFO bot.app: message``, with the traceback indented below it.

    Untrusted text cannot forge a record: line breaks in messages are escaped, and tracebacks are indented.
    """

    def format(self, record: logging.LogRecord) -> str:
        lines = [f"{_time(record)} {record.levelname} {record.name}: {_escaped(self.message(record))}"]
        lines += [f"    | {_escaped(line)}" for line in self.exception(record).split("\n") if line]
        return "\n".join(lines)


class JsonFormatter(_Formatter):
    """One object per line: `time`, `level`, `logger`, `message`, and `exception` if there is one.

    Fields from `extra={"fields": {…}}` are added to the object.
    """

    def format(self, record: logging.LogRecord) -> str:
        extra: object = getattr(record, "fields", None)
        fields: dict[str, object] = {}
        if isinstance(extra, Mapping):
            for name, value in cast("Mapping[str, object]", extra).items():
                is_plain = value is None or isinstance(value, (int, float))
                fields[name] = value if is_plain else self.clean(str(value))
        fields |= {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": self.message(record),
        }
        if exception := self.exception(record):
            fields["exception"] = exception
        return json.dumps(fields)


def _time(record: logging.LogRecord) -> str:
    return (
        datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def _log_thread_error(error: threading.ExceptHookArgs) -> None:
    if error.exc_value is not None and error.exc_type is not SystemExit:
        _log.error("A thread ended with an error", exc_info=error.exc_value)


def _log_unraisable(error: sys.UnraisableHookArgs) -> None:
    """Log an error that has no caller, such as one in `__del__`; Python would print it unredacted."""
    if error.exc_value is not None:
        _log.error("%s: %r", error.err_msg or "Ignored an error", error.object, exc_info=error.exc_value)
