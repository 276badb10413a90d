"""The moderator: changes permissions, roles, channels, threads, membership and limits while the bot runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

import discord
from simcord.backend import serializers
from simcord.backend.models import Overwrite
from simcord.builders import ChannelHandle, GuildHandle, RoleHandle
from simcord.enums import ChannelType, OverwriteType

from sandbox.discord import DiscordServer
from sandbox.driver import Driver
from sandbox.places import ForumRules
from sandbox.world import World

_INVITED_WITH: Final = discord.Permissions(
    discord.Permissions.all().value & ~8
)  # everything except administrator


class Identified(Protocol):
    """Anything with an ID: SimCord's handles, and discord.py's objects."""

    @property
    def id(self) -> int: ...


class Moderator(Driver):
    """The driver as an administrator of the server. Every change is sent to the bot as an event."""

    def __init__(self, world: World, server: DiscordServer, *, home: GuildHandle) -> None:
        super().__init__(world, server)
        self._home = home
        self._places = world.places

    # What the bot can do:

    def deny(self, channel: Identified, **permissions: bool) -> None:
        """Deny the bot permissions in a channel: `deny(channel, embed_links=True)`. Calls accumulate."""
        denied: Any = {name: False for name, is_denied in permissions.items() if is_denied}
        _, deny = discord.PermissionOverwrite(**denied).pair()
        backend = self._world.backend
        earlier = [item for item in backend.get_channel(channel.id).overwrites if self._is_bots(item)]
        value = deny.value | (earlier[0].deny if earlier else 0)
        backend.set_overwrite(channel.id, Overwrite(backend.bot_user.id, OverwriteType.MEMBER, deny=value))

    def allow(self, channel: Identified) -> None:
        """Remove all denials for the bot in a channel."""
        self._world.backend.delete_overwrite(channel.id, self._world.backend.bot_user.id)

    def set_permissions(self, role: Identified | None = None, **permissions: bool) -> None:
        """Grant (True) or revoke (False) permissions of a role; None is the bot's own role.

        The bot has the permissions of all of its roles and of @everyone (`guild.default_role`).
        """
        backend = self._world.backend
        guild = backend.get_guild(self._home.id)
        changed = guild.roles[self.bot_role.id if role is None else role.id]
        value = discord.Permissions(changed.permissions)
        value.update(**permissions)
        backend.edit_role(guild.id, changed.id, {"permissions": value.value})

    @property
    def bot_role(self) -> RoleHandle:
        """The role that was created when the bot was invited."""
        guild = self._world.backend.get_guild(self._home.id)
        member = guild.members[self._world.backend.bot_user.id]
        role = next(guild.roles[role_id] for role_id in member.role_ids if guild.roles[role_id].managed)
        return RoleHandle(self._world, self._home, role)

    def give_role(self, role: Identified) -> None:
        """Add a role to the bot."""
        self._world.backend.add_member_role(self._home.id, self._world.backend.bot_user.id, role.id)

    def take_role(self, role: Identified) -> None:
        """Remove a role from the bot."""
        self._world.backend.remove_member_role(self._home.id, self._world.backend.bot_user.id, role.id)

    def delete_role(self, role: Identified) -> None:
        self._world.backend.delete_role(self._home.id, role.id)

    def kick_bot(self, guild: Identified | None = None) -> None:
        """Remove the bot from a server, which stays as it is. None is the sandbox's own server."""
        self._places.remove_bot(self._home.id if guild is None else guild.id)

    def invite_bot(
        self, guild: Identified | None = None, *, permissions: discord.Permissions | None = None
    ) -> None:
        """Add the bot again, with a new role. None grants everything except administrator."""
        granted = _INVITED_WITH if permissions is None else permissions
        self._places.add_bot(self._home.id if guild is None else guild.id, permissions=granted.value)

    # Channels and threads:

    def delete_channel(self, channel: Identified) -> None:
        """Delete a channel with its threads, or one thread."""
        backend = self._world.backend
        for thread in [other for other in backend.channels.values() if other.parent_id == channel.id]:
            if thread.is_thread and thread.guild_id is not None:
                # As on Discord, there is no event for each thread, only for the channel.
                del backend.channels[thread.id]
                backend.messages.pop(thread.id, None)
                backend.get_guild(thread.guild_id).thread_ids.remove(thread.id)
        backend.delete_channel(channel.id)

    def create_forum(
        self,
        name: str,
        *,
        tags: Sequence[str] = (),
        moderated_tags: Sequence[str] = (),
        require_tag: bool = False,
        media: bool = False,
    ) -> ChannelHandle:
        backend = self._world.backend
        channel = backend.create_channel(
            self._home.id,
            name,
            type=ChannelType.FORUM,
            announce=False,  # until its rules are set
            available_tags=[
                {
                    "id": str(backend.snowflake()),
                    "name": tag,
                    "moderated": tag in moderated_tags,
                    "emoji_id": None,
                    "emoji_name": None,
                }
                for tag in (*tags, *moderated_tags)
            ],
        )
        self._places.forums[channel.id] = ForumRules(tag_required=require_tag, is_media=media)
        backend.emit("CHANNEL_CREATE", serializers.channel_payload(backend, channel))
        return ChannelHandle(self._world, self._home, channel)

    def tags(self, forum: Identified) -> dict[str, int]:
        """The IDs of the forum's tags by name."""
        channel = self._world.backend.get_channel(forum.id)
        return {str(tag["name"]): int(tag["id"]) for tag in channel.available_tags}

    def delete_tag(self, forum: Identified, name: str) -> None:
        channel = self._world.backend.get_channel(forum.id)
        others = [tag for tag in channel.available_tags if tag["name"] != name]
        self._world.backend.edit_channel(forum.id, {"available_tags": others})

    def require_tag(self, forum: Identified, *, required: bool = True) -> None:
        self._places.forums.setdefault(forum.id, ForumRules()).tag_required = required
        self._world.backend.announce_channel_update(forum.id)

    def lock(self, thread: Identified) -> None:
        """Lock a thread, so that only people with Manage Threads can write there. It stays open."""
        self._world.backend.edit_channel(thread.id, {}, thread_metadata={"locked": True})

    def unlock(self, thread: Identified) -> None:
        self._world.backend.edit_channel(thread.id, {}, thread_metadata={"locked": False})

    def archive(self, thread: Identified, *, locked: bool | None = None) -> None:
        """Archive a thread; `locked=True` also locks it, as moderators do."""
        self._places.archive(thread.id, archived=True, locked=locked)

    def unarchive(self, thread: Identified) -> None:
        self._places.archive(thread.id, archived=False)

    # Limits (a sandbox starts with Discord's own):

    def limit_active_threads(self, limit: int | None) -> None:
        """Set the maximum number of open threads per server; None removes the limit."""
        self._places.most_active_threads = limit

    def limit_crossposts(self, an_hour: int | None) -> None:
        """Set the maximum number of published messages per channel and hour; None removes the limit."""
        self._places.crossposts_an_hour = an_hour

    def close_dms(self, user: Identified) -> None:
        """Disable direct messages from the bot to a person."""
        self._places.closed_dms.add(user.id)

    def open_dms(self, user: Identified) -> None:
        self._places.closed_dms.discard(user.id)

    def _is_bots(self, overwrite: Overwrite) -> bool:
        return overwrite.target_id == self._world.backend.bot_user.id
