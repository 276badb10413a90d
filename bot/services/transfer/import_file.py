"""Import files: exported feeds or a list of keywords, parsed with the place of each error."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from bot.core.ids import ChannelId, RoleId
from bot.core.limits import Limits
from bot.core.markdown import fit
from bot.core.plurals import count
from bot.core.query.compiled import CompiledQuery, Merged, compile_exclusion, compile_query, distinct
from bot.core.query.errors import QueryError
from bot.core.transfer import WantedFeed
from bot.errors import UserError
from bot.services.transfer.export_file import MAX_BYTES
from bot.services.transfer.file_format import FeedFile, FeedOfFile, feed_label, problems

_MAX_PROBLEMS = 5  # in one answer
_OTHER_ENCODINGS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_JSON = ("{", "[")


@dataclass(frozen=True, slots=True)
class _Typed:
    """A query as written in a file, and where."""

    place: str  # such as "line 3"
    text: str
    label: str = ""  # of its feed, where the file has several

    @property
    def start(self) -> str:
        """The place as the beginning of a sentence."""
        return f"{self.label}: {self.place}" if self.label else self.place.capitalize()


class _Problems:
    """What is wrong with a file, gathered so that one answer reports several."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def add(self, problem: str) -> None:
        self._found.append(problem)

    def check(self) -> None:
        """Raises UserError where there are any."""
        if not self._found:
            return
        shown = list(self._found[:_MAX_PROBLEMS])
        if len(self._found) > _MAX_PROBLEMS:
            shown.append(f"… and {len(self._found) - _MAX_PROBLEMS} more.")
        raise UserError("\n".join(["The file can't be imported, and nothing was changed.", *shown]))


def read_file(data: bytes, *, name: str, limits: Limits) -> tuple[WantedFeed, ...]:
    """The feeds that a file describes: exported feeds, or one feed without a channel for a list of keywords.

    Args:
        data: the file.
        name: its name; its extension helps to detect the format.
        limits: how long a query may be, and how many a feed may have.

    Raises:
        UserError: it cannot be read; says where, and what is expected.
    """
    text = _decoded(data)
    ending = name.rpartition(".")[2].casefold()
    if ending == "json" or text.lstrip().startswith(_JSON):
        return _feeds(text, limits)
    if ending in {"opml", "xml"} or text.lstrip().startswith("<"):
        raise UserError(
            "The file is XML (OPML), which can't be imported. Nothing was changed: import a plain list with "
            "one keyword per line, or a file from `/config export`."
        )
    typed = _lines(text)
    problems = _Problems()
    if not typed:
        problems.add("It has no keywords. Write one per line; lines that start with `#` are comments.")
    queries, merged = _queries(typed, limits, problems)
    problems.check()
    return (WantedFeed(label="", queries=queries, merged=merged),)


def check_size(size: int) -> None:
    """Raises UserError for a file that is too large; in bytes."""
    if size > MAX_BYTES:
        raise UserError(
            f"The file has {size // 1024} KiB. A file can have at most {MAX_BYTES // 1024} KiB. Nothing was "
            "changed: import it in parts."
        )


def _decoded(data: bytes) -> str:
    """The text of the file, without a byte order mark."""
    check_size(len(data))
    if data.startswith(_OTHER_ENCODINGS):
        raise UserError("The file is UTF-16. Nothing was changed: save it as UTF-8, and import that.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise UserError(
            f"Line {line} of the file is not UTF-8, from its byte {column} on. Nothing was changed: save it "
            "as UTF-8 text, and import that."
        ) from error
    if not text.strip():
        raise UserError(
            "The file is empty. Nothing was changed: import a file from `/config export`, or a list "
            "with one keyword per line."
        )
    for at, character in enumerate(text):
        if character < " " and not character.isspace():
            raise UserError(
                f"Line {text.count(chr(10), 0, at) + 1} of the file has characters that are not text, as in "
                "images and archives. Nothing was changed: import a text file."
            )
    return text


def _lines(text: str) -> list[_Typed]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [
        _Typed(f"line {number}", line)
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]


def _queries(
    typed: Sequence[_Typed], limits: Limits, problems: _Problems
) -> tuple[tuple[CompiledQuery, ...], tuple[Merged, ...]]:
    """The queries, each once, and which were the same; what is wrong with them is added to the problems."""
    read: list[CompiledQuery] = []
    canonicals: set[str] = set()
    for item in typed:
        query = _query(item, limits, problems)
        if query is None:
            continue
        canonicals.add(query.canonical)
        if len(canonicals) > limits.subscriptions:
            problems.add(
                f"{item.start} is one too many: a channel can have "
                f"{count(limits.subscriptions, 'subscription')}. Join keywords with `OR`, or remove some."
            )
            break
        read.append(query)
    return distinct(read)


