"""What a paper is, how its id is read from what people paste, and where its pages are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from bot.core.ids import PaperId
from bot.errors import UserError

# A modern arXiv id (since 2007), with or without a version, alone or inside a link.
_ARXIV_ID = re.compile(r"(?<![\d.])(\d{4}\.\d{4,5})(?:v\d{1,3})?(?![\d])", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper as the list last showed it. White space in texts is collapsed, LaTeX left as it came."""

    id: PaperId
    # The latest list day on which it stands, by which it is decided; None for one that was never listed.
    list_day: date | None
    title: str
    abstract: str
    authors: tuple[str, ...] = ()  # those that Hugging Face shows (not the hidden ones)
    published_at: datetime | None = None  # arXiv's time, UTC
    upvotes: int = 0
    comments: int = 0
    ai_summary: str | None = None
    ai_keywords: tuple[str, ...] = ()
    github_repo: str | None = None  # an https link
    github_stars: int | None = None
    project_page: str | None = None  # an http(s) link
    organization: str | None = None  # the name people see
    organization_login: str | None = None  # huggingface.co/<login>
    submitter: str | None = None
    submitter_login: str | None = None
    thumbnail: str | None = None  # an https link
    withdrawn_at: datetime | None = None

    @property
    def page_url(self) -> str:
        return f"https://huggingface.co/papers/{self.id}"

    @property
    def pdf_url(self) -> str:
        return f"https://arxiv.org/pdf/{self.id}"


def parse_paper_id(text: str) -> PaperId:
    """The id in what a person typed: a bare id, an ``arXiv:`` one, or a link to Hugging Face or arXiv.

    A version (``v2``) is dropped.

    Raises:
        UserError: there is no arXiv id in the text, or more than one.
    """
    found = {match[1] for match in _ARXIV_ID.finditer(text)}
    if len(found) != 1:
        what = "more than one arXiv id" if found else "no arXiv id"
        raise UserError(
            f"There is {what} in that. Give one id such as `2401.12345`, or a link such as "
            "`https://huggingface.co/papers/2401.12345`."
        )
    return PaperId(found.pop())
