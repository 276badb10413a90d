"""The answer of /help: first steps, the keyword language, and every command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import discord
from discord import app_commands

from bot.core.markdown import link
from bot.discord.answers.pages import COLOR, numbered

_FIRST_STEPS = """\
I post Hugging Face's **Daily Papers** that match your keywords in your channels, once each.

**First steps** (you need **Manage Channels**):
`/setup` sets up a channel in one panel, with ready-made keywords or your own. Or one by one:
1. `/preview keywords:diffusion model` shows which recent papers match.
2. `/subscribe keywords:diffusion model` subscribes the channel that you are in.
3. `/config schedule time:09:00 timezone:Europe/Berlin` sets when papers are posted.

`/preview` alone shows what the channel's next post would contain. `/explain paper:2401.12345` says why a \
paper was or was not posted. `/status` shows what is pending, and any problems.

**Reading**: the menu or button below a post opens a paper, readable only by you. **More like this** shows \
similar papers. On anyone's message with links to papers: right-click or long-press it, then **Apps** → \
**Open papers** or **Save papers**. `/my saved` shows what you saved, and `/my export` writes it to a \
file for Zotero, LaTeX or a spreadsheet. `/my follow keywords:diffusion model` sends you matching papers by \
direct message.

**Privacy**: `/my data` exports or deletes everything I store about you."""

# Each line with an example has two spaces after it, then what it finds and, after "; not", what it does not
# find: `tests/test_documents.py` tries them.
_LANGUAGE = """\
`diffusion model`  these words in this order: *A diffusion-model zoo*; not *A model of diffusion*
`rag`  a whole word, or what it stands for: *Retrieval-Augmented Generation*; not *Storage*
`Qwen`  a name in all its versions: *Qwen2.5*, *Qwen3*; not *QwenLong*
`RLHF, reward model`  either one; in `/subscribe`, each becomes a separate subscription
`agents AND (benchmark OR dataset)`  both, anywhere: *A Dataset for Agents*; not *Agents*
`agents -survey`  the first without the second: *Agents at Work*; not *Agents: A Survey*
`quantiz*`  words that start this way: *Quantized Models*; not *Quantum Models*
`topic:agents`  only in the title or the AI keywords; also `title:` `abstract:` `keyword:`
`author:Kaiming He`  an author; `org:Google DeepMind` an organization
`*`  every paper

**What may surprise you**
`agents -survey benchmark`  a minus takes one word: *A benchmark of agents*; not *Agents: a survey*
`agents -(long context)`  or a phrase in parentheses: *Agents*; not *Agents in long context*
`title:agents benchmark`  so does a field: *Agents in a benchmark*; for a phrase, `title:(world model)`
`"RL"`  quotes turn off acronyms: *RL for robots*; not *Reinforcement learning*
`"Qwen"`  … and no versions: *Qwen at work*; not *Qwen3 at work*
`"CLIP"`  … and only these capitals: *CLIP for videos*; not *A clip of a video*
`tokenizer`  plurals are one word, other endings are not: *Tokenizers*; not *Tokenization*
`finetuning`  finds a hyphen, not a space: *Fine-tuning*; not *Fine tuning*
`GPT-4`  a letter makes another version: *GPT-4.1*; not *GPT-4o*
`base`  a number counts as a version: *Base64*; not *Database*
`author:Philip Yu`  middle names may be missing: *Philip S. Yu*; not *Philip Torr*

Without a field, the title, the abstract and the AI keywords are searched. Operators are in capitals. Case \
and accents make no difference.

**Too much noise?** `/config focus` also asks how close a paper is to your keywords: `strict` posts only \
papers that are about them, `balanced` leaves out most passing mentions, and `broad` adds papers that use \
other words. `/preview focus:` shows the difference."""


def help_pages(tree: app_commands.CommandTree[Any], *, policy_url: str | None = None) -> list[discord.Embed]:
    """Three pages: first steps, keywords, commands."""
    policy = f" {link('What that is, and why', policy_url)}." if policy_url else ""
    commands = "\n".join(_line(command) for command in _commands(tree))
    texts = {
        "Paperboy": f"{_FIRST_STEPS}{policy}",
        "Keywords": _LANGUAGE,
        "Commands": f"{commands}\n\n🔒 needs **Manage Channels**",
    }
    return numbered(
        [discord.Embed(title=title, description=text, color=COLOR) for title, text in texts.items()]
    )


def _line(command: app_commands.Command[Any, ..., Any]) -> str:
    restricted = (command.root_parent or command).default_permissions is not None
    return f"`/{command.qualified_name}`  {command.description}{' 🔒' if restricted else ''}"


def _commands(tree: app_commands.CommandTree[Any]) -> Iterator[app_commands.Command[Any, ..., Any]]:
    for command in tree.walk_commands():
        if isinstance(command, app_commands.Command):
            yield command
