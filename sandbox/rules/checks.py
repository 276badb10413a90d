"""The building blocks of the rules: small checks that are combined like the JSON they check.

A check validates one value and reports what is wrong. The reports become Discord's error tree: its keys are
the places in the body, and each leaf has `_errors` with codes and messages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias, cast
from urllib.parse import urlsplit

from simcord.backend.errors import BackendError

Check: TypeAlias = "Callable[[Place, Any], None]"
Path: TypeAlias = tuple[str, ...]

REQUIRED: Final = ("BASE_TYPE_REQUIRED", "This field is required")
URL_LENGTH: Final = 2_048
_SNOWFLAKE: Final = re.compile(r"0|[1-9][0-9]{0,19}", re.ASCII)
_MAX_SNOWFLAKE: Final = 2**64 - 1
_INVALID_URL_CHARACTERS: Final = frozenset(' <>"\\^`{|}\t\r\n')


class Problems:
    """The errors of one body. `length` counts characters; Discord counts code points."""

    def __init__(self, *, length: Callable[[str], int] = len) -> None:
        self.length = length
        self._found: list[tuple[Path, str, str]] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def __str__(self) -> str:
        return "; ".join(f"{'.'.join(path)}: {message}" for path, _, message in self._found)

    @property
    def root(self) -> Place:
        return Place(self, ())

    def add(self, path: Path, code: str, message: str) -> None:
        self._found.append((path, code, message))

    def has_error_at(self, path: Path) -> bool:
        """Whether there is an error at this place or below it."""
        return any(found[: len(path)] == path for found, _, _ in self._found)

    def tree(self) -> dict[str, Any]:
        """The `errors` of Discord's response."""
        tree: dict[str, Any] = {}
        for path, code, message in self._found:
            node = tree
            for part in path:
                node = node.setdefault(part, {})
            node.setdefault("_errors", []).append({"code": code, "message": message})
        return tree

    def raise_if_any(self) -> None:
        """Reject the request if there are errors.

        Raises:
            BackendError: 400 with 50035 and the error tree.
        """
        if self._found:
            raise BackendError(400, 50035, "Invalid Form Body", errors=self.tree())


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a value in the body."""

    problems: Problems
    path: Path

    def __truediv__(self, part: str | int) -> Place:
        return Place(self.problems, (*self.path, str(part)))

    def report(self, code: str, message: str) -> None:
        self.problems.add(self.path, code, message)

    def require(self) -> None:
        self.report(*REQUIRED)

    @property
    def is_good(self) -> bool:
        """Whether there is no error at this place or below it."""
        return not self.problems.has_error_at(self.path)


def text(maximum: int, *, minimum: int = 0) -> Check:
    """A text of this length; with `minimum`, it can't be blank."""

    def check(place: Place, value: Any) -> None:
        if not isinstance(value, str):
            place.report("STRING_TYPE_CONVERT", f'Could not interpret "{value}" as string.')
        elif minimum and not value.strip():
            place.require()
        elif place.problems.length(value) > maximum and minimum:
            place.report("BASE_TYPE_BAD_LENGTH", f"Must be between {minimum} and {maximum} in length.")
        elif place.problems.length(value) > maximum:
            place.report("BASE_TYPE_MAX_LENGTH", f"Must be {maximum} or fewer in length.")

    return check


def number(minimum: float, maximum: float, *, is_whole: bool = True) -> Check:
    kind = "int" if is_whole else "float"

    def check(place: Place, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int if is_whole else int | float):
            place.report("NUMBER_TYPE_COERCE", f'Value "{value}" is not {kind}.')
        elif value < minimum:
            place.report("NUMBER_TYPE_MIN", f"{kind} value should be greater than or equal to {minimum}.")
        elif value > maximum:
            place.report("NUMBER_TYPE_MAX", f"{kind} value should be less than or equal to {maximum}.")

    return check


