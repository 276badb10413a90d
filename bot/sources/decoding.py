"""Lenient, bounded decoding of JSON from outside."""

from __future__ import annotations

import json
import logging
from typing import Any

from bot.errors import ProblemKind, SourceError
from bot.sources.cleaning import shorten

_log = logging.getLogger(__name__)

_MAX_DIGITS = 18  # a longer number is not a count, and Python refuses to parse 4,300 digits and more
_MAX_FLOAT_LENGTH = 40
# Creating many of them blocks all threads. A page has far fewer.
_MAX_CONTAINERS = 100_000


class BrokenJsonError(ValueError):
    """This is not JSON, or it is nested too deeply."""


def decode_json(body: bytes) -> Any:
    """The JSON value. A number that is too long, or `NaN`, becomes None, so that only its key is lost.

    A byte that is not valid UTF-8 (or UTF-16, or UTF-32) becomes U+FFFD.

    Raises:
        BrokenJsonError: it cannot be read.
        SourceError: it has more objects and arrays than an answer can have.
    """
    if body.count(b"{") + body.count(b"[") > _MAX_CONTAINERS:
        _log.warning("Hugging Face's answer has more than %d objects and arrays", _MAX_CONTAINERS)
        raise SourceError(ProblemKind.TOO_LARGE)
    try:
        text = body.decode(json.detect_encoding(body), errors="replace")
        return json.loads(text, parse_int=_parse_int, parse_float=_parse_float, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BrokenJsonError(shorten(str(error))) from error


def _parse_int(digits: str) -> int | None:
    return int(digits) if len(digits) <= _MAX_DIGITS else None


def _parse_float(digits: str) -> float | None:
    return float(digits) if len(digits) <= _MAX_FLOAT_LENGTH else None


def _no_number(_: str) -> None:
    """For `NaN` and the infinities, which are not JSON."""
