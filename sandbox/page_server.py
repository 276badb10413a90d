"""The page's server: SimCord's routes, plus the frame, its listing, permissions and the calendar.

The key that a browser sends ends with the person and the channel that it shows.
"""

# pyright: reportPrivateUsage=false, reportUnknownMemberType=false
# ruff: noqa: SLF001
# The preview has no public extension points. simcord is pinned exactly, and tests/sandbox tests the page.

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any, ClassVar, Final

from aiohttp import web
from simcord.preview._server import PreviewServer

from sandbox.calendar import Calendar
from sandbox.faults import json_response
from sandbox.listing import Listing
from sandbox.message_commands import message_commands, use_on_message
from sandbox.permissions import PermissionSettings
from sandbox.preview import ChannelPreview
from sandbox.suggestion import Suggestion
from sandbox.tour import Tour
from sandbox.world import PaperClub, World

_KEPT_SECONDS: Final = 60
_STATIC: Final = Path(__file__).with_name("static")
_TYPES: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "application/javascript",
    ".svg": "image/svg+xml",
}
_FILES: Final = {
    "/": "frame.html",
    **{f"/{path.name}": path.name for path in _STATIC.iterdir() if path.suffix in {".css", ".js", ".svg"}},
}
_ROLE_CHARACTERS: Final = 100
_ADDED_TO_CHANNEL: Final = (
    '<link rel="stylesheet" href="/channel.css"><script type="module" src="/theme.js"></script>'
    '<script type="module" src="/channel.js"></script>'
)
# While a long message is drawn again, its menu is below the window for a moment, and SimCord would close it.
_MENUS_STAY_OPEN: Final = ("if (rect.bottom <= 0 || rect.top >= viewportHeight) {", "if (rect.bottom <= 0) {")


