"""Whole list days: our own in every odd shape, and recorded ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from bot.sources.decoding import decode_json
from bot.sources.parse import parse_list
from tests.list_days import each_day, items_of


@each_day
def test_a_list_day_is_read_completely(file: Path) -> None:
    items = items_of(file)  # skips the test if there is no file, so it comes first
    day = date.fromisoformat(file.stem)
    assert decode_json(file.read_bytes()) == items
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
        assert bool(paper.github_repo) == bool(raw.get("githubRepo"))
        assert bool(paper.project_page) == bool(raw.get("projectPage"))
        assert bool(paper.ai_summary) == bool(raw.get("ai_summary"))
        assert bool(paper.organization_login) == bool(raw.get("organization"))
        assert bool(paper.submitter_login) == ("submittedBy" in item or "submittedOnDailyBy" in raw)
        assert paper.published_at is not None
