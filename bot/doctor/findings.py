"""Findings: the results of checks, each with a severity and a remedy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Sign(Enum):
    FINE = "fine"
    WARNING = "warning"
    WRONG = "wrong"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The texts end without a full stop; the printer sanitizes untrusted text in them."""

    sign: Sign
    what: str
    remedy: str = ""
    prevents_start: bool = False  # `paperboy run` would exit with 78


def fine(what: str) -> Finding:
    return Finding(sign=Sign.FINE, what=what)


def warning(what: str, remedy: str = "") -> Finding:
    return Finding(sign=Sign.WARNING, what=what, remedy=remedy)


def wrong(what: str, remedy: str = "", *, prevents_start: bool = False) -> Finding:
    return Finding(sign=Sign.WRONG, what=what, remedy=remedy, prevents_start=prevents_start)


def unchecked(what: str, *, because: str) -> Finding:
    return Finding(sign=Sign.UNCHECKED, what=f"{what}: not checked, because {because}")
