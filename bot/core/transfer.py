"""What a file or another channel brings to a feed: settings that were given, and queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.core.feed_settings import FeedSettings
from bot.core.feeds import FeedKind
from bot.core.ids import ChannelId
from bot.core.query.compiled import CompiledQuery, Merged


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedFeed:
    """What is brought to one feed; what was not given stays as it is, and nothing is removed."""

    label: str  # how a problem with it names it; '' where there is only one
    channel_id: ChannelId | None = None  # None for the channel that the command names
    kind: FeedKind | None = None
    schedule: Mapping[str, object] = field(default_factory=dict[str, object])  # fields of Schedule
    settings: Mapping[str, object] = field(default_factory=dict[str, object])  # other fields of FeedSettings
    queries: tuple[CompiledQuery, ...] = ()
    merged: tuple[Merged, ...] = ()

    def over(self, before: FeedSettings) -> FeedSettings:
        """The settings as they are once these have been brought."""
        schedule = replace(before.schedule, **self.schedule)  # pyright: ignore[reportArgumentType] - its fields
        return replace(before, schedule=schedule, **self.settings)  # pyright: ignore[reportArgumentType] - its fields

    def without(self, *names: str) -> WantedFeed:
        """The same, but that these settings are not given."""
        left = {name: value for name, value in self.settings.items() if name not in names}
        return replace(self, settings=left)
