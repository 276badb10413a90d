"""Focus in runs: passing mentions are cut, close papers are added, and both are explained as they were decided."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.core.feeds import Subscription
from bot.core.focus import Focus
from bot.core.posts import CloseTo
from bot.matching.focus.search import FocusSearch
from bot.services.runs.closeness import focus_terms
from tests.queries import compiled
from tests.samples import a_paper
from tests.services.runs.test_planning import feed, ids, planned, subscription

CLOSE = a_paper(
    1,
    title="Specification Gaming by Language Models",
    abstract="Models trained by reinforcement learning from human feedback exploit proxy rewards: we study reward "
    "overoptimization, where a policy games the reward model instead of what people prefer.",
)
MENTION = a_paper(
    2,
    title="Dexterous Robot Manipulation with Tactile Grippers",
    abstract="We present a bimanual robot for teleoperated manipulation. Demonstrations of pouring, grasping and "
    "folding are collected with tactile gripper sensors and wrist cameras, and a diffusion policy learns dexterous "
    "manipulation by imitation learning. The robot arm handles transparent objects, a point cloud guides "
    "grasping, and motion planning avoids collisions in kitchens. Objects deform, slip and roll, and a "
    "visual encoder of depth images tracks each of them with six degrees of freedom. Unlike others, it is not prone "
    "to reward hacking.",
)
TITLE = a_paper(3, title="Reward Hacking in the Wild", abstract="We study how models exploit their reward.")
OTHER = a_paper(4, title="Tides", abstract="Waves of the sea and their power.")
PAPERS = [CLOSE, MENTION, TITLE, OTHER]


def focused(focus: Focus, keywords: str = "reward hacking", *, of: int = 1) -> Subscription:
    query = compiled(keywords)
    return replace(subscription(keywords, of=of), focus=focus, focus_terms=focus_terms(query, focus))


@pytest.mark.parametrize(
    ("focus", "numbers"),
    [(Focus.EXACT, [2, 3]), (Focus.STRICT, [3]), (Focus.BALANCED, [1, 3]), (Focus.BROAD, [1, 2, 3])],
)
def test_each_focus_cuts_passing_mentions_and_adds_close_papers(focus: Focus, numbers: list[int]) -> None:
    found = planned([feed()], PAPERS, focused(focus))

    assert ids(found) == [f"2608.0000{number}" for number in numbers]
    assert found.figures[feed().id].matched == len(numbers)


def test_what_is_excluded_or_asked_of_authors_holds_for_close_papers_too() -> None:
    by_mia = replace(CLOSE, id=a_paper(5).id, authors=("Mia Hu",))
    papers = [*PAPERS, by_mia]

    without = planned([feed()], papers, focused(Focus.BROAD, "reward hacking -proxy"))
    of_mia = planned([feed()], papers, focused(Focus.BROAD, 'reward hacking author:"Mia Hu"'))
    only_mia = planned([feed()], papers, focused(Focus.BROAD, 'author:"Mia Hu"'))

    assert ids(without) == ["2608.00002", "2608.00003"]
    assert ids(of_mia) == ["2608.00005"]
    assert ids(only_mia) == ["2608.00005"]  # nothing to be close to


def test_words_that_are_unknown_are_exact() -> None:
    papers = [a_paper(1, title="Zzyzxqy at Sea"), *PAPERS[1:]]

    assert ids(planned([feed()], papers, focused(Focus.BROAD, "zzyzxqy"))) == ["2608.00001"]
    assert ids(planned([feed()], papers, focused(Focus.STRICT, "zzyzxqy"))) == ["2608.00001"]


def test_a_post_keeps_what_an_added_paper_is_close_to_and_by_which_words() -> None:
    wanted = [focused(Focus.BALANCED), replace(focused(Focus.EXACT, "language models"), id=2)]
    (item,) = planned([feed()], [CLOSE, TITLE], *wanted).plans
    (post,) = item.posts
    close, title = post.entries

    assert set(close.queries) == {"reward hacking", "language model"}
    assert close.matched == ("language model",)
    assert isinstance(close.close_to, CloseTo)
    assert close.close_to.queries == ("reward hacking",)
    assert "reward" in " ".join(close.close_to.words)
    assert title.close_to is None


def test_a_bug_in_comparing_one_query_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = FocusSearch.search

    def broken(self: FocusSearch, queries: Any, *given: Any, **options: Any) -> Any:
        if any("tide" in query.terms for query in queries):
            raise ZeroDivisionError
        return whole(self, queries, *given, **options)

    monkeypatch.setattr(FocusSearch, "search", broken)

    found = planned([feed(1), feed(2)], PAPERS, focused(Focus.BROAD), focused(Focus.BROAD, "tides", of=2))

    assert ids(found) == ["2608.00001", "2608.00002", "2608.00003"]
    assert ids(found, 2) == []
    assert found.broken == {feed(2).id}
