"""Recorded answers of the real API, where they lie beside the checkout."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.sources.decoding import decode_json
from bot.sources.parse import parse_list

_RECORDED = Path(__file__).parents[3] / "shared" / "data" / "daily_papers"
_FILES = sorted(_RECORDED.glob("*.json"))

pytestmark = pytest.mark.skipif(not _FILES, reason="no recorded days beside the checkout")


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.stem)
def test_a_recorded_day_is_read_whole(file: Path) -> None:
    day = date.fromisoformat(file.stem)
    items = decode_json(file.read_bytes())
    parsed = parse_list(items, asked_day=day)
    assert parsed.dropped == ()
    assert [paper.id for paper in parsed.papers] == [item["paper"]["id"] for item in items]
    for paper, item in zip(parsed.papers, items, strict=True):
        raw = item["paper"]
        assert paper.list_day == day
        assert paper.title == " ".join(item["title"].split())
        assert paper.abstract == " ".join(raw["summary"].split())
        assert len(paper.authors) == sum(not author["hidden"] for author in raw["authors"])
        assert (paper.upvotes, paper.comments) == (raw["upvotes"], item["numComments"])
        assert paper.github_stars == raw.get("githubStars")
        assert bool(paper.github_repo) == ("githubRepo" in raw)
        assert bool(paper.project_page) == ("projectPage" in raw)
        assert bool(paper.ai_summary) == ("ai_summary" in raw)
        assert bool(paper.organization_login) == ("organization" in raw)
        assert bool(paper.submitter_login) == ("submittedBy" in item or "submittedOnDailyBy" in raw)
        assert paper.published_at is not None
