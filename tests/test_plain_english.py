"""The project's texts use plain words: the private language of its first versions stays out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cases import each

ROOT = Path(__file__).parents[1]
# What users, operators and contributors read.
READ = (
    "README.md",
    "CHANGELOG.md",
    "docs",
    ".env.example",
    "compose.yaml",
    "compose.postgres.yaml",
    "deploy",
    "Dockerfile",
    "Makefile",
    ".ci",
    "bot",
    "cogs",
    "sandbox",
    "benchmarks",
    "pyproject.toml",
)
_QUOTED = ("sandbox/sample", "bot/core/words/spelling.tsv", "bot/core/words/prose.txt")  # words of papers
_SUFFIXES = {
    "",
    ".md",
    ".yaml",
    ".service",
    ".py",
    ".html",
    ".css",
    ".js",
    ".example",
    ".mako",
    ".toml",
    ".txt",
    ".tsv",
    ".sql",
}

# Each phrase, and what to write instead.
REPLACEMENTS = {
    r"mend(s|ed|ing)?": "fix, fixed",
    r"anew": "again",
    r"heed(s|ed|ing)?": "handle",
    r"owed|owes|owing": "pending",
    r"(told|tells?|telling|hears?|heard|hearing) of": "notified of, reports, learns of",
    r"(is|are|was|were|be|been|being) told(?! apart)": "is notified, is shown, receives",
    r"untold": "undeliverable",
    r"in vain": "never reached, without success",
    r"brings? (\w+ ){0,2}papers": "posts papers",
    r"doubtful|in doubt": "unconfirmed, uncertain",
    r"what (came|comes|has come|had come) of": "the result of",
    r"what (\w+ ){1,4}(came|comes) to": "the result of",
    r"by (itself|themselves|myself)": "automatically, on its own",
    r"(is|are|was|were|be|been|papers|what) kept out": "filtered out",
    r"these by": "by_ids",
    r"bells?|rung": "wake",
    r"troubles?": "problem",
    r"watchers?": "telemetry",
    r"whoever": "the person who, anyone who",
    r"(how|as) (it|they|things|everything|all) stands?": "the status",
    r"stands? in the way": "prevents, obstacle",
    r"so many at most": "the maximum",
    r"gets a moment": "has a short time",
    r"for your eyes (alone|only)": "only visible to you",
    r"\w*(behaviour|favour|honour|neighbour|normalis|organis|recognis|summaris|unauthoris)\w*": "US spelling",
    r"stands? (above|before|behind|below|beside|between|in front|next to|side by side|together|under|within)": "is",
    r"behind (it|them|its|an?|the) (field|figure|first|hyphen|letter|minus|noun|number|prefix|star|word)": "after",
    r"(at least|every|of|only) so many": "a number of, that many, a limited number of",
    r"(am|are|be|is|was|were) waited (for|out)": "the bot waits, is retried",
    r"some (hours|minutes|seconds)": "a few",
    r"takes? no (more )?(answers|connections|messages)": "accepts no",
    r"looks? whether": "checks whether",
    r"what becomes? of|what became of": "the result of, what happens to",
    r"an? \w+ of (its|their|your) own": "its own, a separate",
    r"kept right by": "protected by",
    r"papers? less": "fewer papers",
    r"gives? no (usable )?answer|gave no (usable )?answer": "did not answer, returned no usable response",
    r"summer time": "daylight saving time",
}
_NEWLINE = "\n"
# Words of one phrase may be on two lines, in two string literals or in two lines of a comment.
_GAP = r"""(?:[\s#*/<>!-]|f?["'])+"""
_ANY = re.compile(
    rf"(?<![\w-])(?:{'|'.join(REPLACEMENTS)})(?![\w-])".replace(" ", _GAP), re.IGNORECASE
)  # most files have none
_PHRASES = [
    (re.compile(rf"(?<![\w-])(?:{phrase.replace(' ', _GAP)})(?![\w-])", re.IGNORECASE), instead)
    for phrase, instead in REPLACEMENTS.items()
]


def _files() -> list[str]:
    roots = [ROOT / name for name in READ]
    files = [path for root in roots for path in ([root] if root.is_file() else root.rglob("*"))]
    names = [str(path.relative_to(ROOT)) for path in files if path.is_file() and path.suffix in _SUFFIXES]
    return sorted(name for name in names if not name.startswith(_QUOTED))


def _found(text: str) -> list[str]:
    if not _ANY.search(text):
        return []
    return [
        f"line {text[: match.start()].count(_NEWLINE) + 1}: {' '.join(match[0].split())!r}: write {instead!r}"
        for phrase, instead in _PHRASES
        for match in phrase.finditer(text)
    ]


@each("name", _files())
def test_a_file_uses_plain_words(name: str) -> None:
    assert _found((ROOT / name).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "Once it is mended",
        "# The server is\n    # told of it.",
        '"papers that were "\n    f"kept out"',
        "What a run came to.",
        "It starts by\nitself.",
        "Bring papers to a channel",
        "A letter stands\n    # beside it",
    ],
)
def test_a_phrase_is_found_across_lines_and_literals(text: str) -> None:
    assert _found(text)


@pytest.mark.parametrize(
    "text", ["recommended", "amend", "these bytes", "two that are told apart", "rebellion"]
)
def test_ordinary_words_are_allowed(text: str) -> None:
    assert not _found(text)
