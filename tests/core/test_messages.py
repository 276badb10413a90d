"""A message shows its papers within Discord's limits, and says what came to those who see only its text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from bot.core.cards import make_card
from bot.core.feeds import Style
from bot.core.ids import RoleId
from bot.core.layout import MAX_CHARACTERS
from bot.core.messages import Item, compose, compose_bare, heading
from bot.core.paper_choices import MAX_CHOICES, PaperChoice
from bot.core.papers import Paper
from bot.core.posts import Entry, Form
from bot.core.query.parser import parse_query
from tests.core.test_layout import planned
from tests.fakes.hostile_papers import PLAIN, papers

pytestmark = pytest.mark.no_cover  # many rounds of hot code, which measuring coverage slows down


def items(entries: Sequence[Entry], shown: Sequence[Paper]) -> list[Item]:
    by_id = {paper.id: paper for paper in shown}
    return [(by_id[entry.paper_id], entry.form, tuple(map(parse_query, entry.queries))) for entry in entries]


def test_one_paper_alone_has_buttons_and_several_have_none() -> None:
    shown = papers(2)
    alone = compose(items(planned(shown[:1])[0], shown), heading="one")
    assert [link.label for link in alone.links] == ["Paper", "PDF", "Code ★ 56", "Project"]
    assert compose(items(planned(shown)[0], shown), heading="two").links == ()
    digest = planned(shown[:1], style=Style.DIGEST)[0]
    assert [link.label for link in compose(items(digest, shown), heading="").links] == [
        "Paper",
        "PDF",
        "Code ★ 56",
        "Project",
    ]


@pytest.mark.parametrize("style", list(Style))
def test_every_message_offers_all_its_papers_and_no_more_than_a_menu_takes(style: Style) -> None:
    shown = papers(60)
    messages = [
        compose(items(entries, shown), heading="") for entries in planned(shown, style=style, max_papers=13)
    ]
    offered = [choice for message in messages for choice in message.papers]
    assert {choice.id for choice in offered} == {paper.id for paper in shown}
    assert max(len(message.papers) for message in messages) <= MAX_CHOICES
    assert all(0 < len(choice.title) <= 100 for choice in offered)


def test_a_bare_message_can_be_opened_too_and_has_no_links() -> None:
    bare = compose_bare((replace(PLAIN, title="\u200b"), Form.CARD, ()))
    assert bare.papers == (PaperChoice(PLAIN.id, PLAIN.id),)
    assert bare.links == ()


def test_folded_papers_are_listed_under_their_number() -> None:
    shown = papers(8)
    message = compose(items(planned(shown, max_papers=5)[0], shown), heading="")
    assert [card.title for card in message.cards][5:] == ["3 more papers"]
    assert all(paper.page_url in str(message.cards[5].description) for paper in shown[5:])


def test_papers_that_grew_since_the_layout_are_shortened_and_the_others_are_not() -> None:
    shown = [replace(paper, ai_summary=None, abstract="kites " * 20) for paper in papers(9)]
    entries = planned(shown)[0]
    assert len(entries) == 9
    grown = [
        replace(shown[0], title="Kites " * 40, abstract="kites " * 500, organization="O" * 60),
        *shown[1:],
    ]
    before, after = (compose(items(entries, some), heading="") for some in (shown, grown))
    assert sum(card.size for card in after.cards) <= MAX_CHARACTERS
    full = make_card(grown[0], queries=[parse_query("kite")], is_alone=False, limit=MAX_CHARACTERS)
    assert before.cards[0].size < after.cards[0].size <= full.size
    assert after.cards[1:] == before.cards[1:]


def test_the_heading_names_the_number_the_list_days_and_the_first_titles() -> None:
    title = "Kites for Tidal Power: a Survey"
    assert heading([PLAIN]) == f"**1 paper** for Wed 19 Aug 2026: {title}"
    earlier = replace(PLAIN, list_day=date(2026, 8, 14), title="*Two*", id="2608.1")  # pyright: ignore[reportArgumentType]
    assert heading([PLAIN, earlier]) == (
        rf"**2 papers** for Fri 14 Aug to Wed 19 Aug 2026: {title} · \*Two\*"
    )
    assert heading([replace(PLAIN, list_day=None)]) == f"**1 paper**: {title}"
    assert heading([PLAIN] * 10, is_more=True).endswith(f": {title} · {title} · {title} and 7 more")


def test_the_content_has_room_for_its_titles_and_its_ping() -> None:
    shown = [replace(paper, title="*" * 500) for paper in papers(10)]
    message = compose(items(planned(shown)[0], shown), heading=heading(shown), mention_role_id=RoleId(10**18))
    assert message.content.startswith(f"<@&{10**18}> **10 papers** for")
    assert message.content.endswith("and 7 more")


def test_a_forum_post_begins_with_what_its_paper_does() -> None:
    post = compose([(PLAIN, Form.CARD, (parse_query("kite"),))], heading="one", in_forum=True)
    assert post.content == "Under-water **kites** earn more than turbines in slow tides."
    assert post.title == PLAIN.title
    assert post.cards[0].description == (
        "-# Ada Example, Bo Sample, Cy Instance, Di Model, Ed Pattern · arXiv 18 Aug"
    )
    wordless = replace(PLAIN, ai_summary=None, abstract="")
    assert compose([(wordless, Form.CARD, ())], heading="one", in_forum=True).content == "one"


def test_a_forum_post_of_the_rest_says_how_many_more() -> None:
    more = [(paper, Form.MORE, ()) for paper in papers(8)]
    assert compose(more, heading="", in_forum=True).title == "8 more papers for Wed 19 Aug 2026"
    lines = [(paper, Form.LINE, ()) for paper in papers(8)]
    assert compose(lines, heading="").title == "8 papers for Wed 19 Aug 2026"


def test_a_digest_has_a_heading_for_each_list_day_where_there_are_several() -> None:
    def description(*days: date) -> str:
        shown = [
            (replace(paper, list_day=day), Form.LINE, ())
            for paper, day in zip(papers(len(days)), days, strict=True)
        ]
        return compose(shown, heading="").cards[0].description or ""

    new, old = date(2026, 8, 20), date(2026, 8, 19)
    lines = description(new, new, old).splitlines()
    assert [lines.index("**Thu 20 Aug 2026**"), lines.index("**Wed 19 Aug 2026**")] == [0, 5]
    assert "**" not in description(new, new)


def test_lines_with_reasons_stay_within_the_limits_and_keep_their_titles() -> None:
    abstract = "It begins with something else entirely, and then names the kite once, " + "far away " * 40
    shown = [
        replace(paper, title=f"Number {number}: {'long ' * 20}title", abstract=abstract, ai_keywords=())
        for number, paper in enumerate(papers(45))
    ]
    for style in Style:
        for entries in planned(shown, style=style, max_papers=4):
            message = compose(items(entries, shown), heading="")
            assert sum(card.size for card in message.cards) <= MAX_CHARACTERS
            lists = [card.description or "" for card in message.cards if "\n▲" in (card.description or "")]
            for line in "\n".join(lists).split("▲")[1:]:
                assert "title](https://huggingface.co/papers/" in line
                assert "abstract: **kite**" in line
