"""Which papers each focus keeps and adds."""

from __future__ import annotations

import pytest

from bot.core.focus import Focus, keeps, threshold

KINDS = [
    {"is_hit": True, "in_title": True},
    {"is_hit": True, "in_title": False},
    {"is_hit": False, "in_title": False},
]


@pytest.mark.parametrize("focus", Focus)
def test_a_query_without_known_words_keeps_its_hits_and_adds_nothing(focus: Focus) -> None:
    assert keeps(focus, is_hit=True, in_title=False, closeness=None)
    assert not keeps(focus, is_hit=False, in_title=False, closeness=None)


@pytest.mark.parametrize("focus", Focus)
@pytest.mark.parametrize("kind", KINDS)
def test_a_paper_is_kept_from_the_cut_on(focus: Focus, kind: dict[str, bool]) -> None:
    minimum = threshold(focus, **kind)
    if minimum is None:
        assert keeps(focus, **kind, closeness=99) is kind["is_hit"]
        assert keeps(focus, **kind, closeness=-99) is kind["is_hit"]
    else:
        assert keeps(focus, **kind, closeness=minimum)
        assert not keeps(focus, **kind, closeness=minimum - 0.01)


@pytest.mark.parametrize("closeness", [-3.0, 1.5, 3.0, 9.0])
def test_each_focus_brings_what_the_stricter_one_does(closeness: float) -> None:
    order = [Focus.STRICT, Focus.BALANCED, Focus.BROAD]
    for kind in KINDS:
        kept = [keeps(focus, **kind, closeness=closeness) for focus in order]
        assert kept == sorted(kept)
