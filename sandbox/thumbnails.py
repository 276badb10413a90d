"""Pictures for the lists' papers: the page loads nothing from elsewhere, so they are drawn here."""

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

_SIZE: Final = (400, 210)  # a third of what the Hub draws, in the same proportion
_MARGIN: Final = 24
_LINE_CHARACTERS: Final = 24
_LINES: Final = 4
# Where a bot finds the picture of a paper for which the list names none.
_USUAL: Final = "https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/{id}.png"
_KEPT: Final = 256


class Thumbnails(Mapping[str, tuple[str, bytes]]):
    """By the address that a list names: a file name and a PNG, drawn when it is looked at first."""

    def __init__(self) -> None:
        self._papers: dict[str, tuple[str, str]] = {}

    def note(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Have the pictures of these items of a list; an item that is not as it should be has none."""
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


@lru_cache(maxsize=_KEPT)
def _drawn(paper_id: str, title: str) -> bytes:
    """The title on a color of the paper's own."""
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
