"""Rejections: what Discord refused of a message, in words, and what is not known to be about its content."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.cards import Picture
from bot.discord.delivery.content_errors import rejection
from bot.errors import DeliveryError, DeliveryErrorKind
from sandbox import Fault
from tests.cases import each
from tests.discord.loopback import Loopback, a_message
from tests.examples import examples

TOO_LONG = {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 4096 or fewer in length."}]}
BAD_URL = {"_errors": [{"code": "URL_TYPE_INVALID_SCHEME", "message": "Scheme must be one of http, https."}]}
REQUIRED = {"_errors": [{"code": "BASE_TYPE_REQUIRED", "message": "This field is required"}]}


@each(
    ("errors", "expected", "embeds"),
    [
        (
            {"embeds": {"2": {"description": TOO_LONG}}},
            "the description of the third embed (it is too long)",
            (2,),
        ),
        (
            {"embeds": {"0": {"image": {"url": BAD_URL}}}},
            "the link of the picture of the first embed (Discord doesn't accept that address)",
            (0,),
        ),
        (
            {"embeds": {"1": {"fields": {"0": {"name": REQUIRED}}}}},
            "the name of the first field of the second embed (it is empty)",
            (1,),
        ),
        (
            {"components": {"0": {"components": {"3": {"url": BAD_URL}}}}},
            "the link of the fourth button (Discord doesn't accept that address)",
            (),
        ),
        (
            {"components": {"0": {"components": {"0": {"options": {"2": {"label": TOO_LONG}}}}}}},
            "the label of the third option (it is too long)",
            (),
        ),
        (
            {"message": {"embeds": {"0": {"title": TOO_LONG}}}},
            "the title of the first embed (it is too long)",
            (0,),
        ),
        ({"name": REQUIRED}, "the title (it is empty)", ()),
        ({"content": TOO_LONG}, "the text (it is too long)", ()),
        ({"embeds": ["Embed size exceeds maximum size of 6000"]}, "the embeds", ()),
        (
            {"embeds": {"11": {"x_y": {"_errors": [{"code": "NEW_CODE"}]}}}},
            "the `x_y` of the 12th embed (`NEW_CODE`)",
            (11,),
        ),
        ({"_errors": [{"code": "SOMETHING"}]}, "the message (`SOMETHING`)", ()),
        (
            {"embeds": {str(number): {"title": TOO_LONG} for number in range(5)}},
            "the title of the third embed (it is too long) and 2 more",
            (0, 1, 2, 3, 4),
        ),
    ],
)
def test_the_field_that_discord_names_is_described_in_words(
    errors: dict[str, Any], expected: str, embeds: tuple[int, ...]
) -> None:
    found = rejection(status=400, code=50035, errors=errors)
    assert found is not None
    assert expected in found.reason
    assert found.embeds == embeds


def test_pictures_are_named_where_nothing_else_is_refused() -> None:
    pictures = {
        "0": {"author": {"icon_url": BAD_URL}, "image": BAD_URL},
        "2": {"thumbnail": {"url": BAD_URL}},
    }
    found = rejection(status=400, code=50035, errors={"embeds": pictures})
    assert found is not None
    assert found.pictures == {0: {Picture.ICON, Picture.IMAGE}, 2: {Picture.THUMBNAIL}}
    for other in (
        {"embeds": pictures | {"1": {"title": TOO_LONG}}},
        {"embeds": pictures, "content": TOO_LONG},
    ):
        found = rejection(status=400, code=50035, errors=other)
        assert found is not None
        assert not found.pictures


@each("code", [20009, 40005, 50006, 50035, 50109, 200000, 200001, 240000])
def test_refusals_of_the_content_are_recognized(code: int) -> None:
    assert rejection(status=400, code=code, errors=None) is not None


def test_a_message_that_is_too_large_is_refused_for_its_content() -> None:
    assert rejection(status=413, code=0, errors=None) is not None


@each(
    ("status", "code", "errors"),
    [
        (400, 0, None),
        (400, 99999, None),
        (405, 0, None),
        (409, 0, None),
        (415, 0, None),
        (400, 50035, {"nonce": TOO_LONG}),
        (400, 50035, {"allowed_mentions": {"roles": {"0": REQUIRED}}}),
        (400, 50035, {"message_reference": REQUIRED}),
        (400, 50035, {"applied_tags": REQUIRED}),
    ],
)
def test_other_refusals_are_not_about_the_content(status: int, code: int, errors: object) -> None:
    assert rejection(status=status, code=code, errors=errors) is None


_trees = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["embeds", "0", "_errors", "@everyone", "\n"]) | st.text(), inner)
    ),
)


@settings(max_examples=examples(3))
@given(_trees)
def test_the_description_is_short_and_harmless_for_any_tree(tree: object) -> None:
    found = rejection(status=400, code=50035, errors=tree)
    if found is not None:
        assert len(found.reason) < 2_500
        assert not set(found.reason) & set("@<>[]\n*|~")


@pytest.mark.parametrize("kind", ["text", "thread", "forum"])
async def test_what_discord_named_reaches_the_error(loopback: Loopback, kind: str) -> None:
    tree: dict[str, Any] = {"embeds": {"1": {"description": TOO_LONG}}}
    body = {
        "message": "Invalid Form Body http://10.0.0.7:3128",
        "code": 50035,
        "errors": {"message": tree} if kind == "forum" else tree,
    }
    loopback.sandbox.faults.add(
        Fault(method="POST", path="/channels/*", containing="2608.00002", status=400, body=body, times=None)
    )
    with pytest.raises(DeliveryError) as raised:
        await loopback.publish(kind, a_message("2608.00001", "2608.00002"))
    assert raised.value.reason == "Discord refused the description of the second embed (it is too long)."
    assert raised.value.refused_embeds == (1,)
    assert raised.value.kind is DeliveryErrorKind.CONTENT_REFUSED
    await loopback.publish(kind, a_message("2608.00001"))
