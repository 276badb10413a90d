"""The service context: everything that the services share, as one value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from bot.core.limits import DEFAULT_LIMITS, Limits
from bot.core.schedules import Schedule
from bot.services.clock import Clock
from bot.services.fleet.fleet import ALONE, Fleet
from bot.services.fleet.turns import Turns
from bot.services.progress import Progress, no_progress
from bot.services.publisher import Publisher
from bot.sources.huggingface import HuggingFace
from bot.store.database import Database
from bot.telemetry import NO_TELEMETRY, Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceContext:
    """What the services share. The caller that creates it also opens and closes its parts."""

    database: Database
    source: HuggingFace
    publisher: Publisher
    clock: Clock
    default_schedule: Schedule  # the operator's, for new feeds
    poll_interval_seconds: int  # between two reads of the list
    backfill_days: int  # how far back a run reaches
    wake: Callable[[], None]  # wakes the scheduler, because something may be due earlier than it knows
    archive_since: date = date.max  # the first list day to read for search, if beyond `backfill_days`
    limits: Limits = DEFAULT_LIMITS
    progress: Progress = no_progress  # of reading the archive
    telemetry: Telemetry = NO_TELEMETRY
    fleet: Fleet = ALONE  # which servers are this process's
    turns: Turns | None = None  # what one process of a fleet does at a time; None: this is the only process
