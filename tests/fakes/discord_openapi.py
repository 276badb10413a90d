"""Checks requests against Discord's OpenAPI file: path, method, query and JSON body."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Protocol
from urllib.parse import quote

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.list_days import REQUIRES_SHARED, SHARED, must_be_there

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
        resource = Resource.from_contents(document, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource(_URI, resource)

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
        schema = {"$ref": f"{_URI}#/{quote(place)}"}
        validator = Draft202012Validator(schema, registry=self._registry)
        for error in validator.iter_errors(value):
            cause = _cause(error)
            yield f"{what} at {cause.json_path}: {cause.message[:500]}"


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
    while error.context:
        branches: dict[object, list[ValidationError]] = {}
        for inner in error.context:
            branches.setdefault(inner.schema_path[0], []).append(inner)
        fitting = [
            branch for branch in branches.values() if not any(_is_of_another_type(inner) for inner in branch)
        ]
        error = max((fitting or list(branches.values()))[0], key=lambda inner: len(inner.path))
    return error


def _is_of_another_type(error: ValidationError) -> bool:
    return list(error.relative_path) == ["type"] or error.validator == "type"


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
