"""Focus: how close a paper must be to the topic of a subscription's query, beyond its words."""

from __future__ import annotations

from enum import StrEnum


class Focus(StrEnum):
    EXACT = "exact"  # the papers that the query matches
    STRICT = "strict"  # of these, the papers that are about it
    BALANCED = "balanced"  # of these, without passing mentions, and close papers in other words
    BROAD = "broad"  # all of these, and close papers in other words
