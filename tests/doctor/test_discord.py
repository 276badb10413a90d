"""What is told of an application and its gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import discord
import pytest
from discord.http import Route

from bot.client import point_at
from bot.discord.surveying import Identity, NoAnswerError, SessionStarts, Survey, TokenRefusedError
from bot.doctor.discord import judged_identity, judged_starts
from bot.doctor.findings import Finding, Sign
from sandbox import Fault, Sandbox

NOW = datetime(2026, 8, 19, 8, 0, tzinfo=UTC)


def identity(**fields: object) -> Identity:
    usual: dict[str, object] = {
        "name": "Paperboy",
        "application_id": 1,
        "has_interactions_endpoint": False,
        "needs_code_grant": False,
        "privileged": [],
        "commands": 12,
    }
    return Identity(**usual | fields)  # pyright: ignore[reportArgumentType]


def troubles(identity: Identity) -> list[Finding]:
    return [one for one in judged_identity(identity) if one.sign is not Sign.FINE]


def test_a_usual_application_is_fine() -> None:
    assert troubles(identity()) == []


def test_an_endpoint_that_takes_the_commands_away_is_wrong() -> None:
    (found,) = troubles(identity(has_interactions_endpoint=True))
    assert (found.sign, "commands never reach the bot" in found.what) == (Sign.WRONG, True)


def test_a_code_grant_and_missing_commands_are_warnings() -> None:
    found = troubles(identity(needs_code_grant=True, commands=0))
    assert [one.sign for one in found] == [Sign.WARNING, Sign.WARNING]


def test_privileged_intents_that_are_on_may_be_switched_off() -> None:
    (intents,) = [one for one in judged_identity(identity(privileged=["Presence"])) if "intent" in one.what]
    assert intents.sign is Sign.FINE
    assert "Presence may be switched off" in intents.what


@pytest.mark.parametrize(("left", "sign"), [(1000, Sign.FINE), (20, Sign.WARNING), (0, Sign.WRONG)])
def test_few_session_starts_are_told_before_there_are_none(left: int, sign: Sign) -> None:
    found = judged_starts(SessionStarts(left=left, of=1000, resets_in_seconds=7200))
    assert found.sign is sign
    assert ("2 hours" in found.remedy) == (sign is not Sign.FINE)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    base = Route.BASE
    async with Sandbox(page_port=None) as made:
        point_at(api_url=made.api_url, gateway_url=None)
        yield made
    Route.BASE = base


async def test_a_survey_hears_who_it_is_and_what_time_it_is_there(sandbox: Sandbox) -> None:
    async with Survey(clock=lambda: NOW) as survey:
        assert not survey.is_logged_in
        found = await survey.log_in(sandbox.token)
        assert survey.is_logged_in
        assert (found.name, found.commands, list(found.privileged)) == ("Paperboy", 0, [])
        assert (await survey.session_starts()).left == 1000
        assert await survey.servers() == {sandbox.guild.id: "Paper Club"}
        assert survey.heard is not None
        assert survey.heard[1] == NOW


async def test_an_applications_flags_are_read(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    flags = discord.ApplicationFlags(gateway_message_content_limited=True, gateway_presence=True)
    body = {
        "id": "1",
        "name": "Paperboy",
        "icon": None,
        "description": "",
        "summary": "",
        "bot_public": True,
        "bot_require_code_grant": True,
        "verify_key": "0",
        "owner": {"id": "2", "username": "ada", "discriminator": "0", "avatar": None},
        "flags": flags.value,
        "interactions_endpoint_url": "https://example.org/",
    }
    sandbox.faults.add(Fault(path="/oauth2/applications/@me", status=200, body=body))
    sandbox.faults.add(Fault(path="/applications/1/commands", status=200, body={}))
    async with Survey(clock=lambda: NOW) as survey:
        found = await survey.log_in(sandbox.token)
    assert list(found.privileged) == ["Message Content", "Presence"]
    assert found.has_interactions_endpoint
    assert found.needs_code_grant


async def test_refusals_and_silence_are_told_apart(sandbox: Sandbox) -> None:
    async with Survey(clock=lambda: NOW) as survey:
        with pytest.raises(TokenRefusedError):
            await survey.log_in("abc.def")
    sandbox.faults.add(Fault(path="/users/@me", status=403, body={"message": "<html>"}))
    async with Survey(clock=lambda: NOW) as survey:
        with pytest.raises(NoAnswerError, match="403"):
            await survey.log_in(sandbox.token)
