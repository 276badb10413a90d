"""Opened papers: one paper as its reader sees it, with the whole abstract, within Discord's limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from bot.core.cards import (
    MAX_DESCRIPTION_LENGTH,
    MAX_TITLE_LENGTH,
    Card,
    date_text,
    dates,
    people,
    profile_url,
    upvotes_text,
)
from bot.core.cutting import length
from bot.core.markdown import link
from bot.core.marking import DOT, MAX_NAME_LENGTH, Marked, organization_of, shown, title_of
from bot.core.papers import Paper
from bot.core.plurals import count, in_a_list
from bot.core.query.nodes import Field

_AUTHORS_SHOWN: Final = 10
_LINKED_SHOWN: Final = 3  # of each kind
_SMALL: Final = "-# "


@dataclass(frozen=True, slots=True, kw_only=True)
class Repositories:
    """What Hugging Face links to a paper, of one kind."""

    ids: tuple[str, ...] = ()  # such as `owner/name`, the most liked first; perhaps not all
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """The repositories on Hugging Face that are linked to a paper."""

    models: Repositories = field(default_factory=Repositories)
    datasets: Repositories = field(default_factory=Repositories)
    spaces: Repositories = field(default_factory=Repositories)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperPage:
    """What Hugging Face says of one paper."""

    paper: Paper
    linked: Linked = field(default_factory=Linked)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedPaper:
    paper: Paper
    days: tuple[date, ...] = ()  # the list days that it was on, oldest first
    linked: Linked | None = None  # None if Hugging Face did not say


def opened_card(opened: OpenedPaper) -> Card:
    """The whole paper as one embed; only an abstract longer than any known one is cut."""
    paper = opened.paper
    withdrawn = "**Withdrawn**: it is not posted." if paper.withdrawn_at else ""
    above = "\n".join(filter(None, (withdrawn, _small(_people(paper)))))
    below = "\n".join(filter(None, (_small(_numbers(opened)), *_linked(opened.linked))))
    room = MAX_DESCRIPTION_LENGTH - length(above) - length(below) - 2
    abstract = Marked(shown(paper.abstract, Field.ABSTRACT), is_prose=True).fit(room)
    return Card(
        title=title_of(paper, ()).fit(MAX_TITLE_LENGTH) or paper.id,
        url=paper.page_url,
        description="\n".join(filter(None, (above, abstract, below))),
    )


def _small(text: str) -> str:
    return _SMALL + text if text else ""


def _people(paper: Paper) -> str:
    organization = organization_of(paper, ()).fit(MAX_NAME_LENGTH)
    return DOT.join(filter(None, (people(paper.authors, (), shown=_AUTHORS_SHOWN), organization)))


def _numbers(opened: OpenedPaper) -> str:
    paper = opened.paper
    numbers = [upvotes_text(paper)]
    if paper.comments > 0:
        numbers.append(f"💬 {paper.comments:,}")
    if (paper.github_stars or 0) > 0:
        numbers.append(f"★ {paper.github_stars:,}")
    if paper_dates := dates(paper):
        numbers.append(paper_dates)
    numbers.append(_lists(opened.days))
    if paper.submitter:
        profile = profile_url(paper.submitter_login) or ""
        numbers.append(f"submitted by {link(paper.submitter, profile, limit=MAX_NAME_LENGTH)}")
    return DOT.join(numbers)


def _lists(days: Sequence[date]) -> str:
    if not days:
        return "on no Daily Papers list that I know"
    lists = "list" if len(days) == 1 else "lists"
    return f"on the {lists} of {in_a_list([date_text(day) for day in days])}"


def _linked(linked: Linked | None) -> Iterator[str]:
    if linked is None:
        return
    for noun, path, repositories in (
        ("model", "", linked.models),
        ("dataset", "datasets/", linked.datasets),
        ("Space", "spaces/", linked.spaces),
    ):
        total = repositories.total
        if not total:
            continue
        named = [
            link(repository_id, f"https://huggingface.co/{path}{repository_id}", limit=MAX_NAME_LENGTH)
            for repository_id in repositories.ids[:_LINKED_SHOWN]
        ]
        more = f" and {total - len(named):,} more" if total > len(named) else ""
        yield f"**{count(total, noun)}**" + (f": {', '.join(named)}{more}" if named else "")
