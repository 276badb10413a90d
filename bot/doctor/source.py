"""Checks that Hugging Face returns a list, how fast, and how many requests remain."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.cards import weekday_text
from bot.core.list_days import open_list_day
from bot.core.plurals import count
from bot.doctor.findings import Finding, fine, warning, wrong
from bot.errors import ConfigError, SourceError
from bot.services.clock import Clock
from bot.services.queries.preview import newest_list
from bot.settings import Settings
from bot.sources.answers import ResponseMeta
from bot.sources.fetching import FetchLimits
from bot.sources.huggingface import HuggingFace

_LIMITS = FetchLimits(connect_seconds=5, total_seconds=15, tries=1, max_wait_seconds=0)
_SLOW_SECONDS = 10.0
_FEW_REQUESTS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A server's clock and ours at the same moment."""

    server: str
    remote: datetime
    local: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    findings: Sequence[Finding]
    moment: Moment | None = None


async def check_source(settings: Settings, *, clock: Clock, limits: FetchLimits = _LIMITS) -> SourceReport:
    endpoint = settings.hf_endpoint
    began = time.monotonic()
    response: ResponseMeta | None = None
    try:
        async with HuggingFace(
            endpoint, settings.hf_token, clock=clock, limits=limits, proxies=settings.proxies
        ) as source:
            try:
                newest = await newest_list(source, open_list_day(clock()))
            finally:
                response = source.last_response
    except ConfigError as error:
        return SourceReport(findings=[wrong(str(error), "change HF_ENDPOINT", prevents_start=True)])
    except SourceError as error:
        unread = f"{endpoint}: the list cannot be read, because {error.problem}"
        remedy = f"{_lower_first(error.problem.advice)}; nothing is lost"
        return SourceReport(findings=[wrong(unread, remedy)], moment=_moment(response))
    seconds = time.monotonic() - began
    day = weekday_text(newest.day)
    answered = f"{endpoint} answered in {seconds:.1f} s"
    findings = [
        fine(f"{answered}: {count(len(newest.papers), 'paper')} on the list of {day}")
        if newest.papers
        else warning(f"{answered}, but no list of the last few days has a paper", "check HF_ENDPOINT")
    ]
    if seconds > _SLOW_SECONDS:
        findings.append(warning("That is slow", "check the network, and the proxy if there is one"))
    if newest.unreadable:
        total = len(newest.papers) + newest.unreadable
        findings.append(
            warning(
                f"{newest.unreadable} of {count(total, 'item')} on that list cannot be read",
                "the others are used; check for an update of Paperboy (LOG_LEVEL=DEBUG shows details)",
            )
        )
    if newest.problem is not None:
        findings.append(
            wrong(
                f"That list cannot be read completely, because {newest.problem}",
                _lower_first(newest.problem.advice),
            )
        )
    findings.append(_token(settings))
    if response is not None and response.limit is not None:
        findings.append(_rate_limit(response.limit.remaining, response.limit.resets_in_seconds))
    return SourceReport(findings=findings, moment=_moment(response))


def _lower_first(text: str) -> str:
    return text[0].lower() + text[1:]


def _token(settings: Settings) -> Finding:
    if settings.hf_token is None:
        return fine("HF_TOKEN is not set; it is optional, and doubles the rate limit")
    return fine("HF_TOKEN is accepted")


def _rate_limit(remaining: int, resets_in_seconds: int) -> Finding:
    what = f"{count(remaining, 'request')} left for the next {resets_in_seconds} s"
    if remaining < _FEW_REQUESTS:
        return warning(
            what, "set HF_TOKEN, or send fewer other requests from this IP address; the bot waits if it must"
        )
    return fine(what)


def _moment(response: ResponseMeta | None) -> Moment | None:
    if response is None or response.server_time is None:
        return None
    return Moment(server="Hugging Face", remote=response.server_time, local=response.at)
