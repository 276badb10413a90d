"""The answer of /help: first steps, the keyword language, and every command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import discord
from discord import app_commands

from bot.discord.answers.pages import COLOUR, numbered

_FIRST_STEPS = """\
I post Hugging Face's **Daily Papers** that match your keywords in your channels, once each.

**First steps** (you need **Manage Channels**):
`/setup` walks you through everything. Or step by step:
1. `/preview keywords:diffusion model` shows which recent papers match.
2. `/subscribe keywords:diffusion model` subscribes the channel that you are in.
3. `/config schedule time:09:00 timezone:Europe/Berlin` sets when papers are posted.

`/explain paper:2401.12345` says why a paper was or was not posted. `/status` shows what is pending, and any \
problems."""

_LANGUAGE = """\
`diffusion model`  these words in this order; plurals and hyphens make no difference
`RLHF, reward model`  either one; in `/subscribe`, each becomes its own subscription
`agents AND benchmark` · `video OR 4D`  operators are in capitals
`agents -survey`  without *survey*; same as `agents NOT survey`
`"world model" (video OR 4D)`  side by side means AND
`quantiz*`  words that begin with this; at least three characters before the star
`title:agents` `abstract:…` `author:Kaiming He` `org:…` `keyword:…`  only in that field
`*`  every paper

Only whole words match: `rag` does not find *storage*. Without a field, the title, abstract and AI keywords \
are searched."""


def help_pages(tree: app_commands.CommandTree[Any]) -> list[discord.Embed]:
    """Three pages: first steps, keywords, commands."""
    commands = "\n".join(_line(command) for command in _commands(tree))
    texts = {
        "Paperboy": _FIRST_STEPS,
        "Keywords": _LANGUAGE,
        "Commands": f"{commands}\n\n🔒 needs **Manage Channels**",
    }
    return numbered(
        [discord.Embed(title=title, description=text, colour=COLOUR) for title, text in texts.items()]
    )


def _line(command: app_commands.Command[Any, ..., Any]) -> str:
    restricted = (command.root_parent or command).default_permissions is not None
    return f"`/{command.qualified_name}`  {command.description}{' 🔒' if restricted else ''}"


def _commands(tree: app_commands.CommandTree[Any]) -> Iterator[app_commands.Command[Any, ..., Any]]:
    for command in tree.walk_commands():
        if isinstance(command, app_commands.Command):
            yield command
