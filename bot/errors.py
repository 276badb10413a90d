"""The errors that cross layers, by who can act on them; everything else is a bug."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class PaperboyError(Exception):
    """Base of every error that Paperboy raises on purpose."""


class UserError(PaperboyError):
    """A person asked for something impossible; the text is shown to them unchanged.

    The text is Discord markdown: the code that raises it escapes untrusted text.
    """


class ConfigError(PaperboyError):
    """The operator must fix a setting or a file; startup ends with exit code 78."""


class DatabaseUnavailableError(ConfigError):
    """The database's server does not answer, which may be over soon: a bot waits for it."""


class BackupError(PaperboyError):
    """A backup or restore is not possible; the text says why and what to do."""


class CopyError(PaperboyError):
    """A database cannot be copied; nothing was changed. The text says why and what to do."""


class ProblemKind(StrEnum):
    """Why a list could not be read, or why a run failed.

    People, the store and the metrics get nothing else. Details are only in the log, redacted.
    """

    RATE_LIMITED = "rate_limited"  # 429, or a requested wait
    SERVER_ERROR = "server_error"  # 5xx
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - 401, 403
    NOT_FOUND = "not_found"  # 404 for a list
    REFUSED = "refused"  # any other 4xx
    UNEXPECTED = "unexpected"  # a status that makes no sense as an answer
    REDIRECTED = "redirected"  # to another server, or in a loop
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    CUT_OFF = "cut_off"  # the connection ended during the answer
    UNREADABLE = "unreadable"  # not JSON, or not of the expected shape
    NO_ITEM_READABLE = "no_item_readable"
    MOST_ITEMS_UNREADABLE = "most_items_unreadable"
    TOO_LARGE = "too_large"  # one answer
    TOO_LONG = "too_long"  # the list: more pages, papers or bytes than a list can have
    REPEATED = "repeated"  # pages that lead back to earlier ones
    NOT_OPEN = "not_open"
    NO_SUCH_PAPER = "no_such_paper"
    DATABASE = "database"
    BUG = "bug"


# Clauses to follow "because", without a full stop.
_CLAUSES = {
    ProblemKind.RATE_LIMITED: "Hugging Face asks to wait before the next request",
    ProblemKind.SERVER_ERROR: "Hugging Face had an internal error",
    ProblemKind.TOKEN_REFUSED: "Hugging Face refused access",
    ProblemKind.NOT_FOUND: "Hugging Face found nothing at that address",
    ProblemKind.REFUSED: "Hugging Face refused the request",
    ProblemKind.UNEXPECTED: "Hugging Face returned an unexpected response",
    ProblemKind.REDIRECTED: "Hugging Face redirected to another address, which is not followed",
    ProblemKind.TIMED_OUT: "Hugging Face did not answer in time",
    ProblemKind.UNREACHABLE: "Hugging Face could not be reached",
    ProblemKind.CUT_OFF: "the connection to Hugging Face was lost before the response was complete",
    ProblemKind.UNREADABLE: "Hugging Face's response could not be read",
    ProblemKind.NO_ITEM_READABLE: "none of the papers that Hugging Face listed could be read",
    ProblemKind.MOST_ITEMS_UNREADABLE: "most of the papers that Hugging Face listed could not be read",
    ProblemKind.TOO_LARGE: "Hugging Face's response is larger than Paperboy accepts",
    ProblemKind.TOO_LONG: "the list is longer than Paperboy accepts",
    ProblemKind.REPEATED: "the pages of the list repeat",
    ProblemKind.NOT_OPEN: "the list has not opened yet",
    ProblemKind.NO_SUCH_PAPER: "Hugging Face has no such paper",
    ProblemKind.DATABASE: "the database could not be used",
    ProblemKind.BUG: "a bug in Paperboy stopped it",
}
_ADVICE = {
    ProblemKind.TOKEN_REFUSED: (
        "Check HF_TOKEN: remove it if it is set (the list needs none), or set one if HF_ENDPOINT requires it"
    ),
    ProblemKind.NOT_FOUND: "Check HF_ENDPOINT",
    ProblemKind.REDIRECTED: "If the list has moved, set HF_ENDPOINT to its new address",
    ProblemKind.RATE_LIMITED: "Try again later; HF_TOKEN doubles the number of requests that are allowed",
    ProblemKind.UNREADABLE: "Check HF_ENDPOINT, and whether a proxy or login page answers instead",
    ProblemKind.NO_ITEM_READABLE: "Check for an update of Paperboy",
    ProblemKind.MOST_ITEMS_UNREADABLE: "Check for an update of Paperboy",
}
_USUAL_ADVICE = "Check the network, the proxy if there is one, and HF_ENDPOINT"


