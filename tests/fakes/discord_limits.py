"""Discord's documented limits on a message, held against a payload as it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

CONTENT, EMBEDS, EMBED_TOTAL = 2_000, 10, 6_000
TITLE, DESCRIPTION, FOOTER, AUTHOR, URL = 256, 4_096, 2_048, 256, 2_048
FIELDS, FIELD_NAME, FIELD_VALUE = 25, 256, 1_024
ROWS, BUTTONS_IN_ROW, LABEL, CUSTOM_ID, BUTTON_URL = 5, 5, 80, 100, 512
NONCE = 25
ACTION_ROW, BUTTON, LINK_STYLE = 1, 2, 5


def assert_within_limits(payload: Mapping[str, Any]) -> None:
    """Fail unless the message (a dict as sent to Discord's REST) obeys every limit that Discord documents.

    Text is counted in UTF-16 units, the strictest way that a client or server of Discord's counts.
    """
    content = payload.get("content") or ""
    embeds: Sequence[Mapping[str, Any]] = payload.get("embeds") or ()
    _assert_length("content", content, CONTENT)
    assert len(embeds) <= EMBEDS, f"{len(embeds)} embeds"
    assert content.strip() or embeds or payload.get("components"), "an empty message"
    assert payload.get("allowed_mentions") is not None, "allowed_mentions must be explicit on every send"
    nonce = payload.get("nonce")
    if nonce is not None:
        _assert_length("nonce", str(nonce), NONCE)
    total = sum(_assert_embed(embed) for embed in embeds)
    assert total <= EMBED_TOTAL, f"the embeds hold {total} characters"
    _assert_rows(payload.get("components") or ())


def length(text: str) -> int:
    """The text's length in UTF-16 units; a lone surrogate, which no JSON may carry, raises."""
    return len(text.encode("utf-16-le")) // 2


def _assert_length(what: str, text: str, limit: int) -> int:
    size = length(text)
    assert size <= limit, f"{what} has {size} characters, the limit is {limit}"
    return size


def _assert_text(what: str, text: str, limit: int) -> int:
    assert text.strip(), f"{what} is blank"
    return _assert_length(what, text, limit)


def _assert_url(what: str, url: str, limit: int = URL) -> None:
    _assert_length(what, url, limit)
    parts = urlsplit(url)
    assert parts.scheme in {"http", "https"}, f"{what} is no web address: {url!r}"
    assert parts.hostname, f"{what} names no host: {url!r}"
    assert url.isascii(), f"{what} is not encoded: {url!r}"
    assert not set(url) & set(' <>"\\^`{|}\t\r\n'), f"{what} holds what no address may: {url!r}"


def _assert_embed(embed: Mapping[str, Any]) -> int:
    """The embed's characters as Discord counts them against the message's total."""
    total = 0
    for name, limit in (("title", TITLE), ("description", DESCRIPTION)):
        if embed.get(name) is not None:
            total += _assert_text(name, embed[name], limit)
    if embed.get("footer"):
        total += _assert_text("footer", embed["footer"]["text"], FOOTER)
    if embed.get("author"):
        total += _assert_text("author", embed["author"]["name"], AUTHOR)
        if embed["author"].get("url"):
            _assert_url("author url", embed["author"]["url"])
    if embed.get("url") is not None:
        _assert_url("embed url", embed["url"])
    for name in ("image", "thumbnail"):
        if embed.get(name):
            _assert_url(name, embed[name]["url"])
    fields = embed.get("fields") or ()
    assert len(fields) <= FIELDS, f"{len(fields)} fields"
    for field in fields:
        total += _assert_text("field name", field["name"], FIELD_NAME)
        total += _assert_text("field value", field["value"], FIELD_VALUE)
    assert 0 <= (embed.get("color") or 0) <= 0xFFFFFF, "a colour has 24 bits"
    assert total or embed.get("image") or embed.get("thumbnail"), "an empty embed"
    return total


def _assert_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    assert len(rows) <= ROWS, f"{len(rows)} rows"
    custom_ids: list[str] = []
    for row in rows:
        assert row["type"] == ACTION_ROW, f"a component of type {row['type']} outside a row"
        parts = row["components"]
        assert 1 <= len(parts) <= BUTTONS_IN_ROW, f"{len(parts)} components in a row"
        for part in parts:
            if part["type"] == BUTTON:
                _assert_button(part)
            else:
                assert len(parts) == 1, "a select stands alone in its row"
            if part.get("custom_id") is not None:
                _assert_text("custom id", part["custom_id"], CUSTOM_ID)
                custom_ids.append(part["custom_id"])
    assert len(custom_ids) == len(set(custom_ids)), "two components share a custom id"


def _assert_button(button: Mapping[str, Any]) -> None:
    if button.get("label") is not None:
        _assert_text("button label", button["label"], LABEL)
    assert button.get("label") or button.get("emoji"), "a button without a face"
    if button["style"] == LINK_STYLE:
        _assert_url("button url", button["url"], BUTTON_URL)
        assert button.get("custom_id") is None, "a link button has no custom id"
    else:
        assert button.get("custom_id"), "a button without a custom id"
