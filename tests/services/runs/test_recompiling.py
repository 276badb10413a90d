"""Stored queries after the rules of the language have changed."""

from __future__ import annotations

import pytest

from bot.errors import StoreError
from bot.services.runs import recompiling
from tests.services.bots import OTHER, Bot
from tests.stores import fill_disk, free_disk


async def test_what_was_recompiled_before_an_interruption_stays_so(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(recompiling, "FEEDS_AT_ONCE", 1)
    for channel in (1, OTHER, 3):
        feed = await bot.subscribe("video, audio", channel=channel)
    await bot.execute("UPDATE subscriptions SET rules_version = 0, canonical = text || '!'")
    await bot.execute("UPDATE subscriptions SET text = '(' WHERE id = 1")
    await fill_disk(bot.database, "subscriptions", on="UPDATE", when=f"NEW.feed_id = {feed.id}")
    with pytest.raises(StoreError):
        await bot.services.recompiling.run()
    assert await bot.value("SELECT count(*) FROM subscriptions WHERE rules_version = 0") == 3

    await free_disk(bot.database)
    assert await bot.services.recompiling.run() == 3
    assert await bot.value("SELECT count(*) FROM subscriptions WHERE rules_version = 0") == 1
    assert "cannot be read by today's rules" in caplog.text
