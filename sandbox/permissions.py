"""The permissions dialog: who can do what in a channel, and granting and revoking it."""

from __future__ import annotations

from typing import Any, Final

import discord
from simcord.backend.models import Channel, Overwrite
from simcord.backend.permissions import flag
from simcord.enums import OverwriteType

from sandbox.world import PaperClub, World

SHOWN: Final = {  # in the order of Discord's settings
    "view_channel": "View Channel",
    "manage_messages": "Manage Messages",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "create_public_threads": "Create Public Threads",
    "embed_links": "Embed Links",
    "attach_files": "Attach Files",
    "mention_everyone": "Mention @everyone, @here, and All Roles",
    "read_message_history": "Read Message History",
    "manage_threads": "Manage Threads",
}


class PermissionSettings:
    """A channel's permissions for the bot, the member and each role, and the server's roles."""

    def __init__(self, world: World, club: PaperClub) -> None:
        self._world = world
        self._club = club

    def state(self, channel_id: int) -> dict[str, Any]:
        """Each subject and its permissions. A thread uses those of its channel; a direct message has none."""
        channel = self._channel(channel_id)
        subjects = [] if channel is None else self._subjects(channel)
        return {
            "channel": None if channel is None else channel.name,
            "permissions": SHOWN,
            "subjects": subjects,
            "roles": [
                {"id": str(role.id), "name": role.name, "is_kept": role.managed or role.id == self._guild.id}
                for role in self._guild.roles.values()
            ],
        }

    def change(self, channel_id: int, *, subject_id: int, permission: str, is_allowed: bool) -> None:
        """Allow or deny one permission in a channel. If removing a denial is enough, nothing is allowed.

        Raises:
            LookupError: the channel, person, role or permission does not exist.
        """
        channel, bit = self._channel(channel_id), flag(permission)
        known = {int(subject["id"]): subject for subject in self._subjects(channel)} if channel else {}
        if channel is None or subject_id not in known or permission not in SHOWN:
            raise LookupError(permission)
        is_role = known[subject_id]["kind"] == "role"
        overwrite = next((item for item in channel.overwrites if item.target_id == subject_id), None)
        allow, deny = (overwrite.allow, overwrite.deny) if overwrite is not None else (0, 0)
        allow, deny = (allow, deny & ~bit) if is_allowed else (allow & ~bit, deny | bit)
        self._set(channel, subject_id, is_role=is_role, allow=allow, deny=deny)
        if is_allowed and not self._may(channel, subject_id, bit, is_role=is_role):
            self._set(channel, subject_id, is_role=is_role, allow=allow | bit, deny=deny)

    def create_role(self, name: str) -> None:
        """Add a role that anyone can mention."""
        self._club.guild.create_role(name, permissions=discord.Permissions.none())

    def delete_role(self, role_id: int) -> None:
        """Delete a role that is not managed by the server or the bot.

        Raises:
            LookupError: the role does not exist, or can't be deleted.
        """
        role = self._guild.roles[role_id]
        if role.managed or role_id == self._guild.id:
            raise LookupError(role.name)
        self._world.backend.delete_role(self._guild.id, role_id)

    @property
    def _guild(self) -> Any:
        return self._world.backend.get_guild(self._club.guild.id)

    def _channel(self, channel_id: int) -> Channel | None:
        channel = self._world.backend.get_channel(channel_id)
        if channel.guild_id is None:
            return None
        if channel.is_thread and channel.parent_id is not None:
            return self._world.backend.get_channel(channel.parent_id)
        return channel

    def _subjects(self, channel: Channel) -> list[dict[str, Any]]:
        bot, member = self._world.backend.bot_user, self._club.member
        people = [(bot.id, bot.name)] if bot.id in self._guild.members else []
        people.append((member.id, self._world.backend.get_user(member.id).global_name or ""))
        roles = [(role.id, f"@{role.name.removeprefix('@')}") for role in self._guild.roles.values()]
        return [
            *(self._subject(channel, number, name, is_role=False) for number, name in people),
            *(self._subject(channel, number, name, is_role=True) for number, name in roles),
        ]

    def _subject(self, channel: Channel, number: int, name: str, *, is_role: bool) -> dict[str, Any]:
        allowed = [name for name in SHOWN if self._may(channel, number, flag(name), is_role=is_role)]
        return {"id": str(number), "name": name, "kind": "role" if is_role else "member", "allowed": allowed}

    def _may(self, channel: Channel, number: int, bit: int, *, is_role: bool) -> bool:
        """A person's effective permission; for a role, what the role alone grants or denies."""
        if not is_role:
            held = self._world.backend.compute_permissions(self._guild.id, number, channel.id)
            return bool(held & bit)
        everyone = self._guild.roles[self._guild.id].permissions
        held = self._guild.roles[number].permissions | everyone
        for overwrite in channel.overwrites:
            if overwrite.target_id == number:
                held = held & ~overwrite.deny | overwrite.allow
        return bool(held & bit)

    def _set(self, channel: Channel, subject_id: int, *, is_role: bool, allow: int, deny: int) -> None:
        if not allow and not deny:
            self._world.backend.delete_overwrite(channel.id, subject_id)
            return
        kind = OverwriteType.ROLE if is_role else OverwriteType.MEMBER
        self._world.backend.set_overwrite(channel.id, Overwrite(subject_id, kind, allow=allow, deny=deny))
