"""Parsing of what Hugging Face links to a paper: models, datasets and Spaces. Pure, and lenient."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, cast

from bot.core.opened_papers import Linked, Repositories

# `owner/name`, or the bare name of an old one.
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(?:/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)
_MAX_READ: Final = 1_000  # of one kind
_LARGEST_COUNT: Final = 10**9


def parse_linked(payload: object) -> Linked:
    """What the answer of `/api/papers/{id}` links; a kind that it does not have is empty."""
    answer = cast("Mapping[str, object]", payload if isinstance(payload, dict) else {})
    return Linked(
        models=_repositories(answer, "Models"),
        datasets=_repositories(answer, "Datasets"),
        spaces=_repositories(answer, "Spaces"),
    )


def _repositories(payload: Mapping[str, object], kind: str) -> Repositories:
    """The most liked first; those with as many likes in the answer's order."""
    listed = payload.get(f"linked{kind}")
    liked = dict(_liked(cast("list[object]", listed)[:_MAX_READ] if isinstance(listed, list) else []))
    total = payload.get(f"numTotal{kind}")
    is_count = isinstance(total, int) and not isinstance(total, bool) and 0 <= total <= _LARGEST_COUNT
    ids = sorted(liked, key=lambda repository_id: -liked[repository_id])
    return Repositories(ids=tuple(ids), total=max(len(ids), cast("int", total) if is_count else 0))


def _liked(listed: list[object]) -> Iterator[tuple[str, int]]:
    for item in listed:
        match item:
            case {"id": str(repository)} if _REPOSITORY.fullmatch(repository):
                likes = cast("Mapping[str, object]", item).get("likes")
                yield repository, likes if isinstance(likes, int) else 0
            case _:
                pass
