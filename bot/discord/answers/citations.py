"""Answers with citations: one paper's BibTeX, and a library as a file."""

from __future__ import annotations

from bot.core.markdown import length
from bot.core.messages import MAX_CONTENT
from bot.core.plurals import count
from bot.discord.answers.formatting import code
from bot.services.library.citations import Citation, Export, Format

_READERS = {
    Format.BIBTEX: "with LaTeX, Zotero, JabRef or Mendeley",
    Format.RIS: "with Zotero, EndNote or Mendeley",
    Format.CSV: "in a spreadsheet",
    Format.MARKDOWN: "in your notes",
}


def citation(cited: Citation) -> tuple[str, bytes | None]:
    """The answer, and a file where the message has no room for all authors."""
    kept = "" if not cited.is_saved else "-# It is in your library; `/my export` gives it the same key."
    whole = f"{_block(cited.text)}\n{kept}".rstrip()
    if length(whole) <= MAX_CONTENT:
        return whole, None
    note = f"All {count(cited.authors, 'author')} are in the file, because they don't fit in a message."
    short = f"{note} Here the list ends in `and others`:\n{_block(cited.short_text)}\n{kept}".rstrip()
    if length(short) <= MAX_CONTENT:
        return short, cited.text.encode()
    return (
        f"This entry is too long for a message, so it is in the file.\n{kept}".rstrip(),
        cited.text.encode(),
    )


def _block(text: str) -> str:
    # No text of a paper can end it: BibTeX never has more than two backticks in a row.
    return f"```bibtex\n{text.strip()}\n```"


def export(result: Export) -> str:
    """What the file has and where to open it; if there is nothing to export, what to do."""
    library = result.library
    if not library.total:
        return "Your library is empty, so there is nothing to export. `/my saved` says how to save papers."
    query = code(library.query.text) if library.query else ""
    if not library.rows:
        papers = count(library.total, "saved paper")
        return (
            f"None of your {papers} matches {query}, so there is nothing to export. `/my saved` shows them."
        )
    exported = f"Exported {count(len(library.rows), 'paper')}."
    if query:
        exported = (
            f"Exported {len(library.rows):,} of your {count(library.total, 'paper')}: what matches {query}."
        )
    files = count(len(result.files), "file")
    split = (
        f" They are in {files}, because Discord doesn't accept larger ones." if len(result.files) > 1 else ""
    )
    return f"{exported}{split} Use the file {_READERS[result.format]}."
