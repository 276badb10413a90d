"""The examination: runs the checks one after another, each with its own timeout."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack

from bot.client import point_at
from bot.discord.survey import Survey
from bot.doctor.clock import check_clock
from bot.doctor.database import check_database
from bot.doctor.discord import check_discord
from bot.doctor.findings import Finding, unchecked, wrong
from bot.doctor.reports import Contents
from bot.doctor.servers import check_servers
from bot.doctor.settings import check_settings
from bot.doctor.source import Moment, check_source
from bot.services.clock import Clock
from bot.settings import DOTENV, Examined

_log = logging.getLogger(__name__)

_TIMEOUTS_SECONDS = {"Database": 90.0, "Hugging Face": 60.0, "Discord": 30.0, "Servers": 120.0}
_DEFAULT_TIMEOUT_SECONDS = 10.0
_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY")

# Called with a check's name when it starts (None), and again with its findings.
Show = Callable[[str, Sequence[Finding] | None], None]


class Examination:
    """One pass over all checks."""

    def __init__(
        self,
        examined: Examined,
        *,
        clock: Clock,
        show: Show,
        timeouts_seconds: Mapping[str, float] = _TIMEOUTS_SECONDS,
    ) -> None:
        self._examined = examined
        self._clock = clock
        self._show = show
        self._timeouts_seconds = timeouts_seconds
        self._findings: list[Finding] = []
        self._moments: list[Moment] = []
        self._contents: Contents | None = None
        self._survey: Survey | None = None  # once it is logged in

    async def run(self) -> list[Finding]:
        async with AsyncExitStack() as stack:
            await self._check("Settings", self._settings)
            await self._check("Database", self._database)
            await self._check("Hugging Face", self._source)
            await self._check("Discord", lambda: self._discord(stack))
            await self._check("Clock", self._time)
            await self._check("Servers", self._servers)
        return self._findings

    async def _check(self, name: str, check: Callable[[], Awaitable[Sequence[Finding]]]) -> None:
        self._show(name, None)
        timeout_seconds = self._timeouts_seconds.get(name, _DEFAULT_TIMEOUT_SECONDS)
        try:
            async with asyncio.timeout(timeout_seconds):
                findings = await check()
        except TimeoutError:
            findings = [wrong(f"No answer within {timeout_seconds:g} s", "check the network and try again")]
        except Exception as error:  # noqa: BLE001 - a bug in one check must not stop the others
            _log.debug("The check %s failed because of a bug", name, exc_info=error)
            what = f"This check failed because of a bug in Paperboy: {type(error).__name__}: {error}"
            findings = [wrong(what, "please report it, with the traceback that LOG_LEVEL=DEBUG shows")]
        self._findings.extend(findings)
        self._show(name, findings)

    async def _settings(self) -> list[Finding]:
        return check_settings(self._examined)

    async def _database(self) -> Sequence[Finding]:
        if reason := self._unknown("DATABASE_URL"):
            return [unchecked("The database", because=reason)]
        settings = self._examined.settings
        report = await check_database(settings.database_url, shard_count=settings.shard_count)
        self._contents = report.contents
        return report.findings

    async def _source(self) -> Sequence[Finding]:
        if reason := self._unknown("HF_ENDPOINT", "HF_TOKEN", *_PROXIES):
            return [unchecked("Hugging Face", because=reason)]
        report = await check_source(self._examined.settings, clock=self._clock)
        if report.moment is not None:
            self._moments.append(report.moment)
        return report.findings

    async def _discord(self, stack: AsyncExitStack) -> list[Finding]:
        settings = self._examined.settings
        if reason := self._unknown("DISCORD_API_URL", "DISCORD_TOKEN", *_PROXIES):
            return [unchecked("Discord", because=reason)]
        if settings.discord_token is None:
            return [unchecked("Discord", because="DISCORD_TOKEN is not set")]
        point_at(api_url=settings.discord_api_url, gateway_url=None)
        survey = await stack.enter_async_context(Survey(clock=self._clock, proxies=settings.proxies))
        token = settings.discord_token.get_secret_value()
        findings = await check_discord(survey, token, api_url=settings.discord_api_url)
        if survey.server_time is not None:
            discord_time, local_time = survey.server_time
            self._moments.append(Moment(server="Discord", remote=discord_time, local=local_time))
        if survey.is_logged_in:
            self._survey = survey
        return findings

    async def _time(self) -> list[Finding]:
        feeds = self._contents.feeds if self._contents else ()
        return check_clock(
            self._moments,
            default_timezone=None
            if self._unknown("DEFAULT_TIMEZONE")
            else self._examined.settings.default_timezone,
            feed_timezones={feed.settings.schedule.timezone for feed in feeds},
        )

    async def _servers(self) -> list[Finding]:
        if self._survey is None:
            return [unchecked("The servers", because="the bot could not log in")]
        if self._contents is None:
            return [unchecked("The servers", because="the database cannot be read, or has other tables")]
        return await check_servers(self._survey, self._contents)

    def _unknown(self, *names: str) -> str | None:
        """Why these settings are not known, so that a check of them would mislead; None if they are."""
        wrong = self._examined.wrong
        for name in names:
            if name in wrong:
                return f"{name} is wrong"
        if str(DOTENV) in wrong and not self._examined.origins.keys() >= set(names):
            return f"{DOTENV} cannot be read and may set {' or '.join(names)}"
        return None
