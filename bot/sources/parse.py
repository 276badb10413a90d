"""Parsing of the API's JSON into papers: pure, and lenient: a broken item costs only that item."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from pydantic import ValidationError

from bot.core.ids import PaperId
from bot.core.papers import Paper
from bot.errors import ProblemKind, SourceError
from bot.sources.api_models import NamedAccount, RawItem, RawPaper
from bot.sources.cleaning import clean_avatar, clean_link, clean_picture, clean_repository, shorten

_log = logging.getLogger(__name__)

_THUMBNAIL = "https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/{id}.png"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedList:
    """One answer of the list.

    Attributes:
        papers: in their order, each id once.
        dropped: why each unreadable item was left out; safe to log, and only for the log.
        is_cut: there are more items than `max_items`; the rest were ignored.
    """

    papers: tuple[Paper, ...]
    dropped: tuple[str, ...]
    is_cut: bool = False


def parse_list(
    payload: object, *, asked_day: date, latest_day: date = date.max, max_items: int = 5_000
) -> ParsedList:
    """The papers of one answer of the list.

    Args:
        payload: the decoded JSON.
        asked_day: the requested list day. A paper belongs to the later of it and the day that the item names
            (a paper that came back names its first day; older items name none).
        latest_day: no list day can be later yet, so an item that names a later one is treated as naming none.
        max_items: how many items to read.

    Raises:
        SourceError: the answer is not a list at all.
    """
    if not isinstance(payload, list):
        _log.warning("Hugging Face's list is not an array but a %s", type(payload).__name__)
        raise SourceError(ProblemKind.UNREADABLE)
    papers: dict[PaperId, Paper] = {}
    dropped: list[str] = []
    items = cast("list[object]", payload)
    for position, item in enumerate(items[:max_items]):
        try:
            paper = _to_paper(RawItem.model_validate(item), asked_day=asked_day, latest_day=latest_day)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with an item costs only that item
            dropped.append(f"item {position}{_id_of(item)}: {_reason(error)}")
        else:
            papers.setdefault(paper.id, paper)
    return ParsedList(papers=tuple(papers.values()), dropped=tuple(dropped), is_cut=len(items) > max_items)


def parse_paper(payload: object, *, latest_day: date = date.max) -> Paper:
    """The paper of `/api/papers/{id}`, without a list day if it was never listed (`latest_day` as above).

    Raises:
        SourceError: there is no usable paper in the answer.
    """
    try:
        raw = RawPaper.model_validate(payload)
        return _to_paper(RawItem(paper=raw), asked_day=None, latest_day=latest_day)
    except Exception as error:  # as above
        _log.warning("Hugging Face's paper cannot be read: %s", _reason(error))
        raise SourceError(ProblemKind.UNREADABLE) from error


def _to_paper(item: RawItem, *, asked_day: date | None, latest_day: date) -> Paper:
    raw = item.paper
    # The outer title is the clean one; the inner was wrapped until late 2025.
    title = item.title or raw.title
    if not title:
        raise ValueError("it has no title")
    organization = _first_named(item.organization, raw.organization)
    submitter = _first_named(raw.submitted_on_daily_by, item.submitted_by)
    media = [*(item.media_urls or ()), *(raw.media_urls or ())]
    thumbnail = item.thumbnail or raw.thumbnail or ""
    return Paper(
        id=PaperId(raw.id),
        list_day=_list_day(raw.submitted_on_daily_at, asked=asked_day, latest=latest_day),
        title=title,
        abstract=raw.summary or item.summary or "",
        authors=tuple(
            author.name for author in raw.authors or () if author and author.name and not author.hidden
        ),
        published_at=raw.published_at,
        upvotes=raw.upvotes or 0,
        comments=_or(item.num_comments, raw.num_comments) or 0,
        ai_summary=raw.ai_summary or None,
        ai_keywords=tuple(keyword for keyword in raw.ai_keywords or () if keyword),
        github_repo=_cleaned(clean_repository, raw.github_repo),
        github_stars=raw.github_stars,
        project_page=_cleaned(clean_link, raw.project_page),
        organization=organization and organization.shown,
        organization_login=organization and organization.login,
        organization_avatar=_cleaned(clean_avatar, organization and organization.avatar),
        submitter=submitter and submitter.shown,
        submitter_login=submitter and submitter.login,
        thumbnail=clean_link(thumbnail, schemes=("https",)) or _THUMBNAIL.format(id=raw.id),
        media=next(filter(None, (_cleaned(clean_picture, url) for url in media)), None),
        withdrawn_at=raw.withdrawn_at,
    )


def _list_day(named_at: datetime | None, *, asked: date | None, latest: date) -> date | None:
    named = named_at.date() if named_at and named_at.date() <= latest else None
    return max((day for day in (named, asked) if day), default=None)


def _first_named(*names: NamedAccount | None) -> NamedAccount | None:
    return next((name for name in names if name and name.shown), None)


def _or(first: int | None, second: int | None) -> int | None:
    return second if first is None else first


def _cleaned(clean: Callable[[str], str | None], text: str | None) -> str | None:
    return None if text is None else clean(text)


def _id_of(item: object) -> str:
    """The id that a broken item claims, for the log: ` (2401.12345)`."""
    match item:
        case {"paper": {"id": str(claimed)}} if claimed:
            return f" ({shorten(claimed, limit=20)})"
        case _:
            return ""


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        what = "it is not an object" if first["type"] == "model_type" else first["msg"]
        return shorten(f"{place}: {what}" if place else what)
    if isinstance(error, ValueError):
        return shorten(str(error))
    return type(error).__name__
