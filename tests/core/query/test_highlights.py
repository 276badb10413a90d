"""The words that are marked are those that matched."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from bot.core.query.highlights import mark
from bot.core.query.nodes import Field
from bot.core.query.parser import parse_query
from tests.cases import each


def marked(text: str, *queries: str, field: Field = Field.TITLE) -> str:
    """The text with brackets around what is marked."""
    out, end = "", 0
    for start, stop in mark([parse_query(query) for query in queries], field, text):
        out += f"{text[end:start]}[{text[start:stop]}]"
        end = stop
    return out + text[end:]


@each(
    ("query", "text"),
    [
        ("diffusion model", "A [Diffusion Model] and [diffusion-models], not models"),
        ("multimodal chain of thought", "[Multi-Modal Chain-of-Thought] prompting"),
        ("multi modal", "[Multimodal], [multi-modal], [multi modal]"),
        ("finetuning", "[Finetuning] by [fine-tuning], not fine tuning"),
        ("modal", "Multi-[Modal]"),
        ("quantiz*", "[Quantized] and [quantization]-aware"),
        ("multimod*", "[Multi-modality]"),
        ("models*", "model, [models], [modelsim]"),
        ("llm", "[LLMs], an [LLM]'s and an [LLM]-based one"),
        ("cafe", "[Café] and [cafe\u0301s]"),
        ("C++", "[C++] not C"),
        ("agents -survey", "[Agents]: a survey"),
        ("(agents OR video) AND x", "[Agents] for [video]"),
        ("a b c", "[a b c] [a b c], a b"),
        ("*", "Nothing"),
        ("title:agents author:Lee", "[Agents] by Lee"),
        ("author:agents", "Agents"),
    ],
)
def test_whole_matched_words_are_marked(query: str, text: str) -> None:
    assert marked(text.replace("[", "").replace("]", ""), query) == text


def test_marks_of_several_queries_become_one_where_they_overlap() -> None:
    assert marked(
        "large language model agents", "large language model", "language models", "model agent"
    ) == ("[large language model agents]")


def test_a_text_is_marked_only_for_its_field() -> None:
    assert marked("Ada Lovelace", "author:lovelace", field=Field.AUTHOR) == "[Ada Lovelace]"
    assert marked("Ada Lovelace", "lovelace", field=Field.AUTHOR) == "Ada Lovelace"
    assert marked("ada", "ada", field=Field.KEYWORD) == "[ada]"


@given(
    st.lists(st.sampled_from(["ab", "c", "abs", "d"]), min_size=1, max_size=3).map(" ".join),
    st.lists(st.sampled_from(["ab", "c", "abs", "-", " ", "d", "é", "."]), max_size=12).map("".join),
)
def test_marks_are_sorted_and_disjoint_and_contain_the_match(query: str, text: str) -> None:
    spans = mark([parse_query(query)], Field.TITLE, text)
    assert list(spans) == sorted(spans)
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))
    for start, end in spans:
        assert mark([parse_query(query)], Field.TITLE, text[start:end])
