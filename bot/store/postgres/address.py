"""The address of a PostgreSQL database, or what is wrong with it."""

from __future__ import annotations

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.store.sqlite.address import AddressError, shown_address

SCHEME = "postgresql+asyncpg"
EXAMPLE = f"{SCHEME}://paperboy:password@localhost/paperboy"
MUST_BE = f"the address of a PostgreSQL database such as {EXAMPLE}"
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
        advice = "its port is not a number"
    scheme = text.partition(":")[0]
    if scheme != SCHEME:
        advice = f"did you mean {SCHEME} in place of {scheme!r}?"
    elif url is not None and not url.database:
        advice = "it names no database: write its name after the last slash"
    if url is None or advice is not None:
        raise AddressError(f"{MUST_BE}, not {shown_address(text)!r}; {advice}")
    return url


def shown(url: URL) -> str:
    """The address without its password and options, as errors show it."""
    return URL.create(
        url.drivername, username=url.username, host=url.host, port=url.port, database=url.database
    ).render_as_string()
