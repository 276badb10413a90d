"""Where commands may act: what the person and the bot need in the channel, and which kinds there are."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import create_autospec

import discord
import pytest
from discord.app_commands import AppCommandChannel
from simcord.backend.models import Overwrite
from simcord.enums import OverwriteType

from bot.discord.permissions import targets
from bot.errors import UserError
from tests.examples import first
from tests.world import World, running_world, text_of

MANAGES = discord.Permissions(manage_channels=True)


def manager(world: World) -> Any:
    """Someone who may manage every channel, and nothing special beside."""
    role = world.guild.create_role("Managers", permissions=MANAGES)
    return world.guild.add_member(world.env.create_user("mia"), roles=[role])


def channel(world: World, kind: discord.ChannelType) -> Any:
    """A new channel of that kind."""
    makers = {
        discord.ChannelType.text: world.guild.create_text_channel,
        discord.ChannelType.news: world.guild.create_news_channel,
        discord.ChannelType.voice: world.guild.create_voice_channel,
        discord.ChannelType.stage_voice: world.guild.create_stage_channel,
        discord.ChannelType.category: world.guild.create_category,
        discord.ChannelType.forum: world.guild.create_forum_channel,
    }
    if kind is discord.ChannelType.media:
        forum = world.guild.create_forum_channel("media")
        world.env.backend.get_channel(forum.id).type = kind.value
        return forum
    if kind in makers:
        return makers[kind](kind.name)
    world.env.backend.create_thread(world.channel.id, kind.name, world.admin.id, type=kind.value)
    return world.channel.threads[-1]


@pytest.mark.parametrize(
    "kind",
    first(
        2,
        [
            discord.ChannelType.text,
            discord.ChannelType.news,
            discord.ChannelType.voice,
            discord.ChannelType.stage_voice,
            discord.ChannelType.public_thread,
            discord.ChannelType.forum,
            discord.ChannelType.media,
        ],
    ),
)
async def test_channels_that_take_messages_take_papers(world: World, kind: discord.ChannelType) -> None:
    place = channel(world, kind)

    answer = text_of(await world.admin.slash(world.channel, "subscribe", keywords="video", channel=place))

    assert f"<#{place.id}> is now subscribed to" in answer


async def test_other_channels_are_refused_plainly(world: World) -> None:
    place = channel(world, discord.ChannelType.category)

    for name, options in (("subscribe", {"keywords": "video"}), ("config style", {"style": "digest"})):
        answer = text_of(await world.admin.slash(world.channel, name, channel=place, **options))
        assert "doesn't accept messages" in answer
        assert "Nothing was changed" in answer
        assert "text channel" in answer


async def test_a_locked_thread_is_refused(world: World) -> None:
    world.channel = world.guild.create_text_channel(
        "parent", overwrites={world.guild.me: discord.PermissionOverwrite(manage_threads=False)}
    )
    place = channel(world, discord.ChannelType.public_thread)
    world.env.backend.get_channel(place.id).thread_metadata.locked = True

    answer = text_of(await world.admin.slash(world.channel, "subscribe", keywords="video", channel=place))

    assert "is locked" in answer
    assert "Unlock it" in answer


@pytest.mark.parametrize(
    ("denied", "named"),
    [
        ("send_messages", "Send Messages"),
        ("embed_links", "Embed Links"),
    ],
)
@pytest.mark.parametrize("is_used_there", [True, False])
async def test_a_right_that_the_bot_lacks_is_named(
    world: World, *, denied: str, named: str, is_used_there: bool
) -> None:
    place = world.guild.create_text_channel(
        "closed", overwrites={world.guild.me: discord.PermissionOverwrite(**{denied: False})}
    )
    options: dict[str, Any] = {} if is_used_there else {"channel": place}

    result = await world.admin.slash(
        place if is_used_there else world.channel, "subscribe", keywords="video", **options
    )

    assert result.ephemeral
    assert f"I'm missing **{named}** in <#{place.id}>." in text_of(result)


async def test_a_channel_that_the_bot_cannot_see_is_refused(world: World) -> None:
    place = world.guild.create_text_channel(
        "hidden", overwrites={world.guild.me: discord.PermissionOverwrite(view_channel=False)}
    )

    answer = text_of(await world.admin.slash(world.channel, "subscribe", keywords="video", channel=place))

    assert "I'm missing **View Channel**" in answer


async def test_a_thread_needs_the_right_to_write_in_threads(world: World) -> None:
    bot = world.guild.me
    world.channel = world.guild.create_text_channel(
        "parent", overwrites={bot: discord.PermissionOverwrite(send_messages_in_threads=False)}
    )
    place = channel(world, discord.ChannelType.public_thread)

    answer = text_of(await world.admin.slash(world.channel, "subscribe", keywords="video", channel=place))

    assert "I'm missing **Send Messages in Threads**" in answer


def forum_without_posts_by(world: World, member_id: int) -> Any:
    place = world.guild.create_forum_channel("forum")
    denied = Overwrite(
        target_id=member_id,
        type=OverwriteType.MEMBER,
        allow=0,
        deny=discord.Permissions.send_messages.flag,
    )
    world.env.backend.set_overwrite(place.id, denied)
    return place


async def test_a_forum_needs_the_right_to_make_posts(world: World) -> None:
    place = forum_without_posts_by(world, world.guild.me.id)

    answer = text_of(await world.admin.slash(world.channel, "subscribe", keywords="video", channel=place))

    assert f"I'm missing **Create Posts** in <#{place.id}>. Nothing was changed" in answer


async def test_a_person_needs_the_right_to_make_posts_in_a_forum(world: World) -> None:
    mia = manager(world)
    place = forum_without_posts_by(world, mia.id)

    answer = text_of(await mia.slash(world.channel, "subscribe", keywords="video", channel=place))

    assert f"You need **Create Posts** in <#{place.id}>" in answer


async def test_a_history_that_may_not_be_read_is_no_reason_to_refuse(world: World) -> None:
    place = world.guild.create_text_channel(
        "quiet", overwrites={world.guild.me: discord.PermissionOverwrite(read_message_history=False)}
    )

    answer = text_of(await world.admin.slash(world.channel, "subscribe", keywords="video", channel=place))

    assert f"<#{place.id}> is now subscribed to" in answer


ADMIN_COMMANDS: list[tuple[str, dict[str, str]]] = [
    ("subscribe", {"keywords": "video"}),
    ("unsubscribe", {"keywords": "video"}),
    ("deliver", {}),
    ("config show", {}),
    ("config schedule", {"time": "10:00"}),
    ("config style", {"style": "digest"}),
    ("config pause", {}),
    ("config resume", {}),
]


async def test_a_person_needs_manage_channels_in_the_target_even_where_a_command_was_granted(
    world: World,
) -> None:
    own = world.guild.create_text_channel(
        "own", overwrites={world.member: discord.PermissionOverwrite(manage_channels=True)}
    )
    for name, options in ADMIN_COMMANDS:
        command = await world.command(name.split()[0])
        world.guild.set_command_permissions(command, {world.member: True})

        here = text_of(await world.member.slash(world.channel, name, **options))
        there = text_of(await world.member.slash(own, name, channel=world.channel, **options))
        in_own = text_of(await world.member.slash(own, name, **options))

        refusal = f"You need **Manage Channels** in <#{world.channel.id}> for this. Nothing was changed"
        assert refusal in here, name
        assert refusal in there, name
        assert "You need" not in in_own, name


@pytest.mark.parametrize(
    ("denied", "named"),
    [
        ({"send_messages": False}, "**Send Messages**"),
        ({"manage_channels": False, "send_messages": False}, "**Manage Channels** and **Send Messages**"),
    ],
)
async def test_a_right_that_the_person_lacks_is_named(
    world: World, denied: dict[str, bool], named: str
) -> None:
    mia = manager(world)
    quiet = world.guild.create_text_channel("quiet", overwrites={mia: discord.PermissionOverwrite(**denied)})

    answer = text_of(await mia.slash(world.channel, "subscribe", keywords="video", channel=quiet))

    assert f"You need {named} in <#{quiet.id}>" in answer


async def test_a_channel_that_the_person_cannot_see_is_not_mentioned(world: World) -> None:
    mia = manager(world)
    secret = world.guild.create_text_channel(
        "secret", overwrites={mia: discord.PermissionOverwrite(view_channel=False)}
    )
    # A client that is honest would not offer the channel; one that is not gets no further.
    named = create_autospec(AppCommandChannel, instance=True, id=secret.id)
    named.permissions = discord.Permissions.none()
    typed = create_autospec(discord.Interaction, instance=True)
    typed.guild = world.client.get_guild(world.guild.id)
    typed.guild_id, typed.channel_id = world.guild.id, world.channel.id
    typed.user = typed.guild.get_member(mia.id) or await typed.guild.fetch_member(mia.id)
    typed.namespace = SimpleNamespace(channel=discord.Object(secret.id))

    with pytest.raises(UserError, match=r"You need \*\*View Channel\*\*"):
        await targets.visible(typed, named)
    typed.permissions = discord.Permissions.none()
    assert await targets.named_while_typing(typed) is None


async def test_commands_for_all_work_in_direct_messages(world: World) -> None:
    world.list_paper("2608.00001", title="Tea Leaves")
    await world.run()
    ben = world.member.user

    assert "Tea Leaves" in text_of(await ben.slash("papers today"))
    assert "Tea Leaves" in text_of(await ben.slash("paper", paper="2608.00001"))
    assert "**Tea** Leaves" in text_of(await ben.slash("preview", keywords="tea"))
    assert "/subscribe" in text_of(await ben.slash("help"))


async def test_a_server_that_came_without_its_members_is_asked_for_the_bots_own_roles(
    tmp_path: Path, databases_are_freed: None
) -> None:
    async with running_world(tmp_path) as world:
        target = world.guild.create_text_channel("quiet")
        guild = world.client.get_guild(world.guild.id)
        assert guild is not None
        # What discord.py makes up for a server whose members did not come: the bot without its roles.
        guild.me.joined_at = None
        guild.me._roles = discord.utils.SnowflakeList(())
        guild.default_role._permissions = 0
        result = await world.admin.slash(world.channel, "subscribe", keywords="robots", channel=target)
        assert "I'm missing" not in text_of(result)
        assert "robots" in text_of(result)
