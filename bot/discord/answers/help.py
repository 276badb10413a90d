"""The answer of /help: what to type first, the keyword language, and every command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import discord
from discord import app_commands

from bot.discord.answers.pages import COLOUR

_FIRST = """\
I bring Hugging Face's **Daily Papers** that match your keywords to your channels, once each.

**First steps**, for whoever may manage channels:
`/setup` leads you through it. Or, one by one:
1. `/preview keywords:diffusion model` shows what keywords would have brought.
2. `/subscribe keywords:diffusion model` in the channel where papers should go.
3. `/config schedule time:09:00 timezone:Europe/Berlin` chooses when.

A paper is missing, or one too many? `/explain paper:2401.12345` says why. `/status` says what waits."""

_LANGUAGE = """\
`diffusion model`  these words in this order; singular or plural, hyphen or not
`RLHF, reward model`  either; in `/subscribe` each becomes a subscription of its own
`agents AND benchmark` · `video OR 4D`  operators are written in capitals
`agents -survey`  without *survey*; `agents NOT survey` is the same
`"world model" (video OR 4D)`  side by side means AND
`quantiz*`  begins with; at least three characters before the star
`title:agents` `abstract:…` `author:Kaiming He` `org:…` `keyword:…`  in that field alone
`*`  every paper

Whole words count: `rag` does not find *storage*. Without a field, title, abstract and AI keywords are
searched."""


def help_pages(tree: app_commands.CommandTree[Any]) -> list[discord.Embed]:
    """Three pages: first steps, keywords, commands."""
    commands = "\n".join(_line(command) for command in _commands(tree))
    return [
        discord.Embed(title="Paperboy", description=_FIRST, colour=COLOUR).set_footer(text="Page 1 of 3"),
        discord.Embed(title="Keywords", description=_LANGUAGE, colour=COLOUR).set_footer(text="Page 2 of 3"),
        discord.Embed(
            title="Commands",
            description=f"{commands}\n\n🔒 for whoever may **Manage Channels**",
            colour=COLOUR,
        ).set_footer(text="Page 3 of 3"),
    ]


def _line(command: app_commands.Command[Any, ..., Any]) -> str:
    restricted = (command.root_parent or command).default_permissions is not None
    return f"`/{command.qualified_name}`  {command.description}{' 🔒' if restricted else ''}"


def _commands(tree: app_commands.CommandTree[Any]) -> Iterator[app_commands.Command[Any, ..., Any]]:
    for command in tree.walk_commands():
        if isinstance(command, app_commands.Command):
            yield command
