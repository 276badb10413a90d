"""The address of the database: the file it names or, if it is wrong, a suggestion."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from types import MappingProxyType

_SCHEME = "sqlite+aiosqlite"
EXAMPLE = f"{_SCHEME}:///data/paperboy.db"
MUST_BE = f"the address of a SQLite file such as {EXAMPLE}"

_MAX_SHOWN_LENGTH = 100  # characters of a wrong address
_DEFAULT_NAME = "paperboy.db"  # where only a folder is named
_QUOTES = " \t\"'`<>;,\u2018\u2019\u201c\u201d\u00ab\u00bb"
_NOTHING: Mapping[str, str] = MappingProxyType({})
_ON_WINDOWS = os.name == "nt"
_OTHERS = {
    "postgres": "PostgreSQL",
    "pg": "PostgreSQL",
    "mysql": "MySQL",
    "mariadb": "MariaDB",
    "mongo": "MongoDB",
    "redis": "Redis",
    "mssql": "SQL Server",
    "oracle": "Oracle",
}

_RIGHT = re.compile(rf"{re.escape(_SCHEME)}:///(.+)", re.DOTALL)
_ASSIGNED = re.compile(r"(?:export\s+)?DATABASE_URL\s*[=:]\s*", re.IGNORECASE)
_COMMENT = re.compile(r"\s#.*", re.DOTALL)
# Two letters at least: one alone is a drive of Windows.
_ANY_SCHEME = re.compile(r"(?:jdbc:)?([A-Za-z][A-Za-z0-9+. _-]+)[:;]")
_NO_COLON = re.compile(r"(sqlite[\w+]*)(?=/|$)", re.IGNORECASE)
_SQLITE = re.compile(r"sql+i?te|aiosqlite", re.IGNORECASE)
_DRIVE = re.compile(r"/*([A-Za-z]:(?:/|$).*)", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w*)[^}]*\}?)|%(\w+)%")
_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
_HOST = re.compile(r"(?:localhost|\d+\.\d+\.\d+\.\d+|\[[0-9A-Fa-f:]+\]|[\w.-]+(?=:\d))(?::\d*)?(?=/|$)")
# User and password: from the scheme to the last sign that ends them. A path has none in front of it.
_CREDENTIALS = re.compile(r"(?:(?<=:)(?!///)|(?<=//)(?!/)).*@", re.DOTALL)
_QUERY = re.compile(r"\?.*", re.DOTALL)


class AddressError(ValueError):
    """Its text completes the sentence "DATABASE_URL must be …", and ends with a suggestion."""


def database_path(
    address: str, *, environment: Mapping[str, str] = _NOTHING, on_windows: bool = _ON_WINDOWS
) -> Path:
    """The file that the address names, as it names it.

    `environment` is only for the address that was probably meant: nothing in an address is expanded.

    Raises:
        AddressError: it is no address of a file, or names another file than its writer thinks.
    """
    text = address.strip()
    right = _RIGHT.fullmatch(text)
    if right and _wrong_path(right[1], on_windows=on_windows) is None:
        return Path(right[1])
    meant = _meant(text, environment, on_windows=on_windows)
    why = _wrong_scheme(text) if meant is None else _wrong_path(meant, on_windows=on_windows)
    if why is None:
        why = f"did you mean {_SCHEME}:///{meant}?"
    raise AddressError(f"{MUST_BE}, not {shown_address(text)!r}{f'; {why}' if why else ''}")


def address_of(path: Path) -> str:
    """The address that names this file."""
    return f"{_SCHEME}:///{path.as_posix()}"


def _wrong_path(path: str, *, on_windows: bool) -> str | None:
    """Why the path is refused; '' if the suggested address explains it; None if it is accepted."""
    first = path.lstrip("/").partition("/")[0]
    if first.startswith("~"):
        return "~ is not expanded: write the whole path"
    if match := _VARIABLE.search(path):
        return f"{match[0]} is not expanded: write the whole path"
    if path.startswith(":memory:"):
        return "a database in memory would be lost at every restart"
    if not on_windows and _DRIVE.fullmatch(path.replace("\\", "/")):
        return "that is a Windows path, and this machine does not run Windows"
    is_plain = (
        path.isprintable()
        and path == path.strip(_QUOTES)
        and not path.startswith(("//", ":", "file:"))
        and not (on_windows and path.startswith("/") and _DRIVE.fullmatch(path.replace("\\", "/")))
        and not (_COMMENT.search(path) or _ENCODED.search(path) or "?" in path)
        and (on_windows or "\\" not in path)
        and path.rpartition("/")[2] not in {"", ".", ".."}
    )
    return None if is_plain else ""


def _wrong_scheme(text: str) -> str:
    scheme = text.strip(_QUOTES).partition(":")[0].lower()
    if _SQLITE.match(scheme):
        return "it names no file"
    return next(
        (f"{name} is not supported" for start, name in _OTHERS.items() if scheme.startswith(start)), ""
    )


def _meant(text: str, environment: Mapping[str, str], *, on_windows: bool) -> str | None:
    """The path that was meant; None if nobody can tell."""
    text = "".join(filter(str.isprintable, text)).strip(_QUOTES)
    text = _COMMENT.sub("", _ASSIGNED.sub("", text, count=1)).strip(_QUOTES).replace("\\", "/")
    scheme = _ANY_SCHEME.match(text) or _NO_COLON.match(text)
    rest = text[scheme.end() :] if scheme else text
    if scheme is None:
        path = "" if "@" in text else text
    elif _SQLITE.match(scheme[1]):
        path = _after_scheme(rest)
    elif scheme[1].lower() == "file":
        path = _HOST.sub("", rest[2:], count=1) if rest.startswith("//") else rest
    else:
        path = ""
    return _whole(_QUERY.sub("", path), environment, on_windows=on_windows)


def _after_scheme(rest: str) -> str:
    """The path of what follows `sqlite:`; an absolute one begins with a slash."""
    path = rest.lstrip("/")
    slashes = len(rest) - len(path)
    before, at, behind = path.rpartition("@")
    if at and (slashes == 2 or (slashes == 0 and ":" in before)):  # a user, a password and a host
        return behind.partition("/")[2]
    if slashes == 2:
        return _HOST.sub("", path, count=1).lstrip("/")
    return f"/{path}" if slashes == 1 or slashes > 3 else path.removeprefix("file:")


def _whole(path: str, environment: Mapping[str, str], *, on_windows: bool) -> str | None:
    """The path with what a shell would have put in; None if that leaves nothing."""

    def value(match: re.Match[str]) -> str:
        """Of a folder alone, which is no secret; else the name stays and is shown."""
        kept = environment.get(match[1] or match[2] or match[3] or "", "")
        return kept.replace("\\", "/") if Path(kept).is_absolute() else match[0]

    tilde = path.lstrip("/")
    if tilde.startswith("~"):
        with suppress(RuntimeError):  # no such user
            path = Path(tilde).expanduser().as_posix() + ("/" if tilde.endswith("/") else "")
    path = _VARIABLE.sub(value, path)
    path = _ENCODED.sub(lambda match: chr(int(match[1], 16)), path).strip(_QUOTES)
    if on_windows and (drive := _DRIVE.fullmatch(path)):
        path = drive[1]
    if not path.strip("/"):
        return None
    is_folder = path.endswith(("/", "/.", "/..")) or path in {".", ".."}
    plain = PurePosixPath(path, _DEFAULT_NAME) if is_folder else PurePosixPath(path)
    return f"/{str(plain).lstrip('/')}" if plain.is_absolute() else str(plain)


def shown_address(text: str) -> str:
    """An address as errors show it: without user, password and options, and not too long."""
    shown = _QUERY.sub("?…", _CREDENTIALS.sub("…@", text))
    return shown if len(shown) <= _MAX_SHOWN_LENGTH else f"{shown[:_MAX_SHOWN_LENGTH]}…"
