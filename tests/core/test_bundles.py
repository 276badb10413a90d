"""The ready-made keywords that /setup offers."""

from __future__ import annotations

import pytest

from bot.core.bundles import BUNDLES, exchanged
from bot.core.limits import DEFAULT_LIMITS
from bot.core.query.compiled import CompiledQuery, compile_alternatives, compile_query
from bot.matching.index import PaperIndex
from tests.list_days import RECORDED, papers_of

QUERIES = [query for bundle in BUNDLES for query in bundle.queries]
ROBOTICS, CODE = (next(bundle for bundle in BUNDLES if bundle.name == name) for name in ("Robotics", "Code"))
OWN = compile_query("my topic", DEFAULT_LIMITS)


def texts(*queries: CompiledQuery) -> list[str]:
    return [query.text for query in queries]


def test_each_query_is_one_subscription_and_its_canonical_form_reads_the_same() -> None:
    for query in QUERIES:
        assert texts(*compile_alternatives(query.text, DEFAULT_LIMITS)) == [query.text]
        assert compile_query(query.canonical, DEFAULT_LIMITS).canonical == query.canonical


def test_no_query_is_in_two_bundles_and_a_channel_can_have_all_of_them() -> None:
    assert len({query.canonical for query in QUERIES}) == len(QUERIES) <= DEFAULT_LIMITS.subscriptions
    assert len(BUNDLES) <= 25  # as many choices as a menu can have


@pytest.mark.thorough
def test_each_bundle_matches_some_of_the_recorded_papers_and_never_most_of_them() -> None:
    papers = papers_of(RECORDED[-8:])
    matches = PaperIndex(papers).search_many(query.expression for query in QUERIES)

    assert [query.text for query in QUERIES if not matches.get(query.expression)] == []
    for bundle in BUNDLES:
        found = {paper_id for query in bundle.queries for paper_id in matches[query.expression]}
        assert 0.02 < len(found) / len(papers) < 0.33, bundle.name


def test_the_bundles_that_are_chosen_are_added_to_the_keywords_and_the_others_removed() -> None:
    chosen = [OWN, *ROBOTICS.queries]

    assert exchanged([OWN], ["Robotics"]) == texts(*chosen)
    assert exchanged(chosen, ["Robotics", "Code"]) == texts(*chosen, *CODE.queries)
    assert exchanged(chosen, ["Code"]) == texts(OWN, *CODE.queries)
    assert exchanged(chosen, []) == texts(OWN)


def test_what_is_left_of_a_bundle_that_was_edited_stays() -> None:
    edited = ROBOTICS.queries[1:]

    assert not ROBOTICS.is_in(edited)
    assert exchanged(edited, ["Code"]) == texts(*edited, *CODE.queries)
    assert exchanged(edited, ["Robotics"]) == texts(*edited, ROBOTICS.queries[0])
