"""The parser of the keyword language: text becomes a query, or an error that shows the place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.core.query.errors import EMPTY, EXCLUSION, QueryError
from bot.core.query.lexer import QUOTES, Kind, Token, quote_end, syntax_of, tokens
from bot.core.query.nodes import Everything, Field, Node, Phrase, all_of, any_of
from bot.core.words.latex import readable

MAX_DEPTH: Final = 10  # parentheses within parentheses

_STARTS_TERM: Final = {
    Kind.WORDS,
    Kind.QUOTE,
    Kind.PREFIX,
    Kind.EVERYTHING,
    Kind.FIELD,
    Kind.MINUS,
    Kind.NOT,
    Kind.OPEN,
}

_OPERATORS: Final = {
    Kind.AND: ("`AND`", "agents AND benchmark"),
    Kind.OR: ("`OR`", "agents OR benchmark"),
    Kind.NOT: ("`NOT`", "agents NOT survey"),
    Kind.MINUS: ("minus", "agents -survey"),
    Kind.COMMA: ("comma", "RLHF, reward model"),
}


@dataclass(frozen=True, slots=True)
class Query:
    root: Node

    @property
    def canonical(self) -> str:
        """Equal for two queries exactly if they are the same; itself a query with the same meaning."""
        return str(self.root)


def parse_query(text: str) -> Query:
    """Read a query of any length. Commas separate alternatives here.

    Raises:
        QueryError: it cannot be read.
    """
    return Query(_Parser(readable(" ".join(text.split()))).parse())


def split_alternatives(text: str) -> list[str]:
    """The trimmed parts between commas that are in no quote and no parenthesis.

    Parts are not parsed here. A part is empty only if it is the only one.

    Raises:
        QueryError: there is nothing before or after a comma.
    """
    text = readable(text)
    commas = _top_level_commas(text)
    starts = [0, *(comma + 1 for comma in commas)]
    parts = [text[start:end].strip() for start, end in zip(starts, [*commas, len(text)], strict=True)]
    for number, part in enumerate(parts):
        if commas and not part:
            raise QueryError(
                "There is nothing on one side of this comma:",
                "Type a keyword on both sides, as in `RLHF, reward model`.",
                text=text,
                position=commas[max(number - 1, 0)],
            )
    return parts


def _top_level_commas(text: str) -> list[int]:
    commas: list[int] = []
    syntax = syntax_of(text)
    depth = position = 0
    while position < len(syntax):
        character = syntax[position]
        if character in QUOTES:
            position = quote_end(syntax, position) or len(syntax)
            continue
        depth = max(0, depth + (character == "(") - (character == ")"))
        if character == "," and depth == 0:
            commas.append(position)
        position += 1
    return commas


class _Parser:
    """Recursive descent, from the loosest operator to the tightest: comma, OR, AND, minus or NOT, term."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_without_punctuation(tokens(text)))
        self._next = 0
        self._depth = 0

    def parse(self) -> Node:
        if self._is_at(Kind.END):
            raise self._error(
                "There is nothing to search for:" if self._text else "The query is empty:",
                "Type a keyword, such as `diffusion model`, or `*` for every paper.",
                position=0,
                topic=EMPTY,
            )
        node = self._alternatives(None)
        if not self._is_at(Kind.END):
            raise self._error(
                "This parenthesis was never opened:", "Remove it, or add a `(` where the group starts."
            )
        return node

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _is_at(self, kind: Kind) -> bool:
        return self._token.kind is kind

    def _take(self) -> Token:
        token = self._token
        self._next += 1
        return token

    def _alternatives(self, field: Field | None) -> Node:
        """Parts between commas and ORs, which mean the same here."""
        parts = [self._all(field)]
        while self._token.kind in {Kind.COMMA, Kind.OR}:
            operator = self._take()
            if self._token.kind not in _STARTS_TERM:
                raise self._dangling(operator)
            parts.append(self._all(field))
        return any_of(parts)

    def _all(self, field: Field | None) -> Node:
        """Terms up to the next OR, comma or closing parenthesis; AND between them is optional."""
        start = self._token
        included: list[Node] = []
        excluded: list[Node] = []
        while True:
            token = self._token
            if token.kind in {Kind.MINUS, Kind.NOT}:
                excluded.append(self._excluded(field))
            elif token.kind in _STARTS_TERM:
                included.append(self._term(field))
            elif token.kind is Kind.AND and (included or excluded):
                self._take()
                if self._token.kind not in _STARTS_TERM:
                    raise self._dangling(token)
            elif included or excluded:
                break
            else:
                raise self._dangling(token)
        if not included:
            raise self._error(
                "This part only excludes:",
                "Add what to find, as in `agents -survey`. To filter papers out of a channel, use "
                "`/config filter exclude:survey`.",
                position=start.position,
                topic=EXCLUSION,
            )
        return all_of(included, excluded)

    def _excluded(self, field: Field | None) -> Node:
        operator = self._take()
        follows = self._token
        if follows.kind not in _STARTS_TERM - {Kind.MINUS, Kind.NOT} or (
            operator.kind is Kind.MINUS and follows.position != operator.position + 1
        ):
            raise self._dangling(operator)
        node = self._term(field)
        if isinstance(node, Everything):
            raise self._error(
                "This excludes every paper:",
                "Exclude words, as in `-survey`.",
                position=operator.position,
                topic=EXCLUSION,
            )
        return node

    def _term(self, field: Field | None) -> Node:
        token = self._take()
        if token.kind is Kind.FIELD:
            return self._in_field(token)
        if token.kind is Kind.OPEN:
            return self._group(token, field)
        if token.kind is Kind.EVERYTHING:
            return Everything()
        typed = list(token.words)
        if token.kind is Kind.WORDS:
            while self._token.kind is Kind.WORDS:
                typed.extend(self._take().words)
        if not typed:
            raise self._error(
                "There are no words in this:", "Type at least one word here.", position=token.position
            )
        return Phrase(words=tuple(typed), field=field, is_prefix=token.kind is Kind.PREFIX)

    def _in_field(self, token: Token) -> Node:
        if self._token.kind not in {Kind.WORDS, Kind.QUOTE, Kind.PREFIX, Kind.OPEN}:
            raise self._error(
                f"There is nothing to search for after `{token.field}:` here:",
                f"Type words, a quote or a parenthesis, as in `{token.field}:example`. A minus "
                "goes before the field.",
                position=token.position,
            )
        return self._term(token.field)

    def _group(self, token: Token, field: Field | None) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error(
                "The parentheses are nested too deeply here:",
                f"They can be nested {MAX_DEPTH} levels deep.",
                position=token.position,
            )
        if self._is_at(Kind.CLOSE):
            raise self._error(
                "There are no words in this:", "Type at least one word here.", position=token.position
            )
        node = self._alternatives(field)
        if not self._is_at(Kind.CLOSE):
            raise self._error(
                "This parenthesis is never closed:",
                "Add a `)` where the group ends.",
                position=token.position,
            )
        self._take()
        self._depth -= 1
        return node

    def _dangling(self, operator: Token) -> QueryError:
        """The error for an operator with nothing on one side, or for a part with nothing in it."""
        if operator.kind is Kind.CLOSE and not self._depth:
            return self._error(
                "This parenthesis was never opened:",
                "Remove it, or add a `(` where the group starts.",
                position=operator.position,
            )
        name, example = _OPERATORS.get(operator.kind, ("operator", "a, b"))
        return self._error(
            f"This {name} has nothing on one side:",
            f"Use it as in `{example}`, or quote it to search for the text itself.",
            position=operator.position,
            topic=EXCLUSION if operator.kind in {Kind.MINUS, Kind.NOT} else "",
        )

    def _error(
        self, problem: str, remedy: str, *, position: int | None = None, topic: str = ""
    ) -> QueryError:
        place = self._token.position if position is None else position
        return QueryError(problem, remedy, text=self._text, position=place, topic=topic)


def _without_punctuation(all_tokens: Iterable[Token]) -> Iterable[Token]:
    return (token for token in all_tokens if token.kind is not Kind.WORDS or token.words)
