"""The page in the browser: SimCord's preview over the live world, for every channel, on one port.

SimCord's preview shows one channel of a quiet bot. Here the channel is chosen with each request: the key that
the browser sends ends in the channel's id. What is shown is published again when something in it changed.
Loopback only, and the page hands out its own key: whoever can open it can act in the sandbox, which holds
nothing of worth.
"""

# pyright: reportPrivateUsage=false, reportUnknownMemberType=false
# ruff: noqa: SLF001
# ruff: noqa: SLF001
# The preview has no public way to be extended; simcord is pinned exactly, and tests/sandbox tries the page.

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from aiohttp import web
from simcord.actors import MemberActor
from simcord.backend.access import channel_accessible
from simcord.backend.errors import SetupError
from simcord.backend.models import Channel
from simcord.builders import ChannelHandle, UserHandle
from simcord.enums import ChannelType
from simcord.preview import Preview, _markdown
from simcord.preview._server import PreviewServer

from sandbox.calendar import Calendar
from sandbox.faults import json_response
from sandbox.world import PaperClub, World

if TYPE_CHECKING:
    from collections.abc import Generator

_STATIC: Final = Path(__file__).with_name("static")
_PORTS_TRIED: Final = 20
_LISTED: Final = (ChannelType.TEXT, ChannelType.NEWS, ChannelType.FORUM)
_FRAME_FILES: Final = {
    "/": ("frame.html", "text/html"),
    "/frame.js": ("frame.js", "application/javascript"),
    "/frame.css": ("frame.css", "text/css"),
    "/channel.css": ("channel.css", "text/css"),
    "/channel.js": ("channel.js", "application/javascript"),
}
_ADDED_TO_CHANNEL: Final = (
    '<link rel="stylesheet" href="/channel.css"><script type="module" src="/channel.js"></script>'
)
# Discord shows these in an embed as in a message; SimCord leaves them as they were typed.
_SHOWN_IN_EMBEDS: Final = {"mentions": True, "commands": True, "subtext": True}
_EMBED_BODIES: Final = ("embed_description", "embed_field_value")


class Page:
    """The page and its server. `pictures` by address are what stands in for pictures from elsewhere."""

    def __init__(
        self,
        world: World,
        club: PaperClub,
        *,
        pictures: Mapping[str, tuple[str, bytes]],
        calendar: Calendar,
    ) -> None:
        self._calendar = calendar
        self._world = world
        self._club = club
        self._pictures = pictures
        self._preview: ChannelPreview | None = None

    @property
    def url(self) -> str:
        if self._preview is None:
            raise SetupError("the page is not open")
        return f"{self._preview._origin}/"

    async def start(self, *, port: int) -> None:
        """Listen on the first free port from `port` on; 0 takes any.

        Raises:
            SetupError: none of twenty is free.
        """
        for place in _EMBED_BODIES:
            _markdown._FIELD_POLICIES[place].update(_SHOWN_IN_EMBEDS)
        ports = range(port, port + _PORTS_TRIED) if port else [0]
        for tried in ports:
            preview = ChannelPreview(self._world, self._club, port=tried, pictures=self._pictures)
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


