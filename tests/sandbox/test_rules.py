"""The sandbox rejects what Discord rejects, over HTTP and with Discord's error tree."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Final

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simcord.backend.errors import BackendError

from sandbox import Sandbox
from sandbox.faults import RecordedRequest
from sandbox.rules import Problems, check_message, check_request
from tests.cases import each

SNOWFLAKE: Final = "1234567890123456789"
EMBED: Final = {"description": "there"}
BUTTON: Final = {"type": 2, "style": 1, "label": "Press", "custom_id": "press"}
LINK: Final = {"type": 2, "style": 5, "label": "Go", "url": "https://example.org/a"}
OPTION: Final = {"label": "One", "value": "1"}
MENU: Final = {"type": 3, "custom_id": "menu", "options": [OPTION]}
INPUT: Final = {"type": 4, "custom_id": "word", "style": 1, "label": "Word"}
STRING: Final = {"type": 3, "name": "text", "description": "What to say"}
REQUIRED, LONG, BETWEEN = "BASE_TYPE_REQUIRED", "BASE_TYPE_MAX_LENGTH", "BASE_TYPE_BAD_LENGTH"
SCHEME, URL = "URL_TYPE_INVALID_SCHEME", "URL_TYPE_INVALID_URL"


def embed(**fields: Any) -> dict[str, Any]:
    return {"embeds": [EMBED | fields]}


def row(*parts: Any) -> dict[str, Any]:
    return {"content": "see", "components": [{"type": 1, "components": list(parts)}]}


def without(part: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name not in names}


def mentions(**fields: Any) -> dict[str, Any]:
    return {"content": "hello", "allowed_mentions": fields}


def options(count: int) -> list[dict[str, Any]]:
    return [{"label": f"{number}", "value": f"{number}"} for number in range(count)]


PICTURE, FIRST, FIELD = "embeds.0.image.url", "components.0.components.0", "embeds.0.fields.0"
MESSAGES: Final[list[tuple[dict[str, Any], str, str]]] = [
    # Embeds
    (embed(fields=[{"name": "", "value": "x"}]), f"{FIELD}.name", REQUIRED),
    (embed(fields=[{"name": " \n", "value": "x"}]), f"{FIELD}.name", REQUIRED),
    (embed(fields=[{"name": "x"}]), f"{FIELD}.value", REQUIRED),
    (embed(fields=[{"name": "x", "value": ""}]), f"{FIELD}.value", REQUIRED),
    (embed(fields=[{"name": "x" * 257, "value": "x"}]), f"{FIELD}.name", BETWEEN),
    (embed(fields=[{"name": "x", "value": "x" * 1025}]), f"{FIELD}.value", BETWEEN),
    (embed(fields=[{"name": "x", "value": "y", "inline": "yes"}]), f"{FIELD}.inline", "BOOLEAN_TYPE_CONVERT"),
    (embed(fields=[{"name": "x", "value": "y"}] * 26), "embeds.0.fields", LONG),
    (embed(fields="x"), "embeds.0.fields", "LIST_TYPE_CONVERT"),
    (embed(title="x" * 257), "embeds.0.title", LONG),
    (embed(title=7), "embeds.0.title", "STRING_TYPE_CONVERT"),
    (embed(description="x" * 4097), "embeds.0.description", LONG),
    (embed(footer={"text": "x" * 2049}), "embeds.0.footer.text", BETWEEN),
    (embed(footer={"text": ""}), "embeds.0.footer.text", REQUIRED),
    (embed(author={"name": "x" * 257}), "embeds.0.author.name", BETWEEN),
    (embed(author={"url": "https://example.org"}), "embeds.0.author.name", REQUIRED),
    (embed(url="ftp://example.org/a"), "embeds.0.url", SCHEME),
    (embed(url="javascript:alert(1)"), "embeds.0.url", SCHEME),
    (embed(url="attachment://a.png"), "embeds.0.url", SCHEME),
    (embed(url="example.org"), "embeds.0.url", URL),
    (embed(url="https://"), "embeds.0.url", URL),
    (embed(url="https://example.org/a b"), "embeds.0.url", URL),
    (embed(url="http://localhost/a"), "embeds.0.url", URL),
    (embed(url="https://example.org/" + "x" * 2048), "embeds.0.url", LONG),
    (embed(image={"url": "data:image/png;base64,x"}), PICTURE, SCHEME),
    (embed(image={"url": ""}), PICTURE, URL),
    (embed(image={}), PICTURE, REQUIRED),
    (embed(thumbnail={"url": "file:///a.png"}), "embeds.0.thumbnail.url", SCHEME),
    (embed(author={"name": "x", "url": "mailto:a@example.org"}), "embeds.0.author.url", SCHEME),
    (embed(author={"name": "x", "icon_url": "nothing"}), "embeds.0.author.icon_url", URL),
    (embed(footer={"text": "x", "icon_url": "ftp://example.org"}), "embeds.0.footer.icon_url", SCHEME),
    (embed(color=0x1000000), "embeds.0.color", "NUMBER_TYPE_MAX"),
    (embed(color=-1), "embeds.0.color", "NUMBER_TYPE_MIN"),
    (embed(color="red"), "embeds.0.color", "NUMBER_TYPE_COERCE"),
    (embed(timestamp="yesterday"), "embeds.0.timestamp", "DATE_TIME_TYPE_PARSE"),
    ({"embeds": [{}]}, "embeds.0.description", REQUIRED),
    ({"embeds": [{"title": " "}]}, "embeds.0.description", REQUIRED),
    ({"embeds": [{"url": "https://example.org"}]}, "embeds.0.description", REQUIRED),
    ({"embeds": ["x"]}, "embeds.0", "MODEL_TYPE_CONVERT"),
    ({"embeds": [EMBED] * 11}, "embeds", LONG),
    ({"embeds": [{"description": "x" * 3001}] * 2}, "embeds", "MAX_EMBED_SIZE_EXCEEDED"),
    # Buttons, menus and action rows
    (row(without(BUTTON, "label")), f"{FIRST}.label", REQUIRED),
    (row(BUTTON | {"label": " "}), f"{FIRST}.label", REQUIRED),
    (row(BUTTON | {"label": "x" * 81}), f"{FIRST}.label", LONG),
    (row(BUTTON | {"custom_id": ""}), f"{FIRST}.custom_id", REQUIRED),
    (row(BUTTON | {"custom_id": "x" * 101}), f"{FIRST}.custom_id", BETWEEN),
    (row(without(BUTTON, "custom_id")), f"{FIRST}.custom_id", "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED"),
    (row(BUTTON | {"style": 9}), f"{FIRST}.style", "BASE_TYPE_CHOICES"),
    (row(without(BUTTON, "style")), f"{FIRST}.style", REQUIRED),
    (
        row(BUTTON | {"url": "https://example.org"}),
        FIRST,
        "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
    ),
    (row(BUTTON | {"emoji": {"name": "x"}}), f"{FIRST}.emoji.name", "BUTTON_COMPONENT_INVALID_EMOJI"),
    (row(BUTTON | {"emoji": {"name": "▲"}}), f"{FIRST}.emoji.name", "BUTTON_COMPONENT_INVALID_EMOJI"),
    (row(without(LINK, "label")), f"{FIRST}.label", REQUIRED),
    (row(without(LINK, "url")), f"{FIRST}.url", "BUTTON_COMPONENT_URL_REQUIRED"),
    (row(LINK | {"url": "ftp://example.org"}), f"{FIRST}.url", SCHEME),
    (row(LINK | {"url": "https://example.org/" + "x" * 512}), f"{FIRST}.url", LONG),
    (row(LINK | {"custom_id": "x"}), FIRST, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE"),
    (row(BUTTON, BUTTON), "components.0.components.1.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED"),
    (row(*(BUTTON | {"custom_id": str(n)} for n in range(6))), "components.0.components", BETWEEN),
    (row(), "components.0.components", BETWEEN),
    (row(BUTTON, MENU), "components.0.components.1", "COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
    (row(MENU | {"options": []}), f"{FIRST}.options", BETWEEN),
    (row(MENU | {"options": options(26)}), f"{FIRST}.options", BETWEEN),
    (
        row(MENU | {"options": [OPTION, OPTION]}),
        f"{FIRST}.options.1.value",
        "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
    ),
    (row(MENU | {"options": [OPTION | {"label": ""}]}), f"{FIRST}.options.0.label", REQUIRED),
    (row(MENU | {"options": [OPTION | {"label": "x" * 101}]}), f"{FIRST}.options.0.label", BETWEEN),
    (row(MENU | {"options": [OPTION | {"value": ""}]}), f"{FIRST}.options.0.value", REQUIRED),
    (row(MENU | {"options": [OPTION | {"description": "x" * 101}]}), f"{FIRST}.options.0.description", LONG),
    (row(MENU | {"max_values": 2}), f"{FIRST}.options", BETWEEN),
    (row(MENU | {"min_values": 2}), f"{FIRST}.min_values", "NUMBER_TYPE_MAX"),
    (row(MENU | {"placeholder": "x" * 151}), f"{FIRST}.placeholder", LONG),
    (row(without(MENU, "custom_id")), f"{FIRST}.custom_id", REQUIRED),
    (row(INPUT), f"{FIRST}.type", "UNION_TYPE_CHOICES"),
    ({"content": "x", "components": [BUTTON]}, "components.0.type", "UNION_TYPE_CHOICES"),
    ({"content": "x", "components": row(BUTTON)["components"] * 6}, "components", LONG),
    # Content, mentions and attachments
    ({"content": "x" * 2001}, "content", LONG),
    ({"content": ["x"]}, "content", "STRING_TYPE_CONVERT"),
    ({"content": "x", "nonce": "n" * 26}, "nonce", LONG),
    ({"content": "x", "nonce": 2**63}, "nonce", "NUMBER_TYPE_MAX"),
    ({"content": "x", "tts": "loud"}, "tts", "BOOLEAN_TYPE_CONVERT"),
    ({"content": "x", "flags": "silent"}, "flags", "NUMBER_TYPE_COERCE"),
    ({"content": "x", "flags": 1 << 6}, "flags", "MESSAGE_INVALID_FLAGS"),
    ({"content": "x", "flags": 1}, "flags", "MESSAGE_INVALID_FLAGS"),
    ({"content": "x", "sticker_ids": [SNOWFLAKE] * 4}, "sticker_ids", LONG),
    ({"content": "x", "attachments": [{"id": "0"}]}, "attachments.0.id", "ATTACHMENT_NOT_FOUND"),
    ({"content": "x", "attachments": [{"filename": "a"}]}, "attachments.0.id", REQUIRED),
    ({"content": "x", "message_reference": {}}, "message_reference.message_id", REQUIRED),
    (
        {"content": "x", "message_reference": {"message_id": "x"}},
        "message_reference.message_id",
        "NUMBER_TYPE_COERCE",
    ),
    (
        {"content": "x", "message_reference": {"message_id": "1"}},
        "message_reference",
        "REPLIES_UNKNOWN_MESSAGE",
    ),
    (mentions(parse=["users"], users=["1"]), "allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"),
    (mentions(parse=["roles"], roles=["1"]), "allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"),
    (mentions(parse=["all"]), "allowed_mentions.parse.0", "BASE_TYPE_CHOICES"),
    (mentions(parse=["users", "users"]), "allowed_mentions.parse.1", "SET_TYPE_ALREADY_CONTAINS_VALUE"),
    (mentions(roles=[str(n) for n in range(101)]), "allowed_mentions.roles", LONG),
    (mentions(users=["ada"]), "allowed_mentions.users.0", "NUMBER_TYPE_COERCE"),
    (mentions(users=["1", "1"]), "allowed_mentions.users.1", "SET_TYPE_ALREADY_CONTAINS_VALUE"),
    (mentions(users=[str(2**64)]), "allowed_mentions.users.0", "NUMBER_TYPE_COERCE"),
    (mentions(replied_user=1), "allowed_mentions.replied_user", "BOOLEAN_TYPE_CONVERT"),
]
PASSING: Final[list[dict[str, Any]]] = [
    {"content": "x" * 2000, "nonce": "n" * 25, "enforce_nonce": True, "flags": 1 << 12, "tts": False},
    {"content": "🎉" * 2000},
    {"embeds": [{"description": "x" * 600}] * 10},
    embed(
        title="x" * 256,
        color=0xFFFFFF,
        url="https://example.org:8080/a?b=c#d",
        timestamp="2026-01-01T00:00:00Z",
    ),
    embed(title="", fields=[{"name": "\u200b", "value": "x" * 1024, "inline": True}] * 5),
    embed(author={"name": "x" * 256, "icon_url": "http://127.0.0.1:1/a.png"}, footer={"text": "x" * 2048}),
    {"embeds": [{"image": {"url": "https://example.org/a.png"}}]},
    row(*(BUTTON | {"custom_id": str(n)} for n in range(5))),
    row(LINK, {"type": 2, "style": 2, "emoji": {"name": "👍🏽"}, "custom_id": "x" * 100}),
    row(LINK | {"emoji": {"name": "⚙️"}}, BUTTON | {"emoji": {"name": "1️⃣"}, "disabled": True}),
    row(MENU | {"options": options(25), "min_values": 0, "max_values": 25, "placeholder": "x" * 150}),
    mentions(parse=["everyone"], users=["1"], roles=[]),
    mentions(parse=[], roles=[str(n + 1) for n in range(100)], replied_user=False),
    {"content": "x", "message_reference": {"message_id": "1", "fail_if_not_exists": False}},
]


class Client:
    def __init__(self, session: aiohttp.ClientSession, sandbox: Sandbox) -> None:
        self._session = session
        self.sandbox = sandbox

    async def ask(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        sent = {"Authorization": f"Bot {self.sandbox.token}", **headers}
        url = self.sandbox.api_url + path
        async with self._session.request(method, url, json=body, headers=sent) as answer:
            return answer.status, json.loads(await answer.read() or b"{}")

    async def post(self, body: Any) -> tuple[int, dict[str, Any]]:
        return await self.ask("POST", f"/channels/{self.sandbox.channel.id}/messages", body)

    async def assert_refused(
        self, method: str, path: str, body: Any, *, at: str, code: str, **headers: str
    ) -> None:
        status, answer = await self.ask(method, path, body, **headers)
        assert (status, answer.get("code"), answer.get("message")) == (400, 50035, "Invalid Form Body"), (
            answer
        )
        leaf = answer["errors"]
        for part in filter(None, at.split(".")):
            assert part in leaf, answer
            leaf = leaf[part]
        assert code in [error["code"] for error in leaf["_errors"]], answer
        assert all(error["message"] for error in leaf["_errors"])


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[Client]:
    sandbox.lift_limits()
    async with aiohttp.ClientSession() as session:
        yield Client(session, sandbox)


@each(("body", "at", "code"), MESSAGES)
async def test_an_invalid_message_is_rejected_with_the_place_of_the_error(
    client: Client, body: dict[str, Any], at: str, code: str
) -> None:
    path = f"/channels/{client.sandbox.channel.id}/messages"
    await client.assert_refused("POST", path, body, at=at, code=code)
    assert client.sandbox.messages(client.sandbox.channel) == []


@each("body", PASSING)
async def test_a_valid_message_is_accepted(client: Client, body: dict[str, Any]) -> None:
    status, answer = await client.post(body)
    assert status == 200, answer


@each("body", [{}, {"content": " \n"}, {"embeds": []}, {"content": None, "components": []}])
async def test_an_empty_message_has_its_own_error_code(client: Client, body: dict[str, Any]) -> None:
    status, answer = await client.post(body)
    assert (status, answer["code"]) == (400, 50006)


async def test_an_edit_follows_the_same_rules_and_cannot_empty_a_message(client: Client) -> None:
    _, message = await client.post({"content": "first"})
    path = f"/channels/{client.sandbox.channel.id}/messages/{message['id']}"
    await client.assert_refused("PATCH", path, embed(color=-1), at="embeds.0.color", code="NUMBER_TYPE_MIN")
    status, answer = await client.ask("PATCH", path, {"content": ""})
    assert (status, answer["code"]) == (400, 50006)
    assert (await client.ask("PATCH", path, {"content": "", "embeds": [EMBED]}))[0] == 200


@each(
    ("path", "body", "at", "code"),
    [
        ("text", {"name": "x" * 101}, "name", BETWEEN),
        ("text", {"name": ""}, "name", REQUIRED),
        ("text", {"name": "x", "auto_archive_duration": 7}, "auto_archive_duration", "BASE_TYPE_CHOICES"),
        ("text", {"name": "x", "rate_limit_per_user": 21_601}, "rate_limit_per_user", "NUMBER_TYPE_MAX"),
        ("message", {"name": "x" * 101}, "name", BETWEEN),
        ("message", {"name": " "}, "name", REQUIRED),
        ("forum", {"name": "", "message": {"content": "x"}}, "name", REQUIRED),
        ("forum", {"name": "x" * 101, "message": {"content": "x"}}, "name", BETWEEN),
        ("forum", {"name": "x", "message": embed(color=-1)}, "message.embeds.0.color", "NUMBER_TYPE_MIN"),
        (
            "forum",
            {"name": "x", "message": {"content": "x"}, "applied_tags": ["7"]},
            "applied_tags.0",
            "TAG_UNKNOWN",
        ),
        (
            "forum",
            {"name": "x", "message": {"content": "x"}, "applied_tags": [str(n) for n in range(6)]},
            "applied_tags",
            LONG,
        ),
    ],
)
async def test_an_invalid_thread_or_post_is_rejected(
    client: Client, path: str, body: dict[str, Any], at: str, code: str
) -> None:
    _, message = await client.post({"content": "first"})
    paths = {
        "text": f"/channels/{client.sandbox.channel.id}/threads",
        "message": f"/channels/{client.sandbox.channel.id}/messages/{message['id']}/threads",
        "forum": f"/channels/{client.sandbox.club.forum.id}/threads",
    }
    await client.assert_refused("POST", paths[path], body, at=at, code=code)


def command(**fields: Any) -> dict[str, Any]:
    return {"name": "echo", "description": "Say it back"} | fields


TREE: Final = {"type": 2, "name": "group", "description": "x", "options": []}
SUB: Final = {"type": 1, "name": "sub", "description": "x", "options": []}
HUGE: Final = [
    STRING
    | {"name": f"o{n}", "description": "x" * 100, "choices": [{"name": "n" * 100, "value": "v" * 100}] * 2}
    for n in range(25)
]


@each(
    ("body", "at", "code"),
    [
        (command(name="Echo"), "0.name", "APPLICATION_COMMAND_INVALID_NAME"),
        (command(name="two words"), "0.name", "APPLICATION_COMMAND_INVALID_NAME"),
        (command(name="x" * 33), "0.name", BETWEEN),
        (command(name=""), "0.name", REQUIRED),
        (command(description=""), "0.description", REQUIRED),
        (command(description="x" * 101), "0.description", BETWEEN),
        (command(type=2), "0.description", "APPLICATION_COMMAND_CONTEXT_MENU_INVALID"),
        (command(contexts=[7]), "0.contexts.0", "BASE_TYPE_CHOICES"),
        (
            command(options=[STRING | {"name": "Text"}]),
            "0.options.0.name",
            "APPLICATION_COMMAND_INVALID_NAME",
        ),
        (command(options=[without(STRING, "description")]), "0.options.0.description", REQUIRED),
        (command(options=[STRING | {"type": 12}]), "0.options.0.type", "BASE_TYPE_CHOICES"),
        (command(options=[STRING | {"name": f"o{n}"} for n in range(26)]), "0.options", LONG),
        (
            command(options=[STRING, STRING]),
            "0.options.1.name",
            "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
        ),
        (
            command(options=[STRING, STRING | {"name": "b", "required": True}]),
            "0.options.1",
            "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        ),
        (command(options=[SUB, STRING]), "0.options.1", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID"),
        (
            command(options=[TREE | {"options": [TREE]}]),
            "0.options.0.options.0.type",
            "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
        ),
        (
            command(options=[SUB | {"options": [SUB]}]),
            "0.options.0.options.0.type",
            "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
        ),
        (
            command(options=[STRING | {"choices": [{"name": f"{n}", "value": f"{n}"} for n in range(26)]}]),
            "0.options.0.choices",
            LONG,
        ),
        (
            command(options=[STRING | {"choices": [{"name": "x", "value": 1}]}]),
            "0.options.0.choices.0.value",
            "STRING_TYPE_CONVERT",
        ),
        (
            command(options=[STRING | {"choices": [{"name": "x", "value": "y"}], "autocomplete": True}]),
            "0.options.0.autocomplete",
            "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID",
        ),
        (command(options=HUGE, name="big"), "0", "APPLICATION_COMMAND_TOO_LARGE"),
    ],
)
async def test_an_invalid_command_is_rejected(
    client: Client, body: dict[str, Any], at: str, code: str
) -> None:
    await client.assert_refused("PUT", "/applications/1/commands", [body], at=at, code=code)


async def test_commands_have_unique_names_and_are_at_most_a_hundred(client: Client) -> None:
    path = "/applications/1/commands"
    await client.assert_refused(
        "PUT", path, [command(), command()], at="1.name", code="APPLICATION_COMMANDS_DUPLICATE_NAME"
    )
    many = [command(name=f"echo{number}") for number in range(101)]
    await client.assert_refused("PUT", path, many, at="", code="APPLICATION_COMMANDS_MAXIMUM")


@each(
    ("method", "path", "at", "code"),
    [
        ("GET", "/channels/abc/messages", "channel_id", "NUMBER_TYPE_COERCE"),
        ("GET", "/channels/@me/messages/-1", "message_id", "NUMBER_TYPE_COERCE"),
        ("GET", "/guilds/1e5", "guild_id", "NUMBER_TYPE_COERCE"),
        ("GET", f"/users/{2**64}", "user_id", "NUMBER_TYPE_COERCE"),
        ("GET", "/channels/{channel}/messages?limit=101", "limit", "NUMBER_TYPE_MAX"),
        ("GET", "/channels/{channel}/messages?limit=0", "limit", "NUMBER_TYPE_MIN"),
        ("GET", "/channels/{channel}/messages?before=now", "before", "NUMBER_TYPE_COERCE"),
    ],
)
async def test_query_parameters_are_checked(
    client: Client, method: str, path: str, at: str, code: str
) -> None:
    path = path.replace("{channel}", str(client.sandbox.channel.id))
    await client.assert_refused(method, path, None, at=at, code=code)


async def test_an_audit_log_reason_has_at_most_512_characters(client: Client) -> None:
    reason = {"X-Audit-Log-Reason": "%C3%A9" * 513}
    path = f"/channels/{client.sandbox.channel.id}/messages/1"
    await client.assert_refused("DELETE", path, None, at="reason", code=LONG, **reason)


async def test_a_file_that_is_too_large_is_rejected(client: Client) -> None:
    form = aiohttp.FormData()
    form.add_field("payload_json", json.dumps({"content": "x"}))
    form.add_field(
        "files[0]", io.BytesIO(b"x" * (10 * 1024 * 1024 + 1)), filename="a.bin", content_type="text/plain"
    )
    url = f"{client.sandbox.api_url}/channels/{client.sandbox.channel.id}/messages"
    headers = {"Authorization": f"Bot {client.sandbox.token}"}
    async with aiohttp.ClientSession() as session, session.post(url, data=form, headers=headers) as answer:
        assert answer.status == 413
        assert (await answer.json())["code"] == 40005


async def test_a_reply_requires_read_message_history(client: Client) -> None:
    _, message = await client.post({"content": "first"})
    client.sandbox.deny(client.sandbox.channel, read_message_history=True)
    status, answer = await client.post(
        {"content": "second", "message_reference": {"message_id": message["id"]}}
    )
    assert (status, answer["code"]) == (400, 160002)
    status, listed = await client.ask("GET", f"/channels/{client.sandbox.channel.id}/messages")
    assert (status, listed) == (200, [])


NAMES: Final = [
    "content",
    "embeds",
    "title",
    "description",
    "url",
    "color",
    "fields",
    "name",
    "value",
    "footer",
    "text",
    "author",
    "image",
    "thumbnail",
    "inline",
    "components",
    "type",
    "custom_id",
    "style",
    "label",
    "emoji",
    "options",
    "id",
    "min_values",
    "max_values",
    "default",
    "attachments",
    "nonce",
    "allowed_mentions",
    "parse",
    "users",
    "roles",
    "flags",
    "message_reference",
    "message_id",
    "component",
    "choices",
    "required",
    "autocomplete",
    "min_length",
    "max_length",
    "name_localizations",
    "contexts",
    "applied_tags",
    "message",
    "data",
]
VALUES: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 20),
    st.floats(allow_nan=False),
    st.sampled_from(["", "x", "users"]),
)
JSON: Final = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=25,
)


@given(body=JSON)
def test_any_body_is_either_accepted_or_rejected_by_a_rule(body: Any) -> None:
    requests = [
        ("POST", "/channels/1/messages"),
        ("POST", "/channels/1/threads"),
        ("PATCH", "/channels/1"),
        ("PUT", "/applications/1/commands"),
        ("POST", "/interactions/1/token/callback"),
    ]
    answers = [body, {"type": 4, "data": body}, {"type": 9, "data": body}, [body]]
    for method, path in requests:
        for sent in answers:
            with suppress(BackendError):
                check_request(RecordedRequest(method, path, {}, json=sent))


@given(
    texts=st.lists(
        st.tuples(st.integers(0, 300), st.integers(0, 5000), st.integers(0, 1100), st.integers(0, 2100)),
        min_size=1,
        max_size=10,
    )
)
def test_embeds_are_accepted_exactly_if_each_text_and_the_total_are_short_enough(
    texts: list[tuple[int, int, int, int]],
) -> None:
    embeds = [
        {
            "title": "t" * title,
            "description": "é" * (description + 1),
            "fields": [{"name": "n", "value": "🎉" * (value + 1)}],
            "footer": {"text": "f" * (footer + 1)},
        }
        for title, description, value, footer in texts
    ]
    fits = all(
        title <= 256 and description < 4096 and value < 1024 and footer < 2048
        for title, description, value, footer in texts
    )
    total = sum(sum(text) + 4 for text in texts)
    problems = Problems()
    check_message(problems.root, {"embeds": embeds})
    assert (not problems) == (fits and total <= 6000)
