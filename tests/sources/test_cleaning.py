"""What outside text, links and times become."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime

import pytest
from aiohttp import ClientConnectorCertificateError
from aiohttp.client_reqrep import ConnectionKey
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.cleaning import (
    cause,
    clean_link,
    clean_login,
    clean_repository,
    clean_text,
    parse_moment,
    shorten,
)
from tests.cases import each

_ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  one\n  two\tthree ", "one two three"),
        (r"$\alpha$ and \textsc{Name}", r"$\alpha$ and \textsc{Name}"),
        ("nu\x00ll\x1b[31m", "null[31m"),
        ("half a pair \ud83d.", "half a pair ."),
        ("turned \u202eround", "turned round"),
        ("é ζ 模型 👩‍🔬", "é ζ 模型 👩‍🔬"),
    ],
)
def test_text_is_cleaned_onto_one_line(text: str, clean: str) -> None:
    assert clean_text(text) == clean


@given(_ANY_TEXT)
def test_clean_text_can_be_stored_and_is_stable(text: str) -> None:
    clean = clean_text(text)
    assert clean.encode() is not None
    assert clean_text(clean) == clean
    assert "\n" not in clean


def test_an_endless_text_is_cut() -> None:
    assert len(clean_text("a" * 1_000_000)) == 20_000


@given(_ANY_TEXT, st.integers(1, 50))
def test_a_shortened_text_keeps_to_its_limit(text: str, limit: int) -> None:
    assert len(shorten(text, limit=limit)) <= limit


@pytest.mark.parametrize(
    ("link", "clean"),
    [
        (" https://example.org/page ", "https://example.org/page"),
        ("http://example.org:8080/a?b=c#d", "http://example.org:8080/a?b=c#d"),
        ("https://example.org/(x)_y,z", "https://example.org/(x)_y,z"),
        ("HTTPS://Example.org/A", "https://Example.org/A"),
        ("https://my_lab.example.org", "https://my_lab.example.org"),
        ("https://exämple.org/ü", "https://xn--exmple-cua.org/%C3%BC"),
    ],
)
def test_a_web_link_is_kept(link: str, clean: str) -> None:
    assert clean_link(link) == clean


@each(
    "link",
    [
        "",
        "example.org",
        "javascript:alert(1)",
        "ftp://example.org/a",
        "https://",
        "https:///path",
        "https://localhost/a",
        "https://a..b/",
        "https://[::1]/",
        "https://" + "a" * 64 + ".org/",
        "https://example.org/a b",
        "https://example.org/a\nb",
        "https://example.org/<b>",
        "https://huggingface.co@example.org/",
        "https://example.org:99999/",
        "https://example.org:port/",
        "https://[::1",
        "https://example.org/" + "a" * 2000,
        "https://example.org/" + "ü" * 500,
        "https://example.org/\ud800",
    ],
)
def test_a_link_that_a_card_cannot_contain_is_refused(link: str) -> None:
    assert clean_link(link) is None


def test_a_link_can_be_limited_to_https() -> None:
    assert clean_link("http://example.org/a.png", schemes=("https",)) is None


@given(_ANY_TEXT)
def test_cleaning_never_raises(text: str) -> None:
    for link in (clean_link(text), clean_link(f"https://{text}"), clean_repository(f"https://a.b/{text}")):
        assert link is None or (link.isascii() and len(link) <= 2000)
    clean_login(text)
    parse_moment(text)


@each(
    "repository",
    [
        "https://github.com/owner/name",
        "https://github.com/owner/name/",
        "https://github.com/owner/name.git",
        "https://github.com/owner/name.git/",
        "https://github.com/owner/name/tree/main/part",
        "https://github.com/owner/name/blob/main/README.md",
        "https://github.com/owner/name?tab=readme-ov-file#start",
        "http://www.github.com/owner/name",
        "HTTPS://GitHub.com/owner/name",
        "github.com/owner/name",
        " www.github.com/owner/name ",
    ],
)
def test_a_github_repository_is_its_front_page(repository: str) -> None:
    assert clean_repository(repository) == "https://github.com/owner/name"


@pytest.mark.parametrize(
    ("repository", "clean"),
    [
        ("https://gitlab.com/group/part/name.git", "https://gitlab.com/group/part/name"),
        ("https://gitlab.com/group/name/-/tree/main/x", "https://gitlab.com/group/name"),
        ("https://huggingface.co/owner/name/tree/main", "https://huggingface.co/owner/name"),
        ("https://codeberg.org/owner/name/", "https://codeberg.org/owner/name"),
    ],
)
def test_a_repository_elsewhere_keeps_its_path(repository: str, clean: str) -> None:
    assert clean_repository(repository) == clean


@pytest.mark.parametrize(
    "repository",
    [
        "",
        "owner/name",
        "https://github.com/",
        "https://github.com/owner",
        "http://gitlab.com/a/b",
        "https://github.com/a/.git",
        "ssh://git@github.com/a/b",
    ],
)
def test_anything_else_is_not_a_repository(repository: str) -> None:
    assert clean_repository(repository) is None


@pytest.mark.parametrize(("name", "login"), [("example-lab", "example-lab"), (" A.b_c ", "A.b_c")])
def test_a_login_is_kept(name: str, login: str) -> None:
    assert clean_login(name) == login


@pytest.mark.parametrize("name", ["", "../etc", "a/b", "a b", "名", "-a", "a" * 97])
def test_a_login_that_is_invalid_in_an_address_is_refused(name: str) -> None:
    assert clean_login(name) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-08-17T00:00:00.000Z", datetime(2026, 8, 17, tzinfo=UTC)),
        ("2026-08-17", datetime(2026, 8, 17, tzinfo=UTC)),
        ("2026-08-17T02:00:00+02:00", datetime(2026, 8, 17, tzinfo=UTC)),
    ],
)
def test_a_moment_is_in_utc(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-13-01", "0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59Z"]
)
def test_an_implausible_time_is_refused(text: str) -> None:
    assert parse_moment(text) is None


def test_a_refused_certificate_is_a_cause_without_the_host() -> None:
    refused = ssl.SSLCertVerificationError(1, "certificate verify failed: hub.example")
    refused.verify_message = "self-signed certificate"
    key = ConnectionKey(
        "hub.example", 443, is_ssl=True, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None
    )
    error = ClientConnectorCertificateError(key, refused)
    error.__cause__ = refused

    assert cause(error) == (
        "ClientConnectorCertificateError, SSLCertVerificationError (self-signed certificate)"
    )
