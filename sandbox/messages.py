"""Discord's rules for messages that depend on the current state: replies, tags and edits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from simcord.backend import Backend, permissions
from simcord.backend.errors import BackendError
from simcord.backend.models import Channel, Message

from sandbox.faults import RecordedRequest
from sandbox.rules.checks import Problems
from sandbox.rules.messages import empty_message


def check_messages(backend: Backend, request: RecordedRequest, *, has_files: bool) -> None:
    """Reject a reply to an unknown message, an unknown tag, and an edit that leaves a message empty.

    Raises:
        BackendError: Discord would reject this.
    """
    body = cast("dict[str, Any]", request.json) if isinstance(request.json, dict) else {}
    match (request.method, request.path.strip("/").split("/")):
        case ("POST", ["channels", channel_id, "messages"]) if body.get("message_reference"):
            _check_reply(backend, backend.get_channel(int(channel_id)), body["message_reference"])
        case ("PATCH", ["channels", channel_id, "messages", message_id]):
            edited = backend.messages.get(int(channel_id), {}).get(int(message_id))
            _check_edit(edited, body, has_files=has_files)
        case ("PATCH", ["webhooks", _, token, "messages", message]) if token in backend.interaction_tokens:
            _check_edit(_of_interaction(backend, token, message), body, has_files=has_files)
        case ("POST", ["channels", channel_id, "threads"]) if body.get("applied_tags"):
            _check_tags(backend.get_channel(int(channel_id)), body["applied_tags"])
        case _:
            pass


def _check_reply(backend: Backend, channel: Channel, reference: Mapping[str, Any]) -> None:
    if reference.get("type") == 1:
        return
    known = backend.messages.get(channel.id, {})
    if int(reference["message_id"]) not in known and reference.get("fail_if_not_exists", True):
        problems = Problems()
        (problems.root / "message_reference").report("REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        problems.raise_if_any()
    if channel.guild_id is None:
        return
    held = backend.compute_permissions(channel.guild_id, backend.bot_user.id, channel.id)
    if not held & permissions.flag("read_message_history"):
        raise BackendError(400, 160002, "Cannot reply without permission to read message history")


def _check_tags(forum: Channel, applied: Sequence[str | int]) -> None:
    known = {int(tag["id"]) for tag in forum.available_tags}
    problems = Problems()
    for index, tag in enumerate(applied):
        if int(tag) not in known:
            (problems.root / "applied_tags" / index).report("TAG_UNKNOWN", "Unknown tag")
    problems.raise_if_any()


def _of_interaction(backend: Backend, token: str, message: str) -> Message | None:
    interaction = backend.interactions[backend.interaction_tokens[token]]
    message_id = interaction.message_id if message == "@original" else int(message)
    return backend.messages.get(interaction.channel_id, {}).get(message_id or 0)


def _check_edit(message: Message | None, body: Mapping[str, Any], *, has_files: bool) -> None:
    """SimCord handles unknown messages."""
    if message is None or has_files:
        return
    left = (
        body.get("content", message.content),
        body.get("embeds", message.embeds),
        body.get("components", message.components),
        body.get("attachments", message.attachments),
        message.stickers,
        body.get("poll", message.poll),
    )
    if not any(part.strip() if isinstance(part, str) else part for part in left):
        raise empty_message()
