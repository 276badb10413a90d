"""Runs: passes of fetch, decide and post, as they are remembered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.ids import RunId

# The problem of a run that the database stopped: what exactly, the log says.
STORE_FAILED = "the database could not be read or written"


class Outcome(StrEnum):
    OK = "ok"
    SOURCE_FAILED = "source_failed"  # Hugging Face gave no usable answer; the rest of the run went on
    FAILED = "failed"  # an error that nobody expected ended it


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run that finished; one that a crash cut short never becomes a value."""

    id: RunId
    started_at: datetime
    finished_at: datetime
    outcome: Outcome
    listed: int  # papers that the list days held
    new_papers: int  # of these, never seen before
    feeds: int  # that were due
    posts: int  # that were planned
    problem: str | None = None  # in words, where the outcome is not ok
