"""The findings about an application and its gateway."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import discord
import pytest
from yarl import URL

from bot.client import point_at
from bot.discord.connection import requests
from bot.discord.connection.gateway import GatewayAddress
from bot.discord.survey import Identity, NoAnswerError, Survey
from bot.doctor.discord import check_discord, judge_identity, judge_starts
from bot.doctor.findings import Finding, Sign
from sandbox import Fault, Sandbox
from tests.discord_address import restored
from tests.front import UNAUTHORIZED, Bad, Start, starting
from tests.samples import NOW


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


def problems(identity: Identity) -> list[Finding]:
    return [finding for finding in judge_identity(identity) if finding.sign is not Sign.FINE]


def test_a_normal_application_is_fine() -> None:
    assert problems(identity()) == []


def test_an_interactions_endpoint_is_wrong() -> None:
    (found,) = problems(identity(has_interactions_endpoint=True))
    assert (found.sign, "commands never reach the bot" in found.what) == (Sign.WRONG, True)


def test_a_code_grant_and_missing_commands_are_warnings() -> None:
    found = problems(identity(needs_code_grant=True, commands=0))
    assert [finding.sign for finding in found] == [Sign.WARNING, Sign.WARNING]


def test_enabled_privileged_intents_can_be_disabled() -> None:
    (intents,) = [
        finding for finding in judge_identity(identity(privileged=["Presence"])) if "intent" in finding.what
    ]
    assert intents.sign is Sign.FINE
    assert "you can disable Presence" in intents.what


@pytest.mark.parametrize(("left", "sign"), [(1000, Sign.FINE), (20, Sign.WARNING), (0, Sign.WRONG)])
def test_few_remaining_session_starts_are_a_warning(left: int, sign: Sign) -> None:
    found = judge_starts(
        GatewayAddress(
            url=URL("wss://gateway.discord.gg"),
            shards=1,
            sessions=1000,
            sessions_left=left,
            resets_in_seconds=7200,
        )
    )
    assert found.sign is sign
    assert ("2 hours" in found.remedy) == (sign is not Sign.FINE)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    with restored():
        async with Sandbox(page_port=None) as made:
            point_at(api_url=made.api_url, gateway_url=None)
            yield made


async def test_a_survey_learns_its_identity_and_discords_time(sandbox: Sandbox) -> None:
    async with Survey(clock=lambda: NOW) as survey:
        assert not survey.is_logged_in
        found = await survey.log_in(sandbox.token)
        assert survey.is_logged_in
        assert (found.name, found.commands, list(found.privileged)) == ("Paperboy", 0, [])
        assert (await survey.gateway()).sessions_left == 1000
        assert await survey.servers() == {sandbox.guild.id: "Paper Club"}
        assert survey.server_time is not None
        assert survey.server_time[1] == NOW


async def test_an_applications_flags_are_read(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    flags = discord.ApplicationFlags(gateway_message_content_limited=True, gateway_presence=True)
    body = {
        "id": str(sandbox.world.backend.application_id),
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
    async with Survey(clock=lambda: NOW) as survey:
        found = await survey.log_in(sandbox.token)
    assert list(found.privileged) == ["Message Content", "Presence"]
    assert found.has_interactions_endpoint
    assert found.needs_code_grant


async def test_only_discords_own_401_is_a_refused_token(tmp_path: Path) -> None:
    """Any other answer to any of the requests is a separate finding."""
    async with starting(tmp_path) as start, asyncio.timeout(60):
        point_at(api_url=start.front.url, gateway_url=None)
        for call in ("GET /users/@me", "GET /oauth2/applications/@me", "GET /applications/ID/commands"):
            found = await findings_after(start, call, Bad(status=401, body=UNAUTHORIZED))
            assert found[0].what == "DISCORD_TOKEN was refused by Discord"
            assert found[0].prevents_start
            for bad, output in NO_ANSWERS if call == "GET /users/@me" else NO_ANSWERS[:2]:
                (finding,) = await findings_after(start, call, bad)
                assert finding.sign is Sign.WRONG
                assert not finding.prevents_start
                assert re.search(output, finding.what)
                assert "paperboy.example" in finding.what
        for bad, output in (*NO_ANSWERS, (Bad(body={"url": "x", "shards": 1}), "not Discord's")):
            found = await findings_after(start, "GET /gateway/bot", bad)
            assert found[-1].sign is Sign.UNCHECKED
            assert re.search(output, found[-1].what)
            with impatient_with(bad):
                async with Survey(clock=lambda: NOW) as survey:
                    await survey.log_in(start.sandbox.token)
                    start.front.bad["GET /users/@me/guilds"].append(bad)
                    with pytest.raises(NoAnswerError, match=output):
                        await survey.servers()


NO_ANSWERS = [
    (Bad(status=401), "401 came with an answer that is not Discord's"),
    (Bad(status=403, body={"message": "Missing Access"}), "Discord answered 403 .Missing Access"),
    (Bad(status=429, headers={"Retry-After": "60"}), "asks the bot to wait .429"),
    (Bad(status=503), "Discord answered 503"),
    (Bad(), "not Discord's"),
    (Bad(body=""), "not Discord's"),
    (Bad(body='{"id', content_type="application/json"), "not Discord's"),
    (Bad(fate="hang"), "did not answer in time"),
]


@contextmanager
def impatient_with(bad: Bad) -> Iterator[None]:
    """Wait briefly for an answer that never comes, and long for all others: the machine may be busy."""
    with pytest.MonkeyPatch.context() as patched:
        if bad.fate == "hang":
            patched.setattr(requests, "ANSWER_SECONDS", 1.0)
        yield


async def findings_after(start: Start, call: str, bad: Bad) -> list[Finding]:
    start.front.bad[call].append(bad)
    with impatient_with(bad):
        async with Survey(clock=lambda: NOW) as survey:
            found = await check_discord(survey, start.sandbox.token, api_url="https://paperboy.example")
    start.front.bad[call].clear()
    return found
