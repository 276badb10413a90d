"""The tables of examples themselves: no row is left out, and none that fails is lost."""

from __future__ import annotations

import pytest

from tests.cases import each


@each("number", [1, 2, 3, 4])
def odd(number: int) -> None:
    if number == 2:
        pytest.fail("two")
    assert number % 2


@each(("number", "is_even"), [(1, False), (2, False)])
async def even(number: int, *, is_even: bool) -> None:
    assert (number % 2 == 0) is is_even


def test_every_row_that_fails_is_reported_with_its_case() -> None:
    with pytest.raises(ExceptionGroup, match="2 of 4 cases") as raised:
        odd()
    assert [failure.__notes__ for failure in raised.value.exceptions] == [
        ["with number=2"],
        ["with number=4"],
    ]


async def test_a_coroutine_is_awaited_for_every_row() -> None:
    with pytest.raises(ExceptionGroup, match="1 of 2 cases") as raised:
        await even()
    assert raised.value.exceptions[0].__notes__ == ["with number=2, is_even=False"]


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(AssertionError, match="tries nothing"):
        each("number", [])
