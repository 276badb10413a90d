"""Telemetry: the events that the bot reports, and the interface that receives them."""

from __future__ import annotations

from enum import StrEnum

from bot.core.runs import Outcome
from bot.errors import ProblemKind


class AttemptOutcome(StrEnum):
    """The outcome of one attempt to send a post, or to carry out a follow-up."""

    SENT = "sent"
    DONE = "done"  # a follow-up: the message is published, or its thread is open
    ADOPTED = "adopted"  # the message of an earlier attempt was found
    POSTPONED = "postponed"  # tried again later
    BLOCKED = "blocked"  # the channel refuses; nothing is sent there until that is fixed
    REFUSED = "refused"  # Discord refuses the content: it is split, retried with title and link, or failed
    UNCONFIRMED = "unconfirmed"  # an earlier attempt may have arrived, and the bot is not allowed to check
    BUG = "bug"


class CommandOutcome(StrEnum):
    """The outcome of a command for the person who used it."""

    OK = "ok"
    USER_ERROR = "user_error"  # their input was wrong, and the answer said how
    FAILED = "failed"  # for a reason outside the bot: the disk, Discord, Hugging Face
    LATE = "late"  # too late to answer
    BUG = "bug"


class Endpoint(StrEnum):
    """What is requested from Hugging Face."""

    LIST = "list"
    PAPER = "paper"


class Telemetry:
    """Receives events and ignores them; subclasses override the methods that they need.

    The methods are called in the middle of the work: they must return at once and must not raise.
    `status` is an HTTP status, or None if there was no answer.
    """

    def run_ended(self, outcome: Outcome, *, seconds: float, posts: int = 0) -> None:
        """A run ended; it planned this many posts."""

    def feed_planned(self, *, late_seconds: float) -> None:
        """A run planned the posts of a feed that was due `late_seconds` ago."""

    def day_read(self, *, listed: int, new: int, unreadable: int) -> None:
        """A list day was read, with this many papers, new papers and unreadable items."""

    def source_answered(self, endpoint: Endpoint, *, status: int | None, seconds: float) -> None:
        """A request to Hugging Face ended; each retry counts as a request."""

    def source_failed(self, kind: ProblemKind) -> None:
        """A list or a paper could not be read completely, after all retries."""

    def post_attempted(self, outcome: AttemptOutcome, *, waited_seconds: float) -> None:
        """An attempt to send a post ended, `waited_seconds` after the post was planned."""

    def follow_up_attempted(self, outcome: AttemptOutcome) -> None:
        """An attempt to publish a message, or to open its thread, ended."""

    def discord_answered(self, *, status: int | None, seconds: float) -> None:
        """A request to Discord's REST API ended; each retry counts as a request."""

    def gateway_lost(self) -> None:
        """A shard lost its connection to Discord's gateway."""

    def command_answered(self, command: str, *, seconds: float) -> None:
        """Discord accepted the first answer to a command, `seconds` after the command arrived."""

    def command_ended(self, command: str, outcome: CommandOutcome) -> None:
        """A command ended."""


NO_TELEMETRY = Telemetry()
