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
    MIN_LINE_LENGTH,
    Card,
    date_text,
    digest_line,
    make_card,
)
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


def test_a_card_among_others_has_everything_in_its_text() -> None:
    shown = card()
    assert (shown.title, shown.url) == (PLAIN.title, "https://huggingface.co/papers/2608.00001")
    assert shown.description == (
        "Ada Example, Bo Sample, Cy Instance, … (5 authors) · "
        "[Institute of Kites](https://huggingface.co/kites)\n\n"
        "Under-water kites earn more than turbines in slow tides.\n\n"
        "👍 1,234 · 💬 3 · ⭐ 56\n"
        "arXiv 18 Aug 2026 · listed 19 Aug 2026 · submitted by [Flo Sender](https://huggingface.co/flo)\n"
        "[PDF](https://arxiv.org/pdf/2608.00001) · [Code](https://github.com/example/tidal_kites) · "
        "[Project](https://kites.example.org/tidal)"
    )
    assert (shown.thumbnail, shown.image, shown.links) == (PLAIN.thumbnail, None, ())


def test_a_card_alone_has_its_links_for_buttons_and_a_large_picture() -> None:
    shown = card(is_alone=True)
    assert [(link.label, link.url) for link in shown.links] == [
        ("Paper", "https://huggingface.co/papers/2608.00001"),
        ("PDF", "https://arxiv.org/pdf/2608.00001"),
        ("Code", "https://github.com/example/tidal_kites"),
        ("Project", "https://kites.example.org/tidal"),
    ]
    assert "arxiv.org/pdf" not in (shown.description or "")
    assert (shown.thumbnail, shown.image) == (None, PLAIN.thumbnail)


def test_a_card_leaves_out_what_its_paper_lacks() -> None:
    bare = Paper(id=PLAIN.id, list_day=None, title="Bare", abstract="Nothing else.")
    assert text(bare) == "Nothing else.\n\n👍 0 · 💬 0\n[PDF](https://arxiv.org/pdf/2608.00001)"
    assert card(bare).footer is None


def test_without_an_ai_summary_the_abstract_is_shortened_at_a_word() -> None:
    summary = text(replace(PLAIN, ai_summary=None)).split("\n\n")[1]
    assert re.search(r"(we|fly|kites|under|water|and|measure|what|they|earn)…$", summary, re.IGNORECASE)
    assert len(summary) <= 300
    assert summary == text(replace(PLAIN, ai_summary="  ")).split("\n\n")[1]


def test_the_matched_words_are_bold_in_title_and_summary() -> None:
    shown = card(PLAIN, "kite")
    assert shown.title == "**Kites** for Tidal Power: a Survey"
    assert "Under-water **kites** earn" in (shown.description or "")


def test_the_footer_names_the_queries() -> None:
    assert card(PLAIN, "kite").footer == f"Matches {parse_query('kite').canonical}"
    assert card(PLAIN, "*").footer is None
    many = card(PLAIN, *(f"kite{number}" for number in range(9))).footer or ""
    assert many.endswith(" and 5 more")


def test_a_match_that_is_not_visible_is_quoted_from_the_abstract() -> None:
    paper = replace(
        PLAIN, abstract="Words before it. " * 20 + "Then a lonely walrus appears. " + "Words after it. " * 20
    )
    shown = text(paper, "walrus")
    assert re.search(r"^Abstract: ….*lonely \*\*walrus\*\* appears\..*…$", shown, re.MULTILINE)
    assert "Abstract:" not in text(paper, "kite")
    assert "Keyword: **tethered wings**" in text(PLAIN, "tethered wings")


def test_664_authors_are_shown_as_a_few_and_the_total() -> None:
    paper = replace(PLAIN, authors=tuple(f"Person {number}" for number in range(664)))
    assert text(paper).startswith("Person 0, Person 1, Person 2, … (664 authors)")


def test_an_author_that_a_query_matches_is_named_at_any_position() -> None:
    assert text(PLAIN, "author:pattern").startswith(
        "Ada Example, Bo Sample, Cy Instance, … **Ed Pattern**, … (5 authors)"
    )


def test_one_author_more_than_the_first_few_is_not_hidden_behind_a_number() -> None:
    assert text(replace(PLAIN, authors=PLAIN.authors[:4])).startswith(
        "Ada Example, Bo Sample, Cy Instance, Di Model ·"
    )


def test_a_date_is_the_same_for_every_reader() -> None:
    assert date_text(date(2026, 8, 1)) == "1 Aug 2026"
    late = replace(PLAIN, published_at=datetime.fromisoformat("2026-08-18T23:30:00-05:00"))
    assert "arXiv 19 Aug 2026" in text(late)
    assert "<t:" not in text(late)


def test_a_withdrawn_paper_says_so() -> None:
    assert "withdrawn 3 Sep 2026" in text(replace(PLAIN, withdrawn_at=datetime(2026, 9, 3, tzinfo=UTC)))


