"""The keyword language: what is typed, what it means, and where it is wrong."""

from __future__ import annotations

import pytest

from bot.core.query.errors import QueryError
from bot.core.query.nodes import Field, Phrase, positive_phrases
from bot.core.query.parser import parse_query, split_alternatives
from bot.errors import UserError
from tests.cases import each

RUNS = [
    ("Diffusion Models", "diffusion model"),
    ("diffusion-models", "diffusion model"),
    ("and or not", "and or not"),
    ("And", "and"),
    ("a & b !", "a b"),
    ("agents - survey", "agent survey"),
    ("agents -> survey", "agent survey"),
    ("agents \u2013 survey \u2014 benchmark", "agent survey benchmark"),
    ("agents -- survey", "agent survey"),
    ("agents -", "agent"),
    ("- agents", "agent"),
    ("state-of-the-art", "state of the art"),
    ("C++ A* Q*", "c++ a* q*"),
    ("best A* search", "best a* search"),
    ("GPT-4.1", "gpt 4 1"),
    ("quant*ize", "quant ize"),
    ("**bold** words", "bold word"),
    (r"$n$-gram and \emph{vision}", "n gram and vision"),
    (r"M\"uller", "muller"),
]

QUOTES = [
    ('"diffusion model"', '"diffusion model"'),
    ('"16:9 and (x" y', '"16 9 and x" AND y'),
    ('"world model" video', '"world model" AND video'),
    ('fast"world model"video', '"world model" AND fast AND video'),
    ("\u201cworld model\u201d \uff08a\uff0cb\uff09", '"world model" AND (a OR b)'),
    ('"the \u201ctrue\u201d cost" code', '"the true cost" AND code'),
    ("``world model'' video", '"world model" AND video'),
    ("\"``success''\"", '"success"'),
    ('"gaussian splat*"', '"gaussian splat*"'),
    ("\u201cgaussian splat\uff0a\u201d", '"gaussian splat*"'),
    ('"gaussian splat* "', '"gaussian splat*"'),
    ('"world s*p"', '"world s* p"'),
    ('"weighted A*"', '"weighted a*"'),
]

OPERATORS = [
    ("video, world model", "video OR world model"),
    ("agents AND benchmark", "agent AND benchmark"),
    ("benchmark AND agents", "agent AND benchmark"),
    ("a OR b AND c, d", "a OR b AND c OR d"),
    ("long context OR tool use", "long context OR tool use"),
    ("a OR a", "a"),
    ("((a))", "a"),
    ("(a b) c", "a b AND c"),
    ("(a OR b) c", "(a OR b) AND c"),
    ('"world model" (video OR 4D)', '"world model" AND (4d OR video)'),
    ("*", "*"),
    ("* agents", "agent"),
    ("a OR *", "*"),
]

EXCLUDED = [
    ("agents -survey", "agent -survey"),
    ("agents NOT survey", "agent -survey"),
    ("agents AND NOT survey", "agent -survey"),
    ("agents AND -survey", "agent -survey"),
    ("agents -survey benchmark", "agent AND benchmark -survey"),
    ("agents NOT survey benchmark", "agent AND benchmark -survey"),
    ("long agents -survey fast benchmark", "fast benchmark AND long agent -survey"),
    ("-survey agents", "agent -survey"),
    ("NOT survey agents", "agent -survey"),
    ("-survey AND agents", "agent -survey"),
    ("agents --survey", "agent -survey"),
    ("--survey agents", "agent -survey"),
    ("agents (x,-y z)", "agent AND (x OR z -y)"),
    ("agents \u2010survey", "agent -survey"),
    ("agents \u2011survey", "agent -survey"),
    ("agents \u2013survey", "agent -survey"),
    ("agents \u2212survey", "agent -survey"),
    ("agents -multi-modal x", "agent AND x -(multi modal)"),
    ("x -GPT-4 y", "x AND y -(gpt 4)"),
    ('x -"long context" bench*', 'bench* AND x -"long context"'),
    ("x -bench* y", "x AND y -bench*"),
    ("x -C++ y", "x AND y -c++"),
    ('"x"-y', '"x" AND y'),
    ("(x)-y", "x AND y"),
    ("x -(a b)", "x -(a b)"),
    ("x -(a OR b)", "x -a -b"),
    ("x -(a AND b)", "x -(a AND b)"),
    ("x -(a -b)", "x -(a -b)"),
    ("x -title:a b", "b AND x -title:a"),
    ("x -author:Kaiming He", "x -author:kaiming he"),
    ("* -survey", "* -survey"),
]

PREFIXES = [
    ("model quantiz* fast", "fast AND model AND quantiz*"),
    ("multi-mod*", "multi-mod*"),
    ("models*", "models*"),
    ("GPT-4*", "gpt-4*"),
    ("quantiz*, pruning", "pruning OR quantiz*"),
    ("x-a*", "x a*"),
    ('"x gpt-4*"', '"x-gpt-4*"'),
    ("author:Li Fei-Fe*", "author:li-fei-fe*"),
]