class ChannelServer(PreviewServer):
    """SimCord's page server, with the frame at `/` and a channel's page at `/channel`."""

    preview: ChannelPreview

    _STATIC_FILES: ClassVar[dict[str, str]] = {
        **PreviewServer._STATIC_FILES,
        **{path: path for path in _FILES if path != "/"},
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

    def __init__(
        self,
        preview: ChannelPreview,
        port: int,
        *,
        world: World,
        club: PaperClub,
        calendar: Calendar,
        suggestion: Suggestion,
        is_bot_online: Callable[[], bool],
    ) -> None:
        super().__init__(preview, port)
        self._suggestion = suggestion
        self._permissions = PermissionSettings(world, club)
        self._world = world
        self._club = club
        self._calendar = calendar
        self._is_bot_online = is_bot_online
        self._listing = Listing(world, club)
        self._tour = Tour(world, is_visitor=lambda: preview.is_visitor)

    async def start(self) -> None:
        await super().start()
        router: Any = self.runner.app.router
        router._frozen = False  # SimCord has no hook for more routes before it listens
        router.add_post("/next-day", self._next_day)
        router.add_post("/message-command", self._use_on_message)
        router.add_get("/permissions", self._permission_settings)
        router.add_post("/permissions", self._change_permissions)
        router.freeze()

    def _authorized(self, request: web.Request, *, context: str | None = None) -> bool:
        """Read the person and the channel from the key, and let SimCord check the rest."""
        rest, _, channel_id = request.headers.get("X-Simcord-Capability", "").rpartition(".")
        key, _, person_id = rest.rpartition(".")
        if not (channel_id.isdecimal() and int(channel_id) in self._world.backend.channels):
            return False
        if not (person_id.isdecimal() and int(person_id) in {user.id for user in self._club.users}):
            return False
        headers = request.headers.copy()
        headers["X-Simcord-Capability"] = key
        self.preview.look_at(int(channel_id), by=int(person_id))
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
        if request.path in _FILES:
            return _kept(self._file(_FILES[request.path]))
        response = await super()._static(request)
        if request.path == "/channel":
            response.text = response.text.replace("</head>", f"{_ADDED_TO_CHANNEL}</head>", 1)
        if request.path == "/select-drafts.js":
            response.text = response.text.replace(*_MENUS_STAY_OPEN, 1)
        return _kept(response)

    def _file(self, name: str) -> web.Response:
        text = (_STATIC / name).read_text(encoding="utf-8")
        if name == "frame.html":
            text = text.replace("{{key}}", self.preview.capability)
            text = text.replace("{{first}}", str(self._club.papers.id))
            text = text.replace("{{people}}", self._person_options())
            text = text.replace("{{server}}", escape(self._club.guild.name))
        return web.Response(text=text, content_type=_TYPES[Path(name).suffix], headers=self._SECURITY_HEADERS)

    def _person_options(self) -> str:
        """The options of the *You are* menu, for example "Ada, admin"."""
        names = [(user.id, (user.global_name or user.name)) for user in self._club.users]
        written = [(number, name.replace(" (", ", ").rstrip(")")) for number, name in names]
        return "".join(f'<option value="{number}">{escape(name)}</option>' for number, name in written)

    def _channels(self, request: web.Request) -> web.Response:
        if not self._authorized(request):
            raise web.HTTPUnauthorized
        is_bot_online = self._is_bot_online()
        return json_response(
            {
                "server": self._club.guild.name,
                "bot": {"name": self._world.backend.bot_user.name, "is_online": is_bot_online},
                "people": self._listing.people(is_bot_online=is_bot_online),
                "channels": self._listing.places(self.preview.person_id),
                "calendar": self._calendar.state(),
                "commands": self._listing.commands(self.preview.person_id),
                "message_commands": message_commands(
                    self._world, person_id=self.preview.person_id, channel_id=self.preview.channel.id
                ),
                "suggestion": self._suggestion.keyword,
                "tour": self._tour.taken(),
            },
            headers=self._SECURITY_HEADERS,
        )

    async def _next_day(self, request: web.Request) -> web.Response:
        if not self._authorized(request):
            raise web.HTTPUnauthorized
        is_moved = await self._calendar.next_day()
        return json_response(
            {"is_moved": is_moved, "calendar": self._calendar.state()}, headers=self._SECURITY_HEADERS
        )

    async def _use_on_message(self, request: web.Request) -> web.Response:
        """Use a message command, as the person that the key names."""
        if not self._authorized(request):
            raise web.HTTPUnauthorized
        match await request.json(), self.preview.viewers:
            case {"message": str(message), "command": str(name)}, (person, *_) if message.isdecimal():
                pass
            case _:
                raise web.HTTPBadRequest
        try:
            is_answered = await use_on_message(
                self._world, person, self.preview.channel, name=name, message_id=int(message)
            )
        except LookupError:
            raise web.HTTPBadRequest from None
        return json_response({"is_answered": is_answered}, headers=self._SECURITY_HEADERS)

    async def _permission_settings(self, request: web.Request) -> web.Response:
        if not self._authorized(request):
            raise web.HTTPUnauthorized
        return self._permission_state()

    def _permission_state(self) -> web.Response:
        return json_response(self._permissions.state(self.preview.channel.id), headers=self._SECURITY_HEADERS)

    async def _change_permissions(self, request: web.Request) -> web.Response:
        """Allow or deny a permission in the channel, or add or delete a role, as the server's owner."""
        if not self._authorized(request):
            raise web.HTTPUnauthorized
        try:
            match await request.json():
                case {"subject": str(subject), "permission": str(name), "allowed": bool(is_allowed)}:
                    self._permissions.change(
                        self.preview.channel.id,
                        subject_id=int(subject),
                        permission=name,
                        is_allowed=is_allowed,
                    )
                case {"delete_role": str(role)}:
                    self._permissions.delete_role(int(role))
                case {"create_role": str(name)} if 1 <= len(name.strip()) <= _ROLE_CHARACTERS:
                    self._permissions.create_role(name.strip())
                case _:
                    raise web.HTTPBadRequest
        except (LookupError, ValueError):
            raise web.HTTPBadRequest from None
        return self._permission_state()


def _kept(response: web.Response) -> web.Response:
    """Lets the browser keep scripts, styles and fonts for a while: every channel requests all of them."""
    if response.content_type != "text/html":
        response.headers["Cache-Control"] = f"max-age={_KEPT_SECONDS}"
        response.headers.pop("Pragma", None)
    return response