def one_of(*values: object) -> Check:
    def check(place: Place, value: Any) -> None:
        if isinstance(value, bool) or value not in values:
            offered = ", ".join(repr(value) for value in values)
            place.report("BASE_TYPE_CHOICES", f"Value must be one of {{{offered}}}.")

    return check


def flag(place: Place, value: Any) -> None:
    if not isinstance(value, bool):
        place.report("BOOLEAN_TYPE_CONVERT", "Must be either true or false.")


def snowflake(place: Place, value: Any) -> None:
    """An ID: a number, or a string of digits."""
    written = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(written, str) or not _SNOWFLAKE.fullmatch(written) or int(written) > _MAX_SNOWFLAKE:
        place.report("NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')


def moment(place: Place, value: Any) -> None:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        place.report("DATE_TIME_TYPE_PARSE", f"Could not parse {value}. Should be ISO8601.")


def url(maximum: int = URL_LENGTH, *, schemes: Collection[str] = ("http", "https")) -> Check:
    """An encoded URL with one of these schemes. An http host must contain a dot."""
    named = ", ".join(repr(scheme) for scheme in schemes)

    def check(place: Place, value: Any) -> None:
        if not isinstance(value, str):
            place.report("STRING_TYPE_CONVERT", f'Could not interpret "{value}" as string.')
            return
        if place.problems.length(value) > maximum:
            place.report("BASE_TYPE_MAX_LENGTH", f"Must be {maximum} or fewer in length.")
            return
        scheme = value.partition(":")[0].lower() if ":" in value else ""
        if scheme and scheme not in schemes:
            place.report(
                "URL_TYPE_INVALID_SCHEME",
                f'Scheme "{scheme}" is not supported. Scheme must be one of ({named}).',
            )
        elif not _is_well_formed(value):
            place.report("URL_TYPE_INVALID_URL", "Not a well formed URL.")

    return check


def _is_well_formed(address: str) -> bool:
    if not address.isascii() or _INVALID_URL_CHARACTERS.intersection(address):
        return False
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"}:
        return bool(host)
    return all(host.split(".")) and ("." in host or ":" in host)


def array(
    item: Check, *, maximum: int, minimum: int = 0, is_unique: bool = False, then: Check | None = None
) -> Check:
    def check(place: Place, value: Any) -> None:
        if not isinstance(value, list):
            place.report("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return
        items = cast("list[Any]", value)
        if not minimum <= len(items) <= maximum:
            if minimum:
                place.report("BASE_TYPE_BAD_LENGTH", f"Must be between {minimum} and {maximum} in length.")
            else:
                place.report("BASE_TYPE_MAX_LENGTH", f"Must be {maximum} or fewer in length.")
            return
        for index, one in enumerate(items):
            item(place / index, one)
        if is_unique:
            places = (place / index for index in range(len(items)))
            report_repeated(items, places, code="SET_TYPE_ALREADY_CONTAINS_VALUE")
        if then is not None:
            then(place, items)

    return check


def report_repeated(
    values: Iterable[Any],
    places: Iterable[Place],
    *,
    code: str,
    message: str = "The set already contains this value",
) -> None:
    """Report each value that occurred before, at its place."""
    seen: set[str] = set()
    for value, place in zip(values, places, strict=True):
        if str(value) in seen:
            place.report(code, message)
        seen.add(str(value))


def record(
    *, needs: Mapping[str, Check] | None = None, then: Check | None = None, **optional: Check
) -> Check:
    """An object. Null counts as a missing field. Fields without a check are ignored."""
    needed = needs or {}

    def check(place: Place, value: Any) -> None:
        if not isinstance(value, Mapping):
            place.report("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
            return
        fields = cast("Mapping[str, Any]", value)
        for name, inner in needed.items():
            if fields.get(name) is None:
                (place / name).require()
            else:
                inner(place / name, fields[name])
        for name, inner in optional.items():
            if fields.get(name) is not None:
                inner(place / name, fields[name])
        if then is not None:
            then(place, fields)

    return check


def anything(_place: Place, _value: Any) -> None:
    """For a field that only has to be present."""
