"""RIS: papers as records for reference managers.

A record is lines of a two-character tag and a value, too simple to need a library. See
https://en.wikipedia.org/wiki/RIS_(file_format) for the tags.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.core.author_names import author_names
from bot.core.citation_keys import submitted
from bot.core.papers import Paper
from bot.core.words.latex import readable


def ris(papers: Iterable[tuple[str, Paper]]) -> str:
    """Records for the papers, each with its citation key as its id."""
    return "\r\n".join(f"{tag}  - {value}" for key, paper in papers for tag, value in _record(key, paper))


def _record(key: str, paper: Paper) -> Iterator[tuple[str, str]]:
    year, month = submitted(paper)
    yield "TY", "UNPB"  # unpublished work, as a preprint is
    yield "ID", key
    yield "TI", readable(paper.title) or paper.id
    for name in author_names(paper.authors):
        yield "AU", name.sorted_form
    yield "PY", str(year)
    day = f"{paper.published_at:%d}" if paper.published_at else ""
    yield "DA", f"{year}/{month:02}/{day}"
    if abstract := readable(paper.abstract):
        yield "AB", abstract
    for keyword in paper.ai_keywords:
        yield "KW", readable(keyword)
    yield "PB", "arXiv"
    yield "AN", f"arXiv:{paper.id}"
    yield "UR", paper.abs_url
    yield "L1", paper.pdf_url
    yield "ER", "\r\n"
