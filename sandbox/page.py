"""The page in the browser and its server, on one loopback port.

The page contains its own key, so anybody who can open it can act in the sandbox. Nothing in the sandbox is
secret.
"""

# pyright: reportPrivateUsage=false
# ruff: noqa: SLF001
# The preview has no public extension points. simcord is pinned exactly, and tests/sandbox tests the page.

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from simcord.backend.errors import SetupError
from simcord.preview import _component_projection, _markdown

from sandbox.calendar import Calendar
from sandbox.markdown import discord_parser
from sandbox.page_server import ChannelServer
from sandbox.preview import ChannelPreview
from sandbox.suggestion import Suggestion
from sandbox.world import PaperClub, World

_PORTS_TRIED: Final = 20
# Discord renders these in embeds, too; SimCord does not.
_SHOWN_IN_EMBEDS: Final = {"mentions": True, "commands": True, "subtext": True}
_discord_parser: Final = discord_parser(_markdown._markdown_parser)
_EMBED_BODIES: Final = ("embed_description", "embed_field_value")


_filter_tokens: Final = _component_projection._filter_tokens


def _with_named_commands(tokens: list[dict[str, Any]], read: Any) -> None:
    """Show the name of a command that the person can't use, as Discord does; SimCord writes "unavailable"."""
    for token in tokens:
        if token.get("type") == "command" and not read.entity("command", token.get("id")):
            label = token.get("label")
            token.clear()
            token.update(type="text", content=label)
    _filter_tokens(tokens, read)


class Page:
    """The page and its server. `pictures` replaces external images, by URL."""

    def __init__(
        self,
        world: World,
        club: PaperClub,
        *,
        pictures: Mapping[str, tuple[str, bytes]],
        calendar: Calendar,
        suggestion: Suggestion,
        is_bot_online: Callable[[], bool],
    ) -> None:
        self._suggestion = suggestion
        self._world = world
        self._club = club
        self._pictures = pictures
        self._calendar = calendar
        self._is_bot_online = is_bot_online
        self._preview: ChannelPreview | None = None

    @property
    def url(self) -> str:
        if self._preview is None:
            raise SetupError("the page has not started")
        return f"{self._preview._origin}/"

    async def start(self, *, port: int) -> None:
        """Listen on the first free port from `port` on; 0 picks any.

        Raises:
            SetupError: twenty ports in a row are in use.
        """
        for place in _EMBED_BODIES:
            _markdown._FIELD_POLICIES[place].update(_SHOWN_IN_EMBEDS)
        _markdown._markdown_parser = _discord_parser
        _component_projection._filter_tokens = _with_named_commands
        ports = range(port, port + _PORTS_TRIED) if port else [0]
        for tried in ports:
            preview = ChannelPreview(self._world, self._club, port=tried, pictures=self._pictures)
            preview._server = ChannelServer(
                preview,
                tried,
                world=self._world,
                club=self._club,
                calendar=self._calendar,
                suggestion=self._suggestion,
                is_bot_online=self._is_bot_online,
            )
            try:
                await preview.__aenter__()
            except SetupError:
                if tried == ports[-1]:
                    raise
            else:
                self._preview = preview
                return

    async def close(self) -> None:
        if self._preview is not None:
            await self._preview.close()
            self._preview = None
