"""The address of a PostgreSQL database, or what is wrong with it."""

from __future__ import annotations

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.store.sqlite.address import AddressError, shown_address

SCHEME = "postgresql+asyncpg"
EXAMPLE = f"{SCHEME}://paperboy:password@localhost/paperboy"
MUST_BE = f"the address of a PostgreSQL database such as {EXAMPLE}"
_SEVERAL = "for several servers, write …@/paperboy?host=first:5432&host=second:5432"
# The options that an address may have, and their values where there are few.
_OPTIONS = {
    "host": None,
    "port": None,
    "passfile": None,
    "ssl": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "target_session_attrs": ("read-write", "primary"),
}
_NAMES = ("postgres", "pgsql", "pg:", "psql")


def is_meant(address: str) -> bool:
    """Whether the address is PostgreSQL's, right or wrong."""
    return address.strip().strip("\"'").lower().startswith(_NAMES)


def database_url(address: str) -> URL:
    """The address as SQLAlchemy takes it.

    Raises:
        AddressError: it is no address of a database.
    """
    text = address.strip()
    advice = None
    url = None
    try:
        url = make_url(text)
    except ArgumentError:
        advice = "its parts cannot be told apart: in a password, write %40 for @ and %2F for /"
    except ValueError:
        advice = _SEVERAL if "," in text else "its port is not a number"
    scheme = text.partition(":")[0]
    if scheme != SCHEME:
        advice = f"did you mean {SCHEME} in place of {scheme!r}?"
    elif url is not None and not url.database:
        advice = "it names no database: write its name after the last slash"
    elif url is not None:
        advice = _wrong_option(url)
    if url is None or advice is not None:
        raise AddressError(f"{MUST_BE}, not {shown_address(text)!r}; {advice}")
    return url


def has_several_hosts(url: URL) -> bool:
    """Whether the address names several servers, of which the one is meant that accepts writes."""
    return not isinstance(url.query.get("host", ""), str)


def _wrong_option(url: URL) -> str | None:
    """What is wrong with the servers or the options; None if nothing is."""
    for name, value in url.query.items():
        if name not in _OPTIONS:
            meant = "did you mean ssl?" if name == "sslmode" else f"they are {', '.join(_OPTIONS)}"
            return f"it has no option {name}; {meant}"
        values = _OPTIONS[name]
        if values and value not in values:
            return f"{name} must be one of {', '.join(values)}"
    named = url.query.get("host", "")
    hosts = [named] if isinstance(named, str) else named
    if any("," in host for host in (url.host or "", *hosts)):
        return _SEVERAL
    if len(hosts) > 1 and not all(host.rpartition(":")[2].isdecimal() for host in hosts):
        return f"each server needs a port; {_SEVERAL}"
    return None


def shown(url: URL) -> str:
    """The address without its password and options, as errors show it."""
    return URL.create(
        url.drivername, username=url.username, host=url.host, port=url.port, database=url.database
    ).render_as_string()
