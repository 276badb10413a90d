"""Canonical forms can be typed back, and no text does worse than an error."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.query.errors import QueryError
from bot.core.query.exclusion import parse_exclusion
from bot.core.query.expression import compile_node
from bot.core.query.nodes import positive_phrases
from bot.core.query.parser import Query, parse_query, split_alternatives
from bot.core.words.latex import readable
from tests.cases import each

PIECES = r"""
a models LLMs AIs C++ A* A*STAR 4.1 R² fine-tuning quantiz* multi-mod* ab* H* * AND OR NOT and , ( ) " - -- – :
title: Title: author: org: topic: foo: MLLM rope multimodal 3-DGS & é ß τ $\alpha$ \emph{x} ` “ （ ： ＊ GPT-4* x-a-* GPT-a} ™ ½ ℃ Ⅰ* ~ | ; PyTorch
https://arxiv.org/abs/2401.12345
"""
_ACRONYM = re.compile("MLLM|LLM|AI|rope|DGS", re.IGNORECASE)  # of these pieces
_PIECE = st.sampled_from(PIECES.split())
_TYPED = st.lists(_PIECE, max_size=14).map(" ".join) | st.lists(_PIECE, max_size=14).map("".join) | st.text()


def read(text: str) -> Query | None:
    """The query, or None for a text that is none."""
    try:
        return parse_query(text)
    except QueryError:
        return None


@given(_TYPED)
def test_a_canonical_form_reads_the_same(text: str) -> None:
    query = read(text)
    if query is not None:
        assert parse_query(query.canonical).canonical == query.canonical


@given(_TYPED)
def test_what_is_stored_depends_on_the_canonical_form_and_the_acronyms_typed(text: str) -> None:
    query = read(text)
    # A typed acronym also finds itself in lower case, which its long form does not.
    if query is not None and _ACRONYM.search(text) is None:
        assert compile_node(parse_query(query.canonical).root) == compile_node(query.root)


@each(
    ("one", "other"),
    [
        ("MLLM", "multimodal large language model"),
        ("multimodal LLM", "mllms"),
        ("RL from human feedback", "RLHF"),
        ("RoPE", "rotary position embedding"),
        ("rope OR VAEs", "RoPE, variational autoencoder"),
        ("x -(KV cache)", "x NOT (KV caches)"),
    ],
)
def test_ways_to_write_an_acronym_are_one_query(one: str, other: str) -> None:
    assert parse_query(one).canonical == parse_query(other).canonical


@each(("one", "other"), [("3-DGS", "3DGS"), ("ML LM", "MLLM"), ("multi-modal LLM", "MLLM")])
def test_what_may_be_an_acronym_if_a_space_is_left_out_is_another_query(one: str, other: str) -> None:
    assert parse_query(one).canonical != parse_query(other).canonical


@given(_TYPED)
def test_parentheses_around_a_query_change_nothing(text: str) -> None:
    query = read(text)
    if query is not None:
        assert parse_query(f"({text})").root == query.root


@given(_TYPED)
def test_what_was_typed_for_a_phrase_is_at_its_position(text: str) -> None:
    query = read(text)
    for phrase in positive_phrases(query.root) if query else ():
        assert readable(text)[phrase.position :].startswith(phrase.source)
        assert phrase.source


@given(_TYPED)
def test_parts_between_commas_mean_what_the_whole_means(text: str) -> None:
    query = read(text)
    if query is not None:
        parts = [read(part) for part in split_alternatives(text)]
        whole = parse_query(", ".join(f"({part.canonical})" for part in parts if part))
        assert whole.canonical == query.canonical


@pytest.mark.parametrize("parse", [parse_query, parse_exclusion])
@given(text=_TYPED)
def test_any_text_is_read_or_has_an_error_with_one_code_block(
    parse: Callable[[str], Query], text: str
) -> None:
    shown, position = "``````", 0
    try:
        parse(text)
    except QueryError as error:
        shown, position = str(error), error.position
    assert shown.count("```") == 2
    assert 0 <= position <= len(readable(text))
