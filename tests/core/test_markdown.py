"""Outside text can do nothing in a message but be read."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.markdown import bold, clean, escape, fit, length, link, plain, shorten, web_url, without_markup
from tests.cases import each

# Text as an attacker would write it: ordinary characters, and everything that means something to Discord.
HOSTILE = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(
            [
                "@everyone", "@here", "<@123456789012345678>", "<@&5>", "<#5>", "[x](https://evil.example)", "**", "__",
                "~~", "||", "`", "```", "\\", "<t:1:R>", "<:e:1>", "</go:1>", "# ", "-# ", "> ", "- ", "1. ", "https://a.b",
                ":fire:", "\n", " ", "\u202e", "\u200b", "\u200d", "\ud800", "]", "(", ")", "@", "<", "everyone", "\U0001d49c", "é",
            ]
        ),
    ),
    max_size=12,
).map("".join)  # fmt: skip
SPANS = st.lists(st.tuples(st.integers(-3, 40), st.integers(-3, 60)), max_size=5)


def rendered(markdown: str) -> str:
    """What a reader sees of text in which nothing but bold and escapes has a meaning."""
    assert not re.search(r"(?<!\\)(?:\\\\)*(?<!\*)\*(?!\*)", markdown.replace("\\*", "")), "a lone star"
    shown = re.sub(r"\\([^0-9A-Za-z\s])|\*\*", lambda match: match[1] or "", markdown)
    return shown.replace("\u200b", "")


@each(
    ("text", "written"),
    [
        ("a*b_c~d|e`f\\g", "a\\*b\\_c\\~d\\|e\\`f\\\\g"),
        ("@everyone and @here", "@\u200beveryone and @\u200bhere"),
        ("<@1> <@&2> <#3> </go:4>", "\\<@\u200b1> \\<@\u200b&2> \\<\\#3> \\<\\/go:4>"),
        ("<t:1:R> <:x:1> <a:x:1> <id:home>", "\\<t\\:1:R> \\<\\:x:1> \\<a\\:x:1> \\<id\\:home>"),
        ("[x](https://e.example)", "\\[x\\](https:\\//e.example)"),
        ("discord.gg/abc", "discord.gg\\/abc"),
        ("so :fire: hot", "so \\:fire: hot"),
        ("# one", "\\# one"),
        ("-# one", "\\-# one"),
        (">>> one", "\\>>> one"),
        ("- one", "\\- one"),
        ("12. one", "12\\. one"),
    ],
)
def test_markup_and_pings_are_escaped(text: str, written: str) -> None:
    assert escape(text) == written


@pytest.mark.parametrize(
    "text", ["pass@1 at 4.1 of x > y", "C# and A/B: 5 - 3", "me@example.org", "3D worlds (part 2)"]
)
def test_harmless_text_is_unchanged(text: str) -> None:
    assert escape(text) == text


@given(HOSTILE)
def test_escaped_text_shows_exactly_the_text(text: str) -> None:
    markdown = escape(text)
    assert rendered(markdown) == clean(text).replace("\u200b", "")
    assert not re.search(r"@(everyone|here)|<@[\d!&]|<[#:]|</|<t:|https?://", markdown, re.IGNORECASE)
    assert not re.search(r"(?<!\\)(?:\\\\)*[*_~|`\[\]<]", re.sub(r"\\[^0-9A-Za-z\s]", "", markdown))
    markdown.encode()


@given(HOSTILE)
def test_cleaning_is_idempotent(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert not re.search(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\u200b\ufeff]", clean(text))


def test_joiners_stay_where_emoji_and_scripts_need_them() -> None:
    family = "👩\u200d👧"
    persian = "\u0645\u06cc\u200c\u062e\u0648"
    assert clean(f"{family} {persian} a\u200db") == f"{family} {persian} ab"


def test_text_without_a_visible_character_is_empty() -> None:
    assert clean("\u3164 \u2800\u200b\u202e") == ""


@given(HOSTILE, SPANS)
def test_bold_is_well_formed_whatever_the_spans(text: str, spans: list[tuple[int, int]]) -> None:
    markdown = bold(text, spans)
    assert rendered(markdown) == clean(text)
    unescaped = re.sub(r"\\[^0-9A-Za-z\s]", "x", markdown)
    assert unescaped.count("**") % 2 == 0
    assert "***" not in unescaped
    assert not re.search(r"\*\*\s*\*\*", unescaped)


def test_spans_are_put_in_bold_between_escaped_pieces() -> None:
    assert bold("a_b cd [e]", [(4, 6), (8, 9)]) == "a\\_b **cd** \\[**e**\\]"


def test_touching_spans_are_merged() -> None:
    assert bold("world model zoo", [(0, 5), (6, 11), (11, 12)]) == "**world model** zoo"


@given(HOSTILE, st.integers(0, 60))
def test_a_shortened_text_is_within_its_limit(text: str, limit: int) -> None:
    short = shorten(clean(text), limit)
    assert length(short) <= limit
    assert short == clean(text) or limit == 0 or short.endswith("…")
    assert clean(text).startswith(short.removesuffix("…"))


@given(HOSTILE, SPANS, st.integers(-1, 80))
def test_a_fitted_text_is_within_its_limit_with_escapes_and_stars(
    text: str, spans: list[tuple[int, int]], limit: int
) -> None:
    assert length(fit(text, spans, limit)) <= max(limit, 0)


def test_text_is_cut_at_a_word_and_not_after_a_comma() -> None:
    assert shorten("one two, three four", 12) == "one two…"
    assert shorten("abcdefghijkl mn", 6) == "abcde…"
    assert shorten("one two", 7) == "one two"


def test_length_counts_utf_16_units() -> None:
    assert length("a\U0001d49cé") == 4


def test_a_links_label_cannot_end_the_link() -> None:
    assert link("[Re] a](b_c", "https://a.example/x") == "[(Re) a)(b\\_c](https://a.example/x)"
    assert "://" not in link("see https://evil.example", "https://a.example").split("](")[0]
    assert link(" ", "https://a.example/x") == "[a.example](https://a.example/x)"
    assert link("label", "javascript:alert(1)") == "label"


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (" https://a.example/x ", "https://a.example/x"),
        ("HTTPS://A.Example/X_y~z", "https://a.example/X_y~z"),
        (
            "https://a.example/x (1)*.html?q=[a]|b#é`",
            "https://a.example/x%20%281%29%2A.html?q=%5Ba%5D%7Cb#%C3%A9%60",
        ),
        ("https://a.example/100%/%41", "https://a.example/100%25/%41"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://a.example/@me/@everyone", "https://a.example/@me/%40everyone"),
        ("http://127.0.0.1:8080/t.png", "http://127.0.0.1:8080/t.png"),
    ],
)
def test_addresses_are_written_as_discord_accepts_them(given: str, taken: str) -> None:
    assert web_url(given) == taken


@each(
    "url",
    [
        "", "x", "/avatars/x.svg", "javascript:alert(1)", "ftp://a.example", "https://", "https://localhost", "https://a..b",
        "https://user@a.example", "https://a.example:99999", "https://[::1]/", "https://-a.example", "https://1.2", "https://a b.example",
        "https://a.example/" + "x" * 2048,
    ],
)  # fmt: skip
def test_an_address_that_discord_might_refuse_is_left_out(url: str) -> None:
    assert web_url(url) is None


@given(HOSTILE)
def test_no_address_breaks_out_of_a_link(text: str) -> None:
    url = web_url("https://a.example/" + text)
    assert url is None or not re.search(r"[\s()<>*|`\[\]\\\"]", url)
    assert web_url(text) is None or web_url(text, limit=10) is None or len(text) >= 10


def test_plain_text_has_no_backslashes_and_no_pings() -> None:
    assert plain("a_b @everyone\n<@1>") == "a_b @\u200beveryone <@\u200b1>"


def test_markup_is_removed_except_in_code() -> None:
    text = "I'm missing **Embed Links** in \\*this\\*: see *Edit Channel → Permissions* and `a*b*c`."
    assert (
        without_markup(text) == "I'm missing Embed Links in *this*: see Edit Channel → Permissions and a*b*c."
    )
    assert without_markup("Wrong:\n```\nab* *cd\n   ^\n```\nMend it.") == "Wrong:\nab* *cd\n   ^\nMend it."
