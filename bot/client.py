"""The Discord client: its intents, its command tree and how commands are synced."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import discord
import yarl
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from typing_extensions import override

from bot.discord.failures import answer_failure

_log = logging.getLogger(__name__)

# What the invite link asks for, and why each stands in the README.
INVITE_PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    embed_links=True,
    read_message_history=True,
)

# Discord fills these in by itself where we say nothing; only a value of our own counts as a difference.
_DISCORD_DEFAULTS: Mapping[str, object] = {
    "required": False,
    "autocomplete": False,
    "nsfw": False,
    "options": [],
    "choices": [],
    "channel_types": [],
    "default_member_permissions": None,
    "contexts": None,
    "integration_types": [0],
}
_DEPRECATED = "dm_permission"


class Tree(app_commands.CommandTree["Client"]):
    """The command tree: one error handler, and a sync that calls Discord only where something differs."""

    @override
    async def on_error(
        self, interaction: discord.Interaction[Client], error: app_commands.AppCommandError, /
    ) -> None:
        await answer_failure(interaction, error)

    async def sync_if_changed(self) -> bool:
        """Syncs the commands where Discord's copy differs; whether it did."""
        application_id = self.client.application_id
        if application_id is None:
            raise app_commands.MissingApplicationID
        ours = [command.to_dict(self) for command in self.get_commands()]
        theirs = await self.client.http.get_global_commands(application_id)
        if _same(ours, theirs):
            return False
        await self.sync()
        return True


class Client(commands.AutoShardedBot):
    """The bot as Discord sees it. It needs no privileged intent and keeps no members."""

    tree: Tree  # pyright: ignore[reportIncompatibleMethodOverride, reportIncompatibleVariableOverride]

    def __init__(
        self,
        *,
        gateway_url: str | None = None,
        shard_count: int | None = None,
    ) -> None:
        super().__init__(
            command_prefix=(),
            help_command=None,
            intents=discord.Intents(guilds=True),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_installs=app_commands.AppInstallationType(guild=True),
            tree_cls=Tree,
            shard_count=shard_count,
        )
        self._taken: tuple[commands.Cog, ...] = ()
        self._gateway = yarl.URL(gateway_url) if gateway_url else None

    @override
    async def launch_shard(self, gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        await super().launch_shard(self._gateway or gateway, shard_id, initial=initial)

    def take(self, cogs: Iterable[commands.Cog]) -> None:
        """Gives the client its cogs, to be added at login."""
        self._taken = tuple(cogs)

    @override
    async def setup_hook(self) -> None:
        for cog in self._taken:
            await self.add_cog(cog)
        synced = await self.tree.sync_if_changed()
        _log.info("Commands: %s", "synced" if synced else "unchanged")
        if self.application_id is not None:
            link = discord.utils.oauth_url(
                self.application_id,
                permissions=INVITE_PERMISSIONS,
                scopes=("bot", "applications.commands"),
            )
            _log.info("Invite link: %s", link)

    @override
    async def on_message(self, message: discord.Message, /) -> None:
        """Messages are nobody's commands here."""


def point_at(*, api_url: str, gateway_url: str | None) -> None:
    """Points discord.py at a REST address and, where one is given, at a gateway, for this process.

    discord.py keeps both in its classes; this is the one place that writes them. A gateway of the operator's
    wins over the one that Discord names, for resuming too.
    """
    Route.BASE = api_url
    if gateway_url is not None:
        fixed = yarl.URL(gateway_url)
        DiscordWebSocket.DEFAULT_GATEWAY = fixed
        DiscordWebSocket.gateway = property(lambda _: fixed, lambda _, __: None)  # pyright: ignore[reportAttributeAccessIssue]


def _same(ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]) -> bool:
    def by_name(these: Sequence[Mapping[str, Any]]) -> dict[tuple[str, int], Mapping[str, Any]]:
        return {(str(one["name"]), int(one.get("type", 1))): one for one in these}

    mine, known = by_name(ours), by_name(theirs)
    return mine.keys() == known.keys() and all(_says(known[key], mine[key]) for key in mine)


def _says(theirs: Any, ours: Any) -> bool:
    """Whether Discord's copy says all that ours says; what it adds by itself does not count."""
    if isinstance(ours, Mapping):
        return isinstance(theirs, Mapping) and all(
            _says(theirs.get(key, _DISCORD_DEFAULTS.get(key)), value)
            for key, value in ours.items()
            if key != _DEPRECATED  # `contexts` says it
        )
    if isinstance(ours, list):
        return (
            isinstance(theirs, list)
            and len(theirs) == len(ours)
            and all(_says(one, other) for one, other in zip(theirs, ours, strict=True))
        )
    return (
        str(theirs) == str(ours) if isinstance(ours, int) and not isinstance(ours, bool) else theirs == ours
    )
