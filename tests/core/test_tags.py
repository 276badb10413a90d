"""Tags: which of a forum's tags fit what was asked for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.core.query.parser import parse_query
from bot.core.tags import MAX_APPLIED_TAGS, Tag, choose, fits, usable
from tests.cases import each


def tags(*names: str, moderated: tuple[str, ...] = ()) -> tuple[Tag, ...]:
    return tuple(
        Tag(id=number, name=name, is_moderated=name in moderated) for number, name in enumerate(names, 1)
    )


def chosen(
    offered: tuple[Tag, ...], *queries: str, is_required: bool = False, may_moderate: bool = False
) -> list[str]:
    asked = [parse_query(query) for query in queries]
    return [tag.name for tag in choose(offered, asked, is_required=is_required, may_moderate=may_moderate)]


@each(
    ("name", "query"),
    [
        ("Diffusion Models", "diffusion model"),
        ("diffusion", "diffusion model"),
        ("RL", "RL OR reinforcement learning"),
        ("Reinforcement Learning", "RL OR reinforcement learning"),
        ("LLM", "LLM agents"),
        ("RL", "RLHF"),
        ("Large Language Models", "LLM agents"),
        ("LLMs", "llm agent"),
        ("Agents", "LLM agents"),
        ("Café", "cafe"),
        ("fine-tuning", "finetuning"),
        ("Finetuning", "fine tuning"),
        ("Fine Tuning", "fine-tuning"),
        ("multimodal", "multi-modal AND agents"),
        ("C++", "C++ AND compiler"),
        ("OpenAI", "org:OpenAI"),
        ("video", "(video OR 4D) generation -survey"),
        ("Quantization", "quantiz*"),
        ("Quantization", "post-training-quantiz*"),
        ("post-training", "post-training-quantiz*"),
        ("Post-Training Quantization", "post-training-quantiz*"),
        ("🎬 Video", "video"),
    ],
)
def test_a_tag_fits_what_a_query_looks_for(name: str, query: str) -> None:
    assert fits(*tags(name), [parse_query(query)])


@each(
    ("name", "query"),
    [
        ("Survey", "agents -survey"),
        ("Survey", "agents NOT (survey OR review)"),
        ("All", "*"),
        ("Papers", "* -survey"),
        ("Diffusion Models", "diffusion"),
        ("Model Diffusion", "diffusion model"),
        ("LLM agents", "LLM AND agents"),
        ("C", "C++"),
        ("token", "tokenizer"),
        ("Tokenizer", "token"),
        ("Quantum", "quantiz*"),
        ("Quantization methods", "quantiz*"),
        ("🎬", "video"),
    ],
)
def test_a_tag_fits_nothing_else(name: str, query: str) -> None:
    assert not fits(*tags(name), [parse_query(query)])


def test_at_most_five_tags_are_chosen_in_the_forums_order() -> None:
    offered = tags("Video", "Robots", "Audio", "RL", "Vision", "Agents", "Speech")
    assert chosen(offered, "agents", "video, speech", "audio OR rl", "vision", "nothing here") == [
        "Video",
        "Audio",
        "RL",
        "Vision",
        "Agents",
    ]


def test_no_tag_is_better_than_a_wrong_one() -> None:
    assert chosen(tags("Off-topic", "Papers"), "video") == []
    assert chosen((), "video", is_required=True) == []


def test_a_moderated_tag_needs_manage_threads() -> None:
    offered = tags("Video", "Official", moderated=("Video",))
    assert chosen(offered, "video") == []
    assert chosen(offered, "video", may_moderate=True) == ["Video"]
    assert usable(offered, may_moderate=False) == offered[1:]


def test_a_forum_that_asks_for_a_tag_gets_one() -> None:
    offered = tags("Announcements", "Help", "Other stuff", "Video", moderated=("Announcements",))
    assert chosen(offered, "video", is_required=True) == ["Video"]
    assert chosen(offered, "audio", is_required=True) == ["Other stuff"]
    assert chosen(offered[:2], "audio", is_required=True) == ["Help"]
    assert chosen(offered[:1], "audio", is_required=True) == []
    assert chosen(offered[:1], "audio", is_required=True, may_moderate=True) == ["Announcements"]
    assert chosen(offered[:2], "audio", is_required=True, may_moderate=True) == ["Help"]


NAMES = st.lists(st.text(min_size=1, max_size=20), max_size=20)
WORDS = st.lists(
    st.sampled_from(["video", "llms", "multi-modal", "agents", "C++", "2D"]), min_size=1, max_size=4
)


@given(
    names=NAMES,
    asked=WORDS,
    is_required=st.booleans(),
    may_moderate=st.booleans(),
    moderated=st.integers(0, 20),
)
def test_chosen_tags_are_few_usable_and_in_order_for_any_names(
    names: list[str], asked: list[str], *, is_required: bool, may_moderate: bool, moderated: int
) -> None:
    offered = tags(*names, moderated=tuple(names[:moderated]))
    found = choose(
        offered, [parse_query(" ".join(asked))], is_required=is_required, may_moderate=may_moderate
    )
    assert len(found) <= MAX_APPLIED_TAGS
    assert list(found) == [tag for tag in offered if tag in found]
    assert all(may_moderate or not tag.is_moderated for tag in found)
    assert found or not (is_required and usable(offered, may_moderate=may_moderate))


@given(WORDS, st.integers(0, 3), st.integers(1, 4))
def test_every_part_of_a_phrase_is_a_tag_that_fits(asked: list[str], start: int, length: int) -> None:
    run = asked[start : start + length]
    if run:
        (tag,) = tags(" ".join(run).upper())
        assert fits(tag, [parse_query(" ".join(asked))])
