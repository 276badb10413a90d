"""Tables in text files, and that every table of the package can be read."""

from __future__ import annotations

from importlib.resources import files

import pytest

from bot.core.tables import TextTable

TABLES = [
    ("bot.core", "bundles.txt"),
    ("bot.core.words", "inflection.txt"),
    ("bot.core.words", "latex.txt"),
    ("bot.core.words", "prose.txt"),
    ("bot.services.feeds", "timezones.txt"),
]


def test_rows_words_and_pairs_of_a_section() -> None:
    table = TextTable("bot.core.words", "latex.txt")

    assert table.rows("letters")[0] == ["ss", "ß"]
    assert table.words("invisible")[:2] == ("allowbreak", "xspace")
    assert table.pairs("accents")["'"] == "\u0301"
    assert table.pairs("symbols")["quad"] == " "
    with pytest.raises(KeyError):
        table.rows("accent")


@pytest.mark.parametrize(("package", "name"), TABLES)
def test_no_row_of_a_table_is_given_twice(package: str, name: str) -> None:
    lines = (files(package) / name).read_text("utf-8").split("\n[")
    for section in lines[1:]:
        rows = [row for row in section.splitlines()[1:] if row and not row.startswith("#")]
        assert len(rows) == len(set(rows)), section.splitlines()[0]
