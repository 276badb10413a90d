"""Simple LaTeX turned into the characters that it stands for, so that a text can be shown and searched.

Only what is simple is converted: letters, accents, symbols, font commands, small exponents, as listed in
`latex.txt`. A formula that needs more than characters is left exactly as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from bot.core.tables import TextTable
from bot.core.words.stripped_latex import may_need_repair, repaired, script

_TABLE = TextTable("bot.core.words", "latex.txt")
_LETTERS: Final = _TABLE.pairs("letters")
_ACCENTS: Final = _TABLE.pairs("accents")
_FONTS: Final = _TABLE.words("fonts")
_INVISIBLE: Final = frozenset(_TABLE.words("invisible"))
_SYMBOLS: Final = _TABLE.pairs("symbols") | {name: name for name in _TABLE.words("functions")}

_MAX_PASSES = 12  # deeper nesting than this is not simple

_TRIGGERS: Final = ("\\", "$", "~", "`", "--")  # every text is asked, and single signs are quick to look for
# Pandoc's rule, so that "$5 to $6" stays money: no space inside either dollar, and no digit after the
# second one (unless the inside can only be LaTeX: 4$\times$4).
_FORMULA = re.compile(
    r"(?<![\\$])\$(?![\s$])([^$]{1,120})(?<![\s\\])\$(?![\d$])"
    r"|(?<![\\$])\$([^\s$]{0,20}[\\^_][^$]{1,100})(?<![\s\\])\$(?!\$)"
    r"|\\\(([^$]{1,120}?)\\\)"
)
_FONT = re.compile(r"\\(?:" + "|".join(_FONTS) + r")\s?\{([^{}\\$]*)\}")
_OLD_FONT = re.compile(r"\{\\(?:bf|it|em|sc|tt|rm|sf|sl|bfseries|itshape|scshape|ttfamily)\s+([^{}\\$]*)\}")
_LINK = re.compile(r"\\href\s?\{[^{}]*\}\s?\{([^{}\\$]*)\}")
_SCRIPT_WORD = re.compile(r"\\text(super|sub)script\{([^{}\\$]*)\}")
_ACCENT_BRACED = re.compile(r"\\([`'^\"~=.]|[cvuHkrdb])\s?\{(\\[ij]|[^\W\d_])\}")
_ACCENT_IN_BRACES = re.compile(
    r"\{\\(?:([`'^\"~=.])(\\[ij]|[^\W\d_])"
    r"|([cvuHkrdb]) ([^\W\d_])"
    r"|([`'^\"~=.cvuHkrdb])\s?\{(\\[ij]|[^\W\d_])\})\}"
)
# Without braces a quote is an accent only inside a name: \"automatic\" is a quoted word.
_ACCENT_BARE = re.compile(r"\\([`'^~=.])(\\[ij](?![A-Za-z])|[A-Za-z])|(?<=[A-Za-z])\\(\")([aeiouyAEIOUY])")
_ACCENT_CAPITAL = re.compile(r"\\(\")([AEIOUY])(?=[a-z])")
_ACCENT_SPACED = re.compile(r"\\([cvuHkr]) ([A-Za-z])(?=[a-z])")
_LETTER = re.compile(
    r"\{\\(" + "|".join(_LETTERS) + r")\s?\}|\\(" + "|".join(_LETTERS) + r")(?:\{\}|(?![A-Za-z]) ?)"
)
_COMMAND = re.compile(r"\\([A-Za-z]+)(?:\{\})?")
_ESCAPED = re.compile(r"\\([%&#_${}])")
_SPACING = re.compile(r"\\[,;: /]|\\\\(?![A-Za-z])")
_TIE = re.compile(r"(?<=[^\W\d]|[.,)])~(?=[\w\\($])|(?<=\d)~(?=[^\W\d]|[\\($])")
_DASHES = re.compile(r"(?<=[\w)\"'.%])(--|---)(?=[\w(\"'$\\])|(?<=\s)(--|---)(?=\s)")
_SCRIPT = re.compile(r"([_^])(?:\{([^{}\\]*)\}|([^\s{}\\]))")
_GROUP = re.compile(r"(?<![A-Za-z])\{([^{}\\]*)\}")
_ROOT = re.compile(r"\\sqrt\{([^{}\\\s]*)\}")
_UNREADABLE = re.compile(r"[\\{}$]")


def readable(text: str) -> str:
    """The text with white space collapsed and simple LaTeX converted. Idempotent; never raises."""
    text = " ".join(text.split())
    if not any(sign in text for sign in _TRIGGERS) and not may_need_repair(text):
        return text
    current = text
    for _ in range(_MAX_PASSES):
        after = " ".join(_one_pass(current).split())
        if after == current:
            return current
        current = after
    return text


def split_formulas(text: str) -> Iterator[tuple[str, bool]]:
    """The text in its parts, none of them empty, each with whether it is a formula."""
    end = 0
    for formula in _FORMULA.finditer(text):
        if before := text[end : formula.start()]:
            yield before, False
        yield formula[0], True
        end = formula.end()
    if rest := text[end:]:
        yield rest, False


def _one_pass(text: str) -> str:
    parts = [_formula(part) if is_formula else _prose(part) for part, is_formula in split_formulas(text)]
    return repaired("".join(parts))


def _formula(formula: str) -> str:
    """The formula in characters, or unchanged if characters are not enough."""
    inner = formula[1:-1] if formula[0] == "$" else formula[2:-2]
    for _ in range(_MAX_PASSES):
        after = _ROOT.sub(r"√\1", _SPACING.sub(" ", _LETTER.sub(_letter, _FONT.sub(r"\1", inner))))
        after = _ESCAPED.sub(_escaped_in_formula, _COMMAND.sub(_command, after))
        if after == inner:
            break
        inner = after
    inner = _GROUP.sub(r"\1", _SCRIPT.sub(_script, inner))
    inner = inner.replace("\\!", "").strip()
    return formula if not inner or _UNREADABLE.search(inner) else inner


def _prose(text: str) -> str:
    if "\\" in text:
        text = _ACCENT_BRACED.sub(_accent, _ACCENT_IN_BRACES.sub(_accent, text))
        text = _ACCENT_BARE.sub(_accent, _ACCENT_SPACED.sub(_accent, _ACCENT_CAPITAL.sub(_accent, text)))
        text = _LETTER.sub(_letter, text)
        text = _SCRIPT_WORD.sub(
            lambda match: script(match[2], "^" if match[1] == "super" else "_") or match[2], text
        )
        text = _LINK.sub(r"\1", _OLD_FONT.sub(r"\1", _FONT.sub(r"\1", text)))
        text = _ESCAPED.sub(r"\1", _COMMAND.sub(_command, _SPACING.sub(" ", text)))
    text = _TIE.sub(" ", text)
    return _DASHES.sub(lambda match: "–" if len(match[0]) == 2 else "—", text)  # noqa: RUF001 - LaTeX's dash


def _accent(match: re.Match[str]) -> str:
    accent, base = (group for group in match.groups() if group is not None)
    letter = {"\\i": "i", "\\j": "j"}.get(base, base)
    composed = unicodedata.normalize("NFC", letter + _ACCENTS[accent])
    return composed if len(composed) == 1 else match[0]


def _letter(match: re.Match[str]) -> str:
    return _LETTERS[match[1] or match[2]]


def _command(match: re.Match[str]) -> str:
    name = match[1]
    if name in _SYMBOLS:
        return _SYMBOLS[name]
    return "" if name in _INVISIBLE else match[0]


def _escaped_in_formula(match: re.Match[str]) -> str:
    # The next pass would read an unescaped brace or dollar as LaTeX.
    return match[1] if match[1] in "%&#_" else match[0]


def _script(match: re.Match[str]) -> str:
    inner = match[2] if match[2] is not None else match[3]
    if match[1] == "^" and inner in {"∘", "°"}:
        return "°"
    return script(inner, match[1]) or match[1] + inner
