"""Thumbnails of the listed papers. They are drawn here, because the page loads nothing from the Internet."""

from __future__ import annotations

import colorsys
import io
import textwrap
import zlib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont
from typing_extensions import override

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

    def note(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Register the thumbnails of these items of a list. Malformed items are skipped."""
        for item in items:
            paper: object = item.get("paper")
            if not isinstance(paper, Mapping):
                continue
            paper_id, title = str(paper.get("id", "")), str(item.get("title", ""))  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]  # JSON
            address = str(item.get("thumbnail") or _USUAL.format(id=paper_id))
            self._papers[address] = (paper_id, title)

    @override
    def __getitem__(self, address: str) -> tuple[str, bytes]:
        paper_id, title = self._papers[address]
        return f"{paper_id}.png", _drawn(paper_id, title)

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._papers)

    @override
    def __len__(self) -> int:
        return len(self._papers)


@lru_cache(maxsize=_MAX_CACHED)
def _drawn(paper_id: str, title: str) -> bytes:
    """Draw the title on a color that depends on the paper."""
    hue = zlib.crc32(paper_id.encode()) % 360 / 360
    red, green, blue = (round(255 * part) for part in colorsys.hls_to_rgb(hue, 0.28, 0.45))
    image = Image.new("RGB", _SIZE, (red, green, blue))
    draw = ImageDraw.Draw(image)
    lines = textwrap.wrap(title, _LINE_CHARACTERS, max_lines=_LINES, placeholder=" …")
    large, small = ImageFont.load_default(size=26), ImageFont.load_default(size=15)
    draw.multiline_text((_MARGIN, _MARGIN), "\n".join(lines), font=large, fill="white", spacing=8)
    draw.text((_MARGIN, _SIZE[1] - _MARGIN), f"arXiv {paper_id}", font=small, fill="white", anchor="ls")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
