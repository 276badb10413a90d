"""The simulated REST API: SimCord's routes, plus nonces, rate limits, faults and the record of requests."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import discord
from aiohttp import BodyPartReader, web
from simcord.backend import serializers
from simcord.backend.errors import BackendError, SetupError, invalid_form_body
from simcord.backend.models.interaction import ResponseKind
from simcord.http import router, routes

from sandbox.faults import Faults, RecordedRequest, fail, json_response, new_record
from sandbox.interactions import Interactions
from sandbox.messages import check_messages
from sandbox.rate_limits import RateLimitedError, RateLimits
from sandbox.rules import check_request
from sandbox.world import World

_log = logging.getLogger(__name__)
_ROUTES: Final = routes  # importing registers them

NONCE_SECONDS: Final = 180.0  # Discord checks "the past few minutes"
_INVALID_FORM: Final = 50035
_UNAUTHENTICATED: Final = ("/interactions/", "/webhooks/")  # authenticated by the token in the path
_INVALID_JSON: Final = {"message": "The request body contains invalid JSON.", "code": 50109}
_ERRORS_OF_BAD_BODIES: Final = (KeyError, ValueError, TypeError, AttributeError, SetupError)


class Rest:
    """`/api/v10/…`: records each request, applies faults, and lets SimCord execute it."""

    def __init__(self, world: World, *, token: str, gateway_url: Callable[[], str]) -> None:
        self.faults = Faults()
        self.requests = new_record()
        self.shards = 1  # how many the gateway recommends
        self.max_concurrency = 1  # how many of them may identify themselves at once
        self.limits: RateLimits | None = RateLimits()  # None: no limits
        self.latency_seconds = 0.0  # delay before each request is executed, except answers to interactions
        self._world = world
        self._interactions = Interactions(world.backend)
        self._token = token
        self._gateway_url = gateway_url
        self._nonces: dict[str, tuple[float, int, int]] = {}  # nonce → when, channel id, message id

    async def handle(self, request: web.Request) -> web.Response:
        path = "/" + request.match_info["path"]
        record = RecordedRequest(request.method, path, dict(request.query), headers=dict(request.headers))
        record.headers.pop("Authorization", None)
        try:
            record.json, files = await _read(request)
        except ValueError:
            return json_response(_INVALID_JSON, status=400)
        self.requests.append(record)
        answer = self.limits and self.limits.refusal(method=request.method, path=path)
        if self.latency_seconds and not path.startswith(_UNAUTHENTICATED):
            await asyncio.sleep(self.latency_seconds)
        fault = None
        if answer is None:
            fault = self.faults.take(method=request.method, path=path, content=record.json)
            answer = await fail(fault, when="before", request=request)
        if answer is None:
            if self._is_authorized(request, path):
                answer = self._answer(record, files=files, reason=request.headers.get("X-Audit-Log-Reason"))
            else:
                answer = json_response({"message": "401: Unauthorized", "code": 0}, status=401)
            answer = await fail(fault, when="after", request=request) or answer
            if self.limits is not None:
                answer.headers.update(self.limits.headers(method=request.method, path=path))
        record.status = answer.status
        if self.limits is not None:
            self.limits.note(answer.status)
        self._world.changes.wake()
        return answer

    def _is_authorized(self, request: web.Request, path: str) -> bool:
        return (
            path.startswith(_UNAUTHENTICATED) or request.headers.get("Authorization") == f"Bot {self._token}"
        )

    def _answer(
        self, record: RecordedRequest, *, files: list[discord.File], reason: str | None
    ) -> web.Response:
        try:
            check_request(record, file_bytes=[_size(file) for file in files], reason=reason)
            self._interactions.check(record)
            check_messages(self._world.backend, record, has_files=bool(files))
            result = self._execute(record, files=files, reason=reason)
        except RateLimitedError as error:
            return json_response(error.to_json(), status=error.status, headers=error.headers)
        except BackendError as error:  # includes 501 for routes that SimCord doesn't support
            if error.status >= 500:
                _log.warning("%s %s: %s", record.method, record.path, error)
            return json_response(_with_tree(error), status=error.status)
        except _ERRORS_OF_BAD_BODIES as error:
            _log.warning("%s %s was rejected: %r", record.method, record.path, error)
            return json_response(_with_tree(invalid_form_body(repr(error))), status=400)
        self._world.note_request(method=record.method, path=record.path)
        return web.Response(status=204) if result is None else json_response(result)

    def _execute(self, record: RecordedRequest, *, files: list[discord.File], reason: str | None) -> Any:
        match (record.method, record.path.strip("/").split("/")):
            case ("GET", ["gateway"]):
                return {"url": self._gateway_url()}
            case ("GET", ["gateway", "bot"]):
                limit = {"total": 1000, "remaining": 1000, "reset_after": 0}
                limit["max_concurrency"] = self.max_concurrency
                return {"url": self._gateway_url(), "shards": self.shards, "session_start_limit": limit}
            case ("POST", ["channels", _, "messages"]):
                return self._send(record, record.json, files=files)
            case ("POST", ["webhooks", _, token]) if token in self._world.backend.interaction_tokens:
                return self._follow_up(record, token, files=files)
            case _:
                return self._dispatch(record, files=files, reason=reason)

    def _send(self, record: RecordedRequest, body: Mapping[str, Any], *, files: list[discord.File]) -> Any:
        """Create a message; with `enforce_nonce`, return an earlier one with the same nonce."""
        nonce = None if body.get("nonce") is None else str(body["nonce"])
        if nonce is not None and body.get("enforce_nonce"):
            earlier = self._with_nonce(nonce)
            if earlier is not None:
                return {**earlier, "nonce": nonce}
        message = self._dispatch(record, files=files, reason=None)
        if nonce is not None:
            self._nonces[nonce] = (time.monotonic(), int(message["channel_id"]), int(message["id"]))
            message["nonce"] = nonce
        return message

    def _follow_up(self, record: RecordedRequest, token: str, *, files: list[discord.File]) -> Any:
        """Create a new message, public unless it is flagged as ephemeral, and keep "thinking…" as it is.

        SimCord edits a pending deferred answer instead, which is Discord's deprecated behavior.
        """
        interaction = self._world.backend.interaction_by_token(token)
        kind = interaction.response_kind
        if interaction.loading:
            interaction.response_kind = ResponseKind.MESSAGE
        try:
            return self._dispatch(record, files=files, reason=None)
        finally:
            interaction.response_kind = kind

    def _with_nonce(self, nonce: str) -> dict[str, Any] | None:
        oldest = time.monotonic() - NONCE_SECONDS
        self._nonces = {key: value for key, value in self._nonces.items() if value[0] >= oldest}
        if nonce not in self._nonces:
            return None
        _, channel_id, message_id = self._nonces[nonce]
        message = self._world.backend.messages.get(channel_id, {}).get(message_id)
        return None if message is None else dict(serializers.message_payload(self._world.backend, message))

    def _dispatch(self, record: RecordedRequest, *, files: list[discord.File], reason: str | None) -> Any:
        return self._world.places.execute(
            record,
            lambda: router.dispatch(
                self._world.backend,
                record.method,
                record.path,
                json=record.json,
                params=dict(record.params),
                files=list(files),
                reason=reason,
            ),
        )


def _size(file: discord.File) -> int:
    return file.fp.seek(0, io.SEEK_END) - file.fp.seek(0)


def _with_tree(error: BackendError) -> dict[str, Any]:
    """The error in Discord's format. SimCord's message about an invalid body becomes an error tree."""
    payload = error.to_json()
    if error.code == _INVALID_FORM and not error.errors:
        leaf = {"code": "BASE_TYPE_INVALID", "message": error.message.removeprefix("Invalid Form Body: ")}
        payload = {"code": _INVALID_FORM, "message": "Invalid Form Body", "errors": {"_errors": [leaf]}}
    return payload


async def _read(request: web.Request) -> tuple[Any, list[discord.File]]:
    """The JSON of a request, from its body or its `payload_json`, and its files.

    Raises:
        ValueError: it is not JSON.
    """
    if not request.content_type.startswith("multipart/"):
        text = await request.text()
        return (json.loads(text) if text else None), []
    body: Any = None
    files: list[discord.File] = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        data = await part.read()
        if part.filename is not None:
            files.append(discord.File(io.BytesIO(data), filename=part.filename))
        elif part.name == "payload_json":
            body = json.loads(data)
    return body, files
