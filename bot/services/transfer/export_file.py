"""Export files: feeds as JSON that /config import reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from bot.core.feeds import Feed, Subscription
from bot.core.focus import Focus
from bot.core.markdown import clean
from bot.core.schedules import weekdays_text
from bot.services.transfer.file_format import VERSION

MAX_BYTES = 256 * 1024  # the limit of a file, read or written


def written(feeds: Iterable[tuple[Feed, str, Sequence[Subscription]]]) -> list[bytes]:
    """Feeds, each with its channel's name and its subscriptions, as files of at most MAX_BYTES."""
    files: list[list[str]] = []
    size = MAX_BYTES
    for feed, name, subscriptions in feeds:
        text = json.dumps(_raw(feed, name, subscriptions), ensure_ascii=False, indent=2)
        text = "\n".join(f"    {line}" for line in text.split("\n"))
        added = len(text.encode()) + 2
        if size + added > MAX_BYTES:
            files.append([])
            size = len(_file([]))
        files[-1].append(text)
        size += added
    return [_file(texts) for texts in files]


def _file(feeds: Sequence[str]) -> bytes:
    listed = ",\n".join(feeds)
    return f'{{\n  "paperboy": {VERSION},\n  "feeds": [\n{listed}\n  ]\n}}\n'.encode()


def _raw(feed: Feed, name: str, subscriptions: Sequence[Subscription]) -> dict[str, object]:
    """IDs are text: they exceed the integers that some programs can read."""
    role_id = feed.settings.mention_role_id
    return {
        "channel_id": str(feed.channel_id),
        "channel_name": clean(name),
        "kind": feed.kind.value,
        "schedule": {
            "cadence": feed.settings.schedule.cadence.value,
            "time": f"{feed.settings.schedule.time:%H:%M}",
            "timezone": feed.settings.schedule.timezone,
            "weekdays": weekdays_text(feed.settings.schedule.weekdays),
        },
        "style": feed.settings.style.value,
        "filter": {
            "min_upvotes": feed.settings.min_upvotes,
            "max_papers": feed.settings.max_papers,
            "only_with_code": feed.settings.only_with_code,
            "exclude": feed.settings.exclude.text if feed.settings.exclude else None,
        },
        "mention_role_id": None if role_id is None else str(role_id),
        "silent": feed.settings.is_silent,
        "threads": feed.settings.opens_threads,
        "publish": feed.settings.publishes,
        "paused": feed.settings.is_paused,
        "paused_until": feed.settings.paused_until and feed.settings.paused_until.isoformat(),
        "subscriptions": [_subscription(item) for item in subscriptions],
    }


def _subscription(subscription: Subscription) -> str | dict[str, str]:
    """Only its keywords if nothing else is unusual."""
    more: dict[str, str] = {}
    if subscription.focus is not Focus.EXACT:
        more["focus"] = subscription.focus.value
    if subscription.mention_role_id is not None:
        more["mention_role_id"] = str(subscription.mention_role_id)
    return {"keywords": subscription.query.text, **more} if more else subscription.query.text
