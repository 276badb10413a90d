"""The parser of the keyword language: text becomes a query, or an error that shows the place.

The grammar, from the loosest operator to the tightest (capitals are tokens of `lexer`):

    query  = branch { ( "," | OR ) branch }
    branch = item { [ AND ] item }               at least one item is wanted, not excluded
    item   = [ MINUS | NOT ] term
    term   = run | PREFIX | QUOTE | "*" | "(" query ")" | FIELD term
    run    = WORD { WORD }                       a phrase; in `author:` and `org:`, a name, which may end in
                                                 a PREFIX

After MINUS, NOT or a FIELD that holds no names, a run is one WORD. The term of a FIELD is no "*", and has no
FIELD in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Final

from bot.core.query.errors import EMPTY, EXCLUSION, ONLY_EXCLUDES, QueryError
from bot.core.query.lexer import Kind, Token, is_prefix, tokens
from bot.core.query.nodes import Everything, Field, Node, Phrase, all_of, any_of
from bot.core.words.latex import readable
from bot.core.words.tokenizer import Mode, query_words, run_words

MAX_DEPTH: Final = 10  # parentheses within parentheses
# Most queries are one run of plain words. Without tokens it is read in half the time.
_ONE_RUN: Final = re.compile(r"[^\W_]+(?:[ -][^\W_]+)*", re.ASCII)

_RUN: Final = frozenset({Kind.WORD})
_NAME: Final = frozenset({Kind.WORD, Kind.PREFIX})
_FIELD_TERM: Final = _NAME | {Kind.QUOTE, Kind.OPEN}
_TERM: Final = _FIELD_TERM | {Kind.FIELD, Kind.EVERYTHING}
_EXCLUDES: Final = frozenset({Kind.MINUS, Kind.NOT})
_ITEM: Final = _TERM | _EXCLUDES
_FOLLOWS: Final = _ITEM | {Kind.AND}
_SEPARATES: Final = frozenset({Kind.COMMA, Kind.OR})

_LOWER_CASE: Final = ", or type it in lower case to search for the word"
_OPERATORS: Final = {
    Kind.AND: ("`AND`", "agents AND benchmark", _LOWER_CASE),
    Kind.OR: ("`OR`", "agents OR benchmark", _LOWER_CASE),
    Kind.NOT: ("`NOT`", "agents NOT survey", _LOWER_CASE),
    Kind.MINUS: ("minus", "agents -survey", ""),
    Kind.COMMA: ("comma", "RLHF, reward model", ", or remove it"),
}
_NAME_EXAMPLES: Final = {Field.AUTHOR: "`author:Kaiming He`", Field.ORG: "`org:Google DeepMind`"}


@dataclass(frozen=True, slots=True)
class Query:
    root: Node
    text: str = dataclass_field(default="", compare=False)  # as typed, with its LaTeX converted

    @property
    def canonical(self) -> str:
        """Equal for two queries exactly if they are the same; itself a query with the same meaning."""
        return str(self.root)


def parse_query(text: str) -> Query:
    """Read a query of any length. Commas separate alternatives here.

    Raises:
        QueryError: it cannot be read.
    """
    text = readable(text)
    if _ONE_RUN.fullmatch(text) and _OPERATORS.keys().isdisjoint(text.split()):
        return Query(Phrase(words=run_words(text), source=text), text)
    return Query(_Parser(text).parse(), text)


def split_alternatives(text: str) -> list[str]:
    """The trimmed parts between commas that are in no quote and no parenthesis.

    Parts are not parsed here. A part is empty only if it is the only one.

    Raises:
        QueryError: there is nothing on one side of a comma, or the text has no tokens (`lexer.tokens`).
    """
    text = readable(text)
    commas = _top_level_commas(text)
    parts: list[str] = []
    start = 0
    for comma in commas:
        parts.append(text[start : comma.start].strip())
        start = comma.end
    parts.append(text[start:].strip())
    if commas and not all(parts):
        raise _lacks_term(commas[max(parts.index("") - 1, 0)], text)
    return parts


def _top_level_commas(text: str) -> list[Token]:
    commas: list[Token] = []
    depth = 0
    for token in tokens(text):
        depth = max(0, depth + (token.kind == Kind.OPEN) - (token.kind == Kind.CLOSE))
        if token.kind == Kind.COMMA and depth == 0:
            commas.append(token)
    return commas


class _Parser:
    """Recursive descent: one method per rule of the grammar. `field` is the one that the rule is in."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = iter(tokens(text))
        self._token = next(self._tokens)  # the next one to take
        self._depth = 0

    def parse(self) -> Node:
        if self._token.kind == Kind.END:
            raise self._error(
                "There is nothing to search for:" if self._text else "The query is empty:",
                "Type a keyword, such as `diffusion model`, or `*` for every paper.",
                at=0,
                topic=EMPTY,
            )
        node = self._query(None)
        if self._token.kind != Kind.END:
            raise self._never_opened(self._token)
        return node

    def _take(self) -> Token:
        token = self._token
        self._token = next(self._tokens, token)
        return token

    def _query(self, field: Field | None) -> Node:
        first = self._branch(field)
        if self._token.kind not in _SEPARATES:
            return first
        branches = [first]
        while self._token.kind in _SEPARATES:
            operator = self._take()
            if self._token.kind not in _ITEM:
                raise _lacks_term(operator, self._text)
            branches.append(self._branch(field))
        return any_of(branches)

    def _branch(self, field: Field | None) -> Node:
        start = self._token
        if start.kind not in _ITEM:
            raise self._never_opened(start) if start.kind == Kind.CLOSE else _lacks_term(start, self._text)
        included: list[Node] = []
        excluded: list[Node] = []
        while (token := self._token).kind in _FOLLOWS:
            if token.kind in _EXCLUDES:
                excluded.append(self._excluded(field))
            elif token.kind in _TERM:
                included.append(self._term(field))
            else:
                self._take()
                if self._token.kind not in _ITEM:
                    raise _lacks_term(token, self._text)
        if not included:
            raise self._error(
                "This part only excludes:",
                "Add what to find, as in `agents -survey`. To filter papers out of a channel, use "
                "`/config filter exclude:survey`.",
                at=start.start,
                topic=ONLY_EXCLUDES,
            )
        return included[0] if len(included) == 1 and not excluded else all_of(included, excluded)

    def _excluded(self, field: Field | None) -> Node:
        operator = self._take()
        if self._token.kind not in _TERM:
            raise _lacks_term(operator, self._text)
        node = self._term(field, one_word=True)
        if isinstance(node, Everything):
            raise self._error(
                "This excludes every paper:",
                "Exclude words, as in `agents -survey`.",
                at=operator.start,
                topic=EXCLUSION,
            )
        return node

    def _term(self, field: Field | None, *, one_word: bool = False) -> Node:
        token = self._take()
        if token.kind in _NAME:
            return self._run(token, field, one_word=one_word)
        if token.kind == Kind.QUOTE:
            return self._quote(token, field)
        if token.kind == Kind.OPEN:
            return self._group(token, field)
        return Everything() if token.field is None else self._in_field(token, token.field, within=field)

    def _run(self, first: Token, field: Field | None, *, one_word: bool) -> Phrase:
        is_name = field is not None and field.is_name
        last, starred = first, self._ends_in_star(first, is_name=is_name)
        continues = frozenset[str]() if one_word else _NAME if is_name else _RUN
        while self._token.kind in continues and not starred:
            last = self._take()
            starred = self._ends_in_star(last, is_name=is_name)
        typed = self._text[first.start : last.end]
        mode = Mode.PREFIX if starred else Mode.RUN
        words = query_words(typed[:-1] if starred else typed, mode, is_name=is_name)
        if not words:
            raise self._no_words(first.start)
        return Phrase(words=words, field=field, is_prefix=starred, source=typed, position=first.start)

    def _ends_in_star(self, token: Token, *, is_name: bool) -> bool:
        if token.kind == Kind.PREFIX or not is_name:
            return token.kind == Kind.PREFIX
        typed = self._text[token.start : token.end]
        return is_prefix(typed, Mode.NAME, text=self._text, position=token.start)

    def _quote(self, token: Token, field: Field | None) -> Phrase:
        is_name = field is not None and field.is_name
        typed = self._text[token.start : token.end]
        quoted = typed[1:-1].rstrip()
        last = quoted[quoted.rfind(" ") + 1 :]
        mode = Mode.NAME if is_name else Mode.QUOTED_PREFIX
        starred = is_prefix(last, mode, text=self._text, position=token.start)
        mode = Mode.QUOTED_PREFIX if starred else Mode.QUOTE
        words = query_words(quoted[:-1] if starred else quoted, mode, is_name=is_name)
        if not words:
            raise self._no_words(token.start)
        return Phrase(
            words=words,
            field=field,
            is_quote=True,
            is_prefix=starred,
            source=typed,
            position=token.start,
        )

    def _in_field(self, token: Token, field: Field, *, within: Field | None) -> Node:
        follows = self._token
        if within is not None or follows.kind == Kind.FIELD:
            raise self._error(
                "A field can't be inside another field:",
                "Give each field its own term, as in `title:agents abstract:benchmark`.",
                at=(follows if within is None else token).start,
            )
        if follows.kind in _EXCLUDES:
            raise self._error(
                "This comes after a field instead of before it:",
                f"To exclude, put the minus first, as in `agents -{field}:survey`.",
                at=follows.start,
                topic=EXCLUSION,
            )
        if follows.kind not in _FIELD_TERM:
            examples = _NAME_EXAMPLES.get(field, f"`{field}:agents` or `{field}:(world model)`")
            raise self._error(
                f"There is nothing to search for after `{field}:` here:",
                f"Type it right after the colon, as in {examples}.",
                at=token.start,
            )
        return self._term(field, one_word=not field.is_name)

    def _group(self, token: Token, field: Field | None) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error(
                "The parentheses are nested too deeply here:",
                f"They can be nested {MAX_DEPTH} levels deep.",
                at=token.start,
            )
        if self._token.kind == Kind.CLOSE:
            raise self._no_words(token.start)
        node = self._query(field) if self._token.kind != Kind.END else None
        if node is None or self._token.kind != Kind.CLOSE:
            raise self._error(
                "This parenthesis is never closed:", "Add a `)` where the group ends.", at=token.start
            )
        self._take()
        self._depth -= 1
        return node

    def _no_words(self, at: int) -> QueryError:
        return self._error("There are no words in this:", "Type at least one word here.", at=at)

    def _never_opened(self, token: Token) -> QueryError:
        return self._error(
            "This parenthesis was never opened:",
            "Remove it, or add a `(` where the group starts.",
            at=token.start,
        )

    def _error(self, problem: str, remedy: str, *, at: int, topic: str = "") -> QueryError:
        return QueryError(problem, remedy, text=self._text, position=at, topic=topic)


def _lacks_term(operator: Token, text: str) -> QueryError:
    """The error for an operator with nothing on one side."""
    name, example, otherwise = _OPERATORS[operator.kind]
    return QueryError(
        f"This {name} has nothing on one side:",
        f"Use it as in `{example}`{otherwise}.",
        text=text,
        position=operator.start,
        topic=EXCLUSION if operator.kind in _EXCLUDES else "",
    )
