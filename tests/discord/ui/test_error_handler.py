"""What a person is shown when something fails, and what is logged."""

from __future__ import annotations

import logging
import re
from datetime import date

import pytest

from bot.errors import UserError
from bot.services.feeds.feeds import Feeds
from bot.services.feeds.older_matches import OlderMatches
from bot.services.feeds.subscriptions import Subscriptions
from bot.services.queries.papers import Papers
from tests.fakes.huggingface import Fault
from tests.world import World, answers, text_of

REFERENCE = re.compile(r"`([0-9a-f]{8})`")


def break_down(*_: object, **__: object) -> None:
    raise RuntimeError("a bug with secrets in it")


async def test_a_bug_gives_a_reference_that_is_in_the_log(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Feeds, "state", break_down)

    result = await world.admin.slash(world.channel, "config show")

    answer = text_of(result)
    (reference,) = REFERENCE.findall(answer)
    assert result.ephemeral
    assert "secrets" not in answer
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.getMessage() == f"Bug {reference} in config show"
    assert record.exc_info is not None
    assert "a bug with secrets in it" in str(record.exc_info[1])


async def test_a_bug_behind_a_public_answer_is_shown_only_to_the_person(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Papers, "today", break_down)

    result = await world.member.slash(world.channel, "papers today")

    (shown,) = answers(result)
    assert shown.ephemeral
    assert REFERENCE.search(shown.content)
    assert world.channel.history() == []


async def test_a_wrong_id_is_shown_only_to_the_person(world: World) -> None:
    result = await world.member.slash(world.channel, "paper", paper="cats")

    assert result.ephemeral
    assert world.channel.history() == []


async def test_an_unknown_paper_is_shown_only_to_the_person(world: World) -> None:
    result = await world.member.slash(world.channel, "paper", paper="2401.99999")

    (shown,) = answers(result)
    assert shown.ephemeral
    assert "`2401.99999`" in shown.content
    assert world.channel.history() == []


async def test_a_source_that_is_down_is_shown_only_to_the_person(world: World) -> None:
    world.hub.faults.extend([Fault(status=404)] * 20)

    result = await world.member.slash(world.channel, "papers date", date="2026-08-18")

    (shown,) = answers(result)
    assert shown.ephemeral
    assert "Try again in a few minutes" in shown.content


async def test_a_source_that_hangs_is_given_up_in_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.services.queries.papers.REQUEST_TIMEOUT_SECONDS", 0.05)
    world.hub.faults.append(Fault(kind="hang"))

    with pytest.raises(UserError, match="because Hugging Face did not answer in time"):
        await world.services.papers.on(date(2026, 8, 18))


async def test_an_interaction_that_expired_is_a_warning_and_no_bug(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.env.inject_error("POST", "/interactions/*", status=404, code=10062, message="Unknown interaction")

    result = await world.member.slash(world.channel, "help")

    assert not result.acknowledged
    (record,) = [record for record in caplog.records if record.name == "bot.discord.ui.error_handler"]
    assert record.levelno == logging.WARNING
    assert "help" in record.getMessage()


async def test_an_error_that_cannot_be_shown_is_a_warning(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.env.inject_error("PATCH", "/webhooks/*", status=500, times=None)

    await world.admin.slash(world.channel, "deliver")

    (record,) = [record for record in caplog.records if record.name == "bot.discord.ui.error_handler"]
    assert record.levelno == logging.WARNING


async def test_autocomplete_that_fails_offers_nothing_and_is_logged(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Subscriptions, "offered", break_down)

    assert not await world.admin.autocomplete(world.channel, "unsubscribe", "keywords", "v")

    assert "a bug with secrets in it" in caplog.text


async def test_a_command_that_is_gone_says_to_reload(world: World) -> None:
    world.client.tree.remove_command("help")

    result = await world.member.slash(world.channel, "help")

    assert result.ephemeral
    assert "Reload Discord" in text_of(result)


async def test_a_bug_behind_a_button_gives_a_reference_too(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shown = await world.admin.slash(world.channel, "subscribe", keywords="video")
    monkeypatch.setattr(OlderMatches, "post", break_down)

    pressed = await world.admin.click(shown.response, label="Post the last 5 older matches now")

    (reference,) = REFERENCE.findall(text_of(pressed))
    assert f"Bug {reference}" in caplog.text