def _query(
    item: _Typed,
    limits: Limits,
    problems: _Problems,
    *,
    compiling: Callable[[str, Limits], CompiledQuery] = compile_query,
) -> CompiledQuery | None:
    text = " ".join(item.text.split())
    if any(
        "\ud800" <= character <= "\udfff" for character in text
    ):  # halves of characters, as `\ud83d` alone
        problems.add(f"{item.start} contains an incomplete character.")
        return None
    try:
        return compiling(text, limits)
    except QueryError as error:
        problems.add(f"{item.start}: {error}")
        return None


def _feeds(text: str, limits: Limits) -> tuple[WantedFeed, ...]:
    found = _Problems()
    raw = _loaded(text)
    try:
        file = FeedFile.model_validate(raw)
    except ValidationError as error:
        for problem in problems(error, raw):
            found.add(problem)
        found.check()
        raise  # pydantic names at least one
    if not file.feeds:
        found.add("**feeds** is empty: there is nothing to import.")
    first: dict[int, str] = {}
    wanted: list[WantedFeed] = []
    for number, feed in enumerate(file.feeds, start=1):
        label = feed_label(number, feed.channel_name)
        if feed.channel_id in first:
            found.add(f"{label} has the channel of {first[feed.channel_id]}: make one feed of them.")
        first.setdefault(feed.channel_id, label)
        wanted.append(_wanted(feed, label, limits, found))
    found.check()
    return tuple(wanted)


def _wanted(feed: FeedOfFile, label: str, limits: Limits, problems: _Problems) -> WantedFeed:
    given: dict[str, object] = {}
    names = {
        "style": "style",
        "silent": "is_silent",
        "threads": "opens_threads",
        "publish": "publishes",
        "paused": "is_paused",
        "paused_until": "paused_until",
    }
    given.update({field: getattr(feed, key) for key, field in names.items() if _has(feed, key)})
    if _has(feed, "mention_role_id"):
        role_id = feed.mention_role_id
        given["mention_role_id"] = None if role_id is None else RoleId(role_id)
    given.update(
        {name: getattr(feed.filter, name) for name in feed.filter.model_fields_set if name != "exclude"}
    )
    if "exclude" in feed.filter.model_fields_set:
        given["exclude"] = _exclusion(feed.filter.exclude, label, limits, problems)
    typed = [
        _Typed(f"subscription {number}", given.keywords, label)
        for number, given in enumerate(feed.subscriptions, start=1)
    ]
    queries, merged = _queries(typed, limits, problems)
    role_of = {
        " ".join(given.keywords.split()): RoleId(given.mention_role_id) if given.mention_role_id else None
        for given in feed.subscriptions
        if "mention_role_id" in given.model_fields_set
    }
    focus_of = {
        " ".join(given.keywords.split()): given.focus
        for given in feed.subscriptions
        if "focus" in given.model_fields_set
    }
    return WantedFeed(
        label=label,
        channel_id=ChannelId(feed.channel_id),
        kind=feed.kind if _has(feed, "kind") else None,
        schedule={name: getattr(feed.schedule, name) for name in feed.schedule.model_fields_set},
        settings=given,
        queries=queries,
        focus_of={query.canonical: focus_of[query.text] for query in queries if query.text in focus_of},
        role_of={query.canonical: role_of[query.text] for query in queries if query.text in role_of},
        merged=merged,
    )


def _has(feed: FeedOfFile, key: str) -> bool:
    return key in feed.model_fields_set


def _exclusion(text: str | None, label: str, limits: Limits, problems: _Problems) -> CompiledQuery | None:
    typed = None if text is None else _Typed("**exclude**", text, label)
    return _query(typed, limits, problems, compiling=compile_exclusion) if typed else None


def _loaded(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise UserError(
            f"The file is not JSON: line {error.lineno}, column {error.colno}: {error.msg}. Nothing was "
            "changed: compare it with a file from `/config export`."
        ) from error
    except RecursionError as error:
        raise UserError("The file is nested too deeply. Nothing was changed.") from error
    except ValueError as error:  # a number with thousands of digits
        raise UserError("The file has a number that is far too long. Nothing was changed.") from error


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UserError(
            f"The key **{fit(twice, (), 60)}** appears twice in one object. Nothing was changed: remove one."
        )
    return made


def _constant(name: str) -> object:
    raise UserError(f"`{name}` is not JSON. Nothing was changed: use `null` or a number.")
