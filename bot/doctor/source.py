"""Hugging Face: does it answer with a list, how fast, and how many calls are left."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.cards import date_text
from bot.core.list_days import open_list_day
from bot.core.plurals import count
from bot.core.schedules import WEEKDAYS
from bot.doctor.findings import Finding, fine, warning, wrong
from bot.errors import ConfigError, Problem, SourceError
from bot.services.clock import Clock
from bot.services.queries.preview import newest_list
from bot.settings import Settings
from bot.sources.answers import Heard
from bot.sources.fetching import FetchLimits
from bot.sources.huggingface import HuggingFace

_LIMITS = FetchLimits(connect_seconds=5, total_seconds=15, tries=1, max_wait_seconds=0)
_SLOW_SECONDS = 10.0
_FEW_CALLS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What time it was somewhere else, and here."""

    where: str
    theirs: datetime
    ours: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    findings: Sequence[Finding]
    moment: Moment | None = None


async def check_source(settings: Settings, *, clock: Clock, limits: FetchLimits = _LIMITS) -> SourceReport:
    where = settings.hf_endpoint
    began = time.monotonic()
    heard: Heard | None = None
    try:
        async with HuggingFace(
            where, settings.hf_token, clock=clock, limits=limits, proxies=settings.proxies
        ) as source:
            try:
                newest = await newest_list(source, open_list_day(clock()))
            finally:
                heard = source.last_heard
    except ConfigError as error:
        return SourceReport(findings=[wrong(str(error), "change HF_ENDPOINT", prevents_start=True)])
    except SourceError as error:
        return SourceReport(findings=[_failure(where, error.problem)], moment=_moment(heard))
    seconds = time.monotonic() - began
    day = f"{WEEKDAYS[newest.day.weekday()]} {date_text(newest.day)}"
    answered = f"{where} answered in {seconds:.1f} s"
    findings = [
        fine(f"{answered}: {count(len(newest.papers), 'paper')} on the list of {day}")
        if newest.papers
        else warning(
            f"{answered}, and none of the last days' lists has a paper", "check that HF_ENDPOINT is right"
        )
    ]
    if seconds > _SLOW_SECONDS:
        findings.append(warning("That is slow", "check the network, and the proxy if there is one"))
    if newest.unreadable:
        of = len(newest.papers) + newest.unreadable
        findings.append(
            warning(
                f"{newest.unreadable} of {count(of, 'item')} on that list cannot be read",
                "the others are used; check for an update of Paperboy; LOG_LEVEL=DEBUG shows what is wrong",
            )
        )
    if newest.problem is not None:
        findings.append(
            wrong(
                f"That list cannot be read completely, because {newest.problem}",
                _small(newest.problem.advice),
            )
        )
    findings.append(_token(settings))
    if heard is not None and heard.limit is not None:
        findings.append(_left(heard.limit.remaining, heard.limit.resets_in_seconds))
    return SourceReport(findings=findings, moment=_moment(heard))


def _failure(where: str, problem: Problem) -> Finding:
    remedy = f"{_small(problem.advice)}; nothing is lost meanwhile"
    return wrong(f"{where}: the list cannot be read, because {problem}", remedy)


def _small(text: str) -> str:
    return text[0].lower() + text[1:]


def _token(settings: Settings) -> Finding:
    if settings.hf_token is None:
        return fine("HF_TOKEN is not set, and not needed; one doubles the calls that are allowed")
    return fine("HF_TOKEN is accepted")


def _left(remaining: int, resets_in_seconds: int) -> Finding:
    what = f"{count(remaining, 'call')} left for the next {resets_in_seconds} s"
    if remaining < _FEW_CALLS:
        return warning(what, "use this address for less else, or set HF_TOKEN; the bot waits where it must")
    return fine(what)


def _moment(heard: Heard | None) -> Moment | None:
    if heard is None or heard.server_time is None:
        return None
    return Moment(where="Hugging Face", theirs=heard.server_time, ours=heard.at)
