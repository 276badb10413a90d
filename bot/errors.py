"""The errors that cross layers, by who can act on them; everything else is a bug."""

from __future__ import annotations

from dataclasses import dataclass


class PaperboyError(Exception):
    """Base of every error that Paperboy raises on purpose."""


class UserError(PaperboyError):
    """A person asked for something that cannot be done; the text is shown to them as it is.

    The text is Discord markdown: outside text in it must be escaped by whoever raises it.
    """


class ConfigError(PaperboyError):
    """The operator must mend a setting or a file; the start ends with exit code 78."""


class BackupError(PaperboyError):
    """A file cannot be backed up to, or restored from; the text says why and what to do."""


class StoreError(PaperboyError):
    """The database could not be read or written, for a reason that the operator can fix: no bug.

    Attributes:
        reason: what is wrong, for people: it names no file.
        is_write: it was a write, of which nothing is left.
    """

    def __init__(self, advice: str, *, reason: str, is_write: bool) -> None:
        super().__init__(advice)  # what is wrong and how to fix it, for the log
        self.reason = reason
        self.is_write = is_write


class SourceError(PaperboyError):
    """Hugging Face did not give a usable answer; a run goes on without it."""


class NotOpenYetError(SourceError):
    """The list day that was asked for has not opened (Hugging Face answers 400)."""


class PaperNotFoundError(SourceError):
    """Hugging Face knows no paper with this id (404)."""


@dataclass
class DeliveryError(PaperboyError):
    """Discord refused a message, or its answer never came.

    Attributes:
        reason: what happened, in words a server's admin understands, with how to mend it.
        code: Discord's JSON error code where it gave one, else 0.
        is_permanent: the channel refuses for good; stop calling it until someone acts.
        is_explained: of a permanent one: it names what is missing there, and the channel's permissions will
            show when that is mended.
        is_gone: of a permanent one: the channel, or what the step is about, does not exist any more.
        is_doubtful: an earlier attempt may have arrived, and the bot may not look; this post alone waits.
        is_rejected: Discord refused this very message (400); the channel itself is fine.
        is_everywhere: it is not about this channel; the next one would hear the same.
        may_have_arrived: no answer says whether the message stands in the channel now.
        retry_after_seconds: what Discord asked to wait, where it said so.
    """

    reason: str
    code: int = 0
    is_permanent: bool = False
    is_explained: bool = False
    is_gone: bool = False
    is_doubtful: bool = False
    is_rejected: bool = False
    is_everywhere: bool = False
    may_have_arrived: bool = False
    retry_after_seconds: float | None = None

    def __str__(self) -> str:
        return self.reason
