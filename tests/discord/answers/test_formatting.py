"""Outside text in answers."""

from __future__ import annotations

import pytest

from bot.discord.answers.formatting import code


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("rag", "`rag`"),
        ("a `b` c", "`a ˋbˋ c`"),
        ("``", "`ˋˋ`"),
        ("two\nlines\u202e", "`two lines`"),
        ("\u200b", "` `"),
        ("**bold** @everyone <@1>", "`**bold** @everyone <@1>`"),
    ],
)
def test_outside_text_stays_in_its_code(typed: str, shown: str) -> None:
    assert code(typed) == shown
