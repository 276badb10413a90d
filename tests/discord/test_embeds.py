"""Every message that reaches Discord is one that Discord takes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import discord
import pytest
from discord.http import handle_message_parameters
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.cards import Card, Link
from bot.core.feeds import Style
from bot.core.ids import PaperId
from bot.core.layout import layout
from bot.core.messages import Message, compose, heading
from bot.core.papers import Paper
from bot.core.posts import Form
from bot.core.query.parser import parse_query
from bot.discord.ui.messages import to_discord
from tests.examples import examples, only_thorough
from tests.fakes.discord_limits import assert_within_limits
from tests.fakes.discord_openapi import discord_openapi
from tests.fakes.hostile_papers import HOSTILE_PAPERS, papers
from tests.list_days import each_day, papers_of

pytestmark = pytest.mark.no_cover  # many rounds of hot code, which measuring coverage slows down


def payload(message: Message) -> dict[str, Any]:
    """The message as discord.py puts it into the request."""
    parts = to_discord(message)
    with handle_message_parameters(
        content=parts.content,
        embeds=parts.embeds,
        view=parts.view if parts.view is not None else discord.utils.MISSING,
        nonce="n" * 25,
        allowed_mentions=discord.AllowedMentions.none(),
    ) as parameters:
        assert parameters.payload is not None
        return json.loads(json.dumps(parameters.payload))


def messages(
    shown: Sequence[Paper], *, style: Style, max_papers: int, queries: tuple[str, ...]
) -> Iterator[Message]:
    by_id = {paper.id: paper for paper in shown}
    queries_of = {paper.id: queries for paper in shown}
    for entries in layout(shown, style=style, max_papers=max_papers, queries_of=queries_of):
        found = [by_id[entry.paper_id] for entry in entries]
        yield compose(
            [
                (paper, entry.form, tuple(map(parse_query, entry.queries)))
                for paper, entry in zip(found, entries, strict=True)
            ],
            heading=heading(found),
        )


def test_a_card_becomes_an_embed_with_all_it_holds() -> None:
    card = Card(
        title="T", url="https://a.example/t", description="D", fields=(("N", "V", True),), author="A",
        author_url="https://a.example/a", author_icon="https://a.example/i.png", footer="F", thumbnail="https://a.example/s.png", image="https://a.example/l.png", color=7,
    )  # fmt: skip
    parts = to_discord(Message(content="C", cards=(card,)))
    assert (parts.content, parts.view) == ("C", None)
    assert parts.embeds[0].to_dict() == {
        "type": "rich", "flags": 0, "title": "T", "url": "https://a.example/t", "description": "D", "color": 7,
        "fields": [{"name": "N", "value": "V", "inline": True}],
        "author": {"name": "A", "url": "https://a.example/a", "icon_url": "https://a.example/i.png"},
        "footer": {"text": "F"},
        "thumbnail": {"url": "https://a.example/s.png"},
        "image": {"url": "https://a.example/l.png"},
    }  # fmt: skip
    assert len(parts.embeds[0]) == card.size


def test_links_become_buttons_that_never_time_out() -> None:
    view = to_discord(Message(content="C", links=(Link("Code", "https://a.example/c"),))).view
    assert view is not None
    assert view.timeout is None
    assert not view.is_dispatchable()
    assert view.to_components()[0]["components"][0]["url"] == "https://a.example/c"


@settings(deadline=None, max_examples=examples(2))
@given(
    shown=st.lists(HOSTILE_PAPERS, min_size=1, max_size=14, unique_by=lambda paper: paper.id),
    later=st.lists(HOSTILE_PAPERS, min_size=14, max_size=14),
    style=st.sampled_from(Style),
    max_papers=st.integers(0, 14),
)
def test_no_paper_makes_a_message_that_discord_refuses(
    shown: list[Paper], later: list[Paper], style: Style, max_papers: int
) -> None:
    """The papers are laid out as they were, and sent as others that they have become meanwhile."""
    became: dict[PaperId, Paper] = dict(zip((paper.id for paper in shown), later, strict=False))
    query = parse_query("kites")
    for entries in layout(shown, style=style, max_papers=max_papers, queries_of={}):
        items = [(became[entry.paper_id], entry.form, (query,)) for entry in entries]
        assert_within_limits(payload(compose(items, heading=heading([paper for paper, _, _ in items]))))


@settings(deadline=None, max_examples=examples(2))
@given(paper=HOSTILE_PAPERS, lines=st.integers(0, 16), cards=st.integers(0, 9))
def test_the_worst_paper_all_over_a_full_message_is_taken(paper: Paper, lines: int, cards: int) -> None:
    items = [(paper, Form.CARD, ())] * cards + [(paper, Form.LINE, ())] * lines
    if items:
        assert_within_limits(payload(compose(items, heading="h" * 5_000)))


@pytest.mark.parametrize("count", [1, 5, 11, 60])
@pytest.mark.parametrize("style", list(Style))
def test_discords_own_schema_takes_our_messages(count: int, style: Style) -> None:
    for message in messages(papers(count), style=style, max_papers=10, queries=("kites",)):
        sent = payload(message)
        assert_within_limits(sent)
        discord_openapi().validator("components/schemas/MessageCreateRequest").validate(sent)


@each_day
def test_a_list_day_is_within_discords_limits(file: Path) -> None:
    shown = papers_of([file])
    for style in Style:
        for max_papers in (10, *only_thorough((1, len(shown)))):
            for message in messages(
                shown, style=style, max_papers=max_papers, queries=("model", "author:wang")
            ):
                assert_within_limits(payload(message))
