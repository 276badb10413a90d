"""An opened paper shows all that a reader asks for, and fits in an embed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.cards import MAX_DESCRIPTION_LENGTH, MAX_TITLE_LENGTH
from bot.core.cutting import length
from bot.core.opened_papers import Linked, OpenedPaper, Repositories, opened_card
from bot.core.papers import Paper
from tests.examples import examples
from tests.fakes.hostile_papers import HOSTILE_PAPERS, PLAIN

pytestmark = pytest.mark.no_cover  # many rounds of hot code, which measuring coverage slows down

LINKED = Linked(
    models=Repositories(ids=("kites/one", "kites/two", "kites/three", "kites/four"), total=1_200),
    spaces=Repositories(ids=("kites/demo",), total=1),
)
_LONG = Repositories(ids=("a" * 96 + "/" + "_" * 96,) * 3, total=10**9)
DAYS = (date(2026, 8, 13), date(2026, 8, 19))


def test_who_submitted_a_paper_is_named_with_a_link_as_on_the_site() -> None:
    paper = replace(PLAIN, submitter="Ada *Lovelace*", submitter_login="ada")

    description = opened_card(OpenedPaper(paper=paper, days=DAYS)).description or ""

    assert "19 Aug 2026 · submitted by [Ada \\*Lovelace\\*](https://huggingface.co/ada)" in description
    unknown = replace(paper, submitter_login=None)
    assert "submitted by Ada" in (opened_card(OpenedPaper(paper=unknown, days=DAYS)).description or "")


def test_the_whole_abstract_is_between_the_people_and_the_numbers() -> None:
    card = opened_card(OpenedPaper(paper=PLAIN, days=DAYS, linked=LINKED))

    assert card.url == "https://huggingface.co/papers/2608.00001"
    assert card.description == (
        "-# Ada Example, Bo Sample, Cy Instance, Di Model, Ed Pattern · Institute of Kites\n"
        f"{PLAIN.abstract.strip()}\n"
        "-# ▲ 1,234 · 💬 3 · ★ 56 · arXiv 18 Aug · on the lists of 13 Aug 2026 and 19 Aug 2026 · "
        "submitted by [Flo Sender](https://huggingface.co/flo)\n"
        "**1,200 models**: [kites/one](https://huggingface.co/kites/one), "
        "[kites/two](https://huggingface.co/kites/two), "
        "[kites/three](https://huggingface.co/kites/three) and 1,197 more\n"
        "**1 Space**: [kites/demo](https://huggingface.co/spaces/kites/demo)"
    )


def test_a_withdrawn_paper_on_no_list_says_both() -> None:
    gone = replace(PLAIN, withdrawn_at=datetime(2026, 8, 20, tzinfo=UTC), list_day=None)

    description = opened_card(OpenedPaper(paper=gone)).description or ""

    assert description.startswith("**Withdrawn**: it is not posted.\n")
    assert "withdrawn 20 Aug 2026" in description
    assert "on no Daily Papers list that I know" in description
    assert "model" not in description.rpartition("\n")[2]


def test_six_hundred_authors_leave_room_for_the_abstract() -> None:
    many = replace(PLAIN, authors=tuple(f"Author {number}" for number in range(664)))

    description = opened_card(OpenedPaper(paper=many)).description or ""

    assert "Author 9 and 654 more" in description
    assert PLAIN.abstract.strip() in description


@settings(deadline=None, max_examples=examples(4))
@given(
    paper=HOSTILE_PAPERS,
    linked=st.sampled_from([None, LINKED, Linked(models=_LONG, datasets=_LONG, spaces=_LONG)]),
)
def test_every_paper_fits_in_an_embed(paper: Paper, linked: Linked | None) -> None:
    card = opened_card(OpenedPaper(paper=paper, days=DAYS, linked=linked))

    assert 0 < length(card.title or "") <= MAX_TITLE_LENGTH
    assert 0 < length(card.description or "") <= MAX_DESCRIPTION_LENGTH
