"""/my follow, unfollow, feed, schedule, pause and resume: papers by direct message."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.store import feeds
from tests.examples import first
from tests.world import World, paper_ids, text_of

CLOSED = {"status": 403, "code": 50007, "message": "Cannot send messages to this user"}


async def my(world: World, command: str, **options: Any) -> str:
    return text_of(await world.member.slash(world.channel, f"my {command}", **options))


def received(world: World) -> list[Any]:
    """The direct messages to the member, oldest first."""
    return world.posts(world.member.user.dm_channel)


def received_ids(world: World) -> list[str]:
    return [paper_id for message in received(world) for paper_id in paper_ids(message)]


def close_direct_messages(world: World, times: int | None = None, **answer: Any) -> None:
    path = f"/channels/{world.member.user.dm_channel.id}/messages"
    world.env.inject_error("POST", path, times=times, **(CLOSED | answer))


def open_direct_messages(world: World) -> None:
    world.env.backend.faults.clear()


def calls(world: World) -> int:
    """How many direct messages the bot tried to send so far."""
    path = f"/channels/{world.member.user.dm_channel.id}/messages"
    return sum(request.method == "POST" and request.path == path for request in world.env.http_requests)


async def next_day(world: World) -> None:
    world.clock.advance(days=1)
    await world.run()


async def test_what_a_person_follows_comes_by_direct_message_once(world: World) -> None:
    answer = await my(world, "follow", keywords="video, tea leaves")

    assert answer.startswith("Following\nYou now follow:")
    assert "`video`" in answer
    assert "`tea leaves`" in answer
    assert "Next delivery by direct message: <t:" in answer
    assert "at 09:00 UTC. `/my schedule` changes the time, the time zone" in answer
    (greeting,) = received(world)
    assert "Your papers will arrive here" in greeting.embeds[0].title
    world.list_paper("2608.00001", title="Video of Tea Leaves")
    world.list_paper("2608.00002", title="Coffee")
    await next_day(world)
    await next_day(world)
    assert received_ids(world) == ["2608.00001"]
    assert world.posts() == []
    assert "The last papers came" in await my(world, "feed")


async def test_the_last_message_of_a_delivery_can_stop_it_and_that_can_be_undone(world: World) -> None:
    await my(world, "follow", keywords="video")
    for number in range(11):
        world.list_paper(f"2608.000{number:02}", title=f"Video {number}")
    await next_day(world)
    _, *messages, last = received(world)
    assert messages
    labels = [
        [part.label for row in message.components for part in row.children if hasattr(part, "label")]
        for message in (*messages, last)
    ]
    assert not any("Stop" in above for above in labels[:-1])
    assert labels[-1][-2:] == ["Stop", "What I follow"]
    await world.restart()

    stopped = await world.member.user.click(last, label="Stop")

    assert stopped.ephemeral
    assert text_of(stopped).startswith("Stopped\nNo papers will be sent to you until you resume.")
    world.list_paper("2608.00101", title="Video again")
    await next_day(world)
    assert "2608.00101" not in received_ids(world)
    undone = await world.member.user.click(stopped.response, label="Undo")
    assert "Resumed\nYour papers come by direct message again." in text_of(undone)
    await next_day(world)
    assert "2608.00101" in received_ids(world)


async def test_closed_direct_messages_are_said_at_once_and_the_keywords_wait(world: World) -> None:
    close_direct_messages(world)

    result = await world.member.slash(world.channel, "my follow", keywords="video")

    answer = text_of(result)
    assert "Saved, but nothing can reach you yet." in answer
    assert "turn on **Direct Messages**" in answer
    assert "Next delivery" not in answer
    world.list_paper("2608.00001", title="Video")
    tried = calls(world)
    await next_day(world)
    world.clock.advance(days=3)
    await world.run()
    await world.services.blocked_channels.recheck(has_changed=True, is_asked=True)
    await world.run()
    assert calls(world) == tried, "nobody asked"
    assert "**Blocked**" in await my(world, "feed")
    still = text_of(await world.member.click(result.response, label="Try again"))
    assert still.startswith("Still blocked\n")
    open_direct_messages(world)
    resumed = text_of(await world.member.click(result.response, label="Try again"))
    assert resumed.startswith("Resumed\n")
    await world.run()
    assert received_ids(world) == ["2608.00001"]


@pytest.mark.thorough
async def test_a_later_refusal_loses_nothing(world: World) -> None:
    await my(world, "follow", keywords="video")
    world.list_paper("2608.00001", title="Video")
    close_direct_messages(world, code=50278)
    await next_day(world)
    tried = calls(world)
    await world.restart()
    await next_day(world)
    assert calls(world) == tried

    answer = await my(world, "feed")

    assert "We share no server" in answer
    assert "1 message pending" in answer
    open_direct_messages(world)
    assert "Sending 1 pending message now." in await my(world, "resume")
    await world.delivered()
    assert received_ids(world) == ["2608.00001"]
    notices = text_of(await world.admin.slash(world.channel, "status"))
    assert "direct" not in notices


async def test_an_unclear_answer_is_not_a_refusal(world: World) -> None:
    close_direct_messages(world, status=500, code=0, times=1)

    answer = await my(world, "follow", keywords="video")

    assert "Discord didn't say whether my first direct message to you arrived" in answer
    assert "Next delivery" in answer
    world.list_paper("2608.00001", title="Video")
    await next_day(world)
    assert received_ids(world) == ["2608.00001"]


@pytest.mark.parametrize(
    ("answer", "is_refusal"),
    first(1, [({"status": 403, "code": 50278}, True), ({"status": 400, "code": 40003}, False)]),
)
async def test_direct_messages_that_cannot_be_opened_yet_are_opened_later(
    world: World, answer: dict[str, int], *, is_refusal: bool
) -> None:
    world.env.inject_error("POST", "/users/@me/channels", times=1, **answer)

    reply = await my(world, "follow", keywords="video")

    assert ("We share no server" in reply) is is_refusal
    assert ("Discord didn't say whether" in reply) is not is_refusal
    assert received(world) == []
    world.list_paper("2608.00001", title="Video")
    await next_day(world)
    assert received_ids(world) == ([] if is_refusal else ["2608.00001"])
    assert is_refusal is ("Resumed\n" in await my(world, "resume"))
    await world.run()
    assert received_ids(world) == ["2608.00001"]


async def test_explain_in_direct_messages_is_about_what_one_follows(world: World) -> None:
    world.list_paper("2608.00001", title="Video")
    world.list_paper("2608.00002", title="Coffee")
    person = world.member.user
    assert "You don't follow any keywords" in text_of(await person.slash("explain", paper="2608.00001"))
    await my(world, "follow", keywords="video")
    await world.run()  # reads the list
    coming = text_of(await person.slash("explain", paper="2608.00001"))
    await next_day(world)

    answer = text_of(await person.slash("explain", paper="2608.00001"))

    assert "Coming with the next post" in coming
    assert "in your direct messages" in coming
    assert "It was posted <t:" in answer
    assert "https://discord.com/channels/@me/" in answer
    other = text_of(await person.slash("explain", paper="2608.00002"))
    assert "matches nothing that you follow: `video`" in other


@pytest.mark.thorough
async def test_two_commands_at_once_greet_once(world: World) -> None:
    await asyncio.gather(
        world.services.follows.follow("video", user_id=world.member.id),
        world.services.follows.follow("tea", user_id=world.member.id),
    )

    assert len(received(world)) == 1
    assert "You follow 2 queries (at most 25)" in await my(world, "feed")


async def test_a_restart_before_the_greeting_loses_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(*_: object, **__: object) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(world.services.follows._direct_messages, "greet", killed)
    with pytest.raises(asyncio.CancelledError):
        await world.services.follows.follow("video", user_id=world.member.id)
    await world.restart()
    world.list_paper("2608.00001", title="Video")
    await next_day(world)

    assert received_ids(world) == ["2608.00001"]
    assert "Already following" in await my(world, "follow", keywords="video")


async def test_what_is_unfollowed_is_suggested_and_can_be_undone(world: World) -> None:
    await my(world, "follow", keywords="video, tea")
    offered = await world.member.autocomplete(world.channel, "my unfollow", "keywords", "vid")
    assert [choice["value"] for choice in offered] == ["video"]

    result = await world.member.slash(world.channel, "my unfollow", keywords="Videos")

    assert "You no longer follow:\n\n• `video`" in text_of(result)
    assert "You still follow 1 query." in text_of(result)
    assert "You don't follow that." in await my(world, "unfollow", keywords="video")
    assert "`video` (continued)" in text_of(await world.member.click(result.response, label="Undo"))
    await my(world, "unfollow", keywords="all of them")
    assert "You don't follow any keywords yet" in await my(world, "feed")


async def test_limits_and_mistakes_are_said_before_anything_is_sent(world: World) -> None:
    many = ", ".join(f"word{number}" for number in range(26))

    assert "You can follow 25 queries." in await my(world, "follow", keywords=many)
    assert "never closed" in await my(world, "follow", keywords="(video")
    assert received(world) == []
    for command in ("pause", "resume", "unfollow"):
        options = {"keywords": "video"} if command == "unfollow" else {}
        assert "You don't follow any keywords yet" in await my(world, command, **options)


async def test_the_schedule_is_ones_own(world: World) -> None:
    await my(world, "schedule", time="18:30")
    await my(world, "follow", keywords="video")

    answer = await my(world, "schedule", timezone="Berlin", weekdays="every day")

    assert "daily, Mon-Fri, at 18:30 UTC → daily, every day, at 18:30 Europe/Berlin" in answer
    zones = await world.member.autocomplete(world.channel, "my schedule", "timezone", "tok")
    assert "Asia/Tokyo" in [choice["value"] for choice in zones]
    shown = await world.member.slash(world.channel, "my schedule")
    form = await world.member.click(shown.response, label="Change schedule")
    result = await world.member.submit_modal(form, {"time": "7am", "timezone": "", "weekdays": ""})
    assert "at 18:30 Europe/Berlin → daily, every day, at 07:00 Europe/Berlin" in text_of(result)


async def test_nobody_else_sees_what_a_person_follows(world: World) -> None:
    await my(world, "follow", keywords="video")

    for command in ("status", "config history", "config export"):
        answer = text_of(await world.admin.slash(world.channel, command))
        assert "video" not in answer
    assert "You don't follow any" in text_of(await world.admin.slash(world.channel, "my feed"))
    async with world.database.read() as conn:
        assert await feeds.in_use(conn) == []
