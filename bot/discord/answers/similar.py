"""Answers with papers that are about the same as one, and with keywords for more of them."""

from __future__ import annotations

import discord

from bot.core.cards import date_text
from bot.core.lines import MAX_LINE_LENGTH, digest_line
from bot.core.markdown import escape
from bot.core.marking import DOT
from bot.core.plurals import count
from bot.discord.answers.formatting import code, title_link
from bot.discord.answers.pages import COLOR
from bot.discord.answers.run_results import archive_extent, days_read
from bot.services.library.similar import Similar, SimilarPaper
from bot.services.library.suggestions import SUGGESTION_DAYS, Suggestion

_MAX_SHARED = 30  # characters of a word or a pair
_SMALL_LENGTH = 160  # of the list day and what is shared


def similar_papers(result: Similar) -> discord.Embed:
    """The papers, each with its list day and what it shares; if there are none, why."""
    extent = archive_extent(result.archive)
    if not result.papers:
        body = f"{_none(result)}\n\n{extent}".strip()
    else:
        lines = "\n".join(map(_line, result.papers))
        among = count(result.searched, "paper")
        body = "\n\n".join(
            filter(None, (f"Of {among}, the most similar to {title_link(result.to)}:", lines, extent))
        )
    return discord.Embed(title="More like this", description=body, color=COLOR)


def suggestion(result: Suggestion) -> discord.Embed:
    """The keywords to follow, and what each finds; nothing is followed yet."""
    to, title = title_link(result.paper), "Follow papers like this"
    if not result.phrases:
        nothing = f"I found no words to look for in {to}. Use `/my follow` with your own keywords."
        return discord.Embed(title=title, description=nothing, color=COLOR)
    counts = [f"• {code(phrase.text)}: {count(phrase.recent, 'paper')}" for phrase in result.phrases]
    found = f"They find {count(result.recent, 'paper')} of the last {SUGGESTION_DAYS // 7} weeks"
    if result.similar:
        found += f", and {result.found} of the {result.similar} papers that are most like it"
    known = result.days_known
    partly = days_read(known, of=SUGGESTION_DAYS) if known < SUGGESTION_DAYS else ""
    lines = [
        f"Nothing is followed yet. Keywords for papers like {to}:\n{code(result.keywords)}",
        "\n".join(filter(None, [f"{found}:", *counts, partly])),
        (
            "Press **Edit and follow** to change them and to get such papers by direct message. To post them "
            "in a channel that you manage, use `/subscribe` with these keywords."
        ),
    ]
    return discord.Embed(title=title, description="\n\n".join(lines), color=COLOR)


def _none(result: Similar) -> str:
    to = title_link(result.to)
    if not result.searched:
        return f"There are no papers yet to compare {to} with. Try again in a few minutes."
    return f"None of {count(result.searched, 'paper')} has anything in common with {to}."


def _line(similar: SimilarPaper) -> str:
    line = digest_line(similar.paper, queries=(), limit=MAX_LINE_LENGTH - _SMALL_LENGTH, has_details=False)
    day = date_text(similar.paper.list_day) if similar.paper.list_day else ""
    shares = ", ".join(escape(text[:_MAX_SHARED]) for text in similar.shares)
    return f"{line}\n-# {DOT.join(filter(None, (day, shares and f'both: {shares}')))}"
