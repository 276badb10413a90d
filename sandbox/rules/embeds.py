"""Discord's rules for the embeds of a message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sandbox.rules.checks import Check, Place, array, flag, moment, number, record, text, url

MAX_EMBEDS: Final = 10
MAX_CHARACTERS: Final = 6_000  # of all embeds in a message
_ANY_PICTURE: Final = url(schemes=("http", "https", "attachment"))
_PICTURE: Final = record(needs={"url": _ANY_PICTURE})


def _check_content(place: Place, embed: Mapping[str, Any]) -> None:
    shown = ("title", "description", "fields", "image", "thumbnail", "author", "footer")
    if place.is_good and not any(_is_filled(embed.get(name)) for name in shown):
        (place / "description").require()


def _is_filled(value: object) -> bool:
    return bool(value.strip() if isinstance(value, str) else value)


EMBED: Final[Check] = record(
    title=text(256),
    description=text(4_096),
    url=url(),
    color=number(0, 0xFFFFFF),
    timestamp=moment,
    image=_PICTURE,
    thumbnail=_PICTURE,
    author=record(needs={"name": text(256, minimum=1)}, url=url(), icon_url=_ANY_PICTURE),
    footer=record(needs={"text": text(2_048, minimum=1)}, icon_url=_ANY_PICTURE),
    fields=array(
        record(needs={"name": text(256, minimum=1), "value": text(1_024, minimum=1)}, inline=flag), maximum=25
    ),
    then=_check_content,
)


def _check_total(place: Place, embeds: Sequence[Mapping[str, Any]]) -> None:
    if place.is_good and characters(embeds, place) > MAX_CHARACTERS:
        place.report("MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {MAX_CHARACTERS}")


def characters(embeds: Sequence[Mapping[str, Any]], place: Place) -> int:
    """The characters that count against the total: titles, descriptions, fields, footers and authors."""
    return sum(place.problems.length(part) for embed in embeds for part in _texts(embed))


def _texts(embed: Mapping[str, Any]) -> Iterator[str]:
    for name in ("title", "description"):
        yield embed.get(name) or ""
    for name, key in (("footer", "text"), ("author", "name")):
        if embed.get(name):
            yield embed[name][key]
    for field in embed.get("fields") or ():
        yield field["name"]
        yield field["value"]


EMBEDS: Final[Check] = array(EMBED, maximum=MAX_EMBEDS, then=_check_total)
