"""Who reads a channel: whether everybody who can read it can also see another one."""

from __future__ import annotations

from typing import cast

import discord

from bot.discord.permissions.obstacles import ServerChannel


def may_be_named(channel: ServerChannel | None, *, where: ServerChannel) -> bool:
    """Whether everybody who can read `where` can also see `channel`, so that it may be named there.

    Each role is checked alone. That is enough if the channel denies nobody but @everyone, because then nobody
    sees less by having more roles. The bot's own role does not count: its missing permissions are the news.
    """
    if channel is None or channel.id == where.id:
        return channel is not None
    named, read = _with_permissions(channel), _with_permissions(where)
    if named is None or read is None or (isinstance(channel, discord.Thread) and channel.is_private()):
        return False
    return named.id == read.id or _is_seen_by_readers(named, read)


def _is_seen_by_readers(named: discord.abc.GuildChannel, read: discord.abc.GuildChannel) -> bool:
    if _overwritten(named, is_seen=False) - {named.guild.id}:  # the id of @everyone is the server's
        return False
    roles = [role for role in named.guild.roles if not role.is_bot_managed()]
    by_everyone = any(role.is_default() and named.permissions_for(role).view_channel for role in roles)
    admitted = _overwritten(read, is_seen=True) - {role.id for role in roles}  # members, one by one
    if not (by_everyone or (roles and admitted <= _overwritten(named, is_seen=True))):
        return False
    readers = [role for role in roles if read.permissions_for(role).view_channel]
    return all(named.permissions_for(role).view_channel for role in readers)


def _with_permissions(channel: ServerChannel) -> discord.abc.GuildChannel | None:
    return channel.parent if isinstance(channel, discord.Thread) else channel


def _overwritten(channel: discord.abc.GuildChannel, *, is_seen: bool) -> frozenset[int]:
    """The ids of the roles and members whose overwrite shows or hides the channel, without the bot's."""
    me = cast("discord.Member | None", channel.guild.me)  # None if the gateway did not send it
    bot_roles = {role.id for role in channel.guild.roles if role.is_bot_managed()}
    if me is not None:
        bot_roles.add(me.id)
    return frozenset(
        target.id
        for target, overwrite in channel.overwrites.items()
        if overwrite.view_channel is is_seen and target.id not in bot_roles
    )
