"""What is left of LaTeX and Markdown in recorded titles and abstracts, by kind, with counts: `make residue`."""

from __future__ import annotations

import json
import lzma
import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from bot.core.words.latex import readable
from tests.list_days import NOT_TRIED, RECORDED, SHARED, papers_of

_ARCHIVE: Final = SHARED / "archive.jsonl.xz"
_ADDRESS: Final = re.compile(r"(?:https?://|www\.)\S+|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,6}/\S*|\S+@\S+")
_SHOWN: Final = 3

# Each kind, what it looks like, and why it stays.
KINDS: Final = {
    "a command": (r"\\[A-Za-z]+", "its argument has no end, or needs more than characters"),
    "a formula": (r"\$[^\s$][^$]*\\[^$]*\$", "it needs more than characters"),
    "a dollar": (r"\$(?!\d)", "it may be a price; only one of two is left"),
    "a set": (r"\{[^{}]*[,:;][^{}]*\}", "braces around several things are the authors' own"),
    "another brace": (r"\{(?![^{}]*\})|\{[^{},:;]*\}", "it has no partner, or holds a formula"),
    "a power": (r"\^\S", "Unicode has no raised form of it that is searched as it is read"),
    "an index": (r"(?<![\w-])[^\W\d_]_[^\W\d]\w*", "Unicode has no lowered form of it"),
    "a quote": (r"``|''|`", "it has no partner"),
    "a name of a letter": (
        r"(?<![\w-])(?:alpha|beta|gamma|delta|lambda|tau|theta|varepsilon)(?![\w-])",
        "it is a word as well",
    ),
    "approx": (r"\bapprox\b", "it is an abbreviation as well"),
    "stars": (r"\*\*", "they have no partner"),
}


def texts() -> Iterator[str]:
    """Each recorded title and abstract as it is shown, without addresses."""
    found: dict[str, None] = {}
    if _ARCHIVE.is_file():
        with lzma.open(_ARCHIVE, "rt", encoding="utf-8") as lines:
            for paper in map(json.loads, lines):
                found |= dict.fromkeys((paper["title"], paper["abstract"]))
    days = [file for file in RECORDED if file.is_file() and date.fromisoformat(file.stem)]
    for paper in papers_of(days):
        found |= dict.fromkeys((paper.title, paper.abstract))
    for text in found:
        yield _ADDRESS.sub("", readable(text))


def main() -> None:
    shown = list(texts())
    if not shown:
        print(f"NOT TRIED: recorded titles and abstracts are {NOT_TRIED}")
        return
    print(f"{len(shown):,} titles and abstracts")
    for kind, (pattern, why) in KINDS.items():
        hits = [
            text[max(match.start() - 12, 0) : match.end() + 12]
            for text in shown
            for match in re.finditer(pattern, text)
        ]
        print(f"{len(hits):6,}  {kind}: {why}")
        for hit in hits[:: max(len(hits) // _SHOWN, 1)][:_SHOWN]:
            print(f"          {hit}")


if __name__ == "__main__":
    main()
