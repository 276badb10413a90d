"""Discord's rules for a message's content, mentions and attachments."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from simcord.backend.errors import BackendError

from sandbox.rules.checks import Check, Place, array, flag, number, one_of, record, snowflake, text
from sandbox.rules.components import components
from sandbox.rules.embeds import EMBEDS

MAX_FILES: Final = 10
_SUPPRESS_EMBEDS, EPHEMERAL, _SILENT, _VOICE, _V2 = 1 << 2, 1 << 6, 1 << 12, 1 << 13, 1 << 15
_SENT_FLAGS: Final = _SUPPRESS_EMBEDS | _SILENT | _VOICE | _V2
_MENTIONS: Final = ("everyone", "users", "roles")
_IDS: Final = array(snowflake, maximum=100, is_unique=True)
_CONTENT_FIELDS: Final = ("content", "embeds", "components", "sticker_ids", "poll")


def _check_mentions(place: Place, mentions: Mapping[str, Any]) -> None:
    """A kind of mention is either parsed from the text or listed, not both."""
    if not place.is_good:
        return
    for kind in ("users", "roles"):
        if kind in (mentions.get("parse") or ()) and mentions.get(kind):
            place.report(
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.',
            )


_ALLOWED_MENTIONS: Final = record(
    parse=array(one_of(*_MENTIONS), maximum=3, is_unique=True),
    users=_IDS,
    roles=_IDS,
    replied_user=flag,
    then=_check_mentions,
)


def _nonce(place: Place, value: Any) -> None:
    if isinstance(value, str):
        text(25)(place, value)
    else:
        number(-(2**63), 2**63 - 1)(place, value)


def _flags(allowed: int) -> Check:
    def check(place: Place, value: Any) -> None:
        number(0, 2**31 - 1)(place, value)
        if place.is_good and value & ~allowed:
            place.report("MESSAGE_INVALID_FLAGS", "These flags cannot be set on a message")

    return check


def _components(place: Place, message: Mapping[str, Any]) -> None:
    value = message.get("components")
    flags = message.get("flags")
    is_v2 = isinstance(flags, int) and bool(flags & _V2)
    if value is not None:
        components(place / "components", value, is_v2=is_v2)
    if is_v2:
        for name in ("content", "embeds", "sticker_ids", "poll"):
            if message.get(name):
                (place / name).report(
                    "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                    f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
                )


def _message(flags: int) -> Check:
    return record(
        content=text(2_000),
        embeds=EMBEDS,
        allowed_mentions=_ALLOWED_MENTIONS,
        nonce=_nonce,
        enforce_nonce=flag,
        tts=flag,
        flags=_flags(flags),
        sticker_ids=array(snowflake, maximum=3, is_unique=True),
        attachments=array(
            record(needs={"id": snowflake}, filename=text(1_024, minimum=1), description=text(1_024)),
            maximum=MAX_FILES,
        ),
        message_reference=record(
            needs={"message_id": snowflake},
            type=one_of(0, 1),
            channel_id=snowflake,
            guild_id=snowflake,
            fail_if_not_exists=flag,
        ),
        then=_components,
    )


_SENT: Final = _message(_SENT_FLAGS)
_ANSWER: Final = _message(_SENT_FLAGS | EPHEMERAL)


def check_message(
    place: Place,
    body: Any,
    *,
    files: Collection[object] = (),
    is_answer: bool = False,
    is_edit: bool = False,
) -> None:
    """A message that a bot sends, or an edit of one.

    `is_answer` is for responses to interactions, which can be ephemeral. An edit can name existing
    attachments, which are not known here.

    Raises:
        BackendError: the message is empty, which Discord rejects with its own code (50006).
    """
    (_ANSWER if is_answer else _SENT)(place, body)
    if not place.is_good:
        return
    _files(place / "attachments", body, files=files, is_edit=is_edit)
    is_filled = any(_is_filled(body.get(name)) for name in _CONTENT_FIELDS) or bool(files)
    reference: Mapping[str, Any] = body.get("message_reference") or {}
    if not is_edit and not is_filled and reference.get("type") != 1:
        raise empty_message()


def empty_message() -> BackendError:
    return BackendError(400, 50006, "Cannot send an empty message")


def _is_filled(value: object) -> bool:
    return bool(value.strip() if isinstance(value, str) else value)


def _files(place: Place, body: Mapping[str, Any], *, files: Collection[object], is_edit: bool) -> None:
    if len(files) > MAX_FILES:
        place.report("BASE_TYPE_MAX_LENGTH", f"Must be {MAX_FILES} or fewer in length.")
    if is_edit:
        return
    for index, attachment in enumerate(body.get("attachments") or ()):
        if int(attachment["id"]) >= len(files):
            (place / index / "id").report(
                "ATTACHMENT_NOT_FOUND", "There is no file for this attachment in the request"
            )
