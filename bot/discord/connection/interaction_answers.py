"""Answers to responses to interactions, which discord.py takes for Discord's without looking at them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import aiohttp
import discord.utils
from discord.http import Route
from discord.webhook.async_ import AsyncWebhookAdapter, async_context
from typing_extensions import override

from bot.discord.connection.errors import UnreadableAnswerError


def check_answers() -> None:
    """Has this task, and those that it starts, check what is answered to their responses to interactions."""
    async_context.set(_ADAPTER)


class _Checked(AsyncWebhookAdapter):
    """Sends responses to interactions, and raises UnreadableAnswerError if Discord did not answer."""

    @override
    async def request(self, route: Route, session: aiohttp.ClientSession, **options: Any) -> Any:
        try:
            answer = await super().request(route, session, **options)
        except (LookupError, RecursionError, TypeError, ValueError) as error:
            if options.get("payload") is not None:
                discord.utils._to_json(options["payload"])  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - raises it again if the request could not be composed
            raise UnreadableAnswerError from error
        if route.method != "DELETE" and not _is_discords(answer, path=route.path):
            raise UnreadableAnswerError
        return answer


def _is_discords(answer: object, *, path: str) -> bool:
    if not isinstance(answer, dict):
        return False
    fields = cast("Mapping[str, object]", answer)
    if path.endswith("/callback"):
        interaction = fields.get("interaction")
        return isinstance(interaction, dict) and "id" in interaction
    return "id" in fields


_ADAPTER = _Checked()
