"""Selects the rules for a request by its method and path."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from itertools import pairwise
from typing import Any, Final, TypeAlias, cast
from urllib.parse import unquote

from simcord.backend.errors import BackendError

from sandbox.faults import RecordedRequest
from sandbox.rules.channels import CHANNEL_CHANGES, FORUM_POST, LISTED, LISTED_THREADS, THREAD
from sandbox.rules.checks import Check, Place, Problems, one_of, record, snowflake, text
from sandbox.rules.commands import COMMAND, COMMANDS
from sandbox.rules.components import FORM
from sandbox.rules.messages import check_message

Rule: TypeAlias = Callable[[Place, Any, Collection[int]], None]

MAX_FILE_BYTES: Final = 10 * 1024 * 1024
_REASON_CHARACTERS: Final = 512
_IDS: Final = {
    "channels": "channel_id",
    "guilds": "guild_id",
    "messages": "message_id",
    "users": "user_id",
    "members": "user_id",
    "roles": "role_id",
    "webhooks": "webhook_id",
    "applications": "application_id",
    "interactions": "interaction_id",
    "commands": "command_id",
}
_NOT_IDS: Final = frozenset({"@me", "@original", "bulk-delete", "pins", "search"})
_MESSAGE_ANSWERS: Final = (4, 7)
_DEFERRED: Final = 5
_FORM_ANSWER: Final = 9
_CALLBACKS: Final = (1, 4, 5, 6, 7, 8, 9, 12)


def check_request(
    request: RecordedRequest, *, file_bytes: Collection[int] = (), reason: str | None = None
) -> None:
    """Reject what Discord would reject regardless of the state. `file_bytes` has the size of each file.

    Raises:
        BackendError: Discord's error, with the error tree.
    """
    if any(size > MAX_FILE_BYTES for size in file_bytes):
        raise BackendError(413, 40005, "Request entity too large")
    problems = Problems()
    parts = request.path.strip("/").split("/")
    for noun, value in pairwise(parts):
        if noun in _IDS and value not in _NOT_IDS:
            snowflake(problems.root / _IDS[noun], value)
    problems.raise_if_any()
    if reason is not None:
        text(_REASON_CHARACTERS)(problems.root / "reason", unquote(reason))
    _check_body(request, problems.root, files=file_bytes)
    problems.raise_if_any()


def _check_body(request: RecordedRequest, root: Place, *, files: Collection[int]) -> None:
    for method, path, rule in _ROUTES:
        if method == request.method and path.fullmatch(request.path.strip("/")):
            asked = _with_numbers(request.params) if method == "GET" else request.json
            rule(root, {} if asked is None else asked, files)
            return


def _message(*, is_answer: bool = False, is_edit: bool = False) -> Rule:
    return partial(_checked_message, is_answer=is_answer, is_edit=is_edit)


def _checked_message(
    root: Place, body: Any, files: Collection[int], *, is_answer: bool, is_edit: bool
) -> None:
    check_message(root, body, files=files, is_answer=is_answer, is_edit=is_edit)


def _plain(check: Check) -> Rule:
    """A body without files."""

    def rule(root: Place, body: Any, _files: Collection[int]) -> None:
        check(root, body)

    return rule


def _thread(root: Place, body: Any, files: Collection[int]) -> None:
    """A thread without a message, or a forum post, which has one."""
    fields: Mapping[str, Any] = cast("Mapping[str, Any]", body) if isinstance(body, Mapping) else {}
    is_post = not {"message", "applied_tags"}.isdisjoint(fields)
    (FORUM_POST if is_post else THREAD)(root, body)
    if fields.get("message") is not None:
        check_message(root / "message", fields["message"], files=files)


def _callback(root: Place, body: Any, files: Collection[int]) -> None:
    """A response to an interaction, as far as it can be checked without the interaction."""
    record(needs={"type": one_of(*_CALLBACKS)})(root, body)
    if not root.is_good:
        return
    kind, data = body["type"], cast("Any", body.get("data") or {})
    if kind in _MESSAGE_ANSWERS:
        check_message(root / "data", data, files=files, is_answer=True, is_edit=kind != _MESSAGE_ANSWERS[0])
    elif kind == _DEFERRED:
        check_message(root / "data", data, is_answer=True, is_edit=True)
    elif kind == _FORM_ANSWER:
        FORM(root / "data", data)


def _with_numbers(params: Mapping[str, str]) -> dict[str, object]:
    return {
        name: int(value) if name == "limit" and value.lstrip("-").isdecimal() else value
        for name, value in params.items()
    }


_ROUTES: Final[tuple[tuple[str, re.Pattern[str], Rule], ...]] = tuple(
    (method, re.compile(path), rule)
    for method, path, rule in (
        ("POST", r"channels/\d+/messages", _message()),
        ("PATCH", r"channels/\d+/messages/\d+", _message(is_edit=True)),
        ("POST", r"interactions/\d+/[^/]+/callback", _callback),
        ("POST", r"webhooks/\d+/[^/]+", _message(is_answer=True)),
        ("PATCH", r"webhooks/\d+/[^/]+/messages/[^/]+", _message(is_answer=True, is_edit=True)),
        ("POST", r"channels/\d+/threads", _thread),
        ("POST", r"channels/\d+/messages/\d+/threads", _plain(THREAD)),
        ("PATCH", r"channels/\d+", _plain(CHANNEL_CHANGES)),
        ("PUT", r"applications/\d+/(guilds/\d+/)?commands", _plain(COMMANDS)),
        ("POST", r"applications/\d+/(guilds/\d+/)?commands", _plain(COMMAND)),
        ("GET", r"channels/\d+/messages", _plain(LISTED)),
        ("GET", r"channels/\d+/threads/archived/\w+", _plain(LISTED_THREADS)),
    )
)
