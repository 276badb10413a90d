"""Responses to interactions that Discord rejects: the wrong type, too late, twice, or too early."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import aiohttp
import pytest
from simcord.backend.models import Interaction

from sandbox import Sandbox
from sandbox.interactions import MAX_FOLLOW_UPS
from tests.cases import each

COMMAND, COMPONENT, AUTOCOMPLETE, FORM = 2, 3, 4, 5
MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
SAYING: Final = {"content": "hello"}
A_FORM: Final = {
    "custom_id": "form",
    "title": "A form",
    "components": [{"type": 1, "components": [{"type": 4, "custom_id": "w", "style": 1, "label": "Word"}]}],
}


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 8, 3, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Bot:
    """Responds to interactions without a library that would prevent mistakes."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession, clock: Clock) -> None:
        self.sandbox = sandbox
        self.clock = clock
        self._session = session

    def asked(self, kind: int, *, option_type: int = 3) -> Interaction:
        backend, club = self.sandbox.world.backend, self.sandbox.club
        interaction = backend.new_interaction(kind, club.papers.id, club.member.id, club.guild.id)
        if kind == AUTOCOMPLETE:
            option = {"name": "o", "type": option_type, "focused": True, "value": ""}
            data = {"name": "echo", "options": [{"name": "sub", "type": 1, "options": [option]}]}
            backend.emit(
                "INTERACTION_CREATE",
                {"id": str(interaction.id), "type": kind, "data": data, "guild_id": str(club.guild.id)},
            )
        return interaction

    async def ask(self, method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        async with self._session.request(method, self.sandbox.api_url + path, json=body) as answer:
            return answer.status, await answer.json()

    async def answer(self, to: Interaction, kind: int, data: Any = None) -> tuple[int, dict[str, Any]]:
        body = {"type": kind, "data": data}
        return await self.ask("POST", f"/interactions/{to.id}/{to.token}/callback?with_response=true", body)

    async def follow_up(self, to: Interaction) -> tuple[int, dict[str, Any]]:
        return await self.ask("POST", self.webhook(to), SAYING)

    def webhook(self, to: Interaction) -> str:
        return f"/webhooks/{self.sandbox.world.backend.application_id}/{to.token}"


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    clock = Clock()
    async with Sandbox(page_port=None, machine=clock) as sandbox, aiohttp.ClientSession() as session:
        backend = sandbox.world.backend
        backend.clock.now = clock  # pyright: ignore[reportAttributeAccessIssue]  # a clock that stands still
        yield Bot(sandbox, session, clock)


def leaf(body: dict[str, Any], at: str) -> str:
    assert body["code"] == 50035, body
    node = body["errors"]
    for part in at.split("."):
        node = node[part]
    return node["_errors"][0]["code"]


@each(
    ("asked", "answered"),
    [
        (COMMAND, UPDATE),
        (COMMAND, DEFERRED_UPDATE),
        (COMMAND, CHOICES),
        (COMMAND, 1),
        (COMPONENT, CHOICES),
        (AUTOCOMPLETE, MESSAGE),
        (AUTOCOMPLETE, DEFERRED),
        (FORM, MODAL),
        (FORM, UPDATE),
        (COMMAND, 99),
    ],
)
async def test_a_response_of_the_wrong_type_is_rejected_and_does_not_count(
    bot: Bot, asked: int, answered: int
) -> None:
    interaction = bot.asked(asked)
    data = {MODAL: A_FORM, CHOICES: {"choices": []}}.get(answered, SAYING)
    _, body = await bot.answer(interaction, answered, data)
    assert leaf(body, "type") == "BASE_TYPE_CHOICES"
    assert not interaction.responded


@each(
    ("kind", "data", "at", "code"),
    [
        (MESSAGE, {"embeds": [{"title": "x", "color": -1}]}, "data.embeds.0.color", "NUMBER_TYPE_MIN"),
        (MESSAGE, {"content": "x" * 2001, "flags": 64}, "data.content", "BASE_TYPE_MAX_LENGTH"),
        (MESSAGE, {"content": "x", "flags": 1 << 1}, "data.flags", "MESSAGE_INVALID_FLAGS"),
        (DEFERRED, {"flags": "private"}, "data.flags", "NUMBER_TYPE_COERCE"),
        (MODAL, {}, "data.title", "BASE_TYPE_REQUIRED"),
        (MODAL, A_FORM | {"title": "x" * 46}, "data.title", "BASE_TYPE_BAD_LENGTH"),
        (MODAL, A_FORM | {"custom_id": ""}, "data.custom_id", "BASE_TYPE_REQUIRED"),
        (MODAL, A_FORM | {"components": []}, "data.components", "BASE_TYPE_BAD_LENGTH"),
        (MODAL, A_FORM | {"components": A_FORM["components"] * 6}, "data.components", "BASE_TYPE_BAD_LENGTH"),
        (
            MODAL,
            A_FORM | {"components": A_FORM["components"] * 2},
            "data.components.1.components.0.custom_id",
            "COMPONENT_CUSTOM_ID_DUPLICATED",
        ),
        *(
            (
                MODAL,
                A_FORM
                | {
                    "components": [
                        {
                            "type": 18,
                            "label": "Word",
                            "component": {"type": 4, "custom_id": "w", "style": 1} | field,
                        }
                    ]
                },
                f"data.components.0.component.{name}",
                code,
            )
            for field, name, code in [
                ({"style": 3}, "style", "BASE_TYPE_CHOICES"),
                ({"placeholder": "x" * 101}, "placeholder", "BASE_TYPE_MAX_LENGTH"),
                ({"value": "x" * 4001}, "value", "BASE_TYPE_MAX_LENGTH"),
                ({"value": "xxx", "max_length": 2}, "value", "BASE_TYPE_MAX_LENGTH"),
                ({"min_length": 3, "max_length": 2}, "min_length", "NUMBER_TYPE_MAX"),
                ({"max_length": 0}, "max_length", "NUMBER_TYPE_MIN"),
                ({"min_length": 4001}, "min_length", "NUMBER_TYPE_MAX"),
                ({"required": "yes"}, "required", "BOOLEAN_TYPE_CONVERT"),
                ({"custom_id": "x" * 101}, "custom_id", "BASE_TYPE_BAD_LENGTH"),
            ]
        ),
        (
            MODAL,
            A_FORM
            | {"components": [{"type": 18, "label": "x" * 46, "component": {"type": 23, "custom_id": "c"}}]},
            "data.components.0.label",
            "BASE_TYPE_BAD_LENGTH",
        ),
        (
            MODAL,
            A_FORM | {"components": [{"type": 1, "components": [{"type": 4, "custom_id": "w", "style": 1}]}]},
            "data.components.0.components.0.label",
            "BASE_TYPE_REQUIRED",
        ),
    ],
)
async def test_an_invalid_response_is_rejected_with_the_place_of_the_error(
    bot: Bot, kind: int, data: Any, at: str, code: str
) -> None:
    interaction = bot.asked(COMMAND)
    status, body = await bot.answer(interaction, kind, data)
    assert status == 400
    assert leaf(body, at) == code
    assert not interaction.responded


@pytest.mark.parametrize(
    ("option_type", "choices", "at"),
    [
        (3, [{"name": f"{n}", "value": f"{n}"} for n in range(26)], "choices"),
        (3, [{"name": "", "value": "x"}], "choices.0.name"),
        (3, [{"name": "x" * 101, "value": "x"}], "choices.0.name"),
        (3, [{"name": "x", "value": "x" * 101}], "choices.0.value"),
        (3, [{"name": "x", "value": 1}], "choices.0.value"),
        (3, [{"name": "x"}], "choices.0.value"),
        (4, [{"name": "x", "value": "1"}], "choices.0.value"),
        (4, [{"name": "x", "value": 2**53 + 1}], "choices.0.value"),
        (10, [{"name": "x", "value": "1"}], "choices.0.value"),
    ],
)
async def test_choices_match_the_options_type_and_are_at_most_25(
    bot: Bot, option_type: int, choices: list[Any], at: str
) -> None:
    interaction = bot.asked(AUTOCOMPLETE, option_type=option_type)
    status, body = await bot.answer(interaction, CHOICES, {"choices": choices})
    assert status == 400
    assert leaf(body, f"data.{at}")
    assert (
        await bot.answer(interaction, CHOICES, {"choices": [{"name": "x", "value": 1}][option_type == 3 :]})
    )[0] == 200


async def test_an_interaction_is_answered_once(bot: Bot) -> None:
    interaction = bot.asked(COMMAND)
    assert (await bot.answer(interaction, MESSAGE, SAYING))[0] == 200
    status, body = await bot.answer(interaction, MESSAGE, SAYING)
    assert (status, body["code"]) == (400, 40060)


async def test_after_three_seconds_without_an_answer_the_interaction_is_unknown(bot: Bot) -> None:
    interaction = bot.asked(COMMAND)
    bot.clock.now += timedelta(seconds=3)
    status, body = await bot.answer(interaction, MESSAGE, SAYING)
    assert (status, body["code"]) == (404, 10062)


async def test_a_follow_up_before_the_first_response_is_rejected(bot: Bot) -> None:
    status, body = await bot.follow_up(bot.asked(COMMAND))
    assert (status, body["code"]) == (404, 10015)


async def test_after_fifteen_minutes_the_token_is_invalid(bot: Bot) -> None:
    interaction = bot.asked(COMMAND)
    await bot.answer(interaction, MESSAGE, SAYING)
    bot.clock.now += timedelta(minutes=15)
    for method, path in (("POST", ""), ("PATCH", "/messages/@original")):
        status, body = await bot.ask(method, bot.webhook(interaction) + path, SAYING)
        assert (status, body["code"]) == (401, 50027)


async def test_a_bot_that_is_not_a_member_can_send_five_follow_ups(bot: Bot) -> None:
    here, elsewhere = bot.asked(COMMAND), bot.asked(COMMAND)
    await bot.answer(here, MESSAGE, SAYING)
    await bot.answer(elsewhere, MESSAGE, SAYING)
    for _ in range(MAX_FOLLOW_UPS + 1):
        assert (await bot.follow_up(here))[0] == 200
    bot.sandbox.kick_bot()
    assert [(await bot.follow_up(elsewhere))[0] for _ in range(MAX_FOLLOW_UPS)] == [200] * MAX_FOLLOW_UPS
    status, body = await bot.follow_up(elsewhere)
    assert (status, body["code"]) == (400, 40094)
