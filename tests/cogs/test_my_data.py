"""/my data: exporting and deleting what is kept about a person."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.core.ids import MessageId, PaperId, UserId
from bot.discord.delivery.publisher import DiscordPublisher
from bot.store import people
from tests.world import World, answers, text_of


async def data(world: World, action: str, *, by: Any = None) -> Any:
    return await (by or world.member).slash(world.channel, "my data", action=action)


async def exported(world: World) -> dict[str, Any]:
    result = await data(world, "export")
    assert result.ephemeral
    (file,) = (file for message in answers(result) for file in message.attachments)
    return json.loads(await file.read())


async def test_a_person_gets_all_that_is_kept_about_them_and_nobody_elses(world: World) -> None:
    world.list_paper("2608.00001", title="Video of Tea")
    await world.run()
    for person in (world.member, world.admin):
        await person.slash(world.channel, "my follow", keywords="video")
        await world.services.library.save(UserId(person.id), [PaperId("2608.00001")])
    await world.admin.slash(world.channel, "subscribe", keywords="tea")
    world.clock.advance(days=1)
    await world.run()

    kept = await exported(world)

    assert kept["user_id"] == str(world.member.id)
    (saved,) = kept["saved_papers"]
    assert saved["paper_id"] == "2608.00001"
    assert [item["text"] for item in kept["subscriptions"]] == ["video"]
    assert kept["feeds"][0]["user_id"] == str(world.member.id)
    assert kept["posts"][0]["state"] == "sent"
    assert [post_paper["paper_id"] for post_paper in kept["post_papers"]] == ["2608.00001"]
    assert kept["changes"] == []
    assert str(world.admin.id) not in json.dumps(kept)


async def test_deleting_personal_data_asks_first_and_removes_all_of_it(world: World) -> None:
    await world.admin.slash(world.channel, "subscribe", keywords="tea")
    await world.admin.slash(world.channel, "my follow", keywords="video")
    world.list_paper("2608.00001", title="Video")

    asked = await data(world, "delete", by=world.admin)
    cancelled = await world.admin.click(asked.response, label="Cancel")
    assert "Nothing was changed" in text_of(cancelled)
    asked = await data(world, "delete", by=world.admin)
    answer = text_of(asked)
    assert "1 followed query, your schedule and your name on 1 change in servers" in answer
    assert "channels' subscriptions and settings, which belong to their servers" in answer
    done = await world.admin.click(asked.response, label="Delete my data")

    assert text_of(done).startswith("Deleted\n")
    async with world.database.read() as conn:
        assert UserId(world.admin.id) not in await people.everybody(conn)
    world.clock.advance(days=1)
    await world.run()
    assert "2608.00001" not in world.posted_ids(world.admin.user.dm_channel)
    assert await world.subscriptions() == ["tea"], "the server's"
    history = text_of(await world.admin.slash(world.channel, "config history"))
    assert f"*someone who deleted their data* <#{world.channel.id}>: subscribed to *tea*" in history
    assert "I store nothing about you" in text_of(await data(world, "delete", by=world.admin))
    await world.admin.slash(world.channel, "my follow", keywords="tea")
    assert "1 followed query" in text_of(await data(world, "export", by=world.admin))


async def test_a_message_in_flight_during_the_deletion_is_no_bug_and_brings_nothing_back(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await world.member.slash(world.channel, "my follow", keywords="video")
    world.list_paper("2608.00001", title="Video")
    person, publish = UserId(world.member.id), DiscordPublisher.publish

    async def deleted_meanwhile(publisher: DiscordPublisher, *args: Any, **options: Any) -> MessageId:
        message_id = await publish(publisher, *args, **options)
        await world.services.personal_data.delete(person)
        return message_id

    monkeypatch.setattr(DiscordPublisher, "publish", deleted_meanwhile)
    world.clock.advance(days=1)
    await world.run()

    async with world.database.read() as conn:
        assert person not in await people.everybody(conn)
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
