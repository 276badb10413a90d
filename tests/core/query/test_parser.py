"""The keyword language: what is typed, what it means, and where it is wrong."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.core.query.errors import QueryError
from bot.core.query.fts5 import compile_node
from bot.core.query.parser import Query, parse_query, split_alternatives
from bot.errors import UserError
from tests.queries import expression

MEANINGS = [
    ("Diffusion Models", "diffusion model"),
    ('"diffusion model"', "diffusion model"),
    ("diffusion-models", "diffusion model"),
    ("RLHF, reward model", "reward model OR rlhf"),
    ("agents AND benchmark", "agent AND benchmark"),
    ("benchmark AND agents", "agent AND benchmark"),
    ("a OR b AND c, d", "a OR b AND c OR d"),
    ("long context OR tool use", "long context OR tool use"),
    ("a OR a", "a"),
    ("((a))", "a"),
    ("and or not", "and or not"),
    ("And", "and"),
    ('"AND"', "and"),
    ("agents -survey", "agent -survey"),
    ("agents NOT survey", "agent -survey"),
    ("agents AND NOT survey", "agent -survey"),
    ("agents AND -survey", "agent -survey"),
    ("-survey AND agents", "agent -survey"),
    ("agents -long context", "agent -long context"),
    ('agents -"long context" bench*', "agent AND bench* -long context"),
    ("x -(a b)", "x -a b"),
    ("x -(a OR b)", "x -a -b"),
    ("x -(a AND b)", "x -(a AND b)"),
    ("x -title:a", "x -title:a"),
    ('"world model" (video OR 4D)', "(4d OR video) AND world model"),
    ("model quantiz* fast", "fast AND model AND quantiz*"),
    ("multi-mod*", "multi-mod*"),
    ("models*", "models*"),
    ("GPT-4*", "gpt-4*"),
    ("author:Kaiming He", "author:kaiming he"),
    ("author: Kaiming He", "author:kaiming he"),
    ("Title:x", "title:x"),
    ('title:"a b" c', "c AND title:a b"),
    ("title:(a OR b)", "title:a OR title:b"),
    ("title:(a abstract:b)", "abstract:b AND title:a"),
    ("*", "*"),
    ("* -survey", "* -survey"),
    ("* agents", "agent"),
    ("a OR *", "*"),
    ("C++ A* Q*", "c++ a* q*"),
    ("GPT-4.1", "gpt 4 1"),
    ("LLM's AIs", "llm ai"),
    (r"$\alpha$-divergence", "α divergence"),
    (r"M\"uller", "muller"),
    ("a & b !", "a b"),
    ("fine\u2011tuning \u2212survey", "fine tuning -survey"),
    ("\u201cworld model\u201d \uff08a\uff0cb\uff09", "(a OR b) AND world model"),
    ('"16:9 AND (x"', "16 9 and x"),
    ('"the \u201ctrue\u201d cost" code', "code AND the true cost"),
    ("\"``success''\"", "success"),
]


@pytest.mark.parametrize(("typed", "canonical"), MEANINGS)
def test_a_query_has_its_canonical_form(typed: str, canonical: str) -> None:
    query = parse_query(typed)
    assert query.canonical == canonical
    assert parse_query(canonical) == query


WRONG = [
    ("", 0, "empty"),
    ("!!! ...", 0, "nothing to search for"),
    ("foo:bar", 0, "does not exist"),
    ("a http://b", 2, "does not exist"),
    ("title:foo:bar", 6, "does not exist"),
    ('a "b', 2, "never closed"),
    ("a (b OR c", 2, "never closed"),
    ("a)", 1, "never opened"),
    ("a () b", 2, "no words"),
    ('a ""', 2, "no words"),
    ("a AND", 2, "one side"),
    ("OR a", 0, "one side"),
    ("a OR AND b", 2, "one side"),
    ("a NOT", 2, "one side"),
    ("a,", 1, "one side"),
    (",a", 0, "one side"),
    ("a,,b", 1, "one side"),
    ("a -", 2, "one side"),
    ("a - b", 2, "one side"),
    ("a --b", 2, "one side"),
    ("(a OR)", 3, "one side"),
    ("-x", 0, "only excludes"),
    ("NOT x", 0, "only excludes"),
    ("a OR -b", 5, "only excludes"),
    ("a, -b", 3, "only excludes"),
    ("a (-b)", 3, "only excludes"),
    ("a -*", 2, "excludes every paper"),
    ("title:", 0, "after `title:`"),
    ("title:-x", 0, "after `title:`"),
    ("title:*", 0, "after `title:`"),
    ("a title:AND b", 2, "after `title:`"),
    ("ab*", 0, "too short"),
    ("x 3D*", 2, "too short"),
    ("c++*", 0, "too short"),
    ('"world mod"*', 11, "does not follow a word"),
    ("(a)*", 3, "does not follow a word"),
    ("(" * 11 + "a" + ")" * 11, 10, "too deep"),
]


@pytest.mark.parametrize(("typed", "position", "says"), WRONG)
def test_an_error_shows_the_place_and_the_problem(typed: str, position: int, says: str) -> None:
    with pytest.raises(QueryError, match=says) as raised:
        parse_query(typed)
    assert raised.value.position == position
    assert isinstance(raised.value, UserError)
    problem, fence, _shown, caret, end, remedy = str(raised.value).split("\n")
    assert (fence, caret.strip(), end) == ("```", "^", "```")
    assert problem.endswith(":")
    assert remedy.endswith(".")


def test_the_caret_is_under_the_place() -> None:
    with pytest.raises(QueryError) as raised:
        parse_query("agents  AND\n(video OR")
    assert "```\nagents AND (video OR\n                  ^\n```" in str(raised.value)


def test_an_error_in_a_long_query_shows_the_text_around_it() -> None:
    with pytest.raises(QueryError) as raised:
        parse_query("word " * 30 + "bad:x")
    shown, caret = str(raised.value).split("\n")[2:4]
    assert shown[caret.index("^") :].startswith("bad:x")
    assert len(shown) <= 62


@pytest.mark.parametrize("typed", ["```\n@everyone (", "x \u202e\u200b\x00 (", "`" * 7 + "(", "名前 名前 ("])
def test_no_query_breaks_out_of_the_code_block(typed: str) -> None:
    with pytest.raises(QueryError) as raised:
        parse_query(typed)
    assert str(raised.value).count("```") == 2
    assert "\u202e" not in str(raised.value)


def test_parentheses_may_be_ten_levels_deep() -> None:
    assert parse_query("(" * 10 + "a" + ")" * 10).canonical == "a"


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("a b", ["a b"]),
        ("RLHF, reward model", ["RLHF", "reward model"]),
        ('"a, b", (c, d) e', ['"a, b"', "(c, d) e"]),
        ("a OR b, c", ["a OR b", "c"]),
        ("", [""]),
        ('a, "b, c', ["a", '"b, c']),
        ("a), b", ["a)", "b"]),
        ('"a", \u201cb, c\u201d d', ['"a"', "\u201cb, c\u201d d"]),
        ('"it is \u201ca, b", c', ['"it is \u201ca, b"', "c"]),
    ],
)
def test_commas_outside_quotes_and_parentheses_split(typed: str, parts: list[str]) -> None:
    assert split_alternatives(typed) == parts


@pytest.mark.parametrize(("typed", "position"), [("a,", 1), (",a", 0), ("a, ,b", 1), (",", 0)])
def test_a_comma_with_nothing_on_one_side_does_not_split(typed: str, position: int) -> None:
    with pytest.raises(QueryError, match="comma") as raised:
        split_alternatives(typed)
    assert raised.value.position == position


def test_a_query_compiles_to_quoted_terms_in_named_columns() -> None:
    compiled = expression('"NOT x" (title:quantiz* OR C++) -b')
    default = "{title abstract keyword}"
    assert compiled == (
        f'((({default} : "c++" OR {{title}} : "quantiz" *) AND {default} : "not x") NOT ({default} : "b"))'
    )


PIECES = r"""
a models LLMs AIs C++ A* 4.1 fine-tuning quantiz* multi-mod* ab* * AND OR NOT and , ( ) " - -- : title: author:
foo: & é ß $\alpha$ \emph{x} ` “ （ GPT-4* x-a-* ™ ½
"""
_PIECE = st.sampled_from(PIECES.split())


def read(text: str) -> Query | None:
    """The query, or None for a text that is none."""
    try:
        return parse_query(text)
    except QueryError:
        return None


@given(st.lists(_PIECE, max_size=14).map(" ".join) | st.lists(_PIECE, max_size=14).map("".join) | st.text())
def test_the_canonical_form_of_any_query_is_stable(text: str) -> None:
    query = read(text)
    if query is not None:
        again = parse_query(query.canonical)
        assert again == query
        assert again.canonical == query.canonical
        assert hash(again) == hash(query)
        assert compile_node(again.root) == compile_node(query.root)


@given(st.lists(_PIECE, max_size=14).map(" ".join) | st.text())
def test_any_error_shows_the_query_in_one_code_block(text: str) -> None:
    assume(read(text) is None)
    with pytest.raises(QueryError) as raised:
        parse_query(text)
    assert str(raised.value).count("```") == 2
    assert raised.value.position >= 0
