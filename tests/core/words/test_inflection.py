"""Singular and plural are one, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.words.inflection import fold
from tests.cases import each

PAIRS = """
models model
losses loss
boxes box
batches batch
hashes hash
policies policy
movies movie
ties tie
caches cache
kvcaches kvcache
databases database
phases phase
responses response
axes axis
matrices matrix
submatrices submatrix
indices index
indexes index
vertices vertex
analyses analysis
metaanalyses metaanalysis
hypotheses hypothesis
corpora corpus
criteria criterion
phenomena phenomenon
biases bias
lenses lens
microlenses microlens
viruses virus
gases gas
quizzes quiz
heroes hero
children child
metrics metric
topics topic
critics critic
heuristics heuristic
characteristics characteristic
gans gan
llms llm
gpus gpu
apis api
asics asic
"""

UNCHANGING = """
news series species lens gas data gps tts bias loss class status corpus virus basis analysis axis physics robotics
its ads bus ais does always canvas tokenizer generative process less thus this
"""


@each("pair", PAIRS.strip().splitlines())
def test_a_plural_is_folded_into_its_singular(pair: str) -> None:
    plural, singular = pair.split()
    assert fold(plural) == fold(singular) == singular


@each("word", UNCHANGING.split())
def test_a_word_that_only_looks_plural_is_unchanged(word: str) -> None:
    assert fold(word) == word


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tokenizer", "token"),
        ("generative", "general"),
        ("news", "new"),
        ("quantized", "quantize"),
        ("lens", "len"),
    ],
)
def test_other_words_are_not_folded_together(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text(alphabet="abceihmnorstuvxyz", max_size=12))
def test_folding_is_idempotent(word: str) -> None:
    assert fold(fold(word)) == fold(word)


@each("acronym", ["gpu", "api", "llm", "ui", "rl", "vla", "gan", "nli"])
def test_a_known_acronym_has_a_plural_without_capitals(acronym: str) -> None:
    assert fold(acronym + "s") == fold(acronym) == acronym
