"""Content errors: which part of a message Discord refused, in words, from the fields that it names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import cast

from bot.core.cards import Picture

INVALID_FORM = 50035

# Discord's codes for a refusal of the content, in words for a server's admins.
_AUTOMOD = "This server's AutoMod blocked the message: make an exception for me there."
_TOO_LARGE = "Discord refused the message as too large."
_BY_CODE = {
    20009: "Discord refused the message as explicit content.",
    20031: "Discord refused a word in the title.",
    40005: _TOO_LARGE,
    50006: "Discord refused the message as empty.",
    50109: "Discord could not read the message as JSON.",
    200000: _AUTOMOD,
    200001: _AUTOMOD,
    240000: "Discord blocked a link in the message as harmful.",
}
_TOO_LARGE_STATUS = 413  # whether Discord or a proxy sends it, the message was too large

_Path = tuple[str, ...]

# The fields that papers fill; Discord may also name fields that every message has.
_CONTENT_FIELDS = frozenset({"embeds", "content", "components", "name"})
_FORUM_MESSAGE = "message"  # the field of a forum post that has its message
_ERRORS = "_errors"

_NAMES = {
    "author": "author",
    "components": "buttons",
    "content": "text",
    "description": "description",
    "embeds": "embeds",
    "fields": "fields",
    "footer": "footer",
    "icon_url": "icon",
    "image": "picture",
    "label": "label",
    "name": "name",
    "options": "options",
    "text": "text",
    "thumbnail": "thumbnail",
    "title": "title",
    "url": "link",
    "value": "value",
}
# Where an embed has its pictures. Discord names the object or its address.
_PICTURES: dict[_Path, Picture] = {
    ("author", "icon_url"): Picture.ICON,
    ("image",): Picture.IMAGE,
    ("thumbnail",): Picture.THUMBNAIL,
}
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_PROBLEMS = {
    "BASE_TYPE_BAD_LENGTH": "it is too long or empty",
    "BASE_TYPE_MAX_LENGTH": "it is too long",
    "BASE_TYPE_MIN_LENGTH": "it is too short",
    "BASE_TYPE_REQUIRED": "it is empty",
    "BUTTON_COMPONENT_INVALID_URL": "Discord doesn't accept that address",
    "MAX_EMBED_SIZE_EXCEEDED": "there is too much text",
    "URL_TYPE_INVALID_SCHEME": "Discord doesn't accept that address",
    "URL_TYPE_INVALID_URL": "Discord doesn't accept that address",
}
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_MAX_FIELDS = 20  # read from a tree of errors
_MAX_SHOWN = 3
_MAX_DEPTH = 10


@dataclass(frozen=True, slots=True)
class Rejection:
    """What Discord refused of a message."""

    reason: str  # Discord markdown
    embeds: tuple[int, ...] = ()  # the indexes of those that it named
    # If it named nothing but pictures: which ones, by those indexes.
    pictures: Mapping[int, Collection[Picture]] = field(default_factory=dict[int, Collection[Picture]])


def rejection(*, status: int, code: int, errors: object) -> Rejection | None:
    """What Discord refused of the content; None if the refusal is not known to be about it.

    `errors` is the tree that Discord sends with 50035.
    """
    if reason := _BY_CODE.get(code):
        return Rejection(reason)
    if status == _TOO_LARGE_STATUS:
        return Rejection(_TOO_LARGE)
    if code != INVALID_FORM:
        return None
    named = dict(_fields(errors))
    if not named:
        return Rejection("Discord refused the message as invalid, and did not say which part.")
    of_content = {path: problem for path, problem in named.items() if not path or path[0] in _CONTENT_FIELDS}
    if not of_content:
        return None
    embeds = sorted({int(path[1]) for path in of_content if path[:1] == ("embeds",) and _is_index(path[1:2])})
    return Rejection(_in_words(of_content), embeds=tuple(embeds), pictures=_pictures(of_content))


def _pictures(named: Collection[_Path]) -> Mapping[int, Collection[Picture]]:
    """The pictures that are named, by the index of their embed; none if anything else is named too."""
    pictures: dict[int, set[Picture]] = {}
    for path in named:
        part = next((_PICTURES[inner] for inner in (path[2:3], path[2:4]) if inner in _PICTURES), None)
        if part is None or path[0] != "embeds" or not _is_index(path[1:2]):
            return {}
        pictures.setdefault(int(path[1]), set()).add(part)
    return pictures


def _is_index(key: _Path) -> bool:
    return re.fullmatch(r"[0-9]{1,3}", "".join(key)) is not None


def _fields(tree: object, path: _Path = ()) -> Iterator[tuple[_Path, str]]:
    """The fields that a tree of errors names, with the code of the first error of each."""
    yield from islice(_walk(tree, path), _MAX_FIELDS)


def _walk(tree: object, path: _Path) -> Iterator[tuple[_Path, str]]:
    if not isinstance(tree, dict):
        if path:  # Discord's older form has the error's text here
            yield path, ""
        return
    for key, inner in cast("Mapping[object, object]", tree).items():
        if key == _ERRORS:
            yield path, _problem(inner)
        elif isinstance(key, str) and len(path) < _MAX_DEPTH:
            is_wrapper = key == _FORUM_MESSAGE and not path
            yield from _walk(inner, path if is_wrapper else (*path, key))


def _problem(errors: object) -> str:
    first: object = errors[0] if isinstance(errors, list) and errors else None  # pyright: ignore[reportUnknownVariableType]
    code = cast("Mapping[str, object]", first).get("code") if isinstance(first, dict) else None
    return code if isinstance(code, str) else ""


def _in_words(named: Mapping[_Path, str]) -> str:
    shown = [_field_in_words(path, problem) for path, problem in list(named.items())[:_MAX_SHOWN]]
    more = f" and {len(named) - _MAX_SHOWN} more" if len(named) > _MAX_SHOWN else ""
    return f"Discord refused {', '.join(shown)}{more}."


def _field_in_words(path: _Path, problem: str) -> str:
    """For example *the description of the third embed (it is too long)*."""
    nouns: list[str] = []
    for key in path:
        if _is_index((key,)):
            if nouns:
                nouns[-1] = f"{_ordinal(int(key))} {nouns[-1].removesuffix('s')}"
        elif _KEY.fullmatch(key):
            if key in {"components", "options"}:  # a row, then a button or a menu; the menu's options
                nouns.clear()
            is_title = (
                key == "name" and not nouns
            )  # a forum post's `name` is its title, a field's is its name
            nouns.append("title" if is_title else _NAMES.get(key, f"`{key}`"))
    what = "the " + " of the ".join(reversed(nouns)) if nouns else "the message"
    if problem in _PROBLEMS:
        return f"{what} ({_PROBLEMS[problem]})"
    return f"{what} (`{problem}`)" if _KEY.fullmatch(problem) else what


def _ordinal(index: int) -> str:
    return _ORDINALS[index] if index < len(_ORDINALS) else f"{index + 1}th"
