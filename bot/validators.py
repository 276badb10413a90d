"""Adapts our parsers to pydantic validators."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BeforeValidator

from bot.errors import UserError


def reading(parse: Callable[[str], object]) -> BeforeValidator:
    """A validator from a parser, which may raise `UserError` or `ValueError`."""

    def read(value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return parse(value)
        except UserError as error:
            raise ValueError(str(error)) from error

    return BeforeValidator(read)
