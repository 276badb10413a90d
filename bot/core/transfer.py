"""Transfer: the settings and queries that an import or a copy gives to a feed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.core.feeds import FeedKind, FeedSettings
from bot.core.focus import Focus
from bot.core.ids import ChannelId, RoleId
from bot.core.query.compiled import CompiledQuery, Merged


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedFeed:
    """What one feed is given. Settings that are not given stay as they are, and nothing is removed."""

    label: str  # its name in error messages; '' if there is only one
    channel_id: ChannelId | None = None  # None for the channel that the command names
    kind: FeedKind | None = None
    schedule: Mapping[str, object] = field(default_factory=dict[str, object])  # fields of Schedule
    settings: Mapping[str, object] = field(default_factory=dict[str, object])  # other fields of FeedSettings
    queries: tuple[CompiledQuery, ...] = ()
    focus_of: Mapping[str, Focus] = field(default_factory=dict[str, Focus])  # by canonical form
    role_of: Mapping[str, RoleId | None] = field(default_factory=dict[str, RoleId | None])  # likewise
    merged: tuple[Merged, ...] = ()

    def over(self, before: FeedSettings) -> FeedSettings:
        """The settings with these applied."""
        schedule = replace(before.schedule, **self.schedule)  # pyright: ignore[reportArgumentType] - its fields
        return replace(before, schedule=schedule, **self.settings)  # pyright: ignore[reportArgumentType] - its fields

    def without(self, *names: str) -> WantedFeed:
        """The same without these settings."""
        left = {name: value for name, value in self.settings.items() if name not in names}
        return replace(self, settings=left, role_of={} if "role_of" in names else self.role_of)