FIELDS = [
    ("title:agents benchmark", "benchmark AND title:agent"),
    ("fast title:agents benchmark", "benchmark AND fast AND title:agent"),
    ("title: agents", "title:agent"),
    ("Title:x", "title:x"),
    ("TITLE:x", "title:x"),
    ("Title: A New Method", "title a new method"),
    ("title:GPT-4 x", "title:(gpt 4) AND x"),
    ("title:quantiz* x", "title:quantiz* AND x"),
    ('title:"a b" c', 'c AND title:"a b"'),
    ("title:(world model)", "title:(world model)"),
    ("title:(a OR b)", "title:a OR title:b"),
    ("title:(a -b)", "title:a -title:b"),
    ("title:(a NOT b c)", "title:a AND title:c -title:b"),
    ("topic:(agents, world model)", "topic:(world model) OR topic:agent"),
    ("keyword:x abstract:y", "abstract:y AND keyword:x"),
    ("author:Kaiming He", "author:kaiming he"),
    ("author: Kaiming He", "author:kaiming he"),
    ("author:Kaiming He, video", "author:kaiming he OR video"),
    ("author:Kaiming He -video", "author:kaiming he -video"),
    ("author:Kaiming He title:video", "author:kaiming he AND title:video"),
    ("author:Kaiming He AND video", "author:kaiming he AND video"),
    ('author:Kaiming He "video"', '"video" AND author:kaiming he'),
    ('author:"Kaiming He" video', 'author:"kaiming he" AND video'),
    ("author:(Kaiming He, Yann LeCun)", "author:kaiming he OR author:yann lecun"),
    ("author:(Li -Fei-Fei Wang)", "author:li AND author:wang -author:fei fei"),
    ("author:Kaim* He", "author:kaim* AND he"),
    ("org:Google DeepMi* video", "org:google deepmi* AND video"),
    ("org:A*STAR Singapore", "org:a star singapore"),
    ("2:4 sparsity", "2 4 sparsity"),
    ("16:9", "16 9"),
    ("agents: a survey", "agent a survey"),
    ("GPT-4:x", "gpt 4 x"),
    ("agents:, survey", "agent OR survey"),
]

MEANINGS = RUNS + QUOTES + OPERATORS + EXCLUDED + PREFIXES + FIELDS


@each(("typed", "canonical"), MEANINGS)
def test_a_query_has_its_canonical_form(typed: str, canonical: str) -> None:
    assert parse_query(typed).canonical == canonical
    assert parse_query(canonical).canonical == canonical


WRONG = [
    ("", 0, "empty", "diffusion model"),
    ("!!! ...", 0, "nothing to search for", "diffusion model"),
    ("-", 0, "nothing to search for", "diffusion model"),
    ("foo:bar", 0, "does not exist", "without the colon"),
    ("a -foo:bar", 3, "does not exist", "without the colon"),
    ('foo:"bar"', 0, "does not exist", "without the colon"),
    ("authors:He", 0, "does not exist", "Did you mean `author:`?"),
    ("a http://b", 2, "does not exist", "without the colon"),
    ("https://arxiv.org/abs/2401.12345v2", 0, "one paper", "`/paper paper:2401.12345`"),
    ("see https://huggingface.co/papers/2401.12345", 4, "one paper", "`/paper paper:2401.12345`"),
    ("arXiv:2401.12345", 0, "one paper", "`/paper paper:2401.12345`"),
    ("title:foo:bar", 6, "does not exist", "without the colon"),
    ('a "b', 2, "never closed", 'another `"`'),
    ("a (b OR c", 2, "never closed", "Add a `)`"),
    ("a (", 2, "never closed", "Add a `)`"),
    ("a)", 1, "never opened", "Remove it"),
    (")a", 0, "never opened", "Remove it"),
    ("a () b", 2, "no words", "at least one word"),
    ("a (...) b", 2, "no words", "at least one word"),
    ('a ""', 2, "no words", "at least one word"),
    ("a AND", 2, "one side", "agents AND benchmark"),
    ("OR a", 0, "one side", "agents OR benchmark"),
    ("a OR AND b", 2, "one side", "agents OR benchmark"),
    ("a AND OR b", 2, "one side", "agents AND benchmark"),
    ("a NOT", 2, "one side", "agents NOT survey"),
    ("a NOT -b", 2, "one side", "agents NOT survey"),
    ("a -AND b", 2, "one side", "agents -survey"),
    ("a,", 1, "one side", "RLHF, reward model"),
    (",a", 0, "one side", "RLHF, reward model"),
    ("a,,b", 1, "one side", "RLHF, reward model"),
    ("a, ...", 1, "one side", "RLHF, reward model"),
    ("(a OR)", 3, "one side", "agents OR benchmark"),
    ("-x", 0, "only excludes", "`agents -survey`"),
    ("NOT x", 0, "only excludes", "`agents -survey`"),
    ("-x -y", 0, "only excludes", "`agents -survey`"),
    ("a OR -b", 5, "only excludes", "`agents -survey`"),
    ("a, -b", 3, "only excludes", "`agents -survey`"),
    ("a (-b)", 3, "only excludes", "`agents -survey`"),
    ("a -*", 2, "excludes every paper", "`agents -survey`"),
    ("a -(b OR *)", 2, "excludes every paper", "`agents -survey`"),
    ("title:", 0, "after `title:`", "`title:agents` or `title:(world model)`"),
    ("author:", 0, "after `author:`", "`author:Kaiming He`"),
    ("org:, x", 0, "after `org:`", "`org:Google DeepMind`"),
    ("title:*", 0, "after `title:`", "`title:(world model)`"),
    ("a title: AND b", 2, "after `title:`", "`title:(world model)`"),
    ("title:-x", 6, "after a field", "`agents -title:survey`"),
    ("title: -x", 7, "after a field", "`agents -title:survey`"),
    ("title:NOT x", 6, "after a field", "`agents -title:survey`"),
    ("title:abstract:x", 6, "inside another field", "`title:agents abstract:benchmark`"),
    ("title:(a abstract:x)", 9, "inside another field", "`title:agents abstract:benchmark`"),
    ("title:(a -abstract:x)", 10, "inside another field", "`title:agents abstract:benchmark`"),
    ("ab*", 0, "too short", "`quantiz*`"),
    ("x 3D*", 2, "too short", "`quantiz*`"),
    ('"3D*"', 0, "too short", "`quantiz*`"),
    ('"x 3D*"', 0, "too short", "`quantiz*`"),
    ("author:Kaiming He*", 15, "too short", "`quantiz*`"),
    ('"world mod"*', 11, "does not follow a word", '`"gaussian splat*"`'),
    ("(a)*", 3, "does not follow a word", "`quantiz*`"),
    ("(" * 11 + "a" + ")" * 11, 10, "too deep", "10 levels"),
]


