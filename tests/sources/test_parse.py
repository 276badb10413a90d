"""What the list's raw items become, and what broken ones cost."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.papers import Paper
from bot.errors import Problem, ProblemKind, SourceError
from bot.sources.decoding import BrokenJsonError, decode_json
from bot.sources.parse import parse_list, parse_paper
from tests.cases import each
from tests.fakes.huggingface import RawItem, Shape, raw_item

_DAY = date(2026, 8, 19)


def _read(item: RawItem, *, asked_day: date = _DAY) -> Paper:
    parsed = parse_list([item], asked_day=asked_day)
    assert parsed.dropped == ()
    (paper,) = parsed.papers
    return paper


def _read_with(**keys: Any) -> Paper:
    return _read(raw_item(paper=keys))


def test_every_field_of_an_item_of_today_is_read() -> None:
    assert _read(raw_item()) == Paper(
        id="2608.00001",  # pyright: ignore[reportArgumentType] -- a plain string compares equal
        list_day=_DAY,
        title="Steady Hands: Grasping Planning for Small Robots",
        abstract="We show how a small robot learns to hold what it is given, and when to let go.",
        authors=("Ada Example", "Ben Sample"),
        published_at=datetime(2026, 8, 17, tzinfo=UTC),
        upvotes=12,
        comments=2,
        ai_summary="A small robot learns a gentle grip.",
        ai_keywords=("grasping", "planning"),
        github_repo="https://github.com/example-lab/steady-hands",
        github_stars=321,
        project_page="https://example.org/steady-hands",
        organization="Example Lab",
        organization_login="example-lab",
        submitter="Cleo Curator",
        submitter_login="cleo",
        organization_avatar="https://huggingface.co/avatars/lab.png",
        thumbnail="https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/2608.00001.png",
        media="https://cdn-uploads.huggingface.co/figure.png",
    )


@pytest.mark.parametrize(
    ("urls", "shown"),
    [
        (["https://a.example/clip.mp4", "https://a.example/b.JPEG?x=1"], "https://a.example/b.JPEG?x=1"),
        (
            ["http://a.example/b.png", None, "https://[/c.gif", "https://a.example/d.webp"],
            "https://a.example/d.webp",
        ),
        (["https://a.example/clip.mov", "https://a.example/b.webm", "png"], None),
        ("https://a.example/b.png", None),
    ],
)
def test_the_first_figure_that_discord_can_show_is_kept(urls: object, shown: str | None) -> None:
    assert _read(raw_item(outer={"mediaUrls": urls})).media == shown
    assert _read(raw_item(outer={"mediaUrls": None}, paper={"mediaUrls": urls})).media == shown


@pytest.mark.parametrize(
    ("avatar", "link"),
    [
        ("/avatars/1.png", "https://huggingface.co/avatars/1.png"),
        ("https://cdn-avatars.huggingface.co/2.jpeg", "https://cdn-avatars.huggingface.co/2.jpeg"),
        ("/avatars/3.svg", None),
        ("http://[", None),
        ("javascript:x", None),
        (None, None),
    ],
)
def test_an_avatar_may_be_relative_to_the_site(avatar: str | None, link: str | None) -> None:
    organization = {"name": "lab", "fullname": "Lab", "avatar": avatar}
    assert _read(raw_item(outer={"organization": organization})).organization_avatar == link


@pytest.mark.parametrize("shape", ["today", "2025", "2024"])
def test_the_shapes_of_all_years_give_the_same_texts(shape: Shape) -> None:
    paper, today = _read(raw_item(shape=shape)), _read(raw_item())
    assert (paper.title, paper.abstract, paper.authors) == (today.title, today.abstract, today.authors)
    assert (paper.id, paper.list_day, paper.thumbnail) == (today.id, today.list_day, today.thumbnail)


def test_the_outer_title_takes_precedence() -> None:
    assert _read(raw_item(title="Clean", paper={"title": "Wrap\n  ped"})).title == "Clean"


def test_the_inner_title_and_the_outer_abstract_replace_missing_ones() -> None:
    item = raw_item(
        paper={"title": "Only\n here", "summary": None}, outer={"title": None, "summary": "Out\nside"}
    )
    paper = _read(item)
    assert (paper.title, paper.abstract) == ("Only here", "Out side")


def test_a_paper_without_an_abstract_is_still_a_paper() -> None:
    assert _read(raw_item(paper={"summary": None}, outer={"summary": None})).abstract == ""


@pytest.mark.parametrize(
    ("named", "list_day"),
    [
        ("2026-08-19T00:00:00.000Z", _DAY),
        ("2026-08-13T00:00:00.000Z", _DAY),  # it came back
        ("2026-08-25T00:00:00.000Z", date(2026, 8, 25)),  # it will have come back
        (None, _DAY),
        ("yesterday", _DAY),
        (1755561600, _DAY),
        ("9999-12-31T00:00:00.000Z", _DAY),
    ],
)
def test_the_list_day_is_the_later_of_the_named_and_the_asked(named: object, list_day: date) -> None:
    assert _read_with(submittedOnDailyAt=named).list_day == list_day


def test_a_named_day_in_the_future_is_ignored() -> None:
    item = raw_item(day=date(2026, 8, 22))
    for latest_day, list_day in ((date(2026, 8, 22), date(2026, 8, 22)), (date(2026, 8, 21), _DAY)):
        (paper,) = parse_list([item], asked_day=_DAY, latest_day=latest_day).papers
        assert paper.list_day == list_day


def test_an_endless_list_is_cut() -> None:
    parsed = parse_list([raw_item(), *[None] * 20_000], asked_day=_DAY, max_items=100)
    assert parsed.is_cut
    assert (len(parsed.papers), len(parsed.dropped)) == (1, 99)
    assert not parse_list([raw_item()], asked_day=_DAY, max_items=1).is_cut


def test_the_outer_time_is_not_used() -> None:
    paper = _read(raw_item(outer={"publishedAt": "2020-01-01T00:00:00.000Z"}))
    assert paper.published_at == datetime(2026, 8, 17, tzinfo=UTC)


def test_hidden_and_nameless_authors_are_left_out() -> None:
    authors = [
        {"name": "Ada", "hidden": False},
        {"name": "Secret", "hidden": True},
        {"name": "Ben"},
        {"name": "  "},
        {"hidden": False},
        "Cleo",
        None,
    ]
    assert _read_with(authors=authors).authors == ("Ada", "Ben")


def test_a_paper_of_very_many_authors_keeps_them_all() -> None:
    assert len(_read(raw_item(authors=tuple(f"Author {n}" for n in range(664)))).authors) == 664


@each("key", sorted(raw_item()["paper"].keys() - {"id", "title"}))
@each("value", [None, "x", -1, 10**30, 1.5, True, [None], {"a": 1}, [], {}, ""])
def test_a_wrong_optional_value_costs_only_its_key(key: str, value: object) -> None:
    assert _read_with(**{key: value}).title == _read(raw_item()).title


@each("key", sorted(raw_item().keys() - {"paper"}))
@each("value", [None, 5, ["x"], {"a": None}])
def test_a_wrong_outer_value_costs_only_its_key(key: str, value: object) -> None:
    assert _read(raw_item(outer={key: value})).id == "2608.00001"


def test_invalid_counts_are_left_out() -> None:
    paper = _read(raw_item(paper={"githubStars": "many", "upvotes": -4}, outer={"numComments": 10**30}))
    assert (paper.github_stars, paper.upvotes, paper.comments) == (None, 0, 0)


def test_counts_in_other_notations_are_read() -> None:
    paper = _read(raw_item(paper={"githubStars": "321", "upvotes": 12.0}, outer={"numComments": " 7 "}))
    assert (paper.github_stars, paper.upvotes, paper.comments) == (321, 12, 7)


def test_what_is_far_too_long_is_cut() -> None:
    authors = [{"name": "A" * 1_000_000}, *[{"name": f"Author {number}"} for number in range(100_000)]]
    paper = _read(
        raw_item(
            title="T" * 1_000_000,
            summary="s" * 1_000_000,
            paper={"authors": authors, "ai_keywords": ["k" * 1_000_000] * 100_000},
        )
    )
    assert (len(paper.title), len(paper.abstract)) == (1_000, 20_000)
    assert (len(paper.authors), len(paper.authors[0])) == (5_000, 300)
    assert (len(paper.ai_keywords), len(paper.ai_keywords[0])) == (100, 300)


@pytest.mark.parametrize(
    "body",
    [
        "\ufeff[]".encode(),
        "[]".encode("utf-16"),
        "[]".encode("utf-32"),
    ],
)
def test_a_byte_order_mark_and_other_unicode_encodings_are_read(body: bytes) -> None:
    assert decode_json(body) == []


def test_invalid_bytes_cost_only_characters() -> None:
    body = json.dumps([raw_item(title="Caf\xe9"), raw_item(id="2608.00002")], ensure_ascii=False)
    papers = parse_list(decode_json(body.encode("latin-1")), asked_day=_DAY).papers
    assert [paper.title[:4] for paper in papers] == ["Caf\ufffd", "Stea"]


@pytest.mark.parametrize("unit", ["[]", "{}", '{"a":[{}]}'])
def test_an_answer_of_very_many_values_is_too_large(unit: str) -> None:
    body = f"[{','.join([unit] * 100_000)}]".encode()
    with pytest.raises(SourceError) as raised:
        decode_json(body)
    assert raised.value.problem == Problem(ProblemKind.TOO_LARGE)


def test_papers_of_very_many_authors_fill_a_page_before_it_has_too_many_values() -> None:
    authors = [{"_id": "0" * 24, "name": "Ada Example", "hidden": False}] * 3_000
    body = json.dumps([raw_item(id=f"2608.{number:05d}", paper={"authors": authors}) for number in range(15)])
    assert len(body) > 3 * 1024 * 1024
    assert len(parse_list(decode_json(body.encode()), asked_day=_DAY).papers) == 15


def test_the_last_of_duplicate_keys_counts() -> None:
    body = json.dumps([raw_item(upvotes=77)]).replace('"upvotes": 77', '"upvotes": 1, "upvotes": 2')
    (paper,) = parse_list(decode_json(body.encode()), asked_day=_DAY).papers
    assert paper.upvotes == 2


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "7" * 5000, "0." + "1" * 5000, "-1"]
)
def test_an_overlong_number_costs_only_its_key(number: str) -> None:
    body = json.dumps([raw_item(upvotes=77)]).replace('"upvotes": 77', f'"upvotes": {number}').encode()
    (paper,) = parse_list(decode_json(body), asked_day=_DAY).papers
    assert paper.upvotes == 0


def test_empty_and_missing_keywords_are_dropped() -> None:
    assert _read_with(ai_keywords=["", "grasping", None, " a\nb ", 3]).ai_keywords == ("grasping", "a b")


def test_links_are_cleaned() -> None:
    paper = _read_with(githubRepo="github.com/a/b/tree/main/c", projectPage=" https://example.org/p")
    assert (paper.github_repo, paper.project_page) == ("https://github.com/a/b", "https://example.org/p")


def test_invalid_links_are_left_out() -> None:
    item = raw_item(
        paper={"githubRepo": "soon", "projectPage": "javascript:alert(1)"},
        outer={"thumbnail": "http://example.org/a.png"},
    )
    paper = _read(item)
    assert (paper.github_repo, paper.project_page) == (None, None)
    assert paper.thumbnail == "https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/2608.00001.png"


def test_the_organization_may_be_inside_the_paper_and_lack_its_full_name() -> None:
    paper = _read(
        raw_item(paper={"organization": {"name": "lab"}}, outer={"organization": {"fullname": " "}})
    )
    assert (paper.organization, paper.organization_login) == ("lab", "lab")


def test_the_submitter_may_be_outside_the_paper() -> None:
    paper = _read(raw_item(shape="2025"))
    assert (paper.submitter, paper.submitter_login) == ("Cleo Curator", "cleo")


def test_an_invalid_login_is_left_out() -> None:
    paper = _read_with(submittedOnDailyBy={"fullname": "Dee", "user": "../../x"})
    assert (paper.submitter, paper.submitter_login) == ("Dee", None)


def test_a_withdrawn_paper_says_when() -> None:
    assert _read_with(withdrawnAt="2026-08-20T10:00:00.000Z").withdrawn_at == datetime(
        2026, 8, 20, 10, tzinfo=UTC
    )


def test_unprintable_characters_are_removed_from_every_text() -> None:
    paper = _read(raw_item(title="A\x00 b\ud800\n c", paper={"ai_summary": "\x1b[1mx\u202e"}))
    assert (paper.title, paper.ai_summary) == ("A b c", "[1mx")


def test_unknown_keys_break_nothing() -> None:
    assert _read(raw_item(paper={"brandNew": {"x": [1]}}, outer={"more": 1})) == _read(raw_item())


@each(
    ("item", "reason"),
    [
        (None, "item 1: "),
        ([], "item 1: "),
        ({}, "item 1: paper: "),
        ({"paper": None}, "item 1: paper: "),
        (raw_item(id="2608.1"), r"item 1 \(2608\.1\): paper\.id: .*not an arXiv ID"),
        (raw_item(id="2608.00002v1"), "not an arXiv ID"),
        (raw_item(id="٢٤٠١.١٢٣٤٥"), "not an arXiv ID"),
        (raw_item(paper={"id": 2608.1}), r"item 1: paper\.id: "),
        (raw_item(title=" \x00 "), r"item 1 \(2608\.00001\): it has no title"),
    ],
)
def test_only_the_broken_item_is_dropped_with_its_reason(item: object, reason: str) -> None:
    parsed = parse_list([raw_item(id="2608.00007"), item, raw_item(id="2608.00008")], asked_day=_DAY)
    assert [paper.id for paper in parsed.papers] == ["2608.00007", "2608.00008"]
    assert len(parsed.dropped) == 1
    assert re.search(reason, parsed.dropped[0])


def test_the_reason_of_a_broken_item_is_safe_to_log() -> None:
    (reason,) = parse_list([raw_item(id="x\n\x1b[2J" * 500)], asked_day=_DAY).dropped
    assert reason.isprintable()
    assert len(reason) < 300


def test_a_paper_listed_twice_is_read_once() -> None:
    items = [raw_item(upvotes=9), raw_item(id="2608.00002"), raw_item(upvotes=8)]
    parsed = parse_list(items, asked_day=_DAY)
    assert [(paper.id, paper.upvotes) for paper in parsed.papers] == [("2608.00001", 9), ("2608.00002", 12)]
    assert parsed.dropped == ()


def test_an_empty_list_is_an_empty_day() -> None:
    assert parse_list([], asked_day=_DAY).papers == ()


@pytest.mark.parametrize("payload", [None, {}, {"error": "x"}, "[]", 1, True])
def test_anything_but_a_list_is_an_error(payload: object) -> None:
    with pytest.raises(SourceError) as raised:
        parse_list(payload, asked_day=_DAY)
    assert raised.value.problem == Problem(ProblemKind.UNREADABLE)


def test_a_bare_paper_is_read() -> None:
    paper = parse_paper(raw_item()["paper"])
    assert (paper.id, paper.list_day, paper.title) == ("2608.00001", _DAY, _read(raw_item()).title)
    assert paper.thumbnail == _read(raw_item()).thumbnail


def test_a_bare_paper_that_was_never_listed_has_no_list_day() -> None:
    assert parse_paper(raw_item(shape="2025")["paper"]).list_day is None


@pytest.mark.parametrize("payload", [None, [], {}, {"id": "x", "title": "T"}, {"id": "2608.00001"}])
def test_a_bare_paper_that_cannot_be_read_is_an_error(payload: object) -> None:
    with pytest.raises(SourceError) as raised:
        parse_paper(payload)
    assert raised.value.problem == Problem(ProblemKind.UNREADABLE)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
_KEYS = sorted({*raw_item(), *raw_item()["paper"], "withdrawnAt", "name", "hidden", "fullname"})
_OBJECT = st.dictionaries(st.sampled_from(_KEYS), _JSON, max_size=6)


@given(_JSON)
def test_any_json_is_read_or_refused(payload: object) -> None:
    for read in (lambda: parse_list(payload, asked_day=_DAY), lambda: parse_paper(payload)):
        try:
            read()
        except SourceError:
            continue


@given(_OBJECT, _OBJECT)
def test_any_values_of_known_keys_cost_at_most_the_item(inner: RawItem, outer: RawItem) -> None:
    bad = raw_item(paper=inner, outer=outer)
    parsed = parse_list([bad, raw_item(id="2608.00099")], asked_day=_DAY)
    assert parsed.papers[-1].id == "2608.00099"
    for paper in parsed.papers:
        repr(paper).encode()  # nothing in it that cannot be stored


@pytest.mark.parametrize(
    "body", [b"", b"[", b'{"a":', b"\xff\xfe\xfa", b"<html>", b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000]
)
def test_anything_but_json_is_an_error(body: bytes) -> None:
    with pytest.raises(BrokenJsonError):
        decode_json(body)
