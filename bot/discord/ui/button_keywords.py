"""The keywords that a button uses: in its custom id, or in the message above it where they are too long."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Self, TypeVar

import discord

from bot.core.markdown import length
from bot.discord.ui.components import PersistentItem
from bot.errors import UserError
from bot.services.feeds.subscribed import Subscribed

_Button = TypeVar("_Button", bound=PersistentItem)

MAX_ID_LENGTH: Final = 100  # Discord's limit
# The end of a custom id: the keywords, or a digest of them.
KEYWORDS: Final = r"(?::(?P<keywords>.+)|=(?P<digest>[0-9a-f]{16}))"
_CODE: Final = re.compile("`+([^`]+)`+")
_NOT_COMPARED: Final = re.compile(r"[^\w\"*:()+#|-]+")  # what may look different in a message


@dataclass(frozen=True, slots=True)
class ButtonKeywords:
    """The keywords of one button. Those read from a custom id may have no text, but the digest of it."""

    text: str
    digest: str = ""

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        return cls(match["keywords"] or "", match["digest"] or "")

    def id_behind(self, start: str) -> str:
        """The custom id that begins like this."""
        whole = f"{start}:{self.text}"
        fits = self.text and length(whole) <= MAX_ID_LENGTH
        return whole if fits else f"{start}={self.digest or _digest(self.text)}"

    def in_message(self, message: discord.Message | None) -> str:
        """The keywords, from the message if its button only has their digest.

        Raises:
            UserError: they are not on the page that the message shows.
        """
        if self.text:
            return self.text
        for embed in message.embeds if message else ():
            shown = [embed.description, *(field.value for field in embed.fields)]
            for text in _CODE.findall("\n".join(filter(None, shown))):
                if _digest(text) == self.digest:
                    return text
        raise UserError(
            "Nothing was changed. These keywords are too long for a button, and aren't on this page. Turn to "
            "the page that has the hint and press the button there, or type what the hint says."
        )


def replacements(result: Subscribed) -> list[tuple[list[int], ButtonKeywords]]:
    """For each hint: the ids of the subscriptions that it is about, and the keywords to have instead."""
    ids = {item.subscription.query.canonical: item.subscription.id for item in result.wanted}
    return [
        ([ids[query] for query in hint.queries], ButtonKeywords(hint.rewrite.text))
        for hint in result.study.hints
        if ids.keys() >= set(hint.queries)
    ]


def fitting(buttons: Iterable[_Button]) -> list[_Button]:
    """Those of the buttons whose custom ids Discord accepts: they may name many subscriptions."""
    return [button for button in buttons if length(button.custom_id) <= MAX_ID_LENGTH]


def in_ranges(ids: Collection[int]) -> str:
    """Ids as short text: `3-5.9`."""
    ranges: list[list[int]] = []
    for subscription_id in sorted(ids):
        if ranges and ranges[-1][-1] == subscription_id - 1:
            ranges[-1][1:] = [subscription_id]
        else:
            ranges.append([subscription_id])
    return ".".join("-".join(map(str, ends)) for ends in ranges)


def of_ranges(text: str) -> list[int]:
    """The ids from such text."""
    ends = [[int(end) for end in part.split("-")] for part in text.split(".")]
    return [number for end in ends for number in _within(end)]


def _within(ends: Iterable[int]) -> range:
    in_order = sorted(ends)
    return range(in_order[0], in_order[-1] + 1)


def _digest(text: str) -> str:
    return blake2b(_NOT_COMPARED.sub("", text).encode(), digest_size=8).hexdigest()
