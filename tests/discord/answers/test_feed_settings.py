"""A feed's settings as /config show lists them."""

from __future__ import annotations

import pytest

from bot.core.access import Access
from bot.core.feeds import Block, Feed, FeedKind, LastRun, Style
from bot.core.ids import RoleId
from bot.discord.answers.feed_settings import feed_settings
from bot.services.feeds.feeds import FeedState
from tests.discord.answers.test_feed_status import FEED, changed
from tests.samples import NOW


def state(feed: Feed = FEED, *, access: Access | None = None) -> FeedState:
    return FeedState(
        feed=feed,
        subscriptions=(),
        posts={},
        last_sent=None,
        notices_channel_id=None,
        access=access or Access(),
    )


def shown(feed: Feed, *, access: Access | None = None) -> dict[str, str]:
    embed = feed_settings(state(feed, access=access), now=NOW)
    fields = {str(field.name): str(field.value) for field in embed.fields}
    return fields | {"": embed.description or ""}


def test_obstacles_to_follow_ups_are_shown() -> None:
    feed = changed(opens_threads=True, publishes=True)
    access = Access(threads_obstacle="No threads.", publishing_obstacle="No followers.")
    text = shown(feed, access=access)[""]
    assert "Threads are not opened: No threads." in text
    assert "Messages are not published: No followers." in text
    assert "No threads." not in shown(FEED, access=access)[""]


def test_the_settings_show_every_choice() -> None:
    feed = changed(
        mention_role_id=RoleId(5),
        opens_threads=True,
        publishes=True,
        last_run=LastRun(new=4, matched=0, planned=0),
        last_run_at=NOW,
    )
    fields = shown(feed)

    assert fields["Mention"] == "<@&5>"
    assert fields["Threads"] == "on, under each card"
    assert fields["Publishing"].startswith("on")
    assert fields["Last run"].startswith("<t:1787126400:R>: **filtered**: 4 new papers")
    assert "`/config notices` sets" in fields["Problem notices"]


def test_the_settings_of_a_new_feed_show_the_defaults() -> None:
    fields = shown(FEED)

    assert (fields["Mention"], fields["Threads"], fields["Publishing"]) == ("nobody", "off", "off")
    assert fields["Last run"] == "none yet"


@pytest.mark.parametrize(
    ("values", "threads"),
    [
        ({"kind": FeedKind.FORUM}, "each post is a thread"),
        ({"opens_threads": True, "style": Style.DIGEST}, "on, but a digest has no cards"),
    ],
)
def test_the_settings_say_where_threads_have_no_effect(values: dict[str, object], threads: str) -> None:
    assert shown(changed(**values))["Threads"].startswith(threads)


def test_an_obstacle_to_posting_is_shown_once() -> None:
    access = Access(
        obstacle="I'm missing **Embed Links**.", history_obstacle="I'm missing **Read Message History**."
    )
    answer = shown(FEED, access=access)[""]
    assert "⚠️ I'm missing **Embed Links**." in answer
    assert "⚠️ I'm missing **Read Message History**. Without it" in answer
    blocked = changed(block=Block(reason="I'm missing **Embed Links**.", since=NOW))
    assert shown(blocked, access=access)[""].count("**Embed Links**") == 1


def test_an_obstacle_to_everything_is_shown_once() -> None:
    missing = "I'm missing **View Channel**."
    access = Access(
        obstacle=missing, history_obstacle=missing, threads_obstacle=missing, publishing_obstacle=missing
    )
    feed = changed(opens_threads=True, publishes=True)
    assert shown(feed, access=access)[""].count(missing) == 1
