"""How queries were read, and hints on them, below the answers to what a person typed."""

from __future__ import annotations

from bot.core.markdown import escape
from bot.core.query.description import reading
from bot.core.query.hints import hint_text
from bot.core.query.parser import Query
from bot.services.queries.hints import NO_STUDY, Study


def reading_line(query: Query, study: Study = NO_STUDY) -> str:
    """How the query was read, as a line of small print; '' where what was typed shows it."""
    more = {item.phrase: item.more for item in study.expansions.get(query.canonical, ())}
    text = reading(query, more=more, period=period(study))
    return f"-# Read as: {escape(text)}" if text else ""


def hint_lines(study: Study) -> list[str]:
    """The hints, a line each."""
    return [f"💡 {hint_text(hint, period=period(study))}" for hint in study.hints]


def period(study: Study) -> str:
    return f"in the last {study.days} days" if study.days != 1 else "on today's list"
