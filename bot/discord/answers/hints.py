"""How queries were read, and hints on them, below the answers to what a person typed."""

from __future__ import annotations

from bot.core.focus import Focus
from bot.core.markdown import escape, plain, shorten
from bot.core.query.compiled import CompiledQuery
from bot.core.query.description import reading
from bot.core.query.hints import archive_period, hint_text
from bot.services.queries.hints import NO_STUDY, Study

_MAX_READING_LENGTH = 400
_MAX_LABEL_LENGTH = 80  # of a button; Discord's limit


def reading_line(compiled: CompiledQuery, study: Study = NO_STUDY) -> str:
    """How the query was read, as a line of small print; '' if what was typed shows it."""
    query = compiled.readable()
    if query is None:
        return ""
    more = {item.phrase: item.more for item in study.expansions.get(compiled.canonical, ())}
    text = shorten(reading(query, more=more, period=period(study)), _MAX_READING_LENGTH)
    return f"-# Read as: {escape(text)}" if text else ""


def hint_lines(study: Study) -> list[str]:
    """The hints, a line each."""
    return [f"💡 {hint_text(hint, period=period(study))}" for hint in study.hints]


def instead_label(keywords: str) -> str:
    """The label of a button that uses other keywords."""
    return shorten(plain(f"Use {keywords} instead"), _MAX_LABEL_LENGTH)


def focus_label(focus: Focus, keywords: str) -> str:
    """The label of a button that gives a subscription another focus."""
    return shorten(plain(f"Focus {focus.value}: {keywords}"), _MAX_LABEL_LENGTH)


def preview_label(keywords: str) -> str:
    """The label of a button that previews other keywords."""
    return shorten(plain(f"Preview {keywords}"), _MAX_LABEL_LENGTH)


def period(study: Study) -> str:
    return archive_period(study.searched, of=study.archive)
