"""BibTeX: papers as entries that BibTeX, biber and reference managers read alike.

bibtexparser writes the entries, and pylatexenc, on which it builds, writes characters as LaTeX. What is kept
here is what a paper's texts mean: a formula stays as it is, a word such as BERT keeps its capitals in every
style, a group is one name, and no character of a text can end its field, its entry or a block of code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final

from bibtexparser.entrypoint import write_string  # pyright: ignore[reportUnknownVariableType]
from bibtexparser.library import Library
from bibtexparser.model import Entry, Field
from bibtexparser.writer import BibtexFormat
from pylatexenc import latexencode  # pyright: ignore[reportMissingTypeStubs]

from bot.core.author_names import AuthorName, author_names
from bot.core.citation_keys import submitted
from bot.core.papers import Paper
from bot.core.words.latex import readable, split_formulas

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ESCAPES: Final = {character: f"\\{character}" for character in "%&#$_"} | {
    # BibTeX counts braces, and sees no backslash before them.
    "{": r"{$\lbrace$}",
    "}": r"{$\rbrace$}",
    "\\": r"{\textbackslash}",
    "~": r"{\textasciitilde}",
    "^": r"{\textasciicircum}",
    "`": r"{\textasciigrave}",
    '"': '"',  # not a closing quote
    # The usual way to write these; in braces, so that a few together are no fence of Discord's.
    "“": "{``}",
    "”": "{''}",
    "\N{LEFT SINGLE QUOTATION MARK}": "{`}",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{EN DASH}": "--",
    "\N{EM DASH}": "---",
    "…": r"{\ldots}",
    # There is no way to write these that all programs read.
    "å": "å",
    "Å": "Å",
}
_WORD: Final = re.compile(r"\w+")
_PLAIN: Final = re.compile(r"[A-Za-z0-9 .,:;?!()'/+-]*")
_AND: Final = re.compile(r"\band\b", re.IGNORECASE)
_MATHS: Final = re.compile(r"\\ensuremath\{((?:[^{}]|\{[^{}]*\})*)\}")  # more programs read `$…$`
_OTHERS: Final = "others"  # as a name, BibTeX prints "et al."


def bibtex(papers: Iterable[tuple[str, Paper]], *, most_authors: int | None = None) -> str:
    """Entries for the papers, each under its citation key; keys must differ.

    With `most_authors`, longer lists of authors end in BibTeX's `and others`.
    """
    layout = BibtexFormat()
    layout.indent, layout.trailing_comma = "  ", True
    # One after the other: a library of thousands is copied, which keeps Python's garbage collector busy.
    entries = (_entry(key, paper, most_authors=most_authors) for key, paper in papers)
    return "\n".join(write_string(Library([entry]), bibtex_format=layout) for entry in entries)


def _entry(key: str, paper: Paper, *, most_authors: int | None) -> Entry:
    year, month = submitted(paper)
    names = author_names(paper.authors)
    authors = [_author(name) for name in names[:most_authors]]
    if len(names) > len(authors):
        authors.append(_OTHERS)
    fields = {
        "title": _title(paper),
        "author": " and ".join(authors),
        "year": str(year),
        "month": _MONTHS[month - 1],
        "eprint": paper.id,
        "archivePrefix": "arXiv",
        "url": paper.abs_url,
    }
    return Entry(
        "misc",
        key,
        [
            Field(name, value, enclosing="no-enclosing" if name == "month" else None)
            for name, value in fields.items()
            if value
        ],
    )


def _title(paper: Paper) -> str:
    """The title with its formulas as the authors wrote them."""
    parts = split_formulas(" ".join(paper.title.split()))
    return "".join(
        f"{{{part}}}" if is_formula and _is_safe(part) else _prose(part) for part, is_formula in parts
    )


def _prose(text: str) -> str:
    """The text as LaTeX, with names in braces, as BibTeX styles turn titles into lower case."""
    shown = readable(text)
    if text[:1] == " " and shown:
        shown = f" {shown}"
    shown += " " if text[-1:] == " " else ""
    parts: list[str] = []
    end = 0
    for word in filter(_is_name, _WORD.finditer(shown)):
        parts += (_latex(shown[end : word.start()]), f"{{{_latex(word[0])}}}")
        end = word.end()
    return "".join([*parts, _latex(shown[end:])])


def _is_name(match: re.Match[str]) -> bool:
    """Whether a word keeps its capitals: BERT, iPhone, LLMs, R1, a single letter other than the article."""
    word = match[0]
    if any(map(str.isupper, word[1:])):
        return True
    return word[0].isupper() and (any(map(str.isdigit, word)) or (len(word) == 1 and word != "A"))


def _is_safe(formula: str) -> bool:
    """Whether the formula can be in a field as it is: in ASCII, with balanced braces and no comment."""
    if not formula.isascii() or "%" in formula or "`" in formula:
        return False
    depth = 0
    for character in formula:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth < 0:
            return False
    return depth == 0


def _author(name: AuthorName) -> str:
    if name.is_group or name.family.lower() == _OTHERS:
        # Some programs split names at "and" within braces, too.
        return "{" + _AND.sub(r"{\g<0>}", _latex(name.family)) + "}"
    # BibTeX has the suffix in the middle.
    return ", ".join(_latex(part) for part in (name.family, name.suffix, name.given) if part)


def _latex(text: str) -> str:
    if _PLAIN.fullmatch(text):  # nearly every name, and most of a title
        return text
    return _MATHS.sub(r"$\1$", _encoder()(text))


@cache
def _encoder() -> Callable[[str], str]:
    """Letters with accents and symbols as LaTeX; other scripts stay as they are."""
    rule = latexencode.UnicodeToLatexConversionRule(
        latexencode.RULE_DICT,
        {ord(character): written for character, written in _ESCAPES.items()},
        replacement_latex_protection="none",
    )
    encoder: Any = latexencode.UnicodeToLatexEncoder(
        conversion_rules=[rule, "defaults"],
        replacement_latex_protection="braces-all",
        unknown_char_policy="keep",
        unknown_char_warning=False,
    )
    return encoder.unicode_to_latex
