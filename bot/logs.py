"""The log: one line a record, as text or JSON, on standard error, with every secret taken out."""

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

# Libraries that say too much below these levels; discord.py also shows the tokens of interactions there.
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
# What discord.py says beside another line that says it too: of a wait that is too long for it (the caller
# says for how long), of a global limit after its 429, and of each login.
_SAID_TWICE = (
    "We are being rate limited. %s %s responded with 429. Timeout of",
    "Global rate limit has been hit.",
    "logging in using static token",
)
# What could end a line or steer a terminal; a tab is harmless.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

_log = logging.getLogger(__name__)


def configure(*, level: LogLevel, log_format: LogFormat, secrets: Iterable[str]) -> None:
    """Sends every record of this process to standard error, once; later calls replace earlier ones."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = JsonFormatter if log_format is LogFormat.JSON else TextFormatter
    handler.setFormatter(formatter(secrets))
    logging.basicConfig(handlers=[handler], level=level.value, force=True)
    for name, floor in _FLOORS.items():
        logging.getLogger(name).setLevel(max(floor, logging.getLogger().level))
    for name in ("discord.client", "discord.http"):
        logging.getLogger(name).addFilter(_is_news)  # the same one again is not added
    logging.captureWarnings(capture=True)
    threading.excepthook = _log_thread_error
    sys.unraisablehook = _log_unraisable


def _is_news(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(_SAID_TWICE)


class _Formatter(logging.Formatter):
    """Gives the parts of a record without its secrets."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self.clean = Redaction(secrets)

    def message(self, record: logging.LogRecord) -> str:
        try:
            return self.clean(record.getMessage())
        except Exception:  # noqa: BLE001 - a broken call must not lose its record, nor print it unredacted
            return self.clean(f"{record.msg!s} {record.args!r}")

    def exception(self, record: logging.LogRecord) -> str:
        """The traceback and the stack, where there are any."""
        parts: list[str] = []
        if record.exc_info and record.exc_info[0]:
            parts.append("".join(traceback.format_exception(*record.exc_info)))
        if record.stack_info:
            parts.append(record.stack_info)
        return self.clean("\n".join(parts)).rstrip("\n")


class TextFormatter(_Formatter):
    """``2026-08-01T09:00:00.123Z INFO bot.app: message``, and a traceback behind bars below it.

    A line that outside text tries to add cannot look like a record: in a message line ends are escaped,
    and every line of a traceback is indented.
    """

    def format(self, record: logging.LogRecord) -> str:
        lines = [f"{_time(record)} {record.levelname} {record.name}: {_escaped(self.message(record))}"]
        lines += [f"    | {_escaped(line)}" for line in self.exception(record).split("\n") if line]
        return "\n".join(lines)


class JsonFormatter(_Formatter):
    """An object a line: `time`, `level`, `logger`, `message`, and `exception` where there is one.

    What a record brings along as `extra={"fields": {…}}` stands beside them.
    """

    def format(self, record: logging.LogRecord) -> str:
        brought: object = getattr(record, "fields", None)
        fields: dict[str, object] = {}
        if isinstance(brought, Mapping):
            for name, value in cast("Mapping[str, object]", brought).items():
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
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def _log_thread_error(error: threading.ExceptHookArgs) -> None:
    if error.exc_value is not None and error.exc_type is not SystemExit:
        _log.error("A thread ended with an error", exc_info=error.exc_value)


def _log_unraisable(error: sys.UnraisableHookArgs) -> None:
    """For an error that can rise to nobody, such as one in a `__del__`; Python prints it as it likes."""
    if error.exc_value is not None:
        _log.error("%s: %r", error.err_msg or "Ignored an error", error.object, exc_info=error.exc_value)
