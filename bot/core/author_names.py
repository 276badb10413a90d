"""Authors' names as bibliographies have them: family and given names, or a group, which stays whole.

A list of authors has names as they are printed, such as *Ludwig van der Berg*, and says nowhere which part is
the surname. Where that is unclear (*Fei-Fei Li*, *Li Fei-Fei*), the last word is: BibTeX reads it so as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bot.core.words.latex import readable

_AND = re.compile(r"(?:^|\s+)and\s+", re.IGNORECASE)  # lists that were cut in the wrong place have it
_SUFFIX = re.compile(r"(?<=[\w.]),?\s+(?P<suffix>(?:jr|sr)\.?|ii|iii|iv)$", re.IGNORECASE)
# What belongs to the surname after it. As the first word, each of them is a given name or a surname.
_PARTICLE_WORDS: Final = (
    "af al da das de del della den der di dos du el la las le op 't te ten ter van von y zu zum zur"
)
_PARTICLES: Final = frozenset(_PARTICLE_WORDS.split())
_GROUP_WORDS: Final = (
    "alliance association authors collaboration community company consortium contributors corporation "
    "foundation group inc initiative institute lab laboratory labs ltd network project research society "
    "team university workshop"
)
_GROUPS: Final = frozenset(_GROUP_WORDS.split())
_AI: Final = "AI"  # as a separate word; *Ai* is a surname


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorName:
    """Plain text in each part."""

    family: str  # with its particles; a group's whole name; a name of one word
    given: str = ""
    suffix: str = ""  # such as Jr.
    is_group: bool = False

    @property
    def sorted_form(self) -> str:
        """As bibliographies sort it: `van der Berg, Ludwig`, `Davis, Sammy, Jr.`."""
        return ", ".join(filter(None, (self.family, self.given, self.suffix)))

    @property
    def surname(self) -> str:
        """The surname without its particles; a group's whole name."""
        return self.family if self.is_group else self.family.split()[-1]


def author_names(authors: tuple[str, ...]) -> tuple[AuthorName, ...]:
    """The authors in their order; what has no letter in it is left out."""
    texts = (" ".join(readable(author).translate(_UNWANTED).split()) for author in authors)
    names = (name for text in texts for name in ([text] if _is_group(text) else _AND.split(text)))
    return tuple(_split(name) for name in names if any(map(str.isalnum, name)))


_UNWANTED: Final = str.maketrans("", "", "{}\\")


def _split(name: str) -> AuthorName:
    if _is_group(name):
        return AuthorName(family=name, is_group=True)
    found = _SUFFIX.search(name)
    suffix = found["suffix"] if found else ""
    name = name[: found.start()] if found else name
    if name.count(",") > 1:  # it says nothing of which part is which
        return AuthorName(family=name, is_group=True)
    if "," in name:  # the surname is first already
        family, _, given = (part.strip() for part in name.partition(","))
        return AuthorName(family=family or given, given=given if family else "", suffix=suffix)
    words = name.split()
    begin = len(words) - 1
    while begin > 1 and _is_particle(words[begin - 1]):
        begin -= 1
    return AuthorName(family=" ".join(words[begin:]), given=" ".join(words[:begin]), suffix=suffix)


def _is_particle(word: str) -> bool:
    """Also with a capital (*Luc Van Gool*), but not initials (*Minrui Y Xu*, *Marco AF Pimentel*)."""
    return word in _PARTICLES or (word.lower() in _PARTICLES and word.istitle() and len(word) > 1)


def _is_group(name: str) -> bool:
    words = name.split()
    known = any(word.lower().strip(".,:;()") in _GROUPS for word in words)
    return len(words) > 1 and (known or _AI in words)
