"""SimCord's preview of the live world, for every channel and both people.

SimCord's preview shows one channel of an idle bot. Here, each request selects its channel and person, and the
page is published again whenever something in the channel changed.
"""

# pyright: reportPrivateUsage=false, reportUnknownMemberType=false
# The preview has no public extension points. simcord is pinned exactly, and tests/sandbox tests the page.

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from simcord.actors import MemberActor
from simcord.backend.errors import SetupError
from simcord.builders import ChannelHandle, UserHandle
from simcord.preview import Preview

from sandbox.world import PaperClub, World

if TYPE_CHECKING:
    from collections.abc import Generator

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_SIZE_AT: Final = (16, 20)  # where a PNG stores its width and height
_SUB_COMMANDS: Final = (1, 2)  # option types: subcommand and subcommand group


class ChannelPreview(Preview):
    """The preview, with the channel and the person of the current request."""

    _MAX_PAGES = 64
    _PAGE_LEASE_SECONDS = 24 * 3600.0  # a background tab polls rarely

    def __init__(
        self, world: World, club: PaperClub, *, port: int, pictures: Mapping[str, tuple[str, bytes]]
    ) -> None:
        self._world = world
        self._club = club
        self._shown: ContextVar[int] = ContextVar("shown", default=club.papers.id)
        self._person: ContextVar[int] = ContextVar("person", default=club.admin.id)
        self._visitor: ContextVar[bool] = ContextVar("visitor", default=False)
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
        # Not a copy, so that pictures of later lists are included.
        self._explicit_assets = pictures  # pyright: ignore[reportAttributeAccessIssue]  # only read
        world.backend.subscribers.append(self._on_event)

    @property
    def channel(self) -> ChannelHandle:  # pyright: ignore[reportIncompatibleVariableOverride]  # the point of this class
        channel = self._world.backend.get_channel(self._shown.get())
        return ChannelHandle(self._world, None if channel.guild_id is None else self._club.guild, channel)

    @channel.setter
    def channel(self, _value: ChannelHandle) -> None:
        """Set by the base class only; the request determines it."""

    @property
    def viewers(self) -> tuple[Any, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]  # the point of this class
        """The person of the request only. SimCord denies access if they can't view the channel."""
        people: tuple[MemberActor | UserHandle, ...] = (self._club.admin, self._club.member)
        if self.channel.guild is None:
            people = self._club.users
        return tuple(who for who in people if who.id == self._person.get())

    @viewers.setter
    def viewers(self, _value: tuple[Any, ...]) -> None:
        """Set by the base class only; the request determines it."""

    @contextmanager
    def showing(self, channel_id: int, *, to: int) -> Generator[None]:
        channel, person = self._shown.set(channel_id), self._person.set(to)
        try:
            yield
        finally:
            self._shown.reset(channel)
            self._person.reset(person)

    def look_at(self, channel_id: int, *, by: int) -> None:
        """Select the channel and the person for the rest of this request."""
        self._shown.set(channel_id)
        self._person.set(by)
        self._visitor.set(True)

    @property
    def is_visitor(self) -> bool:
        """Whether this is done by a request of the page."""
        return self._visitor.get()

    @property
    def person_id(self) -> int:
        return self._person.get()

    def publish_if_changed(self, context_id: str | None) -> None:
        """Publish the page again if the channel's version grew since it was last published.

        Publishing more often would reject actions as stale, because the browser has not seen the newest page.
        """
        page = self._pages.get(context_id or "")
        if page is None:
            return
        version = self._world.changes.version(page.channel_id)
        # After an unanswered action the page is stale, and SimCord waits for its Refresh button.
        if page.status == "stale" or self._versions.get(page.id) != version:
            self._publish(page, reason="refresh")

    def _publish(self, page: Any, *, reason: Any = "action") -> None:
        with self.showing(page.channel_id, to=page.viewer.id):
            self._versions[page.id] = self._world.changes.version(page.channel_id)
            self._advance_presentation_time()
            super()._publish(page, reason=reason)

    def _open_page(self, viewer_id: Any = None, target_id: Any = None) -> Any:
        oldest = sorted(self._pages.values(), key=lambda page: page.last_activity)
        for page in [page for page in oldest if page is not self._python][: -(self._MAX_PAGES - 1)]:
            self._close_page(page.id)
            self._versions.pop(page.id, None)
        if target_id is None:  # the newest message, which the browser scrolls to
            target_id = self._initial_target(self.viewers[0], self.channel.id)
        return super()._open_page(viewer_id, target_id)

    async def _prepare_asset(self, context_id: Any, asset_id: str, **how: Any) -> tuple[str, bytes, str]:
        """Serve a generated picture without decoding it.

        SimCord decodes each picture in a separate process, up to eight at a time, and rejects more. Channels
        with many pictures would lose some of them.
        """
        _, record, body = self._authorized_asset(context_id, asset_id)
        if how.get("download") or not body.startswith(_PNG):
            return await super()._prepare_asset(context_id, asset_id, **how)
        record.width, record.height = (int.from_bytes(body[at : at + 4]) for at in _PNG_SIZE_AT)
        record.mediaKind, record.validated = "image", True
        return "image/png", body, record.filename

    def _prepare_action(self, page: Any, kind: str, body: Mapping[str, Any]) -> Any:
        if kind == "close":
            raise SetupError("the sandbox stops with its process")
        plan = super()._prepare_action(page, kind, body)
        if kind != "modal_submit":
            return plan
        form = page.modal._interaction  # noqa: SLF001  # see above

        async def submit(action: Any, cursor: int) -> Any:
            try:
                return await plan(action, cursor)
            except TimeoutError:
                form.modal_consumed = False  # the form stays open and can be submitted again
                raise

        return submit

    def _on_event(self, event: str, payload: Mapping[str, Any]) -> None:
        """Show the full name of a subcommand above its answer, as Discord does: "used /config show"."""
        if event != "INTERACTION_CREATE" or "name" not in payload.get("data", {}):
            return
        part: dict[str, Any] = payload["data"]
        words: list[str] = [part["name"]]
        while options := part.get("options"):
            part = options[0]
            if part.get("type") not in _SUB_COMMANDS:
                break
            words.append(part["name"])
        interaction = self._world.backend.interactions.get(int(payload["id"]))
        if interaction is not None:
            interaction.command_name = " ".join(words)
