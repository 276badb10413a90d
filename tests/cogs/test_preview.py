"""/preview: what keywords match, and what a channel's next post would be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.cogs.test_blocks import allow, deny
from tests.examples import first
from tests.fakes.huggingface import Fault
from tests.world import World, text_of


async def test_a_preview_shows_which_papers_keywords_match(world: World) -> None:
    world.list_paper("2608.00001", title="Retrieval with RAG")
    world.list_paper("2608.00002", title="Cheap Storage")
    await world.run()

    result = await world.member.slash(world.channel, "preview", keywords="rag")

    assert "1 paper from the last 7 days" in text_of(result)
    assert "RAG" in text_of(result)
    assert "Storage" not in text_of(result)


async def test_a_preview_of_nothing_says_so(world: World) -> None:
    result = await world.member.slash(world.channel, "preview", keywords="unicorns", days=1)

    assert "No paper from today's list matches `unicorn" in text_of(result)


async def test_a_preview_of_a_wrong_query_points_at_the_place(world: World) -> None:
    result = await world.member.slash(world.channel, "preview", keywords="agents AND")

    assert result.ephemeral
    assert "^" in text_of(result)


async def next_post(world: World, **options: Any) -> str:
    result = await world.member.slash(world.channel, "preview", **options)
    assert result.ephemeral
    return text_of(result)


async def test_the_next_post_is_previewed_as_it_is_then_delivered(world: World) -> None:
    role, other = [world.guild.create_role(name, mentionable=True) for name in ("Readers", "Viewers")]
    unused = world.guild.create_role("Others", mentionable=True)
    for number, title in enumerate(["Video one", "Storage", "Video two", "Agents in a video"], start=1):
        world.list_paper(f"2608.0000{number}", title=title, upvotes=number)
    await world.run()
    await world.admin.slash(world.channel, "subscribe", keywords="video", mention=other)
    await world.admin.slash(world.channel, "subscribe", keywords="unicorns", mention=unused)
    await world.admin.slash(world.channel, "config mention", role=role, silent=True)
    await world.admin.slash(world.channel, "config filter", max_papers=2)

    answer = await next_post(world)

    assert answer.startswith("**Preview: 3 papers so far**\nNext post: <t:1787130000:f>")
    assert (
        f"As of now, for <#{world.channel.id}>: 2 cards and 1 line in 1 message, "
        f"pinging <@&{role.id}> and <@&{other.id}>, without push notifications." in answer
    )
    assert answer.index("Agents") < answer.index("two") < answer.index("one")
    assert "Storage" not in answer
    assert world.posts() == []
    world.clock.advance(hours=1)
    await world.run()
    assert world.posted_ids() == ["2608.00004", "2608.00003", "2608.00001"]
    (message,) = world.posts()
    assert {role.id for role in message.role_mentions} == {role.id, other.id}
    assert message.content in answer
    assert all(embed.description in answer for embed in message.embeds)
    assert "Nothing to post in" in await next_post(world)


async def test_what_the_filter_stops_is_shown_with_the_reason_and_how_long_it_waits(world: World) -> None:
    world.list_paper("2608.00001", title="Video for few", upvotes=3)
    world.list_paper("2608.00002", title="Video without code", upvotes=50, paper={"githubRepo": None})
    world.list_paper("2608.00003", title="A survey of video", upvotes=50)
    world.list_paper("2608.00004", title="Video for all", upvotes=50)
    await world.run()
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    await world.admin.slash(
        world.channel, "config filter", min_upvotes=10, only_with_code=True, exclude="survey"
    )

    result = await world.member.slash(world.channel, "preview", channel=world.channel)

    assert "1 card in 1 message" in text_of(result)
    assert "3 matching papers are filtered out: the last page says why." in text_of(result)
    assert "for all" in text_of(result)
    answer = text_of(await world.member.click(result.response, label="Next"))
    sections = answer.split("\n**1 paper ")
    assert sections[0].startswith("Not in the next post")
    assert [section.partition("**")[0] for section in sections[1:]] == [
        "waiting for 10 upvotes",
        "waiting for a code repository",
        "excluded: `survey`",
    ]
    assert "for few" in sections[1]
    assert "until 26 Aug 2026" in sections[1]
    assert "without code" in sections[2]
    assert "A survey" in sections[3]


async def test_why_nothing_is_posted_is_said_exactly(world: World) -> None:
    assert "has no subscriptions, so nothing is posted there" in await next_post(world)

    await world.admin.slash(world.channel, "subscribe", keywords="video")
    answer = await next_post(world)
    assert "What comes next" in answer
    assert "is not known yet" in answer
    assert "Today's list has not been read yet." in answer

    world.list_paper("2608.00001", title="Video", upvotes=1)
    world.list_paper("2608.00002", title="Agents", upvotes=1)
    await world.run()
    await world.admin.slash(world.channel, "config pause")
    answer = await next_post(world)
    assert answer.startswith("**Preview: 1 paper so far**\n**Paused** ")
    await world.admin.slash(world.channel, "config filter", min_upvotes=2)
    assert "right now: its filter excludes every new match" in await next_post(world)
    await world.admin.slash(world.channel, "config resume")

    await world.admin.slash(world.channel, "unsubscribe", keywords="video")
    await world.admin.slash(world.channel, "subscribe", keywords="unicorns")
    answer = await next_post(world)
    assert answer.startswith("Preview: nothing so far\nNext post: <t:")
    assert "no further paper on today's list matches its 1 subscription." in answer

    deny(world, world.channel, send_messages=True)
    assert "⚠️ I'm missing **Send Messages**" in await next_post(world)


@pytest.mark.parametrize(
    ("options", "expected"),
    [({"days": 3}, "are for `keywords`"), ({"focus": "broad"}, "are for `keywords`")],
)
async def test_options_that_do_not_go_together_are_explained(
    world: World, options: dict[str, Any], expected: str
) -> None:
    assert expected in await next_post(world, **options)
    both = await next_post(world, keywords="video", channel=world.channel)
    assert "is shown without `keywords`" in both


@pytest.mark.thorough
async def test_a_next_post_of_many_papers_is_paged_message_by_message(world: World) -> None:
    for number in range(40):
        world.list_paper(f"2608.{number:05}", title=f"Video number {number}", upvotes=number)
    await world.run()
    await world.admin.slash(world.channel, "subscribe", keywords="video")

    result = await world.member.slash(world.channel, "preview")
    assert "Preview: 40 papers so far" in text_of(result)
    assert "-# Message 1 of 3:" in text_of(result)
    shown_first, *later = [text_of(result)], "Next", "Next"
    shown = [
        *shown_first,
        *[text_of(await world.member.click(result.response, label=label)) for label in later],
    ]

    world.clock.advance(hours=1)
    await world.run()
    for answer, message in zip(shown, world.posts(), strict=True):
        assert message.content in answer
        for embed in message.embeds:
            assert embed.description in answer


async def subscribed_with_papers(world: World, place: Any) -> None:
    world.list_paper("2608.00001", title="Video one", upvotes=1)
    world.list_paper("2608.00002", title="Video two", upvotes=2)
    await world.run()
    await world.admin.slash(world.channel, "subscribe", keywords="video", channel=place)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", first(1, ["forum", "thread", "announcement", "digest"]))
async def test_a_channel_of_another_kind_or_style_is_previewed_as_it_is_then_delivered(
    world: World, kind: str
) -> None:
    if kind == "forum":
        place = world.guild.create_forum_channel("forum")
    elif kind == "thread":
        world.env.backend.create_thread(world.channel.id, "talk", world.admin.id, type=11)
        place = world.channel.threads[-1]
    elif kind == "announcement":
        place = world.guild.create_news_channel("news")
    else:
        place = world.channel
        await world.admin.slash(place, "config style", style="digest")
    await subscribed_with_papers(world, place)

    result = await world.member.slash(world.channel, "preview", channel=place)

    answer = [text_of(result)]
    form, messages = (
        ("lines" if kind == "digest" else "cards"),
        ("2 posts" if kind == "forum" else "1 message"),
    )
    assert f"for <#{place.id}>: 2 {form} in {messages}" in answer[0]
    assert ("Open a paper" in str(result.response.components)) is (kind != "forum")
    if kind == "forum":
        answer.append(text_of(await world.member.click(result.response, label="Next")))
    world.clock.advance(hours=1)
    await world.run()
    assert_shown_as_delivered(answer, delivered_in(world, place))


def delivered_in(world: World, place: Any) -> list[dict[str, Any]]:
    """What was sent there, as people read it: the last post of a forum is on top."""
    messages, threads = f"/channels/{place.id}/messages", f"/channels/{place.id}/threads"
    sent = [
        request.json
        for request in world.env.http_requests
        if request.method == "POST" and request.path in {messages, threads}
    ]
    return sent[::-1] if "name" in sent[0] else sent


def assert_shown_as_delivered(answer_text: list[str], delivered: list[dict[str, Any]]) -> None:
    for shown, sent in zip(answer_text, delivered, strict=True):
        assert sent.get("name", "") in shown
        message = sent.get("message", sent)
        assert message.get("content", "") in shown
        assert message["embeds"]
        for embed in message["embeds"]:
            for text in (embed.get("title"), embed["description"], embed.get("footer", {}).get("text")):
                assert text is None or text in shown


async def test_a_blocked_channel_shows_what_it_will_post_and_what_blocks_it(world: World) -> None:
    await subscribed_with_papers(world, world.channel)
    deny(world, world.channel, send_messages=True)
    await world.env.settle()
    world.clock.advance(hours=1)
    await world.run()
    world.list_paper("2608.00003", title="Video three")
    await world.services.polling.poll()

    result = await world.member.slash(world.channel, "preview")

    assert "**Blocked**" in text_of(result)
    assert "1 message from earlier is still pending and sent first" in text_of(result)
    assert "**Send Messages**" in text_of(result)
    assert "3 cards in 2 messages" in text_of(result)
    answer = [text_of(result), text_of(await world.member.click(result.response, label="Next"))]
    assert "-# Message 1 of 2, pending since <t:" in answer[0]
    assert "Video two" in answer[0]
    assert "-# Message 2 of 2:" in answer[1]
    assert "Video three" in answer[1]
    allow(world, world.channel)
    await world.env.settle()
    world.clock.advance(days=1)
    await world.run()
    refused, *delivered = delivered_in(world, world.channel)
    assert refused["embeds"] == delivered[0]["embeds"]
    assert_shown_as_delivered(answer, delivered)


@pytest.mark.thorough
async def test_a_list_that_cannot_be_read_is_said_beside_what_is_known(world: World) -> None:
    await subscribed_with_papers(world, world.channel)
    world.hub.day_faults = {world.today - timedelta(days=back): Fault(status=404) for back in range(40)}
    world.clock.advance(minutes=40)
    await world.run()

    answer = await next_post(world)

    assert "This may be incomplete or out of date, because" in answer
    assert "Video two" in answer
