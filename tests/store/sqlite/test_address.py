"""The database's address: what is taken, and of what is not, the address that was meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store.sqlite.address import AddressError, address_of, database_path
from tests.cases import each

RIGHT = "sqlite+aiosqlite:///"


ENVIRONMENT = {"HOME": "/home/ada", "STATE": "/srv/state", "MY_TOKEN": "s3cret"}


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", ENVIRONMENT["HOME"])


def refusal(address: str, *, on_windows: bool = False) -> str:
    with pytest.raises(AddressError) as raised:
        database_path(address, environment=ENVIRONMENT, on_windows=on_windows)
    text = str(raised.value)
    assert text.startswith("the address of a SQLite file such as sqlite+aiosqlite:///data/paperboy.db, not ")
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("sqlite+aiosqlite:///data/x.db", "data/x.db"),
        ("sqlite+aiosqlite:////data/x.db", "/data/x.db"),
        (" sqlite+aiosqlite:///data/x.db \n", "data/x.db"),
        ("sqlite+aiosqlite:///my data/x.db", "my data/x.db"),
        ("sqlite+aiosqlite:///../x.db", "../x.db"),
        ("sqlite+aiosqlite:///me@home:1/100%.db", "me@home:1/100%.db"),
    ],
)
def test_a_right_address_names_its_file(address: str, path: str) -> None:
    assert database_path(address, on_windows=False) == Path(path)


@each(
    ("address", "meant"),
    [
        ("sqlite+aiosqlite://data/x.db", "data/x.db"),
        ("sqlite+aiosqlite://x.db", "x.db"),
        ("sqlite+aiosqlite://./data/x.db", "data/x.db"),
        ("sqlite+aiosqlite:data/x.db", "data/x.db"),
        ("sqlite+aiosqlite:/data/x.db", "/data/x.db"),
        ("sqlite+aiosqlite://///data/x.db", "/data/x.db"),
        ("sqlite+aiosqlite//data/x.db", "data/x.db"),
        ("sqlite+aiosqlite;///data/x.db", "data/x.db"),
        ("sqlite:data.db", "data.db"),
        ("sqlite://data.db", "data.db"),
        ("sqlite:///data.db", "data.db"),
        ("sqlite:////srv/data.db", "/srv/data.db"),
        ("sqlite3:///data.db", "data.db"),
        ("SQLite+AioSQLite:///data.db", "data.db"),
        ("sqllite+aiosqlite:///data.db", "data.db"),
        ("jdbc:sqlite:/srv/data.db", "/srv/data.db"),
        ("file:///srv/data.db?mode=ro", "/srv/data.db"),
        ("file:data.db", "data.db"),
        ("data/x.db", "data/x.db"),
        ("./x.db", "x.db"),
        ("/srv/x.db", "/srv/x.db"),
        ("~/x.db", "/home/ada/x.db"),
        ("sqlite+aiosqlite:///~/x.db", "/home/ada/x.db"),
        ("sqlite+aiosqlite:////~/x.db", "/home/ada/x.db"),
        ("sqlite+aiosqlite://~/x.db", "/home/ada/x.db"),
        ("$HOME/x.db", "/home/ada/x.db"),
        ("sqlite+aiosqlite:///$HOME/x.db", "/home/ada/x.db"),
        ("sqlite+aiosqlite:////${HOME}/x.db", "/home/ada/x.db"),
        ("sqlite+aiosqlite:///%HOME%/x.db", "/home/ada/x.db"),
        ("sqlite+aiosqlite:///${STATE:-/tmp}/x.db", "/srv/state/x.db"),
        ("sqlite+aiosqlite:///my%20data/x.db", "my data/x.db"),
        ('"sqlite+aiosqlite:///data/x.db"', "data/x.db"),
        ("'sqlite+aiosqlite:///data/x.db", "data/x.db"),
        ("sqlite+aiosqlite:///data/x.db;", "data/x.db"),
        ("sqlite+aiosqlite:/// data/x.db", "data/x.db"),
        ("sqlite+aiosqlite:///data/x.db # the bot's", "data/x.db"),
        ("sqlite+aiosqlite:///data/\0x.db", "data/x.db"),
        ("DATABASE_URL=sqlite+aiosqlite:///data/x.db", "data/x.db"),
        ('export DATABASE_URL="data/x.db"', "data/x.db"),
        ("sqlite+aiosqlite:///data\\x.db", "data/x.db"),
        ("data\\x.db", "data/x.db"),
        ("sqlite+aiosqlite:///data/x.db?mode=ro", "data/x.db"),
        ("sqlite+aiosqlite:///file:data/x.db?uri=true", "data/x.db"),
        ("sqlite+aiosqlite:////data/", "/data/paperboy.db"),
        ("sqlite+aiosqlite:///.", "paperboy.db"),
        ("sqlite+aiosqlite://localhost/data/x.db", "data/x.db"),
        ("sqlite+aiosqlite://me:hunter2@host/data/x.db", "data/x.db"),
        ("sqlite+aiosqlite:me:hunter2@host/data/x.db", "data/x.db"),
    ],
)
def test_a_wrong_address_is_answered_with_the_one_that_was_meant(address: str, meant: str) -> None:
    text = refusal(address)
    assert text.endswith(f"; did you mean {RIGHT}{meant}?")
    assert "hunter2" not in text
    assert database_path(f"{RIGHT}{meant}", on_windows=False) == Path(meant)


@each(
    ("address", "why"),
    [
        ("postgres://me:hunter2@host/db", "PostgreSQL is not supported"),
        ("postgresql+asyncpg://me:p@hunter2/w@host:5432/db", "PostgreSQL is not supported"),
        ("mysql:hunter2@host", "MySQL is not supported"),
        ("sqlite+aiosqlite://", "it names no file"),
        ("sqlite+aiosqlite:///", "it names no file"),
        ("sqlite+aiosqlite", "it names no file"),
        ("sqlite+aiosqlite:///:memory:", "a database in memory would be lost at every restart"),
        ("sqlite+aiosqlite:///$UNSET/x.db", "$UNSET is not expanded: write the whole path"),
        ("sqlite+aiosqlite:///$MY_TOKEN/x.db", "$MY_TOKEN is not expanded: write the whole path"),
        ("sqlite+aiosqlite:///~nobody-of-this-name/x.db", "~ is not expanded: write the whole path"),
        ("sqlite+aiosqlite:///C:/x.db", "that is a Windows path, and this machine does not run Windows"),
        ("C:\\data\\x.db", "that is a Windows path, and this machine does not run Windows"),
    ],
)
def test_where_nobody_can_tell_what_was_meant_it_says_what_is_wrong(address: str, why: str) -> None:
    text = refusal(address)
    assert text.endswith(f"; {why}")
    assert "hunter2" not in text
    assert "s3cret" not in text


def test_on_windows_drives_and_backslashes_are_paths() -> None:
    for address in ("sqlite+aiosqlite:///C:/data/x.db", "sqlite+aiosqlite:///data\\x.db"):
        database_path(address, on_windows=True)
    for address in (
        "C:\\data\\x.db",
        "sqlite+aiosqlite:////C:/data/x.db",
        "sqlite+aiosqlite://C:\\data\\x.db",
    ):
        assert refusal(address, on_windows=True).endswith(f"; did you mean {RIGHT}C:/data/x.db?")


@given(
    prefix=st.sampled_from(["", "sqlite", "sqlite+aiosqlite:", f"{RIGHT}", "~", "$", "%41", "C:", "a@"]),
    text=st.text(),
)
def test_any_text_is_accepted_or_refused_and_what_is_recommended_is_accepted(prefix: str, text: str) -> None:
    try:
        database_path(prefix + text)
    except AddressError as error:
        _, asks, meant = str(error).partition("; did you mean ")
        if asks:
            assert address_of(database_path(meant.removesuffix("?"))) == meant.removesuffix("?")