@each(("typed", "position", "problem", "remedy"), WRONG)
def test_an_error_shows_the_place_and_what_would_be_right(
    typed: str, position: int, problem: str, remedy: str
) -> None:
    with pytest.raises(QueryError) as raised:
        parse_query(typed)
    assert raised.value.position == position
    assert isinstance(raised.value, UserError)
    says, fence, _shown, caret, end, advice = str(raised.value).split("\n")
    assert (fence, caret, end) == ("```", " " * position + "^", "```")
    assert problem in says
    assert says.endswith(":")
    assert remedy in advice
    assert advice.endswith(".")


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


def test_a_phrase_knows_what_was_typed_for_it_and_where() -> None:
    root = parse_query('long  agents -survey title:"World Model" bench* author:Kaiming He').root
    assert [(phrase.source, phrase.position) for phrase in positive_phrases(root)] == [
        ("Kaiming He", 54),
        ("bench*", 40),
        ("long agents", 0),
        ('"World Model"', 26),
    ]


@pytest.mark.parametrize("typed", ['"AND"', '"x OR -y"', '"title:x, (y"', '"x NOT"'])
def test_operators_and_signs_in_quotes_are_words(typed: str) -> None:
    root = parse_query(typed).root
    assert isinstance(root, Phrase)
    assert root.is_quote


def test_a_phrase_knows_its_kind() -> None:
    assert parse_query('topic:"world mod*"').root == Phrase(
        words=("world", "mod"), field=Field.TOPIC, is_quote=True, is_prefix=True
    )


@each(
    ("typed", "parts"),
    [
        ("a b", ["a b"]),
        ("video, reward model", ["video", "reward model"]),
        ('"a, b", (c, d) e', ['"a, b"', "(c, d) e"]),
        ("title:(a, b), c", ["title:(a, b)", "c"]),
        ("a OR b, c", ["a OR b", "c"]),
        ("", [""]),
        ("a), b", ["a)", "b"]),
        ("a (b, c", ["a (b, c"]),
        ("a\uff0cb\u3001c", ["a", "b", "c"]),
        ('"a", \u201cb, c\u201d d', ['"a"', "\u201cb, c\u201d d"]),
        ('"it is \u201ca, b", c', ['"it is \u201ca, b"', "c"]),
    ],
)
def test_commas_outside_quotes_and_parentheses_split(typed: str, parts: list[str]) -> None:
    assert split_alternatives(typed) == parts


@pytest.mark.parametrize(
    ("typed", "position", "problem"),
    [
        ("a,", 1, "comma"),
        (",a", 0, "comma"),
        ("a, ,b", 1, "comma"),
        (",", 0, "comma"),
        ('a, "b, c', 3, "never closed"),
        ("a, foo:b, c", 3, "does not exist"),
    ],
)
def test_what_cannot_be_split_shows_its_place_in_the_whole(typed: str, position: int, problem: str) -> None:
    with pytest.raises(QueryError, match=problem) as raised:
        split_alternatives(typed)
    assert raised.value.position == position