def test_an_address_that_discord_would_refuse_is_left_out() -> None:
    paper = replace(
        PLAIN, github_repo="javascript:x", project_page="https://a.example/" + "x" * 600, thumbnail="/x.png"
    )
    assert [link.label for link in card(paper, is_alone=True).links] == ["Paper", "PDF"]
    assert (card(paper).thumbnail, "[Code]" in text(paper)) == (None, False)


def test_a_project_page_that_is_the_code_is_linked_once() -> None:
    assert "[Project]" not in text(replace(PLAIN, project_page=PLAIN.github_repo))


def test_a_tight_card_leaves_out_lesser_parts_before_its_numbers() -> None:
    tight = text(PLAIN, limit=250)
    assert "👍 1,234" in tight
    assert "submitted by" not in tight
    assert "Under-water kites" in tight


# What a paper is close to where no query matches it.
CLOSE_TO = CloseTo(
    queries=('"@everyone <@1> `https://evil.example"',) * 3, words=("https://x.y", "word" * 99)
)


def test_a_paper_that_is_only_close_says_to_what_and_by_which_words() -> None:
    close_to = CloseTo(queries=("reward hacking",), words=("specification gaming", "proxy reward"))
    said = "Close to reward hacking: specification gaming, proxy reward"

    shown = make_card(PLAIN, queries=[], close_to=close_to, is_alone=False, limit=6_000)

    assert shown.footer == said
    assert digest_line(PLAIN, queries=[], close_to=close_to).endswith(f" · {said}")


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
    assert not re.search(r"@everyone|<@\d|(?<!\()https?://(?!\S*\))", f"{shown.title}{description}")


@settings(deadline=None)
@given(HOSTILE_PAPERS, QUERIES, st.integers(MIN_LINE_LENGTH, 500))
def test_a_line_is_one_line_within_its_limit_and_links_its_paper(
    paper: Paper, queries: tuple[Query, ...], limit: int
) -> None:
    line = digest_line(paper, queries=queries, close_to=CLOSE_TO, limit=limit)
    assert length(line) <= min(limit, 400)
    assert "\n" not in line
    assert f"]({paper.page_url})" in line
    assert not re.search(r"@everyone|<@\d|(?<!\()https?://(?!\S*\))", line)


@pytest.mark.parametrize("title", ["", "  ", "\u200b"])
def test_a_paper_without_a_title_is_shown_by_its_id(title: str) -> None:
    nameless = replace(PLAIN, title=title)
    assert card(nameless).title == "2608.00001"
    assert digest_line(nameless, queries=()).startswith("👍 1,234 · [2608.00001](")


def test_a_line_marks_what_matched_in_its_title() -> None:
    assert digest_line(PLAIN, queries=[parse_query("tidal power")]) == (
        "👍 1,234 · [Kites for **Tidal Power**: a Survey](https://huggingface.co/papers/2608.00001)"
    )


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("author:Ada", "by **Ada Example**"),
        ("org:lab", "from **Kite Lab**"),
        ("org:kites", "from **kites**"),
        ("robotics", "keyword **robotics**"),
        ("turbine", "abstract: …from any harbour, where a **turbine** would cost too much to keep."),
    ],
)
def test_a_line_says_why_its_paper_is_there(query: str, reason: str) -> None:
    paper = replace(
        PLAIN,
        title="A Survey",
        abstract="We look at kites that fly far from any harbour, where a turbine would cost too much to keep.",
        authors=("Ben Sample", "Ada Example"),
        ai_keywords=("planning", "robotics"),
        organization="Kite Lab",
        organization_login="kites",
    )
    line = digest_line(paper, queries=[parse_query(query)])

    assert line == f"👍 1,234 · [A Survey](https://huggingface.co/papers/2608.00001) · {reason}"


@pytest.mark.parametrize("query", ["survey", "*", "nothing of this"])
def test_a_line_gives_no_reason_where_its_title_shows_it_or_there_is_none(query: str) -> None:
    paper = replace(PLAIN, title="A Survey", abstract="A survey of surveys.", ai_keywords=("survey",))

    assert digest_line(paper, queries=[parse_query(query)]).endswith(
        "(https://huggingface.co/papers/2608.00001)"
    )


def test_a_tight_line_gives_up_its_reason_before_its_title() -> None:
    paper = replace(PLAIN, title="On the Flight of Things", abstract="With a turbine in it.", ai_keywords=())
    queries = [parse_query("turbine")]
    full, tight = digest_line(paper, queries=queries), digest_line(paper, queries=queries, limit=100)

    assert full.endswith(" · abstract: With a **turbine** in it.")
    assert full.startswith(tight)
    assert tight.endswith("Things](https://huggingface.co/papers/2608.00001)")
