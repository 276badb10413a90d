"""Validating at the borders: our parsers as pydantic's validators."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BeforeValidator

from bot.errors import UserError


def reading(parse: Callable[[str], object]) -> BeforeValidator:
    """A parser as a validator; it may raise `UserError`, as the core's do, or `ValueError`."""

    def read(value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return parse(value)
        except UserError as error:
            raise ValueError(str(error)) from error

    return BeforeValidator(read)
