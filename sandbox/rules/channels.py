"""Discord's rules for threads, forum posts, and requests for a channel's messages."""

from __future__ import annotations

from typing import Final

from sandbox.rules.checks import Check, anything, array, flag, number, one_of, record, snowflake, text

MAX_TAGS: Final = 5
THREAD_NAME: Final = text(100, minimum=1)
_ARCHIVE_MINUTES: Final = one_of(60, 1_440, 4_320, 10_080)
_SLOWMODE_SECONDS: Final = number(0, 21_600)
_TAGS: Final = array(snowflake, maximum=MAX_TAGS, is_unique=True)

THREAD: Final[Check] = record(
    needs={"name": THREAD_NAME},
    auto_archive_duration=_ARCHIVE_MINUTES,
    rate_limit_per_user=_SLOWMODE_SECONDS,
    type=one_of(10, 11, 12),
    invitable=flag,
)
FORUM_POST: Final[Check] = record(
    needs={"name": THREAD_NAME, "message": anything},
    auto_archive_duration=_ARCHIVE_MINUTES,
    rate_limit_per_user=_SLOWMODE_SECONDS,
    applied_tags=_TAGS,
)
CHANNEL_CHANGES: Final[Check] = record(
    name=THREAD_NAME,
    topic=text(4_096),
    auto_archive_duration=_ARCHIVE_MINUTES,
    rate_limit_per_user=_SLOWMODE_SECONDS,
    applied_tags=_TAGS,
    archived=flag,
    locked=flag,
    invitable=flag,
)
# Query parameters, converted to numbers if they are numeric.
LISTED: Final[Check] = record(limit=number(1, 100), before=snowflake, after=snowflake, around=snowflake)
LISTED_THREADS: Final[Check] = record(limit=number(2, 100))
