"""Titles found by what was typed so far."""

from __future__ import annotations

from bot.core.ids import PaperId
from bot.core.title_search import title_of, titles_like
from tests.cases import each

TITLES = [
    title_of(PaperId("2608.00004"), "Étude of Multi-Modal 3D Gaussian Splatting"),
    title_of(PaperId("2608.00003"), "GPT-4.1 for $\\pi_0$ and R$^3$-Bench"),
    title_of(PaperId("2607.00002"), "Video Agents"),
    title_of(PaperId("2607.00001"), "Agents that watch videos 2607 times"),
]


def found(typed: str) -> list[str]:
    return [paper_id[-1] for _, paper_id in titles_like(TITLES, typed)]


@each(
    ("typed", "ids"),
    [
        ("", "4321"),
        ("  ?!", "4321"),
        ("agents video", "21"),
        ("vid AGE", "21"),
        ("gents", ""),
        ("video models", ""),
        ("etude", "4"),
        ("gauss 3d", "4"),
        ("multimodal", "4"),
        ("multi-mod", "4"),
        ("gpt4", "3"),
        ("gpt-4", "3"),
        ("r3bench", "3"),
        ("π0", "3"),
        ("2608", "43"),
        ("2607.", "21"),
        ("agents 2607", "1"),
        ("2608.00003v2", "3"),
        ("https://huggingface.co/papers/2608.00004", "4"),
        ("arXiv: 2607.00002", "2"),
        ("2401.12345", ""),
    ],
)
def test_titles_are_found_by_the_beginnings_of_their_words_or_id(typed: str, ids: str) -> None:
    assert found(typed) == list(ids)


def test_a_paper_found_by_its_id_is_offered_with_it() -> None:
    assert next(titles_like(TITLES, "2607.00002")) == ("2607.00002: Video Agents", "2607.00002")
    assert next(titles_like(TITLES, "video")) == ("Video Agents", "2607.00002")
