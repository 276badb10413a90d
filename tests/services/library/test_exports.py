"""Exports, read back by parsers that are not those that wrote them: pybtex, rispy, csv."""

from __future__ import annotations

import codecs
import csv
import io
from datetime import UTC, datetime
from typing import Any

import latexcodec  # noqa: F401 - registers the codec
import pytest
import rispy
from hypothesis import given
from hypothesis import strategies as st
from pybtex.database import BibliographyData, Person, parse_string

from bot.core.papers import Paper
from bot.services.library.bibtex import bibtex
from bot.services.library.listings import csv_table, markdown
from bot.services.library.ris import ris
from bot.store.saved_papers import SavedRow
from tests.cases import each
from tests.samples import NOW, a_paper

PEOPLE = (
    "Zoe Last",
    "Bjørn Ødegård",
    "Łukasz Żółć",
    "José Ñuñez",
    "Ludwig van der Berg",
    "Luc Van Dijk",
    "Sam Davis Jr.",
    "The KITE Collaboration",
    "Research and Others Group",
    "others",
    "Plato",
    "李梅梅",
    "Ada First",
)


def bib(*papers: Paper, **options: Any) -> BibliographyData:
    text = bibtex([(f"key{number}", paper) for number, paper in enumerate(papers)], **options)
    return parse_string(text, "bibtex")


def plain(text: str) -> str:
    """LaTeX as text, by another library than wrote it; what it does not know stays LaTeX."""
    return codecs.decode(text, "ulatex").replace("{", "").replace("}", "").replace("\\$", "$")


def names(person: Person) -> dict[str, str]:
    parts = ("first", "middle", "prelast", "last", "lineage")
    return {part: plain(" ".join(found)) for part in parts if (found := person.get_part(part))}


def records(*papers: Paper) -> list[dict[str, Any]]:
    return rispy.loads(ris([(f"key{number}", paper) for number, paper in enumerate(papers)]))


def rows(*papers: Paper) -> list[tuple[SavedRow, Paper]]:
    return [(SavedRow(paper_id=paper.id, saved_at=NOW, citation_key=f"key{number}"), paper) for number, paper in enumerate(papers)]  # fmt: skip


def test_authors_keep_order_accents_particles_and_groups_in_bibtex() -> None:
    found = [names(person) for person in bib(a_paper(authors=PEOPLE)).entries["key0"].persons["author"]]
    assert found == [
        {"first": "Zoe", "last": "Last"},
        {"first": "Bjørn", "last": "Ødegård"},
        {"first": "Łukasz", "last": "Żółć"},
        {"first": "José", "last": "Ñuñez"},
        {"first": "Ludwig", "prelast": "van der", "last": "Berg"},
        {"first": "Luc", "last": "Van Dijk"},
        {"first": "Sam", "last": "Davis", "lineage": "Jr."},
        {"last": "The KITE Collaboration"},
        {"last": "Research and Others Group"},
        {"last": "others"},
        {"last": "Plato"},
        {"last": "李梅梅"},
        {"first": "Ada", "last": "First"},
    ]


def test_authors_keep_order_accents_particles_and_groups_in_ris() -> None:
    (record,) = records(a_paper(authors=PEOPLE))
    assert record["authors"] == [
        "Last, Zoe",
        "Ødegård, Bjørn",
        "Żółć, Łukasz",
        "Ñuñez, José",
        "van der Berg, Ludwig",
        "Van Dijk, Luc",
        "Davis, Sam, Jr.",
        *PEOPLE[7:-1],
        "First, Ada",
    ]


def test_hundreds_of_authors_are_all_there() -> None:
    paper = a_paper(authors=tuple(f"Given{number} Family{number}" for number in range(664)))
    assert [person.last_names for person in bib(paper).entries["key0"].persons["author"]] == [
        [f"Family{number}"] for number in range(664)
    ]
    assert len(records(paper)[0]["authors"]) == 664
    short = bib(paper, most_authors=2).entries["key0"].persons["author"]
    assert [str(person) for person in short] == ["Family0, Given0", "Family1, Given1", "others"]


TITLES = (
    "100% of A_B & C #1 for $5",
    "Kites: “quoted” – done — “”",
    'BERT and "iPhones"',
    "τ-Poincaré and Łukasz ≤ Ångström on 飞",
    "DAgger, R1 and LLMs {ABC} in x",
)


