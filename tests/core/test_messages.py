"""Papers go over as few messages as Discord's limits allow, and none is lost on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.cards import make_card
from bot.core.feeds import Style
from bot.core.messages import MAX_CHARACTERS, MAX_LINES, Item, compose, heading, layout
from bot.core.papers import Paper
from bot.core.posts import Entry, Form
from bot.core.query.parser import parse_query
from tests.fakes.hostile_papers import HOSTILE_PAPERS, PLAIN, papers

pytestmark = pytest.mark.no_cover  # many rounds of hot code, which measuring coverage slows down


def planned(
    shown: Sequence[Paper], *, style: Style = Style.CARDS, max_papers: int = 10
) -> tuple[tuple[Entry, ...], ...]:
    return layout(
        shown, style=style, max_papers=max_papers, queries_of={paper.id: ("kite",) for paper in shown}
    )


def forms(messages: tuple[tuple[Entry, ...], ...]) -> list[str]:
    """Each message as a word: C for a card, l for a line."""
    return ["".join("C" if entry.form is Form.CARD else "l" for entry in message) for message in messages]


def items(entries: Sequence[Entry], shown: Sequence[Paper]) -> list[Item]:
    by_id = {paper.id: paper for paper in shown}
    return [(by_id[entry.paper_id], entry.form, tuple(map(parse_query, entry.queries))) for entry in entries]


def test_a_few_papers_are_cards_of_one_message() -> None:
    assert forms(planned(papers(3))) == ["CCC"]
    assert planned(papers(1)) == ((Entry(paper_id=PLAIN.id, form=Form.CARD, queries=("kite",)),),)


def test_nothing_to_show_is_no_message() -> None:
    assert planned([]) == ()
    assert planned([], style=Style.DIGEST) == ()


def test_papers_beyond_the_maximum_are_folded_below_the_last_cards() -> None:
    assert forms(planned(papers(8), max_papers=5)) == ["CCCCClll"]


def test_a_long_fold_continues_over_further_messages() -> None:
    found = forms(planned(papers(100), max_papers=2))
    assert found[0].startswith("CCl")
    assert sum(map(len, found)) == 100
    assert all(set(word) == {"l"} for word in found[1:])


def test_cards_are_spread_evenly_over_their_messages() -> None:
    assert forms(planned(papers(12), max_papers=12)) == ["CCCCCC", "CCCCCC"]


def test_a_digest_has_only_lines_and_no_maximum() -> None:
    found = forms(planned(papers(45), style=Style.DIGEST, max_papers=3))
    assert "".join(found) == "l" * 45
    assert all(len(word) <= MAX_LINES for word in found)


@settings(deadline=None)
@given(
    shown=st.lists(HOSTILE_PAPERS, max_size=15, unique_by=lambda paper: paper.id),
    style=st.sampled_from(Style),
    max_papers=st.integers(0, 12),
)
def test_every_paper_is_laid_out_once_and_in_order(shown: list[Paper], style: Style, max_papers: int) -> None:
    messages = planned(shown, style=style, max_papers=max_papers)
    assert [entry.paper_id for message in messages for entry in message] == [paper.id for paper in shown]
    assert all(messages)


def test_one_paper_alone_has_buttons_and_several_have_none() -> None:
    shown = papers(2)
    alone = compose(items(planned(shown[:1])[0], shown), heading="one")
    assert [link.label for link in alone.links] == ["Paper", "PDF", "Code", "Project"]
    assert compose(items(planned(shown)[0], shown), heading="two").links == ()
    digest = planned(shown[:1], style=Style.DIGEST)[0]
    assert [link.label for link in compose(items(digest, shown), heading="").links] == [
        "Paper",
        "PDF",
        "Code",
        "Project",
    ]


def test_folded_papers_are_listed_under_their_number() -> None:
    shown = papers(8)
    message = compose(items(planned(shown, max_papers=5)[0], shown), heading="")
    assert [card.title for card in message.cards][5:] == ["3 more papers"]
    assert all(paper.page_url in str(message.cards[5].description) for paper in shown[5:])


def test_papers_that_grew_since_the_layout_are_shortened_and_the_others_are_not() -> None:
    shown = [replace(paper, ai_summary=None, abstract="kites " * 20) for paper in papers(9)]
    entries = planned(shown)[0]
    assert len(entries) == 9
    grown = [
        replace(shown[0], title="Kites " * 40, abstract="kites " * 500, organization="O" * 60),
        *shown[1:],
    ]
    before, after = (compose(items(entries, some), heading="") for some in (shown, grown))
    assert sum(card.size for card in after.cards) <= MAX_CHARACTERS
    full = make_card(grown[0], queries=[parse_query("kite")], is_alone=False, limit=MAX_CHARACTERS)
    assert before.cards[0].size < after.cards[0].size <= full.size
    assert after.cards[1:] == before.cards[1:]


def test_the_heading_names_the_number_and_the_list_days() -> None:
    assert heading([PLAIN]) == "**1 paper** from the Daily Papers of Wed 19 Aug 2026"
    earlier = replace(PLAIN, list_day=date(2026, 8, 14))
    assert (
        heading([PLAIN, earlier])
        == "**2 papers** from the Daily Papers of Fri 14 Aug 2026 to Wed 19 Aug 2026"
    )
    assert heading([replace(PLAIN, list_day=None)]) == "**1 paper**"


def test_lines_with_reasons_stay_within_the_limits_and_keep_their_titles() -> None:
    abstract = "It begins with something else entirely, and then names the kite once, " + "far away " * 40
    shown = [
        replace(paper, title=f"Number {number}: {'long ' * 20}title", abstract=abstract, ai_keywords=())
        for number, paper in enumerate(papers(45))
    ]
    for style in Style:
        for entries in planned(shown, style=style, max_papers=4):
            message = compose(items(entries, shown), heading="")
            assert sum(card.size for card in message.cards) <= MAX_CHARACTERS
            for line in (
                (message.cards[-1].description or "").splitlines() if entries[-1].form is Form.LINE else ()
            ):
                assert "title](https://huggingface.co/papers/" in line
                assert "names the **kite** once" in line
