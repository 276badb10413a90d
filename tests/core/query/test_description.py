"""How a query was read, in words."""

from __future__ import annotations

import pytest

from bot.core.query.description import described, reading
from bot.core.query.parser import parse_query
from tests.cases import each


@each(
    ("typed", "read"),
    [
        ("agents -survey benchmark", "papers with “agent” and “benchmark”, without “survey”"),
        ("-survey agents", "papers with “agent”, without “survey”"),
        ("* -survey -review", "papers without “survey” or “review”"),
        ("video OR audio", "papers with “video” or “audio”"),
        ("video, audio AND speech", "papers with “video” or (with “audio” and “speech”)"),
        ('"world model" (video OR 4D)', "papers with “world model” and with either “video” or “4D”"),
        (
            "(video OR audio OR text) model",
            "papers with any of “video”, “audio” or “text” and with “model”",
        ),
        ("author:Kaiming He", "papers by “Kaiming He”"),
        ("author:(He OR Sun) title:ResNets", "papers by either “He” or “Sun” and with “ResNet” in the title"),
        ("org:NVIDIA -author:He", "papers from “NVIDIA”, not by “He”"),
        ("tokeniz* -title:survey", "papers with “tokeniz…”, without “survey” in the title"),
        (
            "abstract:agents keyword:tools",
            "papers with “agent” in the abstract and with “tool” in the AI keywords",
        ),
        ("topic:(world models)", "papers with “world model” in the title or the AI keywords"),
        ('"gaussian splat*" "CLIP"', "papers with “gaussian splat…” and “CLIP” in these capitals"),
        ("agents NOT (code AND math)", "papers with “agent”, but not (with “code” and “math”)"),
        ("GPT-4 policies", "papers with “GPT-4 policy”"),
        ("*", "every paper"),
    ],
)
def test_a_query_is_described_in_the_order_typed(typed: str, read: str) -> None:
    assert described(parse_query(typed)) == read


@each(
    ("typed", "read"),
    [
        ("RL", "RL, also “reinforcement learning”"),
        ("reinforcement learning", "reinforcement learning, also “RL”"),
        ("MoE", "MoE, also “mixture of experts”"),
        ("multimodal LLM", "multimodal LLM, also “multimodal large language model” or “MLLM”"),
        ("RL -survey", "papers with “RL”, without “survey”; RL, also “reinforcement learning”"),
        ("tumours", "tumours, also spelled “tumor”"),
        ("color", "color, also spelled “colour”"),
        ("Monte Carlo tree search", "Monte Carlo tree search, also “MCTS”"),
        ("3D Gaussian splatting", "3D Gaussian splatting, also “3DGS”"),
        ("Qwen2.5-VL models", "Qwen2.5-VL models, also “Qwen2.5 vision language models” or “Qwen2.5 VLM”"),
        ("β-VAE", "β-VAE, also “β variational autoencoder”"),
        ("LLM-as-a-judge", "LLM-as-a-judge, also “large language model as-a-judge”"),
        (
            "QA ML",
            "QA ML, also “question answering ML”, “QA machine learning” or “question answering machine learning”",
        ),
        (
            "post-training quantization",
            "post-training quantization, also spelled “quantisation”, also “PTQ”",
        ),
        ('"CLIP"', "papers with “CLIP” in these capitals"),
    ],
)
def test_acronyms_and_spellings_that_count_are_named(typed: str, read: str) -> None:
    assert reading(parse_query(typed)) == read


@pytest.mark.parametrize(
    "typed",
    [
        "agents",
        "diffusion model",
        "author:Kaiming He",
        "title:agents",
        '"world model"',
        "quantiz*",
        "*",
    ],
)
def test_what_was_typed_says_enough_for_one_term(typed: str) -> None:
    assert not reading(parse_query(typed))


def test_the_number_that_an_acronym_adds_is_said_with_its_period() -> None:
    answer = reading(parse_query("RL"), more={"RL": 1664}, period="in the last 30 days")

    assert answer == "RL, also “reinforcement learning”: 1,664 more in the last 30 days"


def test_nothing_is_said_of_an_acronym_that_adds_none() -> None:
    assert (
        reading(parse_query("RL"), more={"RL": 0}, period="in 30 days") == "RL, also “reinforcement learning”"
    )
