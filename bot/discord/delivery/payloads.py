"""Payloads: the answers of Discord that the bot reads itself, checked by pydantic."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bot.discord.connection.errors import UnreadableAnswerError, discord_errors

_Snowflake = Annotated[int, Field(ge=1, lt=2**63)]


class _Payload(BaseModel):
    """The fields that are used; the others are ignored."""

    model_config = ConfigDict(frozen=True)


class Identified(_Payload):
    """A message, channel or thread that was created or changed."""

    id: _Snowflake


class EmbedPayload(_Payload):
    url: str | None = None
    description: str | None = None


class MessagePayload(_Payload):
    id: _Snowflake
    author: Identified
    embeds: list[EmbedPayload]
    components: list[dict[str, Any]] = []
    interaction_metadata: dict[str, Any] | None = None


class _ThreadState(_Payload):
    archive_timestamp: datetime


class ThreadPayload(_Payload):
    id: _Snowflake
    parent_id: _Snowflake
    owner_id: _Snowflake | None = None
    thread_metadata: _ThreadState


class ActiveThreads(_Payload):
    threads: list[ThreadPayload]


class ArchivedThreads(_Payload):
    threads: list[ThreadPayload]
    has_more: bool


MESSAGES = TypeAdapter(list[MessagePayload])
IDENTIFIED = TypeAdapter(Identified)
ACTIVE_THREADS = TypeAdapter(ActiveThreads)
ARCHIVED_THREADS = TypeAdapter(ArchivedThreads)


_Shape = TypeVar("_Shape")


async def answered(request: Awaitable[object], shape: TypeAdapter[_Shape]) -> _Shape:
    """The answer to a request of discord.py's, in the shape that Discord documents.

    An empty answer, a web page or JSON of another shape must not pass for "there is nothing".

    Raises:
        DiscordError: Discord refused the request, or the answer has another shape.
    """
    with discord_errors():
        answer = await request
    try:
        return shape.validate_python(answer)
    except ValidationError as error:
        raise UnreadableAnswerError from error
