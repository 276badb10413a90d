"""Which texts count as similar, and what they are said to share."""

from __future__ import annotations

import pytest

from bot.core.ids import PaperId
from bot.matching.search_texts import code_of
from bot.matching.similar import Likeness, SimilarTexts

STOP_WORDS = ("we", "the")


class Texts:
    """Texts as they are stored: three lines each, with a character a word."""

    def __init__(self) -> None:
        self._codes: dict[str, str] = {}

    def stored(self, title: str, abstract: str = "", keywords: str = "") -> str:
        return "\n".join(
            "".join([self._codes.setdefault(word, code_of(len(self._codes) + 1)) for word in line.split()])
            for line in (title, abstract, keywords)
        )

    def similar(self, own: tuple[str, ...], *others: tuple[str, ...]) -> list[Likeness]:
        stop_words = self.stored(" ".join(STOP_WORDS)).replace("\n", "")
        found = SimilarTexts(self.stored(*own), stop_words)
        found.add(
            [PaperId(str(number)) for number in range(len(others))],
            "\n".join(self.stored(*other) for other in others),
        )
        return found.best(10)


def order(own: tuple[str, ...], *others: tuple[str, ...]) -> list[int]:
    """The places of the similar texts, the most similar first."""
    return [int(paper.paper_id) for paper in Texts().similar(own, *others)]


@pytest.mark.parametrize(
    ("own", "others"),
    [
        pytest.param("kite drone", [("beach", "drone"), ("sand", "kite"), ("c", "drone")], id="rare words"),
        pytest.param("kite drone", [("drone x kite",), ("kite drone x",)], id="side by side"),
        pytest.param("kite", [("x", "kite"), ("kite", "x")], id="in the title"),
        pytest.param("kite", [("kite x x x x",), ("kite x",)], id="among few words"),
        pytest.param("kite", [("x x x", "kite"), ("x x", "kite kite")], id="often"),
        pytest.param("kite kite drone", [("drone", "a"), ("kite", "a")], id="often in the paper"),
    ],
)
def test_what_counts_more_comes_first(own: str, others: list[tuple[str, ...]]) -> None:
    assert order((own,), *others)[0] == 1


def test_stop_words_and_ai_keywords_alone_make_nothing_similar() -> None:
    own = ("we film the kite", "", "aerial video")
    assert order(own, ("we see the sand", "", "aerial video"), ("sea", "kite"), ("sand", "", "kite")) == [1]


def test_a_paper_is_as_similar_as_can_be_to_itself_and_less_to_others() -> None:
    same, other = Texts().similar(("kite drone", "beach"), ("kite drone", "beach"), ("kite", "sand"))
    assert same.score == pytest.approx(1)
    assert 0 < other.score < 1


def test_shared_phrases_are_named_where_they_first_occur_the_most_distinctive_first() -> None:
    own = ("film the kite", "the drone swarm and the kite")
    (found,) = Texts().similar(own, ("kite",), *[("x",)] * 5)[:1]
    assert found.shared == ((2, 1),)
    first, *_ = Texts().similar(own, ("swarm", "the drone swarm"), *[("the swarm",)] * 5, ("drone",))
    assert set(first.shared[:2]) == {(4, 2), (5, 2)}
    assert first.shared[2:] == ((5, 1), (6, 1))


def test_more_texts_than_are_counted_at_once_are_distinguished() -> None:
    others = [(f"x{number}", "kite" if number in {3, 700, 1300} else "sand") for number in range(1_301)]
    assert order(("kite",), *others) == [3, 700, 1300]
    texts = Texts()
    found = SimilarTexts(texts.stored("kite drone"))
    for number in range(3):  # as the store reads them, in batches of any size
        found.add([PaperId(str(number))], texts.stored("drone" if number == 1 else "kite x"))
    assert [paper.shared for paper in found.best(3) if paper.paper_id == "1"] == [((1, 1),)]


@pytest.mark.parametrize("own", [("",), ("we the",), ("kite",)])
def test_a_paper_with_nothing_in_common_with_any_has_none(own: tuple[str, ...]) -> None:
    assert order(own, ("sand",), ("", "")) == []
    assert SimilarTexts(Texts().stored(*own)).best(10) == []
