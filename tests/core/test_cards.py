"""A paper's card says what a reader wants to know, and fits whatever the paper contains."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.cards import (
    MAX_DESCRIPTION_LENGTH,
    MAX_TITLE_LENGTH,
    Card,
    date_text,
    make_card,
)
from bot.core.lines import digest_line
from bot.core.markdown import MAX_BUTTON_URL, length
from bot.core.papers import Paper
from bot.core.posts import CloseTo
from bot.core.query.parser import Query, parse_query
from tests.fakes.hostile_papers import HOSTILE_PAPERS, PLAIN

pytestmark = pytest.mark.no_cover  # many rounds of hot code, which measuring coverage slows down

QUERIES = st.lists(
    st.sampled_from(["kites", "survey", "author:ada", "org:kites", "title:tidal", "*", "turbines"]),
    max_size=3,
).map(lambda texts: tuple(map(parse_query, texts)))


def card(paper: Paper = PLAIN, *queries: str, is_alone: bool = False, limit: int = 6_000) -> Card:
    return make_card(paper, queries=[parse_query(text) for text in queries], is_alone=is_alone, limit=limit)


def text(paper: Paper = PLAIN, *queries: str, is_alone: bool = False, limit: int = 6_000) -> str:
    return card(paper, *queries, is_alone=is_alone, limit=limit).description or ""


def test_a_card_among_others_has_everything_in_its_place() -> None:
    shown = card()
    assert (shown.title, shown.url) == (PLAIN.title, "https://huggingface.co/papers/2608.00001")
    assert (shown.author, shown.author_url, shown.author_icon) == (
        "Institute of Kites",
        "https://huggingface.co/kites",
        "https://cdn-avatars.huggingface.co/kites.png",
    )
    assert shown.description == (
        "Under-water kites earn more than turbines in slow tides.\n"
        "-# Ada Example, Bo Sample, Cy Instance and 2 more · arXiv 18 Aug\n"
        "[Paper](https://huggingface.co/papers/2608.00001) · [PDF](https://arxiv.org/pdf/2608.00001) · "
        "[Code ★ 56](https://github.com/example/tidal_kites) · "
        "[Project](https://kites.example.org/tidal)"
    )
    assert shown.footer == "▲ 1,234 · 💬 3"
    assert (shown.thumbnail, shown.image, shown.links) == (PLAIN.thumbnail, None, ())


def test_a_card_alone_has_its_links_for_buttons_and_a_large_picture() -> None:
    shown = card(is_alone=True)
    assert [(link.label, link.url) for link in shown.links] == [
        ("Paper", "https://huggingface.co/papers/2608.00001"),
        ("PDF", "https://arxiv.org/pdf/2608.00001"),
        ("Code ★ 56", "https://github.com/example/tidal_kites"),
        ("Project", "https://kites.example.org/tidal"),
    ]
    assert "arxiv.org/pdf" not in (shown.description or "")
    assert (shown.thumbnail, shown.image) == (None, PLAIN.thumbnail)


def test_the_authors_own_figure_takes_the_thumbnails_place() -> None:
    own = replace(PLAIN, media="https://cdn-uploads.huggingface.co/figure.gif")
    assert (card(own).thumbnail, card(own, is_alone=True).image) == (own.media, own.media)
    assert card(replace(own, media="figure.gif")).thumbnail == PLAIN.thumbnail


def test_a_card_leaves_out_what_its_paper_lacks() -> None:
    bare = Paper(id=PLAIN.id, list_day=None, title="Bare", abstract="Nothing else.")
    assert text(bare) == (
        "Nothing else.\n[Paper](https://huggingface.co/papers/2608.00001) · [PDF](https://arxiv.org/pdf/2608.00001)"
    )
    assert (card(bare).author, card(bare).author_icon, card(bare).footer) == (None, None, "▲ 0")


def test_without_an_ai_summary_the_card_begins_with_what_the_paper_does() -> None:
    abstract = (
        "Kites are old. " * 30 + "To address this, we propose to fly them under water. " + "They earn. " * 40
    )
    shown = text(replace(PLAIN, ai_summary=None, abstract=abstract)).partition("\n")[0]
    assert shown.startswith("We propose to fly them under water. They earn. They earn.")
    assert shown.endswith("They earn.")
    assert len(shown) <= 350
    assert shown == text(replace(PLAIN, ai_summary="  ", abstract=abstract)).partition("\n")[0]


@pytest.mark.parametrize("limit", [420, 500, 600])
def test_an_ai_summary_is_never_cut_while_other_parts_can_give_way(limit: int) -> None:
    summary = ("It flies kites, " * 22)[:349] + "."
    shown = card(replace(PLAIN, ai_summary=summary), "kite", limit=limit)
    assert summary in (shown.description or "").replace("**", "")
    assert limit > 500 or "](" not in (shown.description or "")


def test_the_matched_words_are_bold_in_title_and_summary() -> None:
    shown = card(PLAIN, "kite")
    assert shown.title == "**Kites** for Tidal Power: a Survey"
    assert "Under-water **kites** earn" in (shown.description or "")


def test_the_footer_says_why_the_paper_is_here() -> None:
    assert card(PLAIN, "kite").footer == "▲ 1,234 · 💬 3 · matches “kite”"
    assert card(PLAIN, "kite", '"CLIP"').footer == '▲ 1,234 · 💬 3 · matches “kite” and "CLIP"'
    assert card(PLAIN, "*").footer == "▲ 1,234 · 💬 3"
    assert card(replace(PLAIN, comments=0)).footer == "▲ 1,234"
    many = card(PLAIN, *(f"kite{number}" for number in range(9))).footer or ""
    assert many.endswith(" and 5 more")


def test_a_match_that_is_not_visible_is_quoted_from_the_abstract() -> None:
    paper = replace(
        PLAIN, abstract="Words before it. " * 20 + "Then a lonely walrus appears. " + "Words after it. " * 20
    )
    assert "\nAbstract: Then a lonely **walrus** appears.\n" in text(paper, "walrus")
    assert "Abstract:" not in text(paper, "kite")
    assert "Keyword: **tethered wings**" in text(PLAIN, "tethered wings")
    assert "Keyword:" not in text(PLAIN, "org:kites")


def test_664_authors_are_shown_as_a_few_and_how_many_more() -> None:
    paper = replace(PLAIN, authors=tuple(f"Person {number}" for number in range(664)))
    assert "\n-# Person 0, Person 1, Person 2 and 661 more ·" in text(paper)


def test_an_author_that_a_query_matches_is_named_at_any_position() -> None:
    assert "-# Ada Example, Bo Sample, Cy Instance, **Ed Pattern** and 1 more ·" in text(
        PLAIN, "author:pattern"
    )


def test_one_author_more_than_the_first_few_is_not_hidden_behind_a_number() -> None:
    assert "-# Ada Example, Bo Sample, Cy Instance, Di Model ·" in text(
        replace(PLAIN, authors=PLAIN.authors[:4])
    )


def test_a_date_is_the_same_for_every_reader() -> None:
    assert date_text(date(2026, 8, 1)) == "1 Aug 2026"
    late = replace(PLAIN, published_at=datetime.fromisoformat("2025-08-18T23:30:00-05:00"))
    assert "arXiv 19 Aug 2025" in text(late)
    assert "<t:" not in text(late)


def test_a_withdrawn_paper_says_so() -> None:
    assert "withdrawn 3 Sep 2026" in text(replace(PLAIN, withdrawn_at=datetime(2026, 9, 3, tzinfo=UTC)))


def test_an_address_that_discord_would_refuse_is_left_out() -> None:
    paper = replace(
        PLAIN, github_repo="javascript:x", project_page="https://a.example/" + "x" * 600, thumbnail="/x.png"
    )
    assert [link.label for link in card(paper, is_alone=True).links] == ["Paper", "PDF"]
    assert (card(paper).thumbnail, "[Code]" in text(paper)) == (None, False)


def test_one_address_is_linked_once() -> None:
    assert "[Project]" not in text(replace(PLAIN, project_page=PLAIN.github_repo))
    assert "[Project]" not in text(replace(PLAIN, project_page=PLAIN.pdf_url))


# What a paper is close to where no query matches it.
CLOSE_TO = CloseTo(
    queries=('"@everyone <@1> `https://evil.example"',) * 3, words=("https://x.y", "word" * 99)
)


def test_a_paper_that_is_only_close_says_to_what_and_by_which_words() -> None:
    close_to = CloseTo(queries=("reward hacking",), words=("specification gaming", "proxy reward"))
    answer = "close to “reward hacking”: specification gaming, proxy reward"

    shown = make_card(PLAIN, queries=[], close_to=close_to, is_alone=False, limit=6_000)

    assert shown.footer == f"▲ 1,234 · 💬 3 · {answer}"
    assert digest_line(PLAIN, queries=[], close_to=close_to).endswith(f" · {answer}")


@settings(deadline=None)
@given(
    paper=HOSTILE_PAPERS,
    queries=QUERIES,
    is_alone=st.booleans(),
    limit=st.one_of(st.integers(20, 700), st.integers(700, 6_000)),
)
def test_a_card_fits_whatever_the_paper_contains(
    *, paper: Paper, queries: tuple[Query, ...], is_alone: bool, limit: int
) -> None:
    shown = make_card(paper, queries=queries, close_to=CLOSE_TO, is_alone=is_alone, limit=limit)
    description = shown.description or "-"
    assert shown.size <= limit
    assert (shown.title or "").strip()
    assert description.strip()
    assert length(shown.title or "") <= MAX_TITLE_LENGTH
    assert length(description) <= MAX_DESCRIPTION_LENGTH
    assert all(len(link.url) <= MAX_BUTTON_URL for link in shown.links)
    assert len(shown.author or "") <= 256
    assert not re.search(r"@everyone|<@\d|(?<!\()https?://(?!\S*\))", f"{shown.title}{description}")


@pytest.mark.parametrize("title", ["", "  ", "\u200b"])
def test_a_paper_without_a_title_is_shown_by_its_id(title: str) -> None:
    assert card(replace(PLAIN, title=title)).title == "2608.00001"
