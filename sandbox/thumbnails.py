"""Pictures of listed papers and their organizations, drawn here: the page loads nothing from outside."""

from __future__ import annotations

import colorsys
import io
import textwrap
import zlib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, cast
from urllib.parse import urljoin

from PIL import Image, ImageDraw, ImageFont
from typing_extensions import override

_SITE: Final = "https://huggingface.co"
_AVATAR_SIZE: Final = 64
_SIZE: Final = (400, 210)  # a third of the Hub's size, with the same aspect ratio
_MARGIN: Final = 24
_LINE_CHARACTERS: Final = 24
_LINES: Final = 4
# The URL that a bot uses if the list has no thumbnail for a paper.
_USUAL: Final = "https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/{id}.png"
_MAX_CACHED: Final = 256


class Thumbnails(Mapping[str, tuple[str, bytes]]):
    """A file name and a PNG for each thumbnail URL. The PNG is drawn when it is first requested."""

    def __init__(self) -> None:
        self._papers: dict[str, tuple[str, str]] = {}
        self._avatars: dict[str, str] = {}

    def note(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Register the thumbnails of these items of a list. Malformed items are skipped."""
        for item in items:
            paper: object = item.get("paper")
            if not isinstance(paper, Mapping):
                continue
            paper_id, title = str(paper.get("id", "")), str(item.get("title", ""))  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]  # JSON
            address = str(item.get("thumbnail") or _USUAL.format(id=paper_id))
            self._papers[address] = (paper_id, title)
            for own in _list_of(item.get("mediaUrls")):
                self._papers[str(own)] = (paper_id, "The authors' own figure")
            organization: object = item.get("organization")
            if isinstance(organization, Mapping) and organization.get("avatar"):  # pyright: ignore[reportUnknownMemberType]  # JSON
                name = str(organization.get("fullname") or "?")  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]  # JSON
                self._avatars[urljoin(_SITE, str(organization["avatar"]))] = name  # pyright: ignore[reportUnknownArgumentType]  # JSON

    @override
    def __getitem__(self, address: str) -> tuple[str, bytes]:
        if address in self._avatars:
            return "avatar.png", _drawn_avatar(self._avatars[address])
        paper_id, title = self._papers[address]
        return f"{paper_id}.png", _drawn(paper_id, title)

    @override
    def __iter__(self) -> Iterator[str]:
        yield from self._papers
        yield from self._avatars

    @override
    def __len__(self) -> int:
        return len(self._papers) + len(self._avatars)


def _list_of(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


@lru_cache(maxsize=_MAX_CACHED)
def _drawn_avatar(name: str) -> bytes:
    """Draw the first letter of the name on a color that depends on it."""
    image = Image.new("RGB", (_AVATAR_SIZE, _AVATAR_SIZE), _color_of(name))
    middle = (_AVATAR_SIZE / 2, _AVATAR_SIZE / 2)
    font = ImageFont.load_default(size=_AVATAR_SIZE // 2)
    ImageDraw.Draw(image).text(middle, name[:1].upper(), font=font, fill="white", anchor="mm")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _color_of(text: str) -> tuple[int, int, int]:
    hue = zlib.crc32(text.encode()) % 360 / 360
    red, green, blue = (round(255 * part) for part in colorsys.hls_to_rgb(hue, 0.28, 0.45))
    return red, green, blue


@lru_cache(maxsize=_MAX_CACHED)
def _drawn(paper_id: str, title: str) -> bytes:
    """Draw the title on a color that depends on the paper."""
    image = Image.new("RGB", _SIZE, _color_of(paper_id))
    draw = ImageDraw.Draw(image)
    lines = textwrap.wrap(title, _LINE_CHARACTERS, max_lines=_LINES, placeholder=" …")
    large, small = ImageFont.load_default(size=26), ImageFont.load_default(size=15)
    draw.multiline_text((_MARGIN, _MARGIN), "\n".join(lines), font=large, fill="white", spacing=8)
    draw.text((_MARGIN, _SIZE[1] - _MARGIN), f"arXiv {paper_id}", font=small, fill="white", anchor="ls")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
