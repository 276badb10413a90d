"""Cleaning of what Hugging Face sends: texts, links and times, made safe to store and show."""

from __future__ import annotations

import errno
import re
import ssl
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

from yarl import URL

from bot.proxies import ProxyError

# The longest abstract seen has 1,923 characters. This only keeps garbage from filling the database.
_MAX_TEXT_LENGTH = 20_000
# Discord accepts no longer link anywhere.
_MAX_LINK_LENGTH = 2_000
# arXiv began in 1991. A year outside these is not that of a paper, and may overflow arithmetic later.
_FIRST_YEAR, _LAST_YEAR = 1990, 2200

# Control characters that are not white space; marks that change the direction of text (they would reorder an
# embed or a log line); unpaired surrogates, which cannot be encoded.
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_NOT_IN_LINKS = re.compile(r"[\s<>\"`\\\x00-\x1f\x7f\ud800-\udfff]")
_HOST = re.compile(r"(?:[a-z0-9_-]{1,63}\.)+[a-z0-9-]{1,63}", re.ASCII)
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}", re.ASCII)
_GITHUB_HOSTS = {"github.com", "www.github.com"}
_GITHUB_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}", re.ASCII)
_IP_ADDRESS = re.compile(
    r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w)"
    r"|(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])"
)
_PATH = re.compile(r"(?<![\w/:.<])(?:/[\w.@+-]+){2,}/?")
# What Discord shows as a picture. Of a video, or a drawing in SVG, it shows nothing.
_PICTURE = re.compile(r"\.(?:png|jpe?g|webp|gif)$", re.IGNORECASE)
_DRAWING = re.compile(r"\.svg$", re.IGNORECASE)
_SITE = "https://huggingface.co"
_MAX_CHAIN = 4
_TREE = re.compile(r"/(?:-/)?(?:tree|blob)/.*", re.DOTALL)


def clean_text(text: str) -> str:
    """The text on one line: white space collapsed, unprintable characters removed, LaTeX unchanged."""
    return " ".join(_UNWANTED.sub("", text[:_MAX_TEXT_LENGTH]).split())


def shorten(text: str, *, limit: int = 200) -> str:
    """Outside text for a log line or an error: clean, and at most `limit` characters."""
    clean = clean_text(text)
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def without_addresses(text: str) -> str:
    """The text without IP addresses and file paths, which an error page may reveal."""
    return _PATH.sub("[path]", _IP_ADDRESS.sub("[address]", text))


def cause(error: BaseException) -> str:
    """Why a connection failed, without hosts, addresses and paths, which `str(error)` would contain."""
    if isinstance(error, ProxyError):  # its text names only the variable
        return str(error)
    current: BaseException | None = error
    reasons: list[str] = []
    while current is not None and len(reasons) < _MAX_CHAIN:
        name = type(current).__name__
        number = getattr(current, "errno", None)
        code = errno.errorcode.get(number) if isinstance(number, int) else None
        # Its number is OpenSSL's, and aiohttp's own error of this class has no message.
        if isinstance(current, ssl.SSLCertVerificationError):
            code = getattr(current, "verify_message", None)
        reason = f"{name} ({code})" if code else name
        if reason not in reasons:
            reasons.append(reason)
        current = current.__cause__ or getattr(current, "os_error", None)
    return ", ".join(reasons)


def clean_login(text: str) -> str | None:
    """A name that is valid in `huggingface.co/<name>`, else None."""
    stripped = text.strip()
    return stripped if _LOGIN.fullmatch(stripped) else None


def clean_link(text: str, *, schemes: tuple[str, ...] = ("https", "http")) -> str | None:
    """The link in ASCII, or None if a card cannot contain it.

    Discord refuses a whole message for one malformed link, so the rules are strict: a host with a dot, a
    valid port, no user name, no white space or quotes, at most 2,000 characters.
    """
    link = text.strip()
    if len(link) > _MAX_LINK_LENGTH or _NOT_IN_LINKS.search(link):
        return None
    try:
        encoded = link if link.isascii() else str(URL(link))
        parts = urlsplit(encoded)
        host, _ = parts.hostname or "", parts.port  # reading the port checks it
    except ValueError:
        return None
    if parts.scheme not in schemes or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    usable = parts.scheme + encoded[len(parts.scheme) :]  # lower-case scheme
    return usable if usable.isascii() and len(usable) <= _MAX_LINK_LENGTH else None


def clean_picture(text: str) -> str | None:
    """The https link, or None if Discord does not show what it leads to."""
    link = clean_link(text, schemes=("https",))
    return link if link and _PICTURE.search(urlsplit(link).path) else None


def clean_avatar(text: str) -> str | None:
    """The https link to a person's or an organization's picture, which may be given relative to the site."""
    try:
        link = clean_link(urljoin(_SITE, text.strip()), schemes=("https",))
    except ValueError:
        return None
    return None if link is None or _DRAWING.search(urlsplit(link).path) else link


def clean_repository(text: str) -> str | None:
    """The https link to a repository's front page, or None.

    On GitHub that is `https://github.com/owner/name`. On other hosts, a final `/` or `.git` and `/tree/…` are
    removed.
    """
    bare = text.strip()
    if bare.lower().startswith(("github.com/", "www.github.com/")):
        bare = f"https://{bare}"
    link = clean_link(bare)
    if link is None:
        return None
    parts = urlsplit(link)
    if parts.hostname in _GITHUB_HOSTS:
        names = [name for name in parts.path.split("/") if name][:2]
        names[1:] = [name.removesuffix(".git") for name in names[1:]]
        usable = len(names) == 2 and all(_GITHUB_NAME.fullmatch(name) for name in names)
        return f"https://github.com/{names[0]}/{names[1]}" if usable else None
    if parts.scheme != "https":
        return None
    path = _TREE.sub("", parts.path).rstrip("/").removesuffix(".git")
    return f"https://{parts.netloc}{path}"


def parse_moment(text: str) -> datetime | None:
    """The ISO 8601 moment in UTC (the default zone), or None if it is not one."""
    try:
        moment = datetime.fromisoformat(text.strip())
        aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return aware if _FIRST_YEAR <= aware.year <= _LAST_YEAR else None
