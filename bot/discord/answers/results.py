"""How many papers each subscription found, as /config show lists it, with advice on dead and noisy ones."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from bot.core.feed_settings import focus_note
from bot.core.markdown import length
from bot.core.plurals import count
from bot.core.query.relevance import relevance_text
from bot.core.query.rewrites import as_topic
from bot.core.results import RESULT_DAYS, Result, Verdict
from bot.discord.answers.formatting import code
from bot.discord.answers.pages import numbered, pages

_MAX_FIELD_LENGTH = 1_000  # characters; Discord takes 1,024
_FIELD = "Subscriptions"
_ADVICE = {
    Verdict.FINE: "",
    Verdict.DEAD: " ⚠️ **dead**: try other words with `/preview`, or remove it with `/unsubscribe`",
    Verdict.NOISY: " ⚠️ **noisy**: narrow it, for example with `AND` or `title:`; `/preview` shows the rest",
}


def with_results(settings: discord.Embed, results: Sequence[Result]) -> list[discord.Embed]:
    """The settings with each subscription's result: in a field, or on their own pages."""
    if not results:
        return [settings]
    lines = [_line(result) for result in results]
    listed = "\n".join((f"{count(len(results), 'subscription')}, in the last {RESULT_DAYS} days:", *lines))
    if length(listed) <= _MAX_FIELD_LENGTH:
        _fill(settings, listed)
        return [settings]
    _fill(settings, _summary(results))
    return numbered([settings, *pages(lines, title=f"Papers posted in the last {RESULT_DAYS} days")])


def _line(result: Result) -> str:
    papers = count(result.papers, "paper")
    close = relevance_text(result.relevance) if result.relevance else ""
    close = f"; {close}" if close else ""
    if result.relevance and result.relevance.is_mostly_mentioned:
        close += "".join(
            f" 💡 most only mention it: {code(rewrite.text)} leaves those out"
            for rewrite in as_topic(result.subscription.query.text)
        )
    named = f"{code(result.subscription.query.text)}{focus_note(result.subscription.focus)}"
    return f"• {named}: {papers}{close}{_ADVICE[result.verdict]}"


def _summary(results: Sequence[Result]) -> str:
    verdicts = [result.verdict for result in results]
    marked = [
        f"⚠️ {verdicts.count(verdict)} {verdict.value}"
        for verdict in (Verdict.DEAD, Verdict.NOISY)
        if verdict in verdicts
    ]
    return ", ".join([count(len(results), "subscription"), *marked, "listed on the next pages"])


def _fill(settings: discord.Embed, value: str) -> None:
    """Puts the value into the subscriptions' field."""
    for at, field in enumerate(settings.fields):
        if field.name == _FIELD:
            settings.set_field_at(at, name=_FIELD, value=value, inline=False)
