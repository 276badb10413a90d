"""Discord markdown: outside text made harmless in it, shortened, put in bold and linked.

Nothing from outside may ping, link, or change the look of a message. Discord drops a backslash before any
punctuation when it renders, so backslashes are used wherever they work; they do not stop ``@everyone``, which
gets a zero-width space.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address
from urllib.parse import quote, urlsplit

from bot.core.cutting import length, shorten

MAX_URL = 2_048  # in embeds; Discord's limit
MAX_BUTTON_URL = 512  # of a link button; Discord's limit

_ZERO_WIDTH_SPACE = "\u200b"
_JOINERS = "\u200c\u200d"  # join emoji and letters of some scripts; removed elsewhere
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols that are invisible
_JUNK = frozenset(
    {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
)  # controls, bidi overrides, lone surrogates, private use

# Where a backslash is needed: before the one group of each match.
_TO_ESCAPE = (
    re.compile(r"([\\*_~|`<\[\]])"),
    re.compile(r":(/)/"),  # https://… becomes a link automatically
    re.compile(r"\bdiscord(?:app)?\.[a-z]+(/)", re.IGNORECASE),  # an invite does, even without https
    re.compile(r"<([#/+])"),  # <#channel>, </command:id>, <+phone>
    re.compile(r"<\w*(:)"),  # <t:1:R>, <:emoji:1>, <a:emoji:1>, <id:browse>
    re.compile(r"(:)(?=[^\s:]+:)"),  # :fire: shows as an emoji
    re.compile(r"^([#>+-])"),  # header, quote, list; -# is small print
    re.compile(r"^\d+([.)])(?=\s|$)"),  # numbered list
)
_BOLD = re.compile(r"\*\*([^*]+)\*\*")
_ESCAPED = re.compile(r"\\([^\w\s])")
_ITALIC = re.compile(r"(?<![*\w\\])\*([^*\s][^*]*)\*(?![*\w])")
_PING = re.compile(r"<@|@(?=everyone|here)", re.IGNORECASE)
_UNUSUAL = re.compile(r"[^ -~]")  # what is not printable ASCII
_HOST_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.ASCII)
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
# In the label of a link, even an escaped bracket can end the link, and an address makes Discord refuse it.
_LABEL_LOOKALIKES = {ord("["): "(", ord("]"): ")"}


def clean(text: str) -> str:
    """Outside text on one line: white space collapsed, without control, bidi and invisible characters."""
    text = _UNUSUAL.sub(lambda match: _shown(text, match.start()), text)
    return " ".join(text.split())


def _shown(text: str, at: int) -> str:
    character = text[at]
    if character in _JOINERS:
        neighbors = (text[at - 1 : at], text[at + 1 : at + 2])
        joins = all(
            side > "\x7f" and side not in _BLANK_LETTERS and unicodedata.category(side)[0] in "LMS"
            for side in neighbors
        )
        return character if joins else ""
    if character.isspace() or character in _BLANK_LETTERS:
        return " "
    return "" if unicodedata.category(character) in _JUNK else character


def escape(text: str) -> str:
    """Outside text as Discord markdown that shows exactly that text."""
    return "".join(_escaped(clean(text)))


def _escaped(text: str) -> list[str]:
    """The escaped form of each character of a cleaned text."""
    written = list(text)
    for pattern in _TO_ESCAPE:
        for match in pattern.finditer(text):
            written[match.start(1)] = "\\" + match[1]
    for match in _PING.finditer(text):
        written[match.end() - 1] = "@" + _ZERO_WIDTH_SPACE
    return written


def plain(text: str) -> str:
    """Outside text where Discord renders no markdown: footers, author names, button labels."""
    return _PING.sub(lambda match: match[0] + _ZERO_WIDTH_SPACE, clean(text))


def bold(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The escaped text with the spans in bold. Spans are offsets in the cleaned text.

    They may overlap, touch or reach outside the text.
    """
    text = clean(text)
    written = _escaped(text)
    for start, end in _merged(text, spans):
        written[start] = "**" + written[start]
        written[end - 1] += "**"
    return "".join(written)


