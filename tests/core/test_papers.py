"""How a paper's id is read from what people paste, and where its pages are."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.ids import PaperId
from bot.core.papers import Paper, linked_ids, parse_paper_id
from bot.errors import UserError
from tests.cases import each


@each(
    "text",
    [
        "2401.12345",
        "  2401.12345v2 ",
        "arXiv:2401.12345",
        "arxiv.org/abs/2401.12345v12",
        "https://arxiv.org/pdf/2401.12345.pdf",
        "https://huggingface.co/papers/2401.12345",
        "<https://huggingface.co/papers/2401.12345#community>",
        "https://www.alphaxiv.org/abs/2401.12345?page=2",
        "2401.12345 https://arxiv.org/abs/2401.12345v1",
        "10.48550/arXiv.2401.12345",
        "https://doi.org/10.48550/arXiv.2401.12345",
        "doi:10.48550/ARXIV.2401.12345v3",
        "https://arxiv.org/html/2401.12345v1#S3",
        "https://arxiv.org/abs/2401.12345v2?context=cs.CL",
        "https://ar5iv.labs.arxiv.org/html/2401.12345",
        "https://hf.co/papers/2401.12345?utm_source=2503.11111",
        "https://www.alphaxiv.org/overview/2401.12345v1?chat=2503.11111#2504.22222",
        "arxiv:2401.12345v2 [cs.CL]",
        "https://example.org/read?paper=2401.12345",
        "https%3A%2F%2Farxiv.org%2Fabs%2F2401.12345",
        "x" * 395 + " 2401.12345",
    ],
)
def test_an_id_is_read_from_what_people_paste(text: str) -> None:
    assert parse_paper_id(text) == "2401.12345"


def test_an_id_of_four_digits_after_the_dot_is_one_too() -> None:
    assert parse_paper_id("1412.6980") == "1412.6980"


@each(
    "text",
    [
        "",
        "2401",
        "2401.123",
        "2401.123456",
        "12401.12345",
        "1.2401.12345",
        "٢٤٠١.١٢٣٤٥",
        "10.1109/CVPR52688.2022.01042",
    ],
)
def test_a_text_without_an_id_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UserError, match=r"no arXiv ID.*`2401\.12345`"):
        parse_paper_id(text)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("cs/0112017", "cs/0112017"),
        ("arXiv:hep-th/9901001v3", "hep-th/9901001"),
        ("https://arxiv.org/abs/math.GT/0309136", "math.GT/0309136"),
        ("https://doi.org/10.48550/arXiv.cs/0112017", "cs/0112017"),
    ],
)
def test_an_id_from_before_2007_is_refused_as_too_old(text: str, named: str) -> None:
    with pytest.raises(UserError, match=rf"`{named}` is an arXiv ID from before April 2007"):
        parse_paper_id(text)


def test_two_different_ids_are_refused() -> None:
    with pytest.raises(UserError, match="more than one"):
        parse_paper_id("2401.12345 and 2401.54321")


@given(st.from_regex(r"[0-9]{4}\.[0-9]{4,5}", fullmatch=True), st.integers(1, 999))
def test_every_id_survives_its_links_and_versions(text: str, revision: int) -> None:
    paper = Paper(id=PaperId(text), list_day=date(2026, 8, 19), title="A title", abstract="")
    for link in (paper.page_url, paper.pdf_url):
        assert parse_paper_id(f"{link}v{revision}") == text


@pytest.mark.parametrize(
    "text",
    [
        "https://arxiv.org/abs/2401.12345",
        "arxiv.org/abs/2401.12345v2,",
        "http://www.arxiv.org/pdf/2401.12345v2.pdf#page=3",
        "[HTML](https://ar5iv.labs.arxiv.org/html/2401.12345)",
        "<https://huggingface.co/papers/2401.12345?utm=1>",
        "HTTPS://HF.CO/papers/2401.12345",
        "https://doi.org/10.48550/arXiv.2401.12345",
        "https://arxiv.org/abs/2401.12345 and https://hf.co/papers/2401.12345",
    ],
)
def test_the_links_of_a_text_are_found(text: str) -> None:
    assert linked_ids(text) == ["2401.12345"]


@pytest.mark.parametrize(
    "text",
    [
        "2401.12345",
        "arXiv:2401.12345",
        "https://notarxiv.org/abs/2401.12345",
        "https://www.alphaxiv.org/abs/2401.12345",
        "https://arxiv.org/abs/2401.123456",
        "https://arxiv.org/list/cs.CL/2401",
        "https://huggingface.co/papers/date/2024-01-12",
        "https://huggingface.co/papers?q=2401.12345",
    ],
)
def test_other_numbers_and_addresses_are_no_links(text: str) -> None:
    assert linked_ids(text) == []


def test_links_come_in_their_order_each_once() -> None:
    text = "hf.co/papers/2402.00002 arxiv.org/abs/2401.00001v1 hf.co/papers/2402.00002"
    assert linked_ids(text) == ["2402.00002", "2401.00001"]
