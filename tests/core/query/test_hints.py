"""Rewrites of a query, and which of them are worth a hint."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.query import commas, rewrites
from bot.core.query.hints import MAX_HINTS, Hint, chosen, hint_text
from bot.core.query.parser import parse_query
from bot.core.query.rewrites import Kind, Rewrite
from tests.cases import each


@each(
    ("typed", "instead"),
    [
        ("agents and benchmark", "agents AND benchmark"),
        ("agents or tools", "agents OR tools"),
        ("agents not survey", "agents NOT survey"),
        ("agents | tools", "agents OR tools"),
        ("agents|tools", "agents OR tools"),
        ("agents & tools", "agents AND tools"),
        ("agents; tools", "agents, tools"),
        ("agents ; tools", "agents, tools"),
        ("agents !survey", "agents -survey"),
        ("!survey agents", "-survey agents"),
        ('"world model" and video', '"world model" AND video'),
        ("title:(agents and tools)", "title:(agents AND tools)"),
    ],
)
def test_other_operators_are_rewritten(typed: str, instead: str) -> None:
    assert [rewrite.text for rewrite in rewrites.operators(typed)] == [instead]


@pytest.mark.parametrize(
    "typed",
    ["agents AND tools", "and agents", '"search and rescue"', "R&D", "author:Simon and Garfunkel", "android"],
)
def test_what_is_no_operator_stays(typed: str) -> None:
    assert not list(rewrites.operators(typed))


@pytest.mark.parametrize(
    ("typed", "instead"),
    [
        ("author:He, Kaiming", "author:Kaiming He"),
        ("author:LeCun, Yann, diffusion", "author:Yann LeCun, diffusion"),
        ("video, author:van den Oord, Aaron", "video, author:Aaron van den Oord"),
    ],
)
def test_a_surname_in_front_is_put_behind(typed: str, instead: str) -> None:
    assert [rewrite.text for rewrite in commas.surname_first(typed)] == [instead]


@pytest.mark.parametrize("typed", ["author:Kaiming He", "author:He, -survey", "title:video, audio"])
def test_other_commas_stay(typed: str) -> None:
    assert not list(commas.surname_first(typed))


@pytest.mark.parametrize(
    ("typed", "instead"),
    [
        ("10,000 tokens", '"10,000 tokens"'),
        ("agents, 1, 000, 000 tokens", 'agents, "1,000,000 tokens"'),
        ("video, title:4,096 -survey", 'video, title:"4,096" -survey'),
        ("(1,024 or 2,048) steps", '("1,024 or 2,048") steps'),
    ],
)
def test_a_number_with_a_comma_is_quoted(typed: str, instead: str) -> None:
    assert [rewrite.text for rewrite in commas.quoted_numbers(typed)] == [instead]


@pytest.mark.parametrize(
    "typed", ['"10,000 tokens"', "10, 20", "2024, 100", "GPT-4, 128 experts", "3.5, 128"]
)
def test_commas_between_numbers_stay(typed: str) -> None:
    assert not list(commas.quoted_numbers(typed))


@pytest.mark.parametrize(
    ("parts", "instead"),
    [
        (["agents", "tools -survey"], "agents -survey, tools -survey"),
        (["a OR b", "c", "d -(x y)"], "(a OR b) -(x y), c -(x y), d -(x y)"),
        (["agents", 'tools -title:"a b"'], 'agents -title:"a b", tools -title:"a b"'),
    ],
)
def test_a_minus_in_the_last_keyword_is_put_in_each(parts: list[str], instead: str) -> None:
    assert [rewrite.text for rewrite in rewrites.minus_for_all(parts)] == [instead]


@pytest.mark.parametrize(
    "parts", [["agents -survey"], ["agents -survey", "tools"], ["a -x", "b -y"], ["a", "b"]]
)
def test_another_minus_stays(parts: list[str]) -> None:
    assert not list(rewrites.minus_for_all(parts))


@each(
    ("typed", "instead"),
    [
        ("LLM agents benchmark", ["LLM AND agents AND benchmark"]),
        ("large language model agents", ["large language model AND agents"]),
        ("benchmarks for agents", ["benchmarks AND agents"]),
        ("agents that use tools", ["agents AND use AND tools"]),
        ("multi modal agents", ["multi modal AND agents"]),
        ("video (world model)", ["video (world AND model)"]),
        ("agents", []),
        ("mixture of experts", []),
        ('"world model"', []),
        ("agents -(long context)", []),
        ("author:Kaiming He", []),
    ],
)
def test_the_words_of_a_phrase_are_searched_one_by_one(typed: str, instead: list[str]) -> None:
    assert [rewrite.text for rewrite in rewrites.all_words(typed)] == instead


@pytest.mark.parametrize(
    ("typed", "instead"),
    [
        ("tokenizer", ["tokeniz*"]),
        ("tokenizers", ["tokeniz*"]),
        ("quantization", ["quantiz*"]),
        ("agents", []),
        ("tokenizer training", []),
        ("tokeniz*", []),
        ("title:tokenizer", []),
    ],
)
def test_a_word_is_shortened_to_its_beginning(typed: str, instead: list[str]) -> None:
    assert [rewrite.text for rewrite in rewrites.beginning(typed)] == instead


@pytest.mark.parametrize(
    ("typed", "instead"),
    [
        ("org:nvidia diffusion", ["org:nvidia AND diffusion"]),
        (
            "org:nvidia video diffusion -x",
            ["org:nvidia video AND diffusion -x", "org:nvidia AND video diffusion -x"],
        ),
        ("org:nvidia", []),
        ('org:"nvidia diffusion"', []),
        ("title:(nvidia diffusion)", []),
    ],
)
def test_the_end_of_a_name_is_searched_as_words(typed: str, instead: list[str]) -> None:
    assert [rewrite.text for rewrite in rewrites.names_and_words(typed)] == instead


@pytest.mark.parametrize(("typed", "instead"), [("IT", ['"IT"']), ("it", []), ("I", []), ("IT AND AI", [])])
def test_capitals_are_quoted(typed: str, instead: list[str]) -> None:
    assert [rewrite.text for rewrite in rewrites.in_capitals(typed)] == instead


@pytest.mark.parametrize(
    ("typed", "instead"),
    [
        ("agents", ["topic:agents"]),
        ("world model", ["topic:(world model)"]),
        ('"world model" (video OR 4D) -survey', ['topic:"world model" (topic:video OR topic:4D) -survey']),
        ("quantiz* title:LLM", ["topic:quantiz* title:LLM"]),
        ("title:agents", []),
        ("author:He", []),
        ("*", []),
        ("10", []),
        ("3.5 agents OR 1000", ["topic:(3.5 agents) OR 1000"]),
    ],
)
def test_a_query_becomes_one_for_the_topic(typed: str, instead: list[str]) -> None:
    found = [rewrite.text for rewrite in rewrites.as_topic(typed)]
    assert found == instead
    for text in found:
        parse_query(text)


def a_hint(
    kind: Kind, before: int, after: int, *, about: str = "x", text: str = "y", listed: int = 600
) -> Hint:
    return Hint(
        rewrite=Rewrite(kind=kind, text=text, about=about),
        queries=("x",),
        before=before,
        after=after,
        listed=listed,
    )


@each(
    ("kind", "useful", "useless"),
    [
        (Kind.SPELLING, (0, 1), (0, 0)),
        (Kind.SPELLING, (1, 5), (5, 5)),
        (Kind.SURNAME_FIRST, (9, 1), (9, 0)),
        (Kind.NAME_AND_WORDS, (0, 1), (1, 3)),
        (Kind.ALL_WORDS, (0, 5), (0, 4)),
        (Kind.ALL_WORDS, (2, 10), (3, 10)),
        (Kind.ALL_WORDS, (5, 25), (6, 200)),
        (Kind.TWO_WORDS, (4, 6), (4, 5)),
        (Kind.RARE, (5, 500), (5, 499)),
        (Kind.RARE, (1, 100), (0, 100)),
        (Kind.BEGINNING, (7, 13), (7, 9)),
        (Kind.BEGINNING, (7, 50), (7, 300)),
        (Kind.CAPITALS, (200, 2), (50, 2)),
        (Kind.CAPITALS, (200, 100), (200, 101)),
        (Kind.TOPIC, (10, 4), (10, 5)),
        (Kind.TOPIC, (200, 150), (200, 151)),
        (Kind.TOPIC, (5, 1), (4, 1)),
        (Kind.TOPIC, (10, 1), (10, 0)),
    ],
)
def test_the_numbers_decide(kind: Kind, useful: tuple[int, int], useless: tuple[int, int]) -> None:
    assert a_hint(kind, *useful).is_useful
    assert not a_hint(kind, *useless).is_useful


@pytest.mark.parametrize(
    ("about", "before", "after", "is_useful"),
    [("and", 3, 5, False), ("and", 3, 6, True), ("and", 0, 0, False), ("or", 3, 3, True), ("|", 0, 0, True)],
)
def test_a_phrase_with_and_in_it_may_be_meant(
    about: str, before: int, after: int, *, is_useful: bool
) -> None:
    assert a_hint(Kind.OPERATOR, before, after, about=about).is_useful is is_useful


def test_the_two_most_useful_hints_are_chosen_and_one_for_each_part() -> None:
    found = chosen(
        [
            a_hint(Kind.TOPIC, 10, 4, about="topics", text="t"),
            a_hint(Kind.TWO_WORDS, 1, 2, about="words", text="w"),
            a_hint(Kind.SPELLING, 0, 3, about="word", text="s"),
            a_hint(Kind.SPELLING, 0, 2, about="word", text="other"),
            a_hint(Kind.ALL_WORDS, 0, 9, about="phrase", text="s"),
        ]
    )

    assert len(found) == MAX_HINTS
    assert [hint.rewrite.text for hint in found] == ["s", "w"]


def test_a_hint_on_operators_leaves_none_on_the_phrase_that_was_read() -> None:
    found = chosen(
        [
            a_hint(Kind.ALL_WORDS, 0, 9, about="agents | tools", text="agents AND tools"),
            a_hint(Kind.OPERATOR, 0, 90, about="|", text="agents OR tools"),
        ]
    )

    assert [hint.rewrite.text for hint in found] == ["agents OR tools"]


@pytest.mark.parametrize("kind", [Kind.NUMBER, Kind.SURNAME_FIRST])
def test_a_hint_on_a_comma_leaves_none_on_what_it_separated(kind: Kind) -> None:
    joined = replace(a_hint(kind, 90, 9, about="10,000", text='"10,000"'), queries=("10", "000"))
    part = replace(a_hint(Kind.BEGINNING, 10, 50, about="10", text="10*"), queries=("10",))

    assert chosen([part, joined]) == (joined,)
    assert chosen([part]) == (part,)


@pytest.mark.parametrize(
    ("typed", "instead"), [("agents - survey", "agents AND survey"), ("agents / tools", "agents AND tools")]
)
def test_punctuation_between_words_is_left_out(typed: str, instead: str) -> None:
    assert [rewrite.text for rewrite in rewrites.all_words(typed)] == [instead]
    assert [rewrite.text for rewrite in rewrites.as_topic(typed)] == [
        f"topic:({instead.replace(' AND', '')})"
    ]


@each("kind", Kind)
def test_a_hint_names_what_was_typed_what_to_type_and_both_numbers(kind: Kind) -> None:
    text = hint_text(a_hint(kind, 2_000, 1_234, about="old", text="new"), period="in the last 30 days")

    assert "`new`" in text
    assert "in the last 30 days" in text
    assert "1,234" in text or kind is Kind.MINUS_FOR_ALL
    assert "`old`" in text or kind in {Kind.SURNAME_FIRST, Kind.NUMBER}


def test_numbers_agree_with_their_nouns() -> None:
    assert "finds 1 paper in" in hint_text(a_hint(Kind.OPERATOR, 0, 1), period="in the last 30 days")
    assert "finds none" in hint_text(a_hint(Kind.OPERATOR, 0, 1), period="in the last 30 days")
