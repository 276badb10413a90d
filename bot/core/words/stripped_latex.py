"""LaTeX and Markdown that lost a part of their markup on the way, such as `R^3`, `3times` or `{sim}20%`.

Hugging Face drops dollars and backslashes in places. A rule needs a shape that prose never has, because an
ordinary word ("three times", "sim-to-real", "approx. 20") must stay. Addresses are never changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from bot.core.tables import TextTable

_TABLE = TextTable("bot.core.words", "latex.txt")
_SYMBOLS: Final = _TABLE.pairs("symbols")
_MACROS: Final = {name: " ".join(words) for name, *words in _TABLE.rows("macros")}
_SCRIPTS: Final = {"^": _TABLE.pairs("superscripts"), "_": _TABLE.pairs("subscripts")}


def _any_of(section: str) -> str:
    return "|".join(sorted(_TABLE.words(section), key=len, reverse=True))


# Whether there may be anything to do: every text is asked, so each of these is quick to look for.
_SIGNS: Final = ("{", "^", "_", "''", "**", "](", "\\", "`", *_TABLE.words("unmistakable"))
_WORDS: Final = (
    re.compile(r"times(?:(?<=[\d)A-Z]times)| (?<=[\w)] times )[\w(])"),
    re.compile(r"sim[ !]?\d"),
    re.compile(r"approx(?!i)"),
)

_FIGURES_UP, _FIGURES_DOWN = "⁰¹²³⁴-⁹", "₀-₉"
_TIMES: Final = "\N{MULTIPLICATION SIGN}"
_ONE_LETTER = "A-Za-zα-ωΑ-Ωℓ"  # noqa: RUF001 - Greek
_FACTOR_LETTER = "b-hj-zB-HJ-Z"  # "a" and "I" are words

_ADDRESS = (
    r"(?:(?:https?://|www\.)[^\s{}]+"
    r"|(?<![\w.@-])[\w-]{1,60}(?:\.[\w-]{1,60}){0,4}\.[a-z]{2,6}/[^\s{}]*"
    r"|(?<![\w.+-])[\w.+-]{1,60}@[\w-]{1,60}\.[\w.-]+)"
)
# What stays as it is: addresses, and what characters alone cannot show.
_FORMULA = r"\$[^\s$][^$]{0,120}\\[^$]{0,120}\$|\\[A-Za-z]+(?:\{[^{}]+\})+|\\\{[^{}]{0,120}\\\}"
_KEPT = re.compile(f"({_ADDRESS}|{_FORMULA})")
# \href{address}{label}, whole or without its markup. The address says enough.
_LINK = re.compile(r"\\href\{(https?://[^\s{}]+)\{?[^{}]*\}\.?\}?")
_LABEL = re.compile(rf"({_ADDRESS})\}}?\s?\{{(?:\w{{1,10}}\{{)?[^{{}}]{{1,200}}\}}{{1,2}}")
_COLOR = re.compile(r"\\color\{[a-z]*([A-Z]*)\}")

# What a text must contain for the rule to apply (quick to look for), what the rule finds, what it puts there.
_Rule = tuple[str, re.Pattern[str], str | Callable[[re.Match[str]], str]]


def _macro(match: re.Match[str]) -> str:
    """What an author's own command stands for: a word of the table, else its name."""
    begins, name, dot = match[1], match[2], match[3] or ""
    words = _MACROS.get(name) or _MACROS.get(name.lower()) or name
    if begins is not None and name.lower() in _MACROS:
        words = words[0].upper() + words[1:]
    return f"{begins or ''}{words}{'' if words.endswith('.') else dot}"


def _scripted(match: re.Match[str]) -> str:
    return _SYMBOLS[match[1]]


def _raised(match: re.Match[str]) -> str:
    return _scripted_text(match[1] or match[2], "^")


def _lowered(match: re.Match[str]) -> str:
    return (match[2] or "") + _scripted_text(match[1] or match[3], "_")


def _scripted_text(text: str, sign: str) -> str:
    return script(text, sign) or sign + (text if re.fullmatch(r"[\w.]+", text) else f"({text})")


def script(text: str, sign: str) -> str:
    """The text in raised (`^`) or lowered (`_`) characters; '' unless Unicode has them all."""
    table = _SCRIPTS[sign]
    return "".join(table[character] for character in text) if all(map(table.__contains__, text)) else ""