def _merged(text: str, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans sorted, clipped and not blank; those with only white space between them are merged."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        start, piece = max(first, 0), text[max(first, 0) : max(last, 0)]
        start += len(piece) - len(piece.lstrip())
        end = start + len(piece.strip())
        if start == end:
            continue
        if merged and not text[merged[-1][1] : start].strip():
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def fit(
    text: str, spans: Iterable[tuple[int, int]], limit: int, *, cut: Callable[[str, int], str] = shorten
) -> str:
    """`bold` of as much of the text as stays within `limit` characters, escapes and stars counted.

    `cut` shortens a text to a number of characters, perhaps with one more that shows the cut.
    """
    text, spans, limit = clean(text), tuple(spans), max(limit, 0)
    room = limit
    while True:
        short = cut(text, room)
        kept = len(short) if text.startswith(short) else max(len(short) - 1, 0)
        written = bold(short, [(start, min(end, kept)) for start, end in spans])
        over = length(written) - limit
        if over <= 0:
            return written
        room = min(room, length(text)) - (over + 1) // 2


def link(label: str, url: str, *, spans: Iterable[tuple[int, int]] = (), limit: int = MAX_URL) -> str:
    """The outside text as a link, in at most `limit` characters besides the address.

    An address that `web_url` refuses leaves the label alone. A blank label shows the address's host.
    """
    address = web_url(url)
    if address is None:
        return fit(label, spans, limit)
    label = clean(label).translate(_LABEL_LOOKALIKES).replace("://", ":\N{DIVISION SLASH}\N{DIVISION SLASH}")
    shown = fit(label, spans, limit) or escape(urlsplit(address).hostname or "link")
    return f"[{shown}]({address})"


def web_url(url: str, *, limit: int = MAX_URL) -> str | None:
    """The address as Discord accepts it, inside markdown too: http(s), ASCII, percent-encoded; else None.

    Discord answers 400 to a whole message for one malformed address, so any that may be is left out.
    """
    try:
        parts = urlsplit(clean(url))
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:  # UnicodeError is one
        return None
    if parts.scheme.lower() not in {"http", "https"} or host is None or "@" in parts.netloc:
        return None
    address = f"{parts.scheme.lower()}://{host}" + (f":{port}" if port is not None else "")
    address += _quoted(parts.path)
    address += "?" + _quoted(parts.query) if parts.query else ""
    address += "#" + _quoted(parts.fragment) if parts.fragment else ""
    return address if len(address) <= limit else None


def _host(host: str) -> str | None:
    """The host in ASCII and lower case; None unless it has a dot.

    Raises:
        ValueError: neither a name nor an IPv4 address.
    """
    name = host.encode("idna").decode("ascii").lower().removesuffix(".") if host else ""
    labels = name.split(".")
    if len(labels) < 2 or len(name) > 253 or not all(_HOST_LABEL.fullmatch(label) for label in labels):
        return None
    return name if labels[-1][0].isalpha() else str(IPv4Address(name))


def _quoted(part: str) -> str:
    """A part of an address with everything encoded that markdown would interpret."""
    part = _PING.sub(lambda match: match[0][:-1] + "%40", _STRAY_PERCENT.sub("%25", part))
    return quote(part, safe="/%:@!$&+,;=?~-._")


def without_markup(text: str) -> str:
    """What Discord shows in bold, italics or code, as plain text; inline code is left as it is."""
    outside_and_code = re.split("`{1,3}", text)
    outside_and_code[::2] = [
        _ESCAPED.sub(r"\1", _ITALIC.sub(r"\1", _BOLD.sub(r"\1", part))) for part in outside_and_code[::2]
    ]
    return re.sub(r"\n{2,}", "\n", "".join(outside_and_code))
