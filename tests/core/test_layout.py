"""Papers go over as few messages as Discord's limits allow, evenly, and none is lost on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.feeds import Style
from bot.core.layout import MAX_PAPERS, layout
from bot.core.papers import Paper
from bot.core.posts import Entry, Form
from tests.fakes.hostile_papers import HOSTILE_PAPERS, PLAIN, papers

pytestmark = pytest.mark.no_cover  # many rounds of hot code, which measuring coverage slows down


def planned(
    shown: Sequence[Paper], *, style: Style = Style.CARDS, max_papers: int = 10
) -> tuple[tuple[Entry, ...], ...]:
    return layout(
        shown, style=style, max_papers=max_papers, queries_of={paper.id: ("kite",) for paper in shown}
    )


def forms(messages: tuple[tuple[Entry, ...], ...]) -> list[str]:
    """Each message as a word: C for a card, l for a line of a digest, m for one that follows cards."""
    letters = {Form.CARD: "C", Form.LINE: "l", Form.MORE: "m"}
    return ["".join(letters[entry.form] for entry in message) for message in messages]


def test_a_few_papers_are_cards_of_one_message() -> None:
    assert forms(planned(papers(3))) == ["CCC"]
    assert planned(papers(1)) == ((Entry(paper_id=PLAIN.id, form=Form.CARD, queries=("kite",)),),)


def test_nothing_to_show_is_no_message() -> None:
    assert planned([]) == ()
    assert planned([], style=Style.DIGEST) == ()


def test_papers_beyond_the_maximum_are_folded_below_the_last_cards() -> None:
    assert forms(planned(papers(8), max_papers=5)) == ["CCCCCmmm"]


def test_lines_that_follow_cards_are_spread_evenly() -> None:
    found = forms(planned(papers(60), max_papers=2))
    assert found[0].startswith("CCm")
    assert [len(word) for word in found] == [22, 20, 18]
    each = layout(papers(60), style=Style.CARDS, max_papers=2, queries_of={}, one_card_each=True)
    assert forms(each) == ["C", "C", "m" * 20, "m" * 20, "m" * 18]


def test_cards_are_spread_evenly_over_their_messages() -> None:
    assert forms(planned(papers(12), max_papers=12)) == ["CCCCCC", "CCCCCC"]


def test_a_digest_has_only_lines_and_spreads_them_evenly() -> None:
    assert forms(planned(papers(45), style=Style.DIGEST, max_papers=3)) == ["l" * 23, "l" * 22]
    assert forms(planned(papers(51), style=Style.DIGEST)) == ["l" * 17] * 3


def test_lines_go_by_list_day_the_newest_first() -> None:
    old, new, best = (
        replace(paper, list_day=PLAIN.list_day - timedelta(days=back), upvotes=upvotes)  # pyright: ignore[reportOptionalOperand]
        for paper, back, upvotes in zip(papers(3), (1, 0, 0), (9, 5, 7), strict=True)
    )
    (message,) = planned([old, best, new], style=Style.DIGEST)
    assert [entry.paper_id for entry in message] == [best.id, new.id, old.id]


@settings(deadline=None)
@given(
    shown=st.lists(HOSTILE_PAPERS, max_size=40, unique_by=lambda paper: paper.id),
    style=st.sampled_from(Style),
    max_papers=st.integers(0, 30),
    one_card_each=st.booleans(),
)
def test_every_paper_is_laid_out_once_and_no_message_has_too_many(
    *, shown: list[Paper], style: Style, max_papers: int, one_card_each: bool
) -> None:
    messages = layout(shown, style=style, max_papers=max_papers, queries_of={}, one_card_each=one_card_each)
    laid_out = [entry for message in messages for entry in message]
    cards = [entry.paper_id for entry in laid_out if entry.form is Form.CARD]
    assert sorted(entry.paper_id for entry in laid_out) == sorted(paper.id for paper in shown)
    assert cards == [paper.id for paper in shown[: max_papers if style is Style.CARDS else 0]]
    assert all(0 < len(message) <= MAX_PAPERS for message in messages)
