"""The tour: which of its steps a visitor has taken, by what the bot answered."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from simcord.backend.models import Interaction
from simcord.results import InteractionResult

from sandbox.world import World

# A step is taken once an answer has a component whose custom ID begins so: what it says may change.
_COMPONENTS: Final = {"cite:": "open", "unsave:": "save"}
_OF_SUBSCRIBING: Final = "undo-setting:"
_MAX_WAITING: Final = 50


class Tour:
    """Notes the answers to what is done on the page. A step once taken stays so.

    Args:
        world: where the bot answers.
        is_visitor: whether the page's visitor acts right now, not a seed command.
    """

    def __init__(self, world: World, *, is_visitor: Callable[[], bool]) -> None:
        self._world = world
        self._is_visitor = is_visitor
        self._waiting: deque[tuple[Interaction, str]] = deque(maxlen=_MAX_WAITING)
        self._taken: set[str] = set()
        world.backend.subscribers.append(self._on_event)

    def taken(self) -> list[str]:
        """The names of the steps that were taken: subscribe, open, save, export."""
        for one in [one for one in self._waiting if self._world.is_answered(one[0])]:
            self._waiting.remove(one)
            self._taken.update(self._steps(*one))
        return sorted(self._taken)

    def _on_event(self, event: str, payload: Mapping[str, Any]) -> None:
        if event == "INTERACTION_CREATE" and self._is_visitor():
            interaction = self._world.backend.interactions[int(payload["id"])]
            self._waiting.append((interaction, payload.get("data", {}).get("name", "")))

    def _steps(self, interaction: Interaction, command: str) -> Iterator[str]:
        result = InteractionResult(self._world, interaction)
        first = result.response
        for message in [*([] if first is None else [first]), *result.followups]:
            if command == "my" and message.attachments:
                yield "export"
            for custom_id in _custom_ids(message.components):
                if command == "subscribe" and custom_id.startswith(_OF_SUBSCRIBING):
                    yield "subscribe"
                yield from (step for start, step in _COMPONENTS.items() if custom_id.startswith(start))


def _custom_ids(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        items: list[dict[str, Any]] = row.get("components", [])
        yield from (str(item.get("custom_id", "")) for item in items)
