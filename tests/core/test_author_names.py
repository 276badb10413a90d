"""Authors' names in their parts, and the citation keys that are made of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.author_names import author_names
from bot.core.citation_keys import MAX_KEY_LENGTH, citation_key
from tests.cases import each
from tests.samples import a_paper

SORTED = {
    "Ada Example": "Example, Ada",
    "Ada B. Example": "Example, Ada B.",
    "Bjørn Ødegård": "Ødegård, Bjørn",
    r"Jos\'{e} Garc\'ia": "García, José",
    "Ludwig van der Berg": "van der Berg, Ludwig",
    "Pierre de la Tour": "de la Tour, Pierre",
    "Luc Van Dijk": "Van Dijk, Luc",
    "Van Li": "Li, Van",  # a given name
    "Minrui Y Xu": "Xu, Minrui Y",  # an initial
    "Marco AF Costa": "Costa, Marco AF",
    "Sam Davis Jr.": "Davis, Sam, Jr.",
    "Sam Davis, Jr.": "Davis, Sam, Jr.",
    "Hal Example III": "Example, Hal, III",
    "Example, Ada": "Example, Ada",
    "Li, Wu, Bai, Xu": "Li, Wu, Bai, Xu",
    "Plato": "Plato",
    "Mei-Mei Li": "Li, Mei-Mei",
    "李梅梅": "李梅梅",
    'Lin "Jim" Fan': 'Fan, Lin "Jim"',
    "and Lei Bai": "Bai, Lei",
    "The KITE Collaboration": "The KITE Collaboration",
    "Kite Team": "Kite Team",
    "Team Kite": "Team Kite",
    "Kite AI Research": "Kite AI Research",
    "Ada1 Example1": "Example1, Ada1",
    "Center for Research and Development": "Center for Research and Development",
    "{Kite} \\": "Kite",
}


@each("name", SORTED)
def test_a_name_is_sorted_by_its_surname_and_a_group_stays_whole(name: str) -> None:
    (found,) = author_names((name,))
    assert found.sorted_form == SORTED[name]


def test_authors_stay_in_order_and_two_in_one_name_are_two() -> None:
    found = author_names(("Zoe Last", "Ann Lee and Bo Wu", " ", "—", "Ada First"))
    assert [name.sorted_form for name in found] == ["Last, Zoe", "Lee, Ann", "Wu, Bo", "First, Ada"]


KEYS = {
    ("Deep Kites", ("Ada Example", "Bo Sample")): "example2026deep",
    ("On the Use of “Kites”", ("Ludwig van der Bérg",)): "berg2026use",
    ("GPT-4 Kites", ("The KITE Collaboration",)): "kite2026gpt",
    ("τ: 飞", ("李梅梅", "Bjørn Ødegård")): "odegard2026",
    ("The", ()): "anon2026",
    ("x" * 300, ("y" * 300,)): "y" * 30 + "2026" + "x" * 30,
}


@each("title_and_authors", KEYS)
def test_a_key_is_the_first_surname_the_year_and_a_word_of_the_title(
    title_and_authors: tuple[str, tuple[str, ...]],
) -> None:
    title, authors = title_and_authors
    key = citation_key(a_paper(title=title, authors=authors))
    assert key == KEYS[title_and_authors]
    assert len(key) <= MAX_KEY_LENGTH


def test_a_key_that_is_taken_gets_a_letter() -> None:
    paper = a_paper(title="Kites", authors=("Ada Li",))
    taken: set[str] = set()
    for _ in range(28):
        taken.add(citation_key(paper, taken=taken))
    assert {"li2026kites", "li2026kitesa", "li2026kitesz", "li2026kitesaa"} <= taken
    assert len(taken) == 28


@pytest.mark.parametrize(
    ("published", "year"), [(datetime(2025, 12, 31, tzinfo=UTC), "2025"), (None, "2026")]
)
def test_the_year_is_that_of_arxiv_and_not_of_the_list(published: datetime | None, year: str) -> None:
    paper = a_paper("2601.00001", title="Kites", authors=("Ada Li",), published_at=published)
    assert citation_key(paper) == f"li{year}kites"