@each("title", TITLES)
def test_a_title_is_read_back_as_it_was(title: str) -> None:
    paper = a_paper(title=title)
    assert plain(bib(paper).entries["key0"].fields["title"]) == title.translate(dict.fromkeys(map(ord, "{}")))
    assert records(paper)[0]["title"] == title.translate(dict.fromkeys(map(ord, "{}")))


def test_a_formula_stays_and_what_is_none_is_escaped() -> None:
    paper, open_brace = (
        a_paper(title=r"On $\mathbb{Q}_{x}^{y}$ and $\frac{1}{ % } `"),
        a_paper(2, title="}{ @misc{x"),
    )
    found = bib(paper, open_brace)
    assert "{$\\mathbb{Q}_{x}^{y}$}" in found.entries["key0"].fields["title"]
    assert len(found.entries) == 2


def test_an_entry_names_arxiv_and_the_day_of_arxiv() -> None:
    paper = a_paper(
        "2601.00007", published_at=datetime(2025, 12, 31, 23, 0, tzinfo=UTC), ai_keywords=("kites",)
    )
    entry = bib(paper).entries["key0"]
    assert entry.type == "misc"
    assert dict(entry.fields) == {
        "title": "Video",
        "year": "2025",
        "month": "December",
        "eprint": "2601.00007",
        "archivePrefix": "arXiv",
        "url": "https://arxiv.org/abs/2601.00007",
    }
    (record,) = records(paper)
    assert record["type_of_reference"] == "UNPB"
    assert (record["id"], record["year"], record["date"]) == ("key0", "2025", "2025/12/31")
    assert (record["accession_number"], record["urls"]) == (
        "arXiv:2601.00007",
        ["https://arxiv.org/abs/2601.00007"],
    )
    assert record["keywords"] == ["kites"]


# What could end a field, an entry, a record, a row or a block of code, and what LaTeX and BibTeX read.
HOSTILE = st.lists(
    st.sampled_from([*"{}\\$%&#_^~`'\"@,=-\n\r|[]<>", "```", "}\n}", "ER  - ", " and ", "others", " Jr.", ", ", "van ", "team", "é", "飞", "\u2028", "$\\x_{", "Kite", " "]),
    max_size=12,
).map("".join)  # fmt: skip


@given(
    st.lists(
        st.builds(a_paper, title=HOSTILE, abstract=HOSTILE, authors=st.lists(HOSTILE, max_size=4).map(tuple), organization=HOSTILE),
        min_size=1,
        max_size=3,
    )
)  # fmt: skip
def test_no_text_breaks_its_entry_record_or_row(papers: list[Paper]) -> None:
    text = bibtex([(f"key{number}", paper) for number, paper in enumerate(papers)])
    assert "```" not in text
    found = parse_string(text, "bibtex")
    assert list(found.entries) == [f"key{number}" for number in range(len(papers))]
    assert [record["id"] for record in records(*papers)] == list(found.entries)
    table = list(csv.reader(io.StringIO(csv_table(rows(*papers)))))
    assert {len(row) for row in table} == {10}
    assert len(table) == len(papers) + 1
    assert markdown(rows(*papers)).count("\n- [") == len(papers)
    for entry, record, paper in zip(found.entries.values(), records(*papers), papers, strict=True):
        assert set(entry.fields) <= {"title", "year", "month", "eprint", "archivePrefix", "url"}
        assert entry.fields["eprint"] == paper.id
        assert len(entry.persons.get("author", ())) == len(record.get("authors", ()))


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@sum", "= 2"])
def test_a_spreadsheet_calculates_no_cell(title: str) -> None:
    paper = a_paper(title=title, authors=("=cmd Ada",), organization="@org")
    (row,) = csv.DictReader(io.StringIO(csv_table(rows(paper)).removeprefix("\ufeff")))
    assert row["title"] == f"'{title}"
    assert row["organization"] == "'@org"
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row.values())


def test_markdown_lists_papers_by_the_day_on_which_they_were_saved() -> None:
    paper = a_paper(
        title="Kites_and [Tea](x)",
        authors=tuple(f"A{n} B{n}" for n in range(12)),
        github_repo="https://github.com/a/b",
    )
    answer = markdown(rows(paper))
    assert "## 19 Aug 2026" in answer
    assert r"- [Kites\_and \[Tea\](x)](https://huggingface.co/papers/2608.00001)" in answer
    assert "A9 B9 and 2 others · [arXiv 2608.00001](https://arxiv.org/abs/2608.00001) · [code]" in answer