class ChannelPreview(Preview):
    """SimCord's preview with the channel, and who may look at it, taken from the request at hand."""

    _MAX_PAGES = 64
    _PAGE_LEASE_SECONDS = 24 * 3600.0  # a tab in the background asks seldom

    def __init__(
        self, world: World, club: PaperClub, *, port: int, pictures: Mapping[str, tuple[str, bytes]]
    ) -> None:
        self._world = world
        self._club = club
        self._shown: ContextVar[int] = ContextVar("shown", default=club.papers.id)
        self._versions: dict[str, int] = {}
        super().__init__(
            world,
            club.papers,
            (club.admin, club.member),
            layout="channel",
            display="responsive",
            width=960,
            height=720,
            locale="en-US",
            timezone="UTC",
            presentation_time=None,
            assets=None,
            port=port,
        )
        # Not a copy: what a list names later is there too.
        self._explicit_assets = pictures  # pyright: ignore[reportAttributeAccessIssue]  # it is only read
        self._server = ChannelServer(self, port)

    @property
    def channel(self) -> ChannelHandle:  # pyright: ignore[reportIncompatibleVariableOverride]  # the point of this class
        channel = self._world.backend.get_channel(self._shown.get())
        return ChannelHandle(self._world, None if channel.guild_id is None else self._club.guild, channel)

    @channel.setter
    def channel(self, _value: ChannelHandle) -> None:
        """The constructor's; the request decides."""

    @property
    def viewers(self) -> tuple[Any, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]  # the point of this class
        channel = self.channel
        people: tuple[MemberActor | UserHandle, ...] = (self._club.admin, self._club.member)
        if channel.guild is None:
            people = self._club.users
        backend = self._world.backend
        return tuple(who for who in people if channel_accessible(backend, channel.id, who.id, history=True))

    @viewers.setter
    def viewers(self, _value: tuple[Any, ...]) -> None:
        """The constructor's; the request decides."""

    @contextmanager
    def showing(self, channel_id: int) -> Generator[None]:
        before = self._shown.set(channel_id)
        try:
            yield
        finally:
            self._shown.reset(before)

    def show_channel(self, channel_id: int) -> None:
        """Choose the channel for the rest of this request."""
        self._shown.set(channel_id)

    def publish_if_changed(self, context_id: str | None) -> None:
        """Publish what a browser looks at again, if the channel's version grew since it was published.

        Only then: an action is refused as stale where the browser has not seen the newest publication.
        """
        page = self._pages.get(context_id or "")
        if page is None:
            return
        version = self._world.changes.version(page.channel_id)
        # A page is stale after an action that nobody answered; SimCord waits for its Refresh button then.
        if page.status == "stale" or self._versions.get(page.id) != version:
            self._advance_presentation_time()
            self._publish(page, reason="refresh")

    def _publish(self, page: Any, *, reason: Any = "action") -> None:
        with self.showing(page.channel_id):
            self._versions[page.id] = self._world.changes.version(page.channel_id)
            super()._publish(page, reason=reason)

    def _open_page(self, viewer_id: Any = None, target_id: Any = None) -> Any:
        oldest = sorted(self._pages.values(), key=lambda page: page.last_activity)
        for page in [page for page in oldest if page is not self._python][: -(self._MAX_PAGES - 1)]:
            self._close_page(page.id)
            self._versions.pop(page.id, None)
        if target_id is None:  # the newest message: a browser scrolls to the target
            target_id = self._initial_target(self.viewers[0], self.channel.id)
        return super()._open_page(viewer_id, target_id)

    def _prepare_action(self, page: Any, kind: str, body: Mapping[str, Any]) -> Any:
        if kind == "close":
            raise SetupError("the sandbox ends with its process")
        return super()._prepare_action(page, kind, body)

    @property
    def first_channel_id(self) -> int:
        return self._club.papers.id

    @property
    def server_name(self) -> str:
        return self._club.guild.name

    def listing(self) -> list[dict[str, Any]]:
        """What the frame lists: channels with their threads below, then direct messages."""
        backend = self._world.backend
        guild = backend.get_guild(self._club.guild.id)
        rows: list[dict[str, Any]] = []
        for channel_id in guild.channel_ids:
            channel = backend.channels[channel_id]
            if channel.type in _LISTED:
                rows.append(self._row(channel))
                threads = [backend.channels[thread] for thread in guild.thread_ids]
                rows += [self._row(thread) for thread in threads if thread.parent_id == channel_id]
        for user in self._club.users:
            rows.append({**self._row(user.dm_channel._channel), "name": user.global_name or user.name})
        return rows

    def _row(self, channel: Channel) -> dict[str, Any]:
        kind = {ChannelType.TEXT: "text", ChannelType.NEWS: "news", ChannelType.FORUM: "forum"}.get(
            ChannelType(channel.type), "thread" if channel.is_thread else "dm"
        )
        newest = max(self._world.backend.messages.get(channel.id, {}), default=0)
        return {"id": str(channel.id), "kind": kind, "name": channel.name, "newest": str(newest)}


class ChannelServer(PreviewServer):
    """SimCord's page server, with the frame at `/` and a channel's page at `/channel`."""

    preview: ChannelPreview

    _STATIC_FILES: ClassVar[dict[str, str]] = {
        **PreviewServer._STATIC_FILES,
        **{path: path for path in _FRAME_FILES if path != "/"},
        "/channel": "index.html",
        "/channels": "",
    }
    _SECURITY_HEADERS: ClassVar[dict[str, str]] = {
        **PreviewServer._SECURITY_HEADERS,
        "X-Frame-Options": "SAMEORIGIN",
        "Content-Security-Policy": PreviewServer._SECURITY_HEADERS["Content-Security-Policy"].replace(
            "frame-ancestors 'none'", "frame-ancestors 'self'"
        ),
    }

    def _authorized(self, request: web.Request, *, context: str | None = None) -> bool:
        """Take the channel's id off the key, check the rest as SimCord does."""
        key, _, channel_id = request.headers.get("X-Simcord-Capability", "").rpartition(".")
        if not channel_id.isdecimal() or int(channel_id) not in self.preview.env.backend.channels:
            return False
        headers = request.headers.copy()
        headers["X-Simcord-Capability"] = key
        self.preview.show_channel(int(channel_id))
        return super()._authorized(request.clone(headers=headers), context=context)

    async def _state(self, request: web.Request) -> Any:
        if self._authorized(request, context=request.headers.get("X-Simcord-Context")):
            self.preview.publish_if_changed(request.headers.get("X-Simcord-Context"))
        return await super()._state(request)

    async def _static(self, request: web.Request) -> Any:
        if request.headers.get("Host", "") not in self._allowed_hosts():
            raise web.HTTPForbidden
        if request.path == "/channels":
            return self._channels(request)
        if request.path in _FRAME_FILES:
            name, content_type = _FRAME_FILES[request.path]
            text = (_STATIC / name).read_text(encoding="utf-8")
            text = text.replace("{{key}}", self.preview.capability)
            text = text.replace("{{first}}", str(self.preview.first_channel_id))
            return web.Response(text=text, content_type=content_type, headers=self._SECURITY_HEADERS)
        if request.path == "/channel":
            response = await super()._static(request)
            response.text = response.text.replace("</head>", f"{_ADDED_TO_CHANNEL}</head>", 1)
            return response
        return await super()._static(request)

    def _channels(self, request: web.Request) -> web.Response:
        if not self._authorized(request):
            raise web.HTTPUnauthorized
        return json_response(
            {"server": self.preview.server_name, "channels": self.preview.listing()},
            headers=self._SECURITY_HEADERS,
        )
