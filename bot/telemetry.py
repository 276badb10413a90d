"""Watching: the moments of the bot's work that are worth counting, and who is told of them."""

from __future__ import annotations

from enum import StrEnum

from bot.core.runs import Outcome
from bot.errors import ProblemKind


class AttemptOutcome(StrEnum):
    """What came of one attempt at a post, or at a step that follows on one."""

    SENT = "sent"
    DONE = "done"  # a step: the message is published, or its thread is open
    ADOPTED = "adopted"  # an earlier attempt had brought it: its message was found
    POSTPONED = "postponed"  # tried again later
    BLOCKED = "blocked"  # the channel refuses; nothing is sent there until that is mended
    REFUSED = "refused"  # Discord refuses the content: it is split, tried bare, or failed
    UNCONFIRMED = "unconfirmed"  # an earlier attempt may have brought it, and the bot may not look
    BUG = "bug"


class CommandOutcome(StrEnum):
    """How a command ended for the person who used it."""

    OK = "ok"
    USER_ERROR = "user_error"  # they were told what was wrong with what they asked for
    FAILED = "failed"  # something outside of the bot was in the way: the disk, Discord, Hugging Face
    LATE = "late"  # it could not be answered any more
    BUG = "bug"


class Endpoint(StrEnum):
    """What is asked of Hugging Face."""

    LIST = "list"
    PAPER = "paper"


class Telemetry:
    """Is told what happens, as it happens. This one takes no notice; others override what they care for.

    The methods are called in the midst of the work: they return at once, wait for nothing and raise nothing.
    A `status` is that of HTTP; None where no answer came.
    """

    def run_ended(self, outcome: Outcome, *, seconds: float, posts: int = 0) -> None:
        """A run ended, with so many posts planned."""

    def feed_planned(self, *, late_seconds: float) -> None:
        """A feed that was due by its schedule was planned, so long after its time."""

    def day_read(self, *, listed: int, new: int, unreadable: int) -> None:
        """A list day was read: how many papers, how many of them never seen before, and unreadable items."""

    def source_answered(self, endpoint: Endpoint, *, status: int | None, seconds: float) -> None:
        """A request to Hugging Face ended; repetitions are requests of their own."""

    def source_failed(self, kind: ProblemKind) -> None:
        """A list or a paper could not be read, or not whole, after all repetitions."""

    def post_attempted(self, tried: AttemptOutcome, *, waited_seconds: float) -> None:
        """An attempt at a post ended, so long after the post was planned."""

    def follow_up_attempted(self, tried: AttemptOutcome) -> None:
        """An attempt at publishing a message, or at opening its thread, ended."""

    def discord_answered(self, *, status: int | None, seconds: float) -> None:
        """A request to Discord's REST API ended; repetitions are requests of their own."""

    def gateway_lost(self) -> None:
        """A shard lost its connection to Discord's gateway."""

    def command_answered(self, command: str, *, seconds: float) -> None:
        """Discord has the first answer to a command, so long after the command got here."""

    def command_ended(self, command: str, answered: CommandOutcome) -> None:
        """A command ended."""


NO_TELEMETRY = Telemetry()
