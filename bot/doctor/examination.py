"""The examination: each check in its turn, within its time; one that breaks says so, and the others go on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack

from bot.client import point_at
from bot.discord.survey import Survey
from bot.doctor.clock import check_clock
from bot.doctor.database import Contents, check_database
from bot.doctor.discord import check_discord
from bot.doctor.findings import Finding, unchecked, wrong
from bot.doctor.servers import check_servers
from bot.doctor.settings import check_settings
from bot.doctor.source import Moment, check_source
from bot.services.clock import Clock
from bot.settings import DOTENV, Examined

_log = logging.getLogger(__name__)

_SECONDS = {"Database": 90.0, "Hugging Face": 60.0, "Discord": 30.0, "Servers": 120.0}
_DEFAULT_SECONDS = 10.0
_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY")

# Follows it: a check's name, and what it found, or None as it begins.
Show = Callable[[str, Sequence[Finding] | None], None]


class Examination:
    """One look at everything, in the order in which it is told."""

    def __init__(
        self, examined: Examined, *, clock: Clock, show: Show, seconds: Mapping[str, float] = _SECONDS
    ) -> None:
        self._examined = examined
        self._clock = clock
        self._show = show
        self._seconds = seconds  # that each check may take
        self._findings: list[Finding] = []
        self._moments: list[Moment] = []
        self._contents: Contents | None = None
        self._survey: Survey | None = None  # once it is logged in

    async def run(self) -> list[Finding]:
        """All that was found."""
        async with AsyncExitStack() as stack:
            await self._check("Settings", self._settings)
            await self._check("Database", self._database)
            await self._check("Hugging Face", self._source)
            await self._check("Discord", lambda: self._discord(stack))
            await self._check("Clock", self._time)
            await self._check("Servers", self._servers)
        return self._findings

    async def _check(self, name: str, look: Callable[[], Awaitable[Sequence[Finding]]]) -> None:
        self._show(name, None)
        seconds = self._seconds.get(name, _DEFAULT_SECONDS)
        try:
            async with asyncio.timeout(seconds):
                found = await look()
        except TimeoutError:
            found = [wrong(f"There was no answer within {seconds:g} s", "check the network, and try again")]
        except Exception as error:  # noqa: BLE001 - a job guard: one check's bug must not cost the others
            _log.debug("The check %s ended by a bug", name, exc_info=error)
            what = f"This check ended by a bug in Paperboy: {type(error).__name__}: {error}"
            found = [wrong(what, "please report it; LOG_LEVEL=DEBUG shows where")]
        self._findings.extend(found)
        self._show(name, found)

    async def _settings(self) -> list[Finding]:
        return check_settings(self._examined)

    async def _database(self) -> Sequence[Finding]:
        if why := self._unknown("DATABASE_URL"):
            return [unchecked("The database", because=why)]
        report = await check_database(self._examined.settings.database_url)
        self._contents = report.contents
        return report.findings

    async def _source(self) -> Sequence[Finding]:
        if why := self._unknown("HF_ENDPOINT", "HF_TOKEN", *_PROXIES):
            return [unchecked("Hugging Face", because=why)]
        report = await check_source(self._examined.settings, clock=self._clock)
        if report.moment is not None:
            self._moments.append(report.moment)
        return report.findings

    async def _discord(self, stack: AsyncExitStack) -> list[Finding]:
        settings = self._examined.settings
        if why := self._unknown("DISCORD_API_URL", "DISCORD_TOKEN", *_PROXIES):
            return [unchecked("Discord", because=why)]
        if settings.discord_token is None:
            return [unchecked("Discord", because="DISCORD_TOKEN is not set")]
        point_at(api_url=settings.discord_api_url, gateway_url=None)
        survey = await stack.enter_async_context(Survey(clock=self._clock, proxies=settings.proxies))
        token = settings.discord_token.get_secret_value()
        found = await check_discord(survey, token, api_url=settings.discord_api_url)
        if survey.server_time is not None:
            theirs, ours = survey.server_time
            self._moments.append(Moment(where="Discord", theirs=theirs, ours=ours))
        if survey.is_logged_in:
            self._survey = survey
        return found

    async def _time(self) -> list[Finding]:
        feeds = self._contents.feeds if self._contents else ()
        return check_clock(
            self._moments,
            default_timezone=None
            if self._unknown("DEFAULT_TIMEZONE")
            else self._examined.settings.default_timezone,
            feed_timezones={feed.schedule.timezone for feed in feeds},
        )

    async def _servers(self) -> list[Finding]:
        if self._survey is None:
            return [unchecked("The servers", because="the bot is not logged in")]
        if self._contents is None:
            return [unchecked("The servers", because="the database cannot be read, or has other tables")]
        return await check_servers(self._survey, self._contents)

    def _unknown(self, *names: str) -> str | None:
        """Why a check that needs these settings would look at another thing than the bot does."""
        wrong = self._examined.wrong
        for name in names:
            if name in wrong:
                return f"{name} is wrong"
        if str(DOTENV) in wrong and not self._examined.origins.keys() >= set(names):
            return f"{DOTENV} cannot be read, and may set {' or '.join(names)}"
        return None
