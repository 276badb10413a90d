"""A typical paper, and papers with hostile text, for property tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import strategies as st

from bot.core.ids import PaperId
from bot.core.papers import Paper

PLAIN = Paper(
    id=PaperId("2608.00001"),
    list_day=date(2026, 8, 19),
    title="Kites for Tidal Power: a Survey",
    abstract="We fly kites under water and measure what they earn. " * 12,
    authors=("Ada Example", "Bo Sample", "Cy Instance", "Di Model", "Ed Pattern"),
    published_at=datetime(2026, 8, 18, 23, 30, tzinfo=UTC),
    upvotes=1234,
    comments=3,
    ai_summary="Under-water kites earn more than turbines in slow tides.",
    ai_keywords=("tidal power", "", "tethered wings"),
    github_repo="https://github.com/example/tidal_kites",
    github_stars=56,
    project_page="https://kites.example.org/tidal",
    organization="Institute of Kites",
    organization_login="kites",
    organization_avatar="https://cdn-avatars.huggingface.co/kites.png",
    submitter="Flo Sender",
    submitter_login="flo",
    thumbnail="https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/2608.00001.png",
)

_NASTY = (
    "@everyone **bold** __under__ ~~gone~~ ||hidden|| `code` [x](https://evil.example) <@123456789012345678> "
    "<t:1:R> # > - \\ \U0001f40d \U0001d49c kites \u202e\u200b "
)


def _repeated(text: str, times: int) -> str:
    return (text * times)[:12_000]


TEXTS: st.SearchStrategy[str] = st.one_of(
    st.text(max_size=30),
    st.builds(_repeated, st.sampled_from([_NASTY, "*", "[", "<@", "kites ", "a", "\U0001f40d"]), st.integers(1, 12_000)),
)  # fmt: skip
_URLS: st.SearchStrategy[str | None] = st.one_of(
    st.none(),
    TEXTS,
    TEXTS.map(lambda text: f"https://example.org/{text}"),
    st.integers(1, 3_000).map(lambda size: "https://example.org/" + "x" * size),
)
_MAYBE: st.SearchStrategy[str | None] = st.one_of(st.none(), TEXTS)
_COUNTS = st.integers(-1, 10**12)

HOSTILE_PAPERS = st.builds(
    Paper,
    id=st.integers(0, 99_999).map(lambda number: PaperId(f"2608.{number:05}")),
    list_day=st.one_of(st.none(), st.dates(date(2024, 1, 1), date(2026, 12, 31))),
    title=TEXTS,
    abstract=TEXTS,
    authors=st.one_of(
        st.lists(TEXTS, max_size=6).map(tuple), st.just(tuple(f"{'Name' * 30} {n}" for n in range(664)))
    ),
    published_at=st.one_of(st.none(), st.just(PLAIN.published_at)),
    upvotes=_COUNTS,
    comments=_COUNTS,
    ai_summary=_MAYBE,
    ai_keywords=st.lists(TEXTS, max_size=3).map(tuple),
    github_repo=_URLS,
    github_stars=st.one_of(st.none(), _COUNTS),
    project_page=_URLS,
    organization=_MAYBE,
    organization_login=_MAYBE,
    organization_avatar=_URLS,
    submitter=_MAYBE,
    submitter_login=_MAYBE,
    thumbnail=_URLS,
    media=_URLS,
    withdrawn_at=st.one_of(st.none(), st.just(PLAIN.published_at)),
)


def papers(count: int) -> list[Paper]:
    """So many plain papers with ids of their own."""
    return [replace(PLAIN, id=PaperId(f"2608.{number:05}")) for number in range(1, count + 1)]
