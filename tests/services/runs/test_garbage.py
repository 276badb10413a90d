"""The search for reference cycles pauses while a run makes its values, and no longer."""

from __future__ import annotations

import gc

import pytest

from bot.services.runs.garbage import no_cycle_search


@no_cycle_search()
def fail_meanwhile() -> None:
    assert not gc.isenabled()
    raise ZeroDivisionError


def test_no_search_for_cycles_starts_meanwhile_and_an_error_ends_that_too() -> None:
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError):
        fail_meanwhile()
    assert gc.isenabled()


def test_a_search_that_was_off_before_stays_off() -> None:
    gc.disable()
    try:
        with no_cycle_search():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_no_search_goes_through_stays_left_out() -> None:
    gc.freeze()
    try:
        with no_cycle_search():
            pass
        assert gc.get_freeze_count()
    finally:
        gc.unfreeze()
