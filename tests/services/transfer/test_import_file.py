"""Files of feeds: what is exported is imported as it was, and what is broken says where."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from datetime import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.feeds import Feed, FeedKind, FeedSettings, Style, Subscription
from bot.core.focus import Focus
from bot.core.ids import ChannelId, FeedId, RoleId, ServerId, SubscriptionId
from bot.core.limits import Limits
from bot.core.query.errors import QueryError
from bot.core.query.nodes import Everything
from bot.core.query.parser import parse_query
from bot.core.schedules import Cadence, Schedule, timezone_names
from bot.core.transfer import WantedFeed
from bot.errors import UserError
from bot.services.transfer.export_file import MAX_BYTES, written
from bot.services.transfer.import_file import read_file
from tests.cases import each
from tests.examples import examples
from tests.queries import compiled
from tests.samples import NOW


def read(data: bytes | str, name: str = "file.txt", **limits: int) -> tuple[WantedFeed, ...]:
    data = data.encode() if isinstance(data, str) else data
    return read_file(data, name=name, limits=Limits(**limits))


def refusal(data: bytes | str, name: str = "file.txt", **limits: int) -> str:
    with pytest.raises(UserError) as error:
        read(data, name, **limits)
    return str(error.value)


def texts(data: bytes | str, name: str = "file.txt") -> list[str]:
    (feed,) = read(data, name)
    assert feed.channel_id is None
    return [query.text for query in feed.queries]


def file_of(*feeds: Any, **top: Any) -> str:
    return json.dumps({"paperboy": 1, "feeds": list(feeds), **top})


# Export → import


def _is_query(text: str) -> bool:
    try:
        parse_query(text)
    except QueryError:
        return False
    return True


words = st.text(st.characters(categories=["L", "N", "P", "S", "Z", "Cc", "Cf"]), min_size=1, max_size=30)
queries = words.map(lambda text: " ".join(text.split())).filter(_is_query)
ids = st.integers(1, 2**63 - 1)
schedules = st.builds(
    Schedule,
    cadence=st.sampled_from(Cadence),
    time=st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    timezone=st.sampled_from(timezone_names()),
)


feed_settings = st.builds(
    FeedSettings,
    schedule=schedules,
    style=st.sampled_from(Style),
    mention_role_id=st.none() | ids.map(RoleId),
    publishes=st.booleans(),
    opens_threads=st.booleans(),
    min_upvotes=st.integers(0, 1000),
    max_papers=st.integers(1, 100),
    only_with_code=st.booleans(),
    exclude=st.none()
    | queries.filter(lambda text: not isinstance(parse_query(text).root, Everything)).map(compiled),
    is_paused=st.booleans(),
)
feeds = st.builds(
    Feed,
    id=st.just(FeedId(1)),
    server_id=st.just(ServerId(1)),
    channel_id=ids.map(ChannelId),
    kind=st.sampled_from([FeedKind.CHANNEL, FeedKind.THREAD, FeedKind.FORUM]),
    settings=feed_settings,
    paused_at=st.none(),
    block=st.none(),
    next_run_at=st.just(NOW),
    last_run_at=st.none(),
    last_run=st.none(),
    created_at=st.just(NOW),
)


def subscription(text: str) -> Subscription:
    return Subscription(
        id=SubscriptionId(1),
        feed_id=FeedId(1),
        query=compiled(text),
        since=NOW.date(),
        created_at=NOW,
    )


subscriptions = st.lists(
    st.builds(lambda text, focus: replace(subscription(text), focus=focus), queries, st.sampled_from(Focus)),
    max_size=8,
    unique_by=lambda subscription: subscription.query.canonical,
)
elsewhere = FeedSettings(
    schedule=Schedule(time=time(4, 5), weekdays=frozenset({6}), timezone="Asia/Tokyo"),
    min_upvotes=77,
    exclude=compiled("something"),
    mention_role_id=RoleId(77),
)


@settings(max_examples=examples(4), deadline=None)
@given(
    st.lists(
        st.tuples(feeds, st.text(max_size=20), subscriptions),
        max_size=5,
        unique_by=lambda one: one[0].channel_id,
    )
)
def test_what_is_exported_is_imported_as_it_was(exported: list[tuple[Feed, str, list[Subscription]]]) -> None:
    # A channel's name comes from Discord's JSON, which has no lone surrogates.
    exported = [(feed, name.encode(errors="replace").decode(), known) for feed, name, known in exported]
    files = written(exported)
    found = [feed for file in files for feed in read(file, "feeds.json")]

    assert len(files) == bool(exported)
    for (feed, _, known), wanted in zip(exported, found, strict=True):
        assert wanted.channel_id == feed.channel_id
        assert wanted.kind is feed.kind
        assert wanted.over(elsewhere) == feed.settings
        assert [query.text for query in wanted.queries] == [item.query.text for item in known]
        assert [query.canonical for query in wanted.queries] == [item.query.canonical for item in known]
        assert wanted.focus_of == {
            item.query.canonical: item.focus for item in known if item.focus is not Focus.EXACT
        }


def test_a_large_export_is_cut_into_files_that_can_be_read() -> None:
    known = [subscription(f"{number} {'word ' * 38}") for number in range(50)]
    one = Feed(
        id=FeedId(1),
        server_id=ServerId(1),
        channel_id=ChannelId(1),
        settings=elsewhere,
        next_run_at=NOW,
        created_at=NOW,
    )
    files = written((one, "papers", known) for _ in range(50))

    assert len(files) > 1
    for file in files:
        assert len(file) <= MAX_BYTES
        assert len(json.loads(file)["feeds"]) >= 1
    assert sum(len(json.loads(file)["feeds"]) for file in files) == 50


def test_what_is_not_given_stays() -> None:
    (wanted,) = read(file_of({"channel_id": "1", "schedule": {"time": "7:30"}, "filter": {"exclude": None}}))

    after = wanted.over(elsewhere)

    assert after.schedule.time == time(7, 30)
    assert after.schedule.timezone == "Asia/Tokyo"
    assert after.exclude is None
    assert after.min_upvotes == 77
    assert after.mention_role_id == 77


# Lists


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("video\nworld model\n", ["video", "world model"]),
        ("video\r\rworld   model", ["video", "world model"]),
        ("  # comment\n\n  video  \n#video\n", ["video"]),
        (b"\xef\xbb\xbfvideo", ["video"]),
        ("C#\nC++", ["C#", "C++"]),
        ("# überall\nmodèle génératif", ["modèle génératif"]),
        ("*", ["*"]),
    ],
)
def test_a_list_has_a_keyword_a_line(data: bytes | str, found: list[str]) -> None:
    assert texts(data) == found


# What is broken

FEED = {"channel_id": "1"}
BROKEN: list[tuple[str, bytes | str, list[str]]] = [
    ("a.json", '{"paperboy": 1,\n "feeds": [}', ["line 2, column 12", "not JSON"]),
    ("a.json", "", ["empty"]),
    ("a.txt", " \r\n\t\n", ["empty"]),
    ("a.txt", b"\xef\xbb\xbf", ["empty"]),
    ("a.txt", "# nothing\n#", ["no keywords", "`#`"]),
    ("a.json", "[]", ["must be an object", '"paperboy": 1']),
    ("a.json", "{}", ["**paperboy** is missing", "**feeds** is missing"]),
    ("a.json", '{"paperboy": 2, "feeds": []}', ["**paperboy** must be 1", "not *2*"]),
    ("a.json", '{"paperboy": "1", "feeds": []}', ["**paperboy** must be 1"]),
    ("a.json", '{"paperboy": true, "feeds": []}', ["**paperboy** must be 1"]),
    ("a.json", file_of(), ["**feeds** is empty"]),
    ("a.json", file_of(FEED, colour=1), ["**colour** is not a known key", "`feeds`"]),
    ("a.json", file_of({**FEED, "colour": 1}), ["Feed 1: **colour**", "`subscriptions`"]),
    ("a.json", file_of({**FEED, "schedule": {"hour": 1}}), ["**schedule.hour**", "`cadence`"]),
    ("a.json", file_of(FEED, {}), ["Feed 2: **channel\\_id** is missing", "text, such as"]),
    ("a.json", file_of({"channel_id": "papers"}), ["**channel\\_id** must be", "not *papers*"]),
    ("a.json", file_of({"channel_id": True}), ["**channel\\_id** must be", "`true`"]),
    ("a.json", file_of({"channel_id": 2**70}), ["**channel\\_id** must be"]),
    ("a.json", file_of({"channel_id": 1e999}), ["`Infinity` is not JSON"]),
    ("a.json", file_of(7), ["Feed 1: it must be an object"]),
    ("a.json", file_of(FEED, {**FEED, "channel_name": "x"}), ["Feed 2 (x) has the channel of Feed 1"]),
    (
        "a.json",
        file_of({**FEED, "schedule": {"timezone": "Mars/Base"}}),
        ["schedule.timezone", "Europe/Berlin", "Mars/Base"],
    ),
    ("a.json", file_of({**FEED, "schedule": {"time": "25:00"}}), ["schedule.time", "`HH:MM`", "25:00"]),
    ("a.json", file_of({**FEED, "schedule": {"weekdays": "Someday"}}), ["schedule.weekdays", "Mon-Fri"]),
    ("a.json", file_of({**FEED, "schedule": {"weekdays": []}}), ["schedule.weekdays", "a list"]),
    (
        "a.json",
        file_of({**FEED, "schedule": {"cadence": "hourly"}}),
        ["schedule.cadence", '`"live"`', "hourly"],
    ),
    ("a.json", file_of({**FEED, "schedule": None}), ["**schedule** must be an object", "`null`"]),
    ("a.json", file_of({**FEED, "style": "loud"}), ["**style** must be", '`"digest"`']),
    ("a.json", file_of({**FEED, "filter": {"min_upvotes": -1}}), ["filter.min\\_upvotes", "0 to 100000"]),
    ("a.json", file_of({**FEED, "filter": {"max_papers": 0}}), ["filter.max\\_papers", "from 1"]),
    ("a.json", file_of({**FEED, "filter": {"max_papers": 1.5}}), ["filter.max\\_papers", "1.5"]),
    ("a.json", file_of({**FEED, "filter": {"exclude": "(a"}}), ["Feed 1: **exclude**: This parenthesis"]),
    ("a.json", file_of({**FEED, "filter": {"exclude": "-a"}}), ["leave the minus out: `a`"]),
    (
        "a.json",
        file_of({**FEED, "filter": {"exclude": "*"}}),
        ["Feed 1: **exclude**: This matches every paper"],
    ),
    ("a.json", file_of({**FEED, "threads": "yes"}), ["**threads** must be `true`"]),
    ("a.json", file_of({**FEED, "subscriptions": "video"}), ["**subscriptions** must be a list"]),
    ("a.json", file_of({**FEED, "subscriptions": ["a", 5]}), ["**subscriptions 2** must be text in quotes"]),
    (
        "a.json",
        file_of({**FEED, "subscriptions": [{"keywords": "a", "focus": "sharp"}, {"focus": "broad"}]}),
        [
            "**subscriptions 1.focus** must be",
            '`"balanced"`',
            "sharp",
            "**subscriptions 2.keywords** is missing",
        ],
    ),
    (
        "a.json",
        file_of({**FEED, "subscriptions": [{"keywords": "a", "colour": 1}]}),
        ["**subscriptions 1.colour** is not a known key", "`keywords`, `focus`"],
    ),
    ("a.json", file_of({**FEED, "subscriptions": ["a", "b OR"]}), ["Feed 1: subscription 2: This `OR`"]),
    (
        "a.json",
        file_of({**FEED, "subscriptions": ["\udc00x"]}),
        ["subscription 1 contains an incomplete character"],
    ),
    (
        "a.json",
        file_of({**FEED, "subscriptions": [str(n) for n in range(51)]}),
        ["subscription 51 is one too many"],
    ),
    ("a.json", '{"paperboy": 1, "paperboy": 1, "feeds": []}', ["**paperboy** appears twice"]),
    ("a.json", "[" * 200_000, ["nested too deeply"]),
    ("a.json", '{"paperboy": ' + "1" * 5000 + "}", ["far too long"]),
    ("a.json", "video", ["not JSON: line 1, column 1"]),
    ("a.txt", "video\n(agents\n", ["Line 2: This parenthesis is never closed"]),
    ("a.txt", "a\n#\nb OR", ["Line 3: "]),
    ("a.txt", "a\n" + "x" * 201, ["Line 2: This query is 201 characters long"]),
    ("a.txt", "\n".join(str(n) for n in range(51)), ["Line 51 is one too many", "50 subscriptions"]),
    ("a.txt", b"ok\nb\xfcro", ["Line 2", "not UTF-8", "byte 2"]),
    ("a.txt", "büro".encode("utf-16"), ["UTF-16", "UTF-8"]),
    ("a.txt", "ab".encode("utf-16-le"), ["characters that are not text"]),
    ("a.png", b"\x89PNG\r\n\x1a\n" + zlib.compress(b"x" * 99), ["Line 1", "not UTF-8"]),
    ("a.zip", b"PK\x03\x04abc", ["characters that are not text"]),
    ("a.txt", b"a" * (MAX_BYTES + 1), ["at most 256"]),
    ("a.opml", '<opml><outline text="a"/></opml>', ["OPML", "one keyword per line", "`/config export`"]),
    ("a.txt", '\n <?xml version="1.0"?><opml/>', ["OPML"]),
    ("a.xml", "video", ["XML"]),
]


@each(("name", "data", "expected"), BROKEN)
def test_a_broken_file_says_where_and_what_would_be_right(
    name: str, data: bytes | str, expected: list[str]
) -> None:
    text = refusal(data, name)
    for part in expected:
        assert part in text
    assert "othing was changed" in text or "othing to import" in text


def test_several_problems_are_listed_at_once_but_not_too_many() -> None:
    text = refusal("\n".join(f"({number}" for number in range(20)))

    assert "Line 5:" in text
    assert "Line 6:" not in text
    assert "… and 15 more." in text


def test_limits_are_the_operators() -> None:
    assert "101" not in refusal("a\nb\nc", subscriptions=2)
    assert "at most 30" in refusal("x" * 31, query_length=30)
    assert len(read("x" * 300, query_length=300)) == 1


def test_text_of_a_file_pings_and_links_nobody_in_an_error() -> None:
    hostile = "@everyone <@1> [x](https://evil.example) `"
    for text in (
        refusal(file_of({"channel_id": hostile, "channel_name": hostile})),
        refusal(file_of({"channel_id": "1", hostile: 1})),
        refusal(file_of({"channel_id": "1", "style": hostile})),
        refusal(json.dumps({hostile: 1})[:-1] + f", {json.dumps(hostile)}: 1}}"),
    ):
        assert "@everyone" not in text
        assert "<@1>" not in text
        assert "[x](" not in text


def outcome(data: bytes, name: str) -> object:
    """What was read, or why it was not; anything else is a bug."""
    try:
        return read(data, name)
    except UserError as error:
        return str(error)


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode(errors="replace")))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for name in ("a.txt", "a.json"):
        assert outcome(data, name)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
KEYS = [
    "channel_id",
    "channel_name",
    "kind",
    "schedule",
    "style",
    "filter",
    "mention_role_id",
    "subscriptions",
]


@given(st.dictionaries(st.sampled_from(KEYS), json_values), json_values)
def test_any_json_is_read_or_refused(feed: dict[str, Any], top: Any) -> None:
    for raw in ({"paperboy": 1, "feeds": [feed]}, {"paperboy": 1, "feeds": top}, top):
        assert outcome(json.dumps(raw).encode(), "a.json")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "LLMs\nb\nllm\nLLM"),
        ("a.json", file_of({**FEED, "subscriptions": ["LLMs", "b", "llm", "LLM"]})),
    ],
)
def test_keywords_that_are_the_same_count_once_and_are_named(name: str, text: str) -> None:
    (wanted,) = read(text, name)
    assert [query.text for query in wanted.queries] == ["LLMs", "b"]
    assert [(query.text, query.same_as) for query in wanted.merged] == [("llm", "LLMs"), ("LLM", "LLMs")]


def test_doubles_do_not_count_towards_the_limit() -> None:
    text = "\n".join(["video"] * 30 + [str(number) for number in range(49)])
    (wanted,) = read(text, "a.txt")
    assert len(wanted.queries) == 50