_RULES: Final[tuple[_Rule, ...]] = (
    # Markdown.
    ("](", re.compile(r"\[([^\[\]]{1,80})\]\((?:https?://)?[\w-]+\.[^\s()]+\)"), r"\1"),
    ("**", re.compile(r"\*\*(?=[^\s*])([^*]{1,100})(?<=\S)\*\*"), r"\1"),
    # Commands that kept their backslash.
    ("\\", re.compile(r"\\[A-Za-z]*(?:icon|logo|emoji)(?:\{\})? ?"), ""),
    ("{\\", re.compile(r"\{(\\[A-Za-z]{2,})\}"), r"\1"),
    ("\\", re.compile(r"(^|[.!?] )?\\([A-Za-z]{2,})(?:\{\})?(?![A-Za-z{])(\.(?=[ ,]))?"), _macro),
    ("\\", re.compile(r"\\(?=\d{1,2}\)|~\d)"), ""),
    ("\\", re.compile(r"\\(?=\d)"), "$"),
    # Commands that lost it.
    ("{", re.compile(rf"(?<![A-Za-z\\])(?:{_any_of('fonts')}|{_any_of('colors')})" r"\{([^{}]*)\}"), r"\1"),
    ("{", re.compile(r"\{(?:bf|it|em|sc|tt)\s+([^{}]*)\}"), r"\1"),
    ("", re.compile(rf"(?<![A-Za-z\\])({_any_of('unmistakable')})(?![A-Za-z])"), _scripted),
    ("{", re.compile(rf"\{{({_any_of('braced')})\}}"), lambda match: "{" + _SYMBOLS[match[1]] + "}"),
    ("", re.compile(rf"(?<![A-Za-z_\\-])({_any_of('scripted')})(?=[_^][\w{{])"), _scripted),
    ("", re.compile(r"(?<=\d)\^\{?(?:circ(?![a-su-z])|∘)\}?|(?<=\d)\s?\{°\}"), "°"),
    # Raised and lowered figures.
    ("^", re.compile(r"(?<=[\w)\]}°*∇∑∏])\^(?:\{([^{}]{1,20})\}|([+-]?\d+(?!\.?\d)|[*+](?!\w)))"), _raised),
    (
        "_",
        re.compile(
            r"(?<=[\w)∑∏])_\{([^{}]{1,20})\}"
            rf"|(?<![\w-])([{_ONE_LETTER}])_(\d+(?:\.\d+)?)(?!\w|[.,]\d)"
        ),
        _lowered,
    ),
    # Signs between or before figures.
    (
        "times",
        re.compile(
            rf"(?<=[\d°){_FIGURES_UP}])times(?: (?=\d+ )|(?![a-z])|(?=sim\d))|(?<=\d[KMB])times(?![a-z])"
        ),
        _TIMES,
    ),
    ("times", re.compile(r"(?<=[A-Z])times(?=[A-Z])|(?<=(?<![\w-])[A-Z])times(?!\w)"), _TIMES),
    (
        "times",
        re.compile(rf"(?<=[\d{_FIGURES_UP}]) times (?=\d+(?:[\s.,;:){_TIMES}^{_FIGURES_UP}-]|$))"),
        f" {_TIMES} ",
    ),
    (
        "times",
        re.compile(rf"(?<![\w'-])([{_FACTOR_LETTER}]) times ([{_FACTOR_LETTER}])(?![\w'-])"),
        rf"\1 {_TIMES} \2",
    ),
    ("{", re.compile(rf"\{{({_TIMES})\}}"), r"\1"),
    ("sim", re.compile(r"(?<![\w-])sim(?:!| ?)(?=\d)(?!2[a-z])|(?<=\d)sim ?(?=\d)"), "~"),
    ("{~}", re.compile(r"\{~\} ?(?=[\d.])"), "~"),
    (
        "approx",
        re.compile(
            rf"(?<![A-Za-z-])approx(?=\d)|(?<=[_^@][\w.] )approx(?= \d)"
            rf"|(?<=[{_FIGURES_UP}{_FIGURES_DOWN}] )approx(?= \d)|(?<=[α-ω])approx(?![a-z])"  # noqa: RUF001 - Greek
        ),
        "≈",
    ),
    # Braces.
    ("{", re.compile(r"(?<=\d)\{([,.])\}(?=\d)|\{([=<>≈])\}"), lambda match: match[1] or match[2]),
    ("{", re.compile(r"\{([^\W_](?:[^{},;:=<>\\$]{0,78}[\w%)+])?)\}|\{\}"), lambda match: match[1] or ""),
    # Quotes.
    ("``", re.compile(r"``((?:[^`'\"]|(?<=\w)'(?=\w)){1,120}?)(?:''|\"|``)"), r"“\1”"),
    ("''", re.compile(r"(?<!')''(?=[^\s'])((?:[^'\"`]|(?<=\w)'(?=\w)){1,120}?)''(?!')"), r"“\1”"),
    ("''", re.compile(r"\"(?=[^\s'\"])([^'\"`]{1,120}?)''"), r"“\1”"),
    (
        "`",
        re.compile(r"(?<![`\w])`(?=[^\s`'])((?:[^`']|(?<=\w)'(?=\w)){1,80}?)(?:'(?!\w)|`(?!`))"),
        "\N{LEFT SINGLE QUOTATION MARK}\\1\N{RIGHT SINGLE QUOTATION MARK}",
    ),
    ("`", re.compile(r"(?<=[A-Za-z])`(?=s\b)"), "\N{RIGHT SINGLE QUOTATION MARK}"),
)


def may_need_repair(text: str) -> bool:
    return any(sign in text for sign in _SIGNS) or any(word.search(text) for word in _WORDS)


def repaired(text: str) -> str:
    """The text with one step of that markup turned into its characters; addresses are left as they are."""
    if not may_need_repair(text):
        return text
    for pattern in (_LINK, _COLOR, _LABEL) if "{" in text else ():
        text = pattern.sub(r"\1", text)
    if not any(sign in text for sign in "/@\\"):
        return _repaired(text)
    parts = _KEPT.split(text)
    parts[::2] = [_repaired(part) for part in parts[::2]]
    return "".join(parts)


def _repaired(text: str) -> str:
    for needle, pattern, replacement in _RULES:
        if needle in text:
            text = pattern.sub(replacement, text)
    return text
