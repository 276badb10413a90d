"""The file format of exported feeds: versioned JSON, validated by pydantic, with readable errors."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from bot.core.feeds import DEFAULT_MAX_PAPERS, FeedKind, Style
from bot.core.focus import Focus
from bot.core.markdown import fit
from bot.core.schedules import Cadence, parse_timezone
from bot.core.typed_times import parse_time, parse_weekdays
from bot.validators import reading

VERSION = 1
MAX_FEEDS_IN_FILE = 500  # a server can have only a few more channels
_MAX_SHOWN_LENGTH = 60  # characters of a wrong value

# What is expected, by the last key on the path to a value; each completes "`key` must be …".
_MUST = {
    "paperboy": f"{VERSION}, the version of this format",
    "feeds": f'a list of at most {MAX_FEEDS_IN_FILE} feeds, such as `[{{"channel_id": "123"}}]`',
    "channel_id": 'the ID of a channel as text, such as `"1234567890"`',
    "channel_name": "text, for people to read",
    "kind": '`"channel"`, `"thread"` or `"forum"`',
    "schedule": "an object with `cadence`, `time`, `timezone`, `weekdays`",
    "cadence": '`"live"`, `"daily"` or `"weekly"`',
    "time": '`HH:MM` on a 24-hour clock, such as `"09:00"`',
    "timezone": 'an IANA time zone, such as `"Europe/Berlin"` or `"UTC"`',
    "weekdays": 'text such as `"Mon-Fri"`, `"Mon,Thu"` or `"all"`',
    "style": '`"cards"` or `"digest"`',
    "filter": "an object with `min_upvotes`, `max_papers`, `only_with_code`, `exclude`",
    "min_upvotes": "a whole number from 0 to 100000",
    "max_papers": "a whole number from 1 to 1000",
    "only_with_code": "`true` or `false`",
    "exclude": "a query as text, or `null`",
    "mention_role_id": 'the ID of a role as text, such as `"1234567890"`, or `null`',
    "silent": "`true` or `false`",
    "threads": "`true` or `false`",
    "publish": "`true` or `false`",
    "paused": "`true` or `false`",
    "paused_until": 'a date such as `"2026-11-30"`, or `null`',
    "subscriptions": 'a list of texts, such as `["diffusion model"]`',
    "keywords": "text in quotes",
    "focus": '`"exact"`, `"strict"`, `"balanced"` or `"broad"`',
}
_ONE_SUBSCRIPTION = "text in quotes, or an object with `keywords`, `focus` and `mention_role_id`"


def _snowflake(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise ValueError
    return int(text)


def _kind(text: str) -> FeedKind:
    kind = FeedKind(text)
    if kind is FeedKind.DIRECT:  # a person's, which a server's file may not contain
        raise ValueError
    return kind


_Id = Annotated[int, reading(_snowflake), Field(ge=1, lt=2**63)]


class _Strict(BaseModel):
    """Nothing is guessed, and an unknown key is an error. `model_fields_set` has only what was given."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ScheduleOfFile(_Strict):
    cadence: Annotated[Cadence, reading(Cadence)] = Cadence.DAILY
    time: Annotated[dt.time, reading(parse_time)] = dt.time(9)
    timezone: Annotated[str, reading(parse_timezone)] = "UTC"
    weekdays: Annotated[frozenset[int], reading(parse_weekdays)] = frozenset(range(7))


class FilterOfFile(_Strict):
    min_upvotes: int = Field(default=0, ge=0, le=100_000)
    max_papers: int = Field(default=DEFAULT_MAX_PAPERS, ge=1, le=1_000)
    only_with_code: bool = False
    exclude: str | None = None


class SubscriptionOfFile(_Strict):
    """Its keywords are enough."""

    keywords: str
    focus: Annotated[Focus, reading(Focus)] = Focus.EXACT
    mention_role_id: _Id | None = None

    @model_validator(mode="before")
    @classmethod
    def _keywords_alone(cls, given: object) -> object:
        return {"keywords": given} if isinstance(given, str) else given


class FeedOfFile(_Strict):
    channel_id: _Id
    channel_name: str = ""
    kind: Annotated[FeedKind, reading(_kind)] = FeedKind.CHANNEL
    schedule: ScheduleOfFile = ScheduleOfFile()
    style: Annotated[Style, reading(Style)] = Style.CARDS
    filter: FilterOfFile = FilterOfFile()
    mention_role_id: _Id | None = None
    silent: bool = False
    threads: bool = False
    publish: bool = False
    paused: bool = False
    paused_until: Annotated[dt.date | None, reading(dt.date.fromisoformat)] = None
    subscriptions: list[SubscriptionOfFile] = Field(default_factory=list[SubscriptionOfFile])


class FeedFile(_Strict):
    paperboy: int = Field(ge=VERSION, le=VERSION)
    feeds: list[FeedOfFile] = Field(max_length=MAX_FEEDS_IN_FILE)


_PARTS = {"schedule": ScheduleOfFile, "filter": FilterOfFile, "subscriptions": SubscriptionOfFile}


def problems(error: ValidationError, raw: object) -> Iterator[str]:
    """The problems, each with the feed, the key and what is expected; Discord markdown."""
    for details in error.errors(include_url=False, include_context=False):
        yield _problem(details, raw)


def feed_label(number: int, name: object) -> str:
    """How a problem names the feed; `number` begins at 1."""
    named = f" ({fit(name, (), _MAX_SHOWN_LENGTH)})" if isinstance(name, str) and name.strip() else ""
    return f"Feed {number}{named}"


def _problem(details: ErrorDetails, raw: object) -> str:
    way = details["loc"]
    if not way:
        return f'The file must be an object such as `{{"paperboy": {VERSION}, "feeds": []}}`.'
    label, model = "", cast("type[BaseModel]", FeedFile)
    if way[0] == "feeds" and len(way) > 1 and isinstance(way[1], int):
        label = f"{feed_label(way[1] + 1, _name(raw, way[1]))}: "
        way, model = way[2:], FeedOfFile
    if not way:
        return f"{label}it must be an object with `channel_id` and `subscriptions`."
    path = fit(_path(way), (), _MAX_SHOWN_LENGTH)
    if details["type"] == "extra_forbidden":
        known = _PARTS.get(str(way[0]), model) if len(way) > 1 else model
        names = ", ".join(f"`{name}`" for name in known.model_fields)
        return f"{label}**{path}** is not a known key. Known keys are {names}."
    key = next((part for part in reversed(way) if isinstance(part, str) and part in _MUST), "feeds")
    must = _ONE_SUBSCRIPTION if key == "subscriptions" and isinstance(way[-1], int) else _MUST[key]
    if details["type"] == "missing":
        return f"{label}**{path}** is missing. It must be {must}."
    return f"{label}**{path}** must be {must}, not {_shown(details['input'])}."


def _path(way: Sequence[int | str]) -> str:
    parts = [f" {part + 1}" if isinstance(part, int) else f".{part}" for part in way]
    return "".join(parts).strip(". ")


def _name(raw: object, number: int) -> object:
    try:
        return cast("Any", raw)["feeds"][number].get("channel_name")
    except (AttributeError, IndexError, KeyError, TypeError):
        return None


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None or isinstance(value, bool):
        return {None: "`null`", True: "`true`", False: "`false`"}[value]
    return f"*{fit(str(value)[:200], (), _MAX_SHOWN_LENGTH) or 'nothing'}*"
