"""What each subscription brought, as `/config show` lists it, with what to do about those that stand out."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.core.markdown import length
from bot.core.plurals import count
from bot.core.results import RESULT_DAYS, Result, Verdict
from bot.discord.answers.pages import pages
from bot.discord.answers.phrases import code

_LONGEST_FIELD = 1_000  # characters; Discord takes 1,024
_FIELD = "Subscriptions"
_WHAT_TO_DO = {
    Verdict.FINE: "",
    Verdict.DEAD: " ⚠️ **dead**: `/preview` shows what other words find; `/unsubscribe` ends it",
    Verdict.NOISY: " ⚠️ **noisy**: narrow it, such as with `AND` or `title:`; `/preview` shows what is left",
}


def with_results(settings: discord.Embed, found: Sequence[Result]) -> list[discord.Embed]:
    """The settings with what the subscriptions brought: in a field, or on pages of their own."""
    if not found:
        return [settings]
    lines = [_line(item) for item in found]
    listed = "\n".join((f"{count(len(found), 'subscription')}, in the last {RESULT_DAYS} days:", *lines))
    if length(listed) <= _LONGEST_FIELD:
        _fill(settings, listed)
        return [settings]
    _fill(settings, _in_short(found))
    all_pages = [settings, *pages(lines, title=f"What the subscriptions brought in {RESULT_DAYS} days")]
    for number, page in enumerate(all_pages, start=1):
        page.set_footer(text=f"Page {number} of {len(all_pages)}")
    return all_pages


def _line(item: Result) -> str:
    return f"• {code(item.subscription.query.text)}: {count(item.papers, 'paper')}{_WHAT_TO_DO[item.verdict]}"


def _in_short(found: Sequence[Result]) -> str:
    verdicts = [item.verdict for item in found]
    marked = [
        f"⚠️ {verdicts.count(verdict)} {verdict.value}"
        for verdict in (Verdict.DEAD, Verdict.NOISY)
        if verdict in verdicts
    ]
    return ", ".join([count(len(found), "subscription"), *marked, "the next pages list them"])


def _fill(settings: discord.Embed, value: str) -> None:
    """Puts the value into the field of the subscriptions."""
    for at, field in enumerate(settings.fields):
        if field.name == _FIELD:
            settings.set_field_at(at, name=_FIELD, value=value, inline=False)
