"""What tests of reading lists ask: which days were asked for, and which are known."""

from __future__ import annotations

from datetime import date, timedelta

from bot.store import list_days
from tests.fakes.huggingface import Fault
from tests.services.bots import Bot

REFUSAL = Fault(status=403)


def days(bot: Bot, *back: int) -> list[str]:
    return [str(bot.today - timedelta(days=days)) for days in back]


def asked(bot: Bot) -> list[str]:
    """The days asked for since the last call."""
    found = bot.hub.days_asked
    bot.hub.requests.clear()
    return found


async def known(bot: Bot) -> set[date]:
    async with bot.database.read() as conn:
        return set(await list_days.reads(conn, date.min, date.max))
