"""Papers, and how their ids are read from what people paste."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from bot.core.ids import PaperId
from bot.errors import UserError

# A modern arXiv ID (since 2007), with or without a version, on its own or within a link or a DOI.
_ARXIV_ID = re.compile(r"(?<!\d)(?<!\d\.)(\d{4}\.\d{4,5})(?:v\d{1,3})?(?!\d)", re.ASCII)
# An older id, such as cs/0112017 or math.GT/0309136.
_OLD_ID = re.compile(
    r"(?<![\w-])((?:astro-ph|cond-mat|gr-qc|hep-(?:ex|lat|ph|th)|math-ph|nucl-(?:ex|th)|quant-ph"
    r"|adap-org|alg-geom|chao-dyn|comp-gas|dg-ga|funct-an|patt-sol|q-alg|solv-int|supr-con|acc-phys|ao-sci|atom-ph"
    r"|bayes-an|chem-ph|mtrl-th|plasm-ph|cs|math|nlin|physics|stat|q-bio|q-fin|econ|eess|cmp-lg)(?:\.[A-Za-z-]{2,})?/\d{7})(?:v\d{1,3})?(?!\d)",
    re.ASCII | re.IGNORECASE,
)
# A link to a paper on arXiv, in any form that arXiv has (its DOIs too), or on Hugging Face.
_LINKED = re.compile(
    r"(?<![\w.-])(?:(?:[a-z0-9-]{1,20}\.){0,2}arxiv\.org/(?:abs|pdf|html|format|ps|src|e-print)/"
    r"|(?:www\.)?(?:huggingface|hf)\.co/papers/"
    r"|(?:dx\.)?doi\.org/10\.48550/arxiv\.)"
    r"(\d{4}\.\d{4,5})(?:v\d{1,3})?(?!\d)",
    re.ASCII | re.IGNORECASE,
)
# The query string and fragment of a link.
_TAIL = re.compile(r"(?<=[^\s?#])[?#]\S*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper as the list last showed it, with white space collapsed and LaTeX unchanged."""

    id: PaperId
    # The latest list day that has it, by which it is decided; None if it was never listed.
    list_day: date | None
    title: str
    abstract: str
    authors: tuple[str, ...] = ()  # without those that Hugging Face hides
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
    organization_avatar: str | None = None  # an https link
    submitter: str | None = None
    submitter_login: str | None = None
    thumbnail: str | None = None  # an https link
    media: str | None = None  # the authors' own figure or animation, an https link
    withdrawn_at: datetime | None = None

    def __hash__(self) -> int:
        return hash(self.id)  # of all fields, it would take as long as what is cached by it

    @property
    def page_url(self) -> str:
        return f"https://huggingface.co/papers/{self.id}"

    @property
    def abs_url(self) -> str:
        return f"https://arxiv.org/abs/{self.id}"

    @property
    def pdf_url(self) -> str:
        return f"https://arxiv.org/pdf/{self.id}"


def linked_ids(text: str) -> list[PaperId]:
    """The papers that a text has links to, each once, in their order. A bare number counts for none."""
    return list(dict.fromkeys(PaperId(match[1]) for match in _LINKED.finditer(text)))


def parse_paper_id(text: str) -> PaperId:
    """The id in what a person typed: on its own, with ``arXiv:``, or within a DOI or a link to any site.

    A version (``v2``) is dropped. The query string and fragment of a link count only if the rest has no id.

    Raises:
        UserError: there is no arXiv ID in the text, or more than one, or one from before 2007.
    """
    ids = {match[1] for match in _ARXIV_ID.finditer(_TAIL.sub("", text))}
    ids = ids or {match[1] for match in _ARXIV_ID.finditer(text)}
    if not ids and (old := _OLD_ID.search(text)):
        raise UserError(
            f"`{old[1]}` is an arXiv ID from before April 2007, and Daily Papers has none that old. Use an "
            "ID such as `2401.12345`."
        )
    if len(ids) != 1:
        what = "more than one arXiv ID" if ids else "no arXiv ID"
        raise UserError(
            f"There is {what} in that. Give one ID such as `2401.12345`, a link such as "
            "`https://huggingface.co/papers/2401.12345`, or choose a recent paper while you type its title."
        )
    return PaperId(ids.pop())
