"""Discord's rules for interaction responses that SimCord doesn't enforce."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final, cast

from simcord.backend import Backend, errors
from simcord.backend.errors import BackendError
from simcord.backend.models import Interaction
from simcord.enums import CallbackType, InteractionType

from sandbox.faults import RecordedRequest
from sandbox.rules.checks import Problems, one_of, record
from sandbox.rules.commands import choices

MAX_FOLLOW_UPS: Final = 5  # if only the person installed the application, not the server
_MESSAGES: Final = (
    CallbackType.CHANNEL_MESSAGE_WITH_SOURCE,
    CallbackType.DEFERRED_CHANNEL_MESSAGE_WITH_SOURCE,
)
_UPDATES: Final = (CallbackType.DEFERRED_UPDATE_MESSAGE, CallbackType.UPDATE_MESSAGE)
_FITTING: Final[Mapping[int, tuple[int, ...]]] = {
    InteractionType.PING: (CallbackType.PONG,),
    InteractionType.APPLICATION_COMMAND: (*_MESSAGES, CallbackType.MODAL),
    InteractionType.MESSAGE_COMPONENT: (*_MESSAGES, *_UPDATES, CallbackType.MODAL),
    InteractionType.APPLICATION_COMMAND_AUTOCOMPLETE: (CallbackType.APPLICATION_COMMAND_AUTOCOMPLETE_RESULT,),
    InteractionType.MODAL_SUBMIT: _MESSAGES,
}


class Interactions:
    """Rejects invalid responses before SimCord processes them."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._typed: dict[int, int] = {}  # the type of the focused option, by interaction
        backend.subscribers.append(self._on_event)

    def check(self, request: RecordedRequest) -> None:
        """Reject a response that doesn't fit the interaction, and a follow-up before the first response.

        Raises:
            BackendError: Discord would reject this.
        """
        match (request.method, request.path.strip("/").split("/")):
            case ("POST", ["interactions", interaction_id, token, "callback"]):
                interaction = self._backend.interactions.get(int(interaction_id))
                if interaction is not None and interaction.token == token:
                    self._check_callback(interaction, request.json)
            case (method, ["webhooks", _, token, *rest]) if token in self._backend.interaction_tokens:
                interaction = self._backend.interactions[self._backend.interaction_tokens[token]]
                self._check_token(interaction)
                if method == "POST" and not rest:
                    self._check_follow_ups(interaction)
            case _:
                pass

    def _check_callback(self, interaction: Interaction, body: Mapping[str, Any]) -> None:
        if interaction.responded or self._is_late(interaction):
            return  # SimCord raises these: 40060 and 10062
        problems = Problems()
        fitting = _FITTING[interaction.type]
        if interaction.type == InteractionType.MODAL_SUBMIT and interaction.source_message_id is not None:
            fitting = (*fitting, *_UPDATES)
        one_of(*map(int, fitting))(problems.root / "type", body["type"])
        problems.raise_if_any()
        if body["type"] == CallbackType.APPLICATION_COMMAND_AUTOCOMPLETE_RESULT:
            option_type = self._typed[interaction.id]
            data: Any = body.get("data") or {}
            record(needs={"choices": partial(choices, option_type=option_type)})(problems.root / "data", data)
            problems.raise_if_any()

    def _check_token(self, interaction: Interaction) -> None:
        now = self._backend.now_iso()
        if interaction.expires_at is not None and now >= interaction.expires_at:
            raise BackendError(401, 50027, "Invalid Webhook Token")
        if not interaction.responded:
            raise errors.unknown_webhook()

    def _check_follow_ups(self, interaction: Interaction) -> None:
        guild = self._backend.guilds.get(interaction.guild_id or 0)
        is_elsewhere = guild is not None and self._backend.bot_user.id not in guild.members
        if is_elsewhere and len(interaction.followup_ids) >= MAX_FOLLOW_UPS:
            raise BackendError(
                400, 40094, "This interaction has reached the maximum number of follow up messages"
            )

    def _is_late(self, interaction: Interaction) -> bool:
        deadline = interaction.initial_response_deadline
        return deadline is not None and self._backend.now_iso() >= deadline

    def _on_event(self, event: str, payload: Mapping[str, Any]) -> None:
        """Remember the focused option, because the offered choices must be of its type."""
        if (
            event == "INTERACTION_CREATE"
            and payload.get("type") == InteractionType.APPLICATION_COMMAND_AUTOCOMPLETE
        ):
            self._typed[int(payload["id"])] = _focused(payload["data"])


def _focused(part: Mapping[str, Any]) -> int:
    """The type of the focused option, or 0."""
    for option in cast("list[Mapping[str, Any]]", part.get("options") or []):
        if option.get("focused"):
            return int(option["type"])
        if focused := _focused(option):
            return focused
    return 0
