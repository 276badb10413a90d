"""JSON from outside: what can be read of it is, within bounds."""

from __future__ import annotations

import json
import logging
from typing import Any

from bot.errors import ProblemKind, SourceError
from bot.sources.cleaning import shorten

_log = logging.getLogger(__name__)

_MAX_DIGITS = 18  # digits; longer is no count, and Python refuses to read integers of 4,300 and more
_MAX_FLOAT_LENGTH = 40
# While many of them are made, Python does nothing else, also in other threads. Papers fill a page before.
_MAX_CONTAINERS = 100_000


class BrokenJsonError(ValueError):
    """This is not JSON, or it is nested too deeply to be ours."""


def decode_json(body: bytes) -> Any:
    """The JSON value; a number too long for a count, or `NaN`, becomes None, so that it costs its key alone.

    A byte that is no UTF-8 (or UTF-16, or UTF-32) becomes U+FFFD, so that it costs a character.

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
    """For `NaN` and the infinities, which are no JSON."""
