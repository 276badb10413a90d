"""Answers of /my data: what is kept about a person, and what was deleted."""

from __future__ import annotations

import discord

from bot.core.changes import KEPT_DAYS
from bot.core.markdown import link
from bot.core.plurals import count, in_a_list
from bot.discord.answers.pages import COLOR
from bot.services.people.personal_data import DataExport, KeptData

_POLICY = "What I store, why, and for how long"
_NOTHING = "I store nothing about you: no saved papers, no followed keywords, no changes in servers."
_STAYS = (
    "**What stays**: channels' subscriptions and settings, which belong to their servers; messages that "
    "Discord already has; and the operator's backups, for as long as they keep them. If one is restored, "
    "your data is deleted again."
)


def export(result: DataExport, *, policy_url: str | None = None) -> discord.Embed:
    """What is in the file, and how to delete it."""
    kept = result.kept
    what = f"The file has everything I store about you: {_listed(kept)}." if not kept.is_empty else _NOTHING
    delete = "" if kept.is_empty else " To delete it, use `/my data action:delete`."
    return _embed("Your data", f"{what}{delete}", policy_url)


def nothing(*, policy_url: str | None = None) -> discord.Embed:
    return _embed("Nothing to delete", _NOTHING, policy_url)


def question(kept: KeptData, *, policy_url: str | None = None) -> discord.Embed:
    """What a deletion takes, and what it leaves."""
    goes = [f"**What goes**: {_listed(kept)}."]
    if kept.pending:
        goes.append(f"{count(kept.pending, 'pending message').capitalize()} will not be sent.")
    if kept.changes:
        goes.append(_history(kept, "keeps", "without your name"))
    undone = "This can't be undone. `/my data action:export` gives you a copy first."
    text = f"{' '.join(goes)}\n{_STAYS}\n\n{undone}"
    return _embed("Delete everything about you?", text, policy_url)


def deleted(kept: KeptData) -> discord.Embed:
    """What was deleted, and what follows."""
    if kept.is_empty:
        return _embed("Already deleted", _NOTHING, None)
    lines = [f"Deleted: {_listed(kept)}."]
    if kept.has_feed:
        lines.append("I send you no more direct messages.")
    if kept.changes:
        lines.append(_history(kept, "still has", "but not that it was you"))
    return _embed("Deleted", " ".join(lines), None)


def _listed(kept: KeptData) -> str:
    parts = [
        count(kept.saved, "saved paper") if kept.saved else "",
        count(kept.follows, "followed query", "followed queries") if kept.follows else "",
        "your schedule" if kept.has_feed else "",
        f"the record of {count(kept.messages, 'direct message')}" if kept.messages else "",
        f"your name on {count(kept.changes, 'change')} in servers" if kept.changes else "",
        f"your answers in {count(kept.drafts, 'setup')} not finished yet" if kept.drafts else "",
    ]
    return in_a_list([part for part in parts if part])


def _history(kept: KeptData, verb: str, how: str) -> str:
    return f"The history of servers {verb} your {count(kept.changes, 'change')} for {KEPT_DAYS} days, {how}."


def _embed(title: str, text: str, policy_url: str | None) -> discord.Embed:
    policy = f"\n-# {link(_POLICY, policy_url)}" if policy_url else ""
    return discord.Embed(title=title, description=f"{text}{policy}", color=COLOR)
