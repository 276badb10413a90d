"""Parameter types, with plainer error messages than click's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import click

_INTERVAL = re.compile(r"([1-9]\d{0,3})([hd])")


def whole_number(minimum: int, maximum: int | None = None) -> Callable[[str], int]:
    """A type for numbers from `minimum` to `maximum`, both included."""
    expected = (
        f"a whole number from {minimum} to {maximum}"
        if maximum is not None
        else f"a whole number of at least {minimum}"
    )

    def parse(text: str) -> int:
        is_number = text.isascii() and text.isdigit()
        if not is_number or int(text) < minimum or (maximum is not None and int(text) > maximum):
            raise click.BadParameter(f"{text!r} is not {expected}.")
        return int(text)

    return parse


def interval(text: str) -> timedelta:
    """A type for hours or days, such as `24h` or `7d`.

    Raises:
        BadParameter: it is neither.
    """
    if (match := _INTERVAL.fullmatch(text)) is None:
        raise click.BadParameter(f"{text!r} is not an interval. Use hours or days, such as 24h or 7d.")
    return timedelta(hours=int(match[1]) * (24 if match[2] == "d" else 1))
