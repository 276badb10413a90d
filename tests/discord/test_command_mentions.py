"""Commands in texts become mentions that one can press, where Discord's ids are known."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from discord import app_commands

from bot.discord.answers.formatting import code
from bot.discord.command_mentions import CommandMentions
from tests.world import World, answers

IDS = {"subscribe": 1, "config": 2, "papers": 3}


class _Config(app_commands.Group):
    @app_commands.command()
    async def style(self, _: discord.Interaction) -> None:
        """Style."""


@app_commands.command()
async def subscribe(_: discord.Interaction) -> None:
    """Subscribe."""


@pytest.fixture
def mentions() -> CommandMentions:
    config = _Config(name="config", description="Config")
    found = CommandMentions()
    found.learn(IDS, [subscribe, config, *config.walk_commands()])
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Use `/subscribe`.", "Use </subscribe:1>."),
        ("`/subscribe keywords:diffusion model`", "</subscribe:1> `keywords:diffusion model`"),
        (
            "`/config style style:cards` or `style:digest`",
            "</config style:2> `style:cards` or `style:digest`",
        ),
        ("`/config` and `/unknown` and `/config unknown`", None),
        (f"{code('/subscribe')} is what they typed", None),
        (r"\`/subscribe\` in a title", None),
        ("```\n/subscribe\n```", None),
        ("`/subscribe`" * 150, None),  # too long as mentions
    ],
)
def test_a_command_in_code_becomes_a_mention(
    mentions: CommandMentions, text: str, expected: str | None
) -> None:
    assert mentions.in_text(text) == (expected or text)
    assert CommandMentions().in_text(text) == text


async def test_answers_errors_and_the_welcome_mention_the_commands(world: World) -> None:
    def shown(*messages: Any) -> str:
        texts = [[message.content, *(embed.description for embed in message.embeds)] for message in messages]
        return "\n".join(text for found in texts for text in found if text)

    subscribe_id, config_id = [(await world.command(name)).id for name in ("subscribe", "config")]
    error = await world.admin.slash(world.channel, "deliver")
    answer = await world.admin.slash(world.channel, "config show")
    await world.admin.slash(world.channel, "subscribe", keywords="video")
    paused = await world.admin.slash(world.channel, "config pause")
    guild = world.env.create_guild("New")
    hall = guild.create_text_channel("hall")
    world.client.dispatch("guild_join", world.client.get_guild(guild.id))
    await world.env.settle()

    assert f"</subscribe:{subscribe_id}>" in shown(*answers(error))
    assert f"</subscribe:{subscribe_id}>" in shown(*answers(answer))
    assert f"</config resume:{config_id}>" in shown(*answers(paused))
    assert f"</subscribe:{subscribe_id}> `keywords:diffusion model`" in shown(*hall.history())
