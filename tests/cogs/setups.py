"""People who fill in a /setup panel."""

from __future__ import annotations

from typing import Any

from simcord.enums import ComponentType

from bot.discord.answers.setup import FORM_NAME
from tests.world import World, text_of


def filled(form: Any, **typed: str) -> dict[str, str]:
    """What Discord sends of a form: its fields as they were shown, but for those that were typed in."""
    fields = [label["component"] for label in form.modal["components"]]
    return {field["custom_id"]: field.get("value", "") for field in fields} | typed


class Person:
    """Someone with a panel before them."""

    def __init__(self, world: World, shown: Any, who: Any) -> None:
        self._world = world
        self.shown = shown
        self.who = who
        self.actions: list[str] = ["/setup"]  # what the person did so far

    @classmethod
    async def starting(cls, world: World, who: Any = None, **options: Any) -> Person:
        who = who or world.admin
        return cls(world, await who.slash(world.channel, "setup", **options), who)

    @property
    def panel(self) -> Any:
        return self.shown.response

    @property
    def text(self) -> str:
        return text_of(self.shown)

    @property
    def labels(self) -> dict[str, bool]:
        """The buttons, and whether each can be pressed."""
        return {
            part["label"]: not part.get("disabled", False)
            for row in self.panel.components
            for part in row["components"]
            if part["type"] == ComponentType.BUTTON
        }

    async def press(self, label: str) -> Any:
        self.actions.append("button")
        return await self.who.click(self.panel, label=label)

    async def choose(self, channel: Any) -> Any:
        return await self._select([channel], "channel")

    async def focus(self, value: str) -> Any:
        return await self._select([value], "focus")

    async def cadence(self, value: str) -> Any:
        return await self._select([value], "cadence")

    async def _select(self, values: Any, action: str) -> Any:
        self.actions.append("menu")
        return await self.who.select(self.panel, values, custom_id=self._id(action))

    def _id(self, action: str) -> str:
        return self._menu(action)["custom_id"]

    def _menu(self, action: str) -> Any:
        (found,) = (
            part
            for row in self.panel.components
            for part in row["components"]
            if part["custom_id"].endswith(f":{action}")
        )
        return found

    async def fill(self, **typed: str) -> Any:
        """Opens the form, types in some of its fields and sends it; the others stay as they are."""
        return await self.send(await self.press(FORM_NAME), **typed)

    async def send(self, form: Any, **typed: str) -> Any:
        self.actions.append("form")
        return await self.who.submit_modal(form, filled(form, **typed))

    async def type_keywords(self, typed: str) -> Any:
        return await self.fill(keywords=typed)

    async def bundles(self, *names: str) -> Any:
        return await self._select(names, "bundles")

    @property
    def offered(self) -> dict[str, str]:
        """The bundles, with what is said of each."""
        return {option["label"]: option["description"] for option in self._menu("bundles")["options"]}

    @property
    def chosen(self) -> list[str]:
        """The bundles that are chosen."""
        return [option["label"] for option in self._menu("bundles")["options"] if option.get("default")]
