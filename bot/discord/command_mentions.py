"""Clickable commands: a command that a text names in code, such as `/subscribe`, becomes a mention of it.

Texts are written without ids, which only Discord knows: they are put in where a message is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import discord
from discord import app_commands

from bot.core.markdown import length

MAX_CONTENT_LENGTH = 2_000  # characters, as the next ones; Discord's limits
_MAX_DESCRIPTION_LENGTH = 4_096
_MAX_FIELD_LENGTH = 1_024
_MAX_EMBED_LENGTH = 6_000

# A command in inline code, alone or with options. Outside text never begins so (`formatting.code`), and its
# backticks are escaped elsewhere.
_COMMAND = re.compile(r"(?<![`\\])`/(?P<name>[a-z]+(?: [a-z]+)?)(?P<options>(?: [^`\n]+)?)`(?!`)")


class CommandMentions:
    """The registered commands; until they are known, texts stay as they are."""

    def __init__(self) -> None:
        self._mentions: dict[str, str] = {}  # by the qualified name

    def learn(self, ids: Mapping[str, int], commands: Iterable[Any]) -> None:
        """Takes the ids of the registered commands by their names, and the tree's commands and groups."""
        names = [command.qualified_name for command in commands if isinstance(command, app_commands.Command)]
        self._mentions = {
            name: f"</{name}:{ids[root]}>" for name in names if (root := name.partition(" ")[0]) in ids
        }

    def in_text(self, text: str, *, limit: int = MAX_CONTENT_LENGTH) -> str:
        """The text with its commands as mentions, or as it is if it would be too long."""
        mentioned = _COMMAND.sub(self._mention, text)
        return mentioned if length(mentioned) <= limit else text

    def in_embed(self, embed: discord.Embed) -> discord.Embed:
        """A copy with the commands in its description and fields as mentions; titles show none."""
        mentioned = embed.copy()
        if embed.description:
            mentioned.description = self.in_text(embed.description, limit=_MAX_DESCRIPTION_LENGTH)
        for number, field in enumerate(embed.fields):
            value = self.in_text(field.value or "", limit=_MAX_FIELD_LENGTH)
            mentioned.set_field_at(number, name=field.name, value=value, inline=field.inline)
        return mentioned if len(mentioned) <= _MAX_EMBED_LENGTH else embed

    def _mention(self, match: re.Match[str]) -> str:
        words = f"{match['name']}{match['options']}".split(" ")
        for size in (2, 1):
            mention = self._mentions.get(" ".join(words[:size]))
            if mention is not None:
                options = " ".join(words[size:])
                return f"{mention} `{options}`" if options else mention
        return match[0]


NO_MENTIONS = CommandMentions()


def mentions_of(client: object) -> CommandMentions:
    """The commands of a client; none for a client that is not ours."""
    mentions = getattr(client, "command_mentions", None)
    return mentions if isinstance(mentions, CommandMentions) else NO_MENTIONS


def clickable(client: object, embeds: Sequence[discord.Embed]) -> list[discord.Embed]:
    mentions = mentions_of(client)
    return [mentions.in_embed(embed) for embed in embeds]
