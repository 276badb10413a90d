"""README and docs/ are correct: keyword examples match, and links and paths exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.client import INVITE_PERMISSIONS
from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.core.query.errors import QueryError
from bot.core.query.parser import parse_query
from bot.discord.permissions.obstacles import permission_name
from bot.matching.index import PaperIndex
from tests.queries import expression

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
KEYWORDS = ROOT / "docs" / "keywords.md"
README = ROOT / "README.md"


def tables(path: Path) -> Iterator[tuple[list[str], list[list[str]]]]:
    """The header and the rows of each table in a document, as cells."""
    rows: list[list[str]] = []
    for line in map(str.strip, [*path.read_text(encoding="utf-8").splitlines(), ""]):
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.removeprefix("|").removesuffix("|").split(" | ")])
        elif rows:
            yield rows[0], rows[2:]
            rows = []


def rows_of(path: Path, *heads: str) -> list[list[str]]:
    return [row for head, rows in tables(path) if head == list(heads) for row in rows]


def code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def italics(cell: str) -> list[str]:
    """The texts in italics."""
    return re.findall(r"(?<![\w*])\*([^*\s](?:[^*]*[^*\s])?)\*(?![\w*])", re.sub(r"`[^`]*`", "", cell))


def finds(query: str, title: str) -> bool:
    paper = Paper(id=PaperId("2601.00001"), list_day=None, title=title, abstract="")
    return bool(PaperIndex([paper]).search(expression(query)))


def examples(cell: int) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for path in (README, KEYWORDS):
        for row in rows_of(path, "typed", "finds", "does not find"):
            titles = italics(row[cell])
            assert titles or not row[cell], f"no example in {row}"
            found += [(code(row[0])[0], title) for title in titles]
    return found


def test_the_readme_has_ten_examples() -> None:
    assert len(rows_of(README, "typed", "finds", "does not find")) == 10


@pytest.mark.parametrize(("query", "title"), examples(1))
def test_an_example_query_finds_its_titles(query: str, title: str) -> None:
    assert finds(query, title)


@pytest.mark.parametrize(("query", "title"), examples(2))
def test_an_example_query_does_not_find_the_other_titles(query: str, title: str) -> None:
    assert not finds(query, title)


@pytest.mark.parametrize("row", rows_of(KEYWORDS, "typed", "why"), ids=lambda row: row[0])
def test_a_query_that_the_page_calls_invalid_is_rejected(row: list[str]) -> None:
    with pytest.raises(QueryError):
        parse_query(code(row[0])[0])


@pytest.mark.parametrize("row", rows_of(KEYWORDS, "typed", "looks in"), ids=lambda row: row[0])
def test_a_field_in_the_page_is_valid(row: list[str]) -> None:
    parse_query(code(row[0])[0])


def anchors(path: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_within_the_project_exist(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
    for link in links:
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name) if name else path
        assert target.exists(), f"{path.name}: {link}"
        assert not anchor or anchor in anchors(target), f"{path.name}: {link}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_a_document_names_exist(path: Path) -> None:
    named = re.findall(
        r"`((?:bot|cogs|sandbox|tests|docs|benchmarks)/[\w./]*)`", path.read_text(encoding="utf-8")
    )
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_invite_link_in_the_readme_requests_the_permissions_that_the_bot_needs() -> None:
    requested = re.findall(r"permissions=(\d+)", README.read_text(encoding="utf-8"))
    assert requested == [str(INVITE_PERMISSIONS.value)]
    named = " ".join(row[0] for row in rows_of(README, "Permission", "Why"))
    needed = [name for name, is_needed in INVITE_PERMISSIONS if is_needed]
    assert len(needed) == named.count(",") + len(rows_of(README, "Permission", "Why"))
    for name in needed:
        shown = permission_name("view_channel" if name == "read_messages" else name)  # discord.py's old name
        assert shown.strip("*") in named
