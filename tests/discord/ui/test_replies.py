"""Answers: what takes the place of "thinking…", what follows it, and who sees each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.discord.ui.replies import defer_publicly, reply, tell
from tests.world import World, answers, check_deferred_answers

Doing = Callable[[discord.Interaction], Awaitable[None]]


async def typed(world: World, do: Doing) -> Any:
    """What a command answers that does this."""

    @app_commands.command(description="Try something")
    async def attempt(interaction: discord.Interaction) -> None:
        await do(interaction)

    world.client.tree.add_command(attempt)
    await world.client.tree.sync()
    return await world.member.slash(world.channel, "attempt")


async def test_the_first_answer_takes_the_place_of_thinking_and_the_next_are_ephemeral_too(
    world: World,
) -> None:
    async def do(interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True)
        await reply(interaction, "first", files=[discord.File(BytesIO(b"1"), filename="1.txt")])
        await reply(interaction, files=[discord.File(BytesIO(b"2"), filename="2.txt")])
        await tell(interaction, "third")

    result = await typed(world, do)

    first, *others = answers(result)
    assert first.id == result.response.id
    assert [message.content for message in (first, *others)] == ["first", "", "third"]
    assert [attachment.filename for message in (first, *others) for attachment in message.attachments] == [
        "1.txt",
        "2.txt",
    ]
    assert all(message.ephemeral for message in (first, *others))
    assert world.channel.history() == []


async def test_what_follows_a_public_answer_is_public_except_what_is_for_one_person(world: World) -> None:
    async def do(interaction: discord.Interaction) -> None:
        await defer_publicly(interaction)
        await reply(interaction, "first")
        await reply(interaction, "second")
        await tell(interaction, "third")

    result = await typed(world, do)

    assert [(answer.content, answer.ephemeral) for answer in answers(result)] == [
        ("first", False),
        ("second", False),
        ("third", True),
    ]


@pytest.mark.parametrize("is_public", [True, False])
async def test_a_message_for_one_person_is_ephemeral_whether_the_answer_is_public_or_not(
    world: World, *, is_public: bool
) -> None:
    async def do(interaction: discord.Interaction) -> None:
        await (defer_publicly(interaction) if is_public else interaction.response.defer(ephemeral=True))
        await tell(interaction, "for you")

    result = await typed(world, do)

    assert [(answer.content, answer.ephemeral) for answer in answers(result)] == [("for you", True)]
    assert world.channel.history() == []


async def test_a_follow_up_in_place_of_the_answer_fails_every_test(world: World) -> None:
    async def do(interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True)
        await interaction.followup.send("hasty")

    await typed(world, do)

    with pytest.raises(AssertionError, match="instead of the answer"):
        check_deferred_answers(world.env)
    world.env.http_requests.clear()
