"""The page reads text line by line, like Discord."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simcord.preview import _markdown

from sandbox.markdown import discord_parser
from tests.cases import each


@pytest.fixture(autouse=True, scope="module")
def _reading_as_discord() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        if "made" not in _markdown._markdown_parser.__name__:
            patch.setattr(_markdown, "_markdown_parser", discord_parser(_markdown._markdown_parser))
        yield


def shown(text: str, profile: str = "message") -> str:
    return "".join(map(written, _markdown.markdown_tokens(text, profile)))


def written(token: Any) -> str:
    kind = token["type"]
    if "children" in token:
        inner = "".join(map(written, token["children"]))
        return inner if kind == "inline" else f"<{token.get('tag') or kind}>{inner}</>"
    if kind == "break":
        return "\n"
    if kind.endswith(("_open", "_close")):
        return f"[{kind.replace('_open', '').replace('_close', '/')}]"
    if kind == "code_block":
        return f"<code {token.get('language', '')}>{token['content']}</>"
    return token.get("content", f"({kind})")


@each(
    ("text", "wanted"),
    [
        ("one\ntwo", "<p>one\ntwo</>"),
        ("one\n\ntwo", "<p>one\n\ntwo</>"),
        ("one\n\n\n\ntwo", "<p>one\n\n\n\ntwo</>"),
        ("one\n\n**two**\n\nthree", "<p>one\n\n[strong]two[strong/]\n\nthree</>"),
        (
            "# One\n## Two\n### Three\n#### Four\n#five",
            "<h1>One</><h2>Two</><h3>Three</><p>#### Four\n#five</>",
        ),
        (
            "a\n\n- b\n- c\n  - d\nplain",
            "<p>a\n\n</><bullet_list><list_item>b</><list_item>c<bullet_list><list_item>d</></></></><p>plain</>",
        ),
        ("1. a\n2. b", "<ordered_list><list_item>a</><list_item>b</></>"),
        ("- a\n1. b", "<bullet_list><list_item>a</></><ordered_list><list_item>b</></>"),
        ("> a\n> \n> b\nc", "<blockquote><p>a\n\nb</></><p>c</>"),
        (">>> a\nb\n\nc", "<blockquote><p>a\nb\n\nc</></>"),
        ("> # a", "<blockquote><h1>a</></>"),
        ("-# small\nlarge", "<p><subtext>small</>large</>"),
        ("a\n```py\nb\n\nc\n```\nd", "<p>a</><code py>b\n\nc</><p>d</>"),
        ("```\n# no heading\n```", "<code ># no heading</>"),
        ("||# b|| `# c`", "<p>[spoiler]# b[spoiler/] # c</>"),
        ("__u__ *i* ~~s~~", "<p>[u]u[u/] [em]i[em/] [s]s[s/]</>"),
        ("    four spaces", "<p>    four spaces</>"),
        ("a\n===\nb\n---", "<p>a\n===\nb\n---</>"),
        ("&amp; <b> \\*c\\*", "<p>&amp; <b> *c*</>"),
        ("| a |\n|---|\n| b |", "<p>| a |\n|---|\n| b |</>"),
        ("", ""),
    ],
)
def test_every_line_counts_and_blocks_end_with_their_lines(text: str, wanted: str) -> None:
    assert shown(text) == wanted


@given(st.lists(st.sampled_from(["", "a b", "c"]), min_size=1, max_size=8))
def test_blank_lines_are_kept(lines: list[str]) -> None:
    text = "\n".join(["x", *lines, "y"])
    assert shown(text) == f"<p>{text}</>"


@given(st.text(alphabet="#>-*_`|~1. \n[]()<t:@a", max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    assert isinstance(shown(text), str)
