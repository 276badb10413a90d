"""Checks requests against Discord's OpenAPI file: path, method, query and JSON body."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from tests.list_days import REQUIRES_SHARED, SHARED, must_be_there

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator, ValidationError

_FILE = SHARED / "discord-openapi.json"
_URI = "urn:discord-openapi"
# Sent by discord.py with every forum post, and taken by Discord; its file does not mention it.
_UNDOCUMENTED = frozenset({"use_nested_fields"})
_FLAGS = {"0": False, "1": True, "false": False, "true": True}


class Request(Protocol):
    """What is looked at of a request; `path` starts after `/api/v10`."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def params(self) -> Mapping[str, str]: ...
    @property
    def json(self) -> Any: ...


class DiscordOpenApi:
    """The rules of the file; `problems` names what a request does that they do not allow."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._paths: Mapping[str, Any] = document["paths"]
        # A template without parameters wins over one with them, as `@original` does over `{message_id}`.
        self._templates = [
            (re.compile("/".join(_segment(part) for part in path.split("/"))), path)
            for path in sorted(self._paths, key=lambda path: path.count("{"))
        ]
        from jsonschema_rs import Registry  # noqa: PLC0415 - conftest needs none of it

        self._registry = Registry([(_URI, document)])

    def problems(self, request: Request) -> list[str]:
        found = next((path for shape, path in self._templates if shape.fullmatch(request.path)), None)
        where = f"{request.method} {request.path}"
        operation = self._paths[found].get(request.method.lower()) if found else None
        if found is None or operation is None:
            return [f"{where}: there is no such request"]
        place = f"paths/{_escaped(found)}"
        return [
            f"{where}: {problem}"
            for problem in (
                *self._query_problems(request, place, operation),
                *self._body_problems(request, place, operation),
            )
        ]

    def _query_problems(self, request: Request, place: str, operation: Mapping[str, Any]) -> Iterable[str]:
        named = {
            parameter["name"]: f"{place}/{request.method.lower()}/parameters/{number}/schema"
            for number, parameter in enumerate(operation.get("parameters", ()))
            if parameter["in"] == "query"
        }
        for name, value in request.params.items():
            if name in named:
                what = f"query parameter {name}"
                found = [
                    list(self._schema_problems(named[name], reading, what=what))
                    for reading in _readings(value)
                ]
                yield from min(found, key=len)
            elif name not in _UNDOCUMENTED:
                yield f"no query parameter {name}"

    def _body_problems(self, request: Request, place: str, operation: Mapping[str, Any]) -> Iterable[str]:
        body = operation.get("requestBody")
        if body is None:
            if request.json is not None:
                yield "a body where none is taken"
        elif "application/json" not in body["content"]:
            yield "the body must not be JSON"
        elif request.json is not None or body.get("required"):
            schema = f"{place}/{request.method.lower()}/requestBody/content/application~1json/schema"
            yield from self._schema_problems(schema, request.json, what="the body")

    def _schema_problems(self, place: str, value: Any, *, what: str) -> Iterable[str]:
        for error in self.validator(place).iter_errors(value):
            cause = _cause(error)
            yield f"{what} at {_written(cause.instance_path)}: {cause.message[:500]}"

    @cache  # noqa: B019 - there is one of these for all tests
    def validator(self, place: str) -> Draft202012Validator:
        """Checks what the file describes at this place, as `components/schemas/MessageCreateRequest`."""
        from jsonschema_rs import Draft202012Validator  # noqa: PLC0415

        return Draft202012Validator({"$ref": f"{_URI}#/{quote(place)}"}, registry=self._registry)


@cache
def discord_openapi() -> DiscordOpenApi:
    """The rules; skips or fails the test where Discord's file is missing."""
    must_be_there(_FILE)
    return DiscordOpenApi(json.loads(_FILE.read_text(encoding="utf-8")))


def is_required_or_there() -> bool:
    """Whether requests are checked; where they are not, the end of the test run says so."""
    return _FILE.is_file() or REQUIRES_SHARED


def _segment(part: str) -> str:
    return "[^/]+" if part.startswith("{") else re.escape(part)


def _cause(error: ValidationError) -> ValidationError:
    """What is wrong deep inside a union: in the branch whose `type` fits, else in the one that gets furthest."""
    while branches := getattr(error.kind, "context", None):
        depth = len(error.instance_path)
        fitting = [
            branch for branch in branches if not any(_is_of_another_type(inner, depth) for inner in branch)
        ]
        error = max((fitting or branches)[0], key=lambda inner: len(inner.instance_path))
    return error


def _is_of_another_type(error: ValidationError, depth: int) -> bool:
    return list(error.instance_path[depth:]) == ["type"] or error.schema_path[-1] == "type"


def _written(path: Sequence[str | int]) -> str:
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)


def _escaped(path: str) -> str:
    return path.replace("~", "~0").replace("/", "~1")


def _readings(value: str) -> list[object]:
    """What a query's text may be meant as; ids are text, for Discord's schema of an id is one of text."""
    readings: list[object] = [value]
    if value in _FLAGS:
        readings.append(_FLAGS[value])
    if value.isdecimal():
        readings.append(int(value))
    return readings