@dataclass(frozen=True, slots=True)
class Problem:
    """A kind, with the HTTP status if there was one."""

    kind: ProblemKind
    status: int | None = None

    def __str__(self) -> str:
        """A clause to follow "because", without a full stop."""
        clause = _CLAUSES[self.kind]
        return clause if self.status is None else f"{clause} ({self.status})"

    @property
    def advice(self) -> str:
        """What the operator can do, without a full stop."""
        return _ADVICE.get(self.kind, _USUAL_ADVICE)


class StoreError(PaperboyError):
    """The database could not be read or written, for a reason that the operator can fix; not a bug.

    Attributes:
        reason: what is wrong, for everybody: it names no file.
        is_write: it was a write, which was rolled back.
    """

    def __init__(self, advice: str, *, reason: str, is_write: bool) -> None:
        super().__init__(advice)  # what is wrong and how to fix it, for the log
        self.reason = reason
        self.is_write = is_write


class SourceError(PaperboyError):
    """Hugging Face returned no usable response; a run continues without it.

    The text is the problem's. Details are logged where it is raised.
    """

    def __init__(self, kind: ProblemKind, *, status: int | None = None) -> None:
        self.problem = Problem(kind, status)
        super().__init__(str(self.problem))


class NotOpenYetError(SourceError):
    """The requested list day has not opened yet (Hugging Face answers 400)."""

    def __init__(self) -> None:
        super().__init__(ProblemKind.NOT_OPEN)


class PaperNotFoundError(SourceError):
    """Hugging Face knows no paper with this id (404)."""

    def __init__(self) -> None:
        super().__init__(ProblemKind.NO_SUCH_PAPER)


class DeliveryErrorKind(StrEnum):
    """Why a request to Discord failed, and what Paperboy does next."""

    TRANSIENT = "transient"  # an outage, a rate limit, an unclear answer: retry after a growing wait
    BOT_REFUSED = "bot_refused"  # about the bot, not this channel: retry, and pause all sending meanwhile
    CONTENT_REFUSED = "content_refused"  # of this message; the channel is fine: split it, fail the culprit
    UNCONFIRMED = "unconfirmed"  # it may have arrived, and the bot may not look: set it aside until it may
    CHANNEL_REFUSED = "channel_refused"  # for a reason nobody can see: block the feed, retry after hours
    PERMISSION_MISSING = "permission_missing"  # block the feed until the channel's permissions show the fix
    GONE = "gone"  # the channel, the server or the message was deleted: block the feed

    @property
    def blocks_channel(self) -> bool:
        """Whether nothing more can be sent to this channel until somebody acts."""
        return self in _BLOCKING

    @property
    def is_final(self) -> bool:
        """Whether repeating the same request to the same channel cannot succeed."""
        return self.blocks_channel or self is DeliveryErrorKind.CONTENT_REFUSED


_BLOCKING = frozenset(
    {DeliveryErrorKind.CHANNEL_REFUSED, DeliveryErrorKind.PERMISSION_MISSING, DeliveryErrorKind.GONE}
)


@dataclass
class DeliveryError(PaperboyError):
    """Discord refused a request, or its answer never came.

    Attributes:
        reason: what happened and how to fix it, in a server admin's words.
        kind: decides what happens next.
        code: Discord's JSON error code, or 0.
        refused_embeds: the indexes of the embeds that Discord named, with CONTENT_REFUSED.
        refused_pictures: if it named nothing but pictures, which ones (`cards.Picture`), by those indexes.
        may_have_arrived: whether the message may be in the channel although no answer confirmed it.
        retry_after_seconds: how long Discord asked to wait, if it did.
    """

    reason: str
    kind: DeliveryErrorKind = DeliveryErrorKind.TRANSIENT
    code: int = 0
    refused_embeds: tuple[int, ...] = ()
    refused_pictures: Mapping[int, Collection[str]] = field(default_factory=dict[int, Collection[str]])
    may_have_arrived: bool = False
    retry_after_seconds: float | None = None

    def __str__(self) -> str:
        return self.reason
