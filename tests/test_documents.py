"""README and docs/ are correct: keyword examples match, and links and paths exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import discord
import pytest

from bot.client import INVITE_PERMISSIONS
from bot.core.ids import PaperId
from bot.core.limits import Limits
from bot.core.papers import Paper
from bot.core.query.compiled import compile_alternatives
from bot.core.query.description import reading
from bot.core.query.errors import QueryError
from bot.core.query.nodes import Field
from bot.core.query.parser import parse_query
from bot.discord.answers.help import help_pages
from bot.discord.permissions.obstacles import permission_name
from bot.matching.index import PaperIndex
from tests.cases import each
from tests.queries import expression

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "PRIVACY.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
DOCS = ROOT / "docs"
KEYWORDS = DOCS / "keywords.md"
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
    """The rows of every table that has these columns, as the cells of these columns."""
    return [
        [row[head.index(name)] for name in heads]
        for head, rows in tables(path)
        if set(heads) <= set(head)
        for row in rows
    ]


def code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def italics(cell: str) -> list[str]:
    """The texts in italics."""
    return re.findall(r"(?<![\w*])\*([^*\s](?:[^*]*[^*\s])?)\*(?![\w*])", re.sub(r"`[^`]*`", "", cell))


def paper_with(place: str, text: str) -> Paper:
    """A paper that has the text in one place, named as docs/keywords.md names it."""
    return Paper(
        id=PaperId("2601.00001"),
        list_day=None,
        title=text if place == "title" else "",
        abstract=text if place == "abstract" else "",
        ai_keywords=(text,) if place == "AI keywords" else (),
        authors=(text,) if place == "authors" else (),
        organization=text if place == "organization" else None,
    )


def finds(query: str, text: str, *, place: str = "") -> bool:
    """Whether the query finds a text: the name of an author or organization if it asks for one, else a title."""
    default = {"author": "authors", "org": "organization"}.get(query.partition(":")[0], "title")
    paper = paper_with(place or default, text)
    return bool(PaperIndex([paper]).search(expression(query)))


EXAMPLES = ("typed", "finds", "does not find")


def examples(path: Path, cell: int) -> list[tuple[str, str]]:
    """Each query with each text in italics in one cell of its row."""
    found: list[tuple[str, str]] = []
    for row in rows_of(path, *EXAMPLES):
        texts = italics(row[cell])
        assert texts or not row[cell], f"no example in {row}"
        found += [(code(row[0])[0], text) for text in texts]
    return found


def help_page(title: str) -> str:
    pages = help_pages(discord.app_commands.CommandTree(discord.Client(intents=discord.Intents.none())))
    return next(page.description or "" for page in pages if page.title == title)


def help_examples() -> list[tuple[str, list[str], list[str]]]:
    """The examples of /help: a query, what it finds, and what it does not find, each line one."""
    lines = [
        re.fullmatch(r"`([^`]+)`  (.*?)(?:; not (.*))?", line) for line in help_page("Keywords").splitlines()
    ]
    return [(line[1], italics(line[2]), italics(line[3] or "")) for line in lines if line]


def test_every_place_has_the_same_ten_examples() -> None:
    ten = [code(row[0])[0] for row in rows_of(README, *EXAMPLES)]
    assert len(ten) == 10
    assert [code(row[0])[0] for row in rows_of(KEYWORDS, *EXAMPLES)][:10] == ten
    assert [query for query, _, _ in help_examples()][:10] == ten


@each(("query", "text"), [*examples(README, 1), *examples(KEYWORDS, 1)])
def test_an_example_query_finds_its_texts(query: str, text: str) -> None:
    assert finds(query, text)


@each(("query", "text"), [*examples(README, 2), *examples(KEYWORDS, 2)])
def test_an_example_query_does_not_find_the_other_texts(query: str, text: str) -> None:
    assert not finds(query, text)


@each(("query", "found", "not_found"), help_examples())
def test_an_example_in_help_finds_what_it_says(query: str, found: list[str], not_found: list[str]) -> None:
    assert [text for text in found if not finds(query, text)] == []
    assert [text for text in not_found if finds(query, text)] == []


@each("row", rows_of(KEYWORDS, "typed", "problem"))
def test_a_query_that_the_page_calls_invalid_is_rejected(row: list[str]) -> None:
    with pytest.raises(QueryError):
        parse_query(code(row[0])[0])


@each("row", rows_of(KEYWORDS, "typed", "searches"))
@each("place", ["title", "abstract", "AI keywords", "authors", "organization"])
def test_a_field_searches_the_places_that_the_page_names(row: list[str], place: str) -> None:
    query = code(row[0])[0]
    named = row[1].split(":")[0]
    assert finds(query, query.partition(":")[2], place=place) == (f"the {place}" in named)


@each("row", rows_of(KEYWORDS, "typed in `/subscribe`", "becomes"))
def test_a_list_of_keywords_becomes_the_subscriptions_that_the_page_names(row: list[str]) -> None:
    assert [query.text for query in compile_alternatives(code(row[0])[0], Limits())] == code(row[1])


@each("row", rows_of(KEYWORDS, "typed", "read as"))
def test_a_query_is_read_as_the_page_says(row: list[str]) -> None:
    assert reading(parse_query(code(row[0])[0])) == row[1]


def test_the_examples_were_found() -> None:
    assert len(examples(KEYWORDS, 1)) > 100
    assert len(rows_of(KEYWORDS, "typed", "problem")) > 10
    assert len(rows_of(KEYWORDS, "typed", "searches")) == len(Field)
    assert len(rows_of(KEYWORDS, "typed in `/subscribe`", "becomes")) == 3
    assert len(rows_of(KEYWORDS, "typed", "read as")) == 6
    assert len(help_examples()) > 15


def anchors(path: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@each("path", DOCUMENTS)
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


@each("path", DOCUMENTS)
def test_files_that_a_document_names_exist(path: Path) -> None:
    named = re.findall(
        r"`((?:bot|cogs|sandbox|tests|docs|benchmarks)/[\w./]*)`", path.read_text(encoding="utf-8")
    )
    assert [name for name in named if not (ROOT / name).exists()] == []


def logged() -> list[str]:
    """The texts in the bot's source, with … for what is filled in."""
    texts: list[str] = []
    for path in (ROOT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = (str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
                texts.append("".join(parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(re.sub(r"%[-.\d]*[a-z]", "…", node.value))
    return texts


def quoted_messages() -> list[str]:
    """The log messages that the documents quote, with … for what differs."""
    table = [message for row in rows_of(DOCS / "operating.md", "Message") for message in italics(row[0])]
    return [*table, "Ready as …", *(code(row[0])[0] for row in rows_of(DOCS / "monitoring.md", "message"))]


def test_log_messages_that_a_document_quotes_are_in_the_source() -> None:
    texts = logged()
    quoted = quoted_messages()
    assert len(quoted) > 15
    patterns = {message: re.compile(".*".join(map(re.escape, message.split("…")))) for message in quoted}
    assert [message for message in quoted if not any(map(patterns[message].match, texts))] == []


def test_the_invite_link_in_the_readme_requests_the_permissions_that_the_bot_needs() -> None:
    requested = re.findall(r"permissions=(\d+)", README.read_text(encoding="utf-8"))
    assert requested == [str(INVITE_PERMISSIONS.value)]
    named = " ".join(row[0] for row in rows_of(README, "Permission", "Why"))
    needed = [name for name, is_needed in INVITE_PERMISSIONS if is_needed]
    assert len(needed) == named.count(",") + len(rows_of(README, "Permission", "Why"))
    for name in needed:
        shown = permission_name("view_channel" if name == "read_messages" else name)  # discord.py's old name
        assert shown.strip("*") in named
