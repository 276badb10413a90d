"""Saving papers, removing them, citing them, /my saved and /my export."""

from __future__ import annotations

from typing import Any

import pytest
import rispy
from pybtex.database import parse_string

from bot.core.ids import PaperId, UserId
from bot.core.limits import Limits
from bot.discord.ui.components import SafeView
from bot.discord.ui.library_buttons import CiteButton, SaveButton
from tests.world import World, answers, text_of

FIRST, SECOND = PaperId("2608.00001"), PaperId("2608.00002")


@pytest.fixture
async def listed(world: World) -> World:
    """A world in which two papers are known."""
    world.list_paper(FIRST, title="Tea Leaves", summary="We read them.", authors=["Ada Li"])
    world.list_paper(SECOND, title="Tea for BERT", summary="We pour it.", authors=["Ada Li"])
    await world.run()
    return world


async def press(world: World, label: str, paper_id: PaperId = FIRST, *, by: Any = None) -> Any:
    """Presses a button below a post that the bot has forgotten."""
    view = SafeView(SaveButton(paper_id), CiteButton(paper_id))
    message = await world.client.get_channel(world.channel.id).send("…", view=view)  # type: ignore[union-attr]
    return await (by or world.member).click(message, label=label)


async def saved(world: World, **options: Any) -> Any:
    return await world.member.slash(world.channel, "my saved", **options)


async def exported(world: World, **options: Any) -> tuple[str, list[str]]:
    """The answer of /my export, and its files."""
    result = await world.member.slash(world.channel, "my export", **options)
    files = [file for message in answers(result) for file in message.attachments]
    return text_of(result), [(await file.read()).decode() for file in files]


async def test_a_saved_paper_is_in_the_library_of_that_person_alone(listed: World) -> None:
    result = await press(listed, "Save")

    assert result.ephemeral
    assert "Your library has 1 paper:" in text_of(result)
    assert "Tea Leaves" in text_of(await saved(listed))
    assert "Tea for BERT" not in text_of(await saved(listed))
    others = text_of(await listed.admin.slash(listed.channel, "my saved"))
    assert "Your library is empty" in others
    assert "Save papers" in others, "it says how to save"


async def test_saving_twice_is_once_and_what_was_removed_can_be_saved_again(listed: World) -> None:
    await press(listed, "Save")
    again = await press(listed, "Save")
    assert "Already in your library" in text_of(again)
    assert "Your library has 1 paper:" in text_of(again)

    await listed.restart()
    removed = await listed.member.click(again.response, label="Remove")
    assert "Removed from your library" in text_of(removed)
    assert "empty" in text_of(await saved(listed))
    assert "Not in your library" in text_of(await listed.member.click(again.response, label="Remove"))

    await listed.member.click(removed.response, label="Save again")
    assert "Tea Leaves" in text_of(await saved(listed))


async def test_the_library_is_searched_in_the_keyword_language(listed: World) -> None:
    await press(listed, "Save")
    await press(listed, "Save", SECOND)

    for keywords, answer in (
        ("BERT", "1 of 2 papers"),
        ("title:tea -leaves", "1 of 2 papers"),
        ("author:Li", "2 of 2 papers"),
        ("kites", "None of your papers matches `kites`"),
        ("(", "parenthesis"),
    ):
        assert answer in text_of(await saved(listed, keywords=keywords)), keywords
    async with listed.database.write() as conn:  # as after an update of the rules
        await conn.exec_driver_sql("UPDATE paper_texts SET version = version - 1")
    assert "1 of 2 papers" in text_of(await saved(listed, keywords="BERT"))


async def test_papers_of_the_library_are_opened_and_removed_page_by_page(world: World) -> None:
    numbers = range(1, 13)
    for number in numbers:
        world.list_paper(f"2608.{number:05}", title=f"Paper {number}")
    await world.run()
    await world.services.library.save(UserId(world.member.id), [PaperId(f"2608.{n:05}") for n in numbers])
    shown = await saved(world)
    assert "Page 1 of 2" in text_of(shown)
    following = await world.member.click(shown.response, label="Next")

    opened = await world.member.select(following.response, [FIRST], custom_id="papers")
    removed = await world.member.select(following.response, [FIRST], custom_id="unsave")

    assert "Paper 1\n" in text_of(opened)
    assert "Your library now has 11 papers" in text_of(removed)


async def test_the_limit_says_how_to_make_room(listed: World) -> None:
    listed.services.library._limits = Limits(saved=1)
    await press(listed, "Save")

    answer = text_of(await press(listed, "Save", SECOND))

    assert "You can save 1 paper. You have 1, and this adds 1." in answer
    assert "`/my saved`" in answer
    assert "Tea for BERT" not in text_of(await saved(listed))


async def test_a_paper_is_cited_under_the_key_that_it_has_in_exports(listed: World) -> None:
    cited = await press(listed, "Cite")
    assert cited.ephemeral
    assert "```bibtex\n@misc{li2026tea,\n" in text_of(cited)
    await listed.member.click(cited.response, label="Save")

    # The next one would have the same key.
    assert "@misc{li2026teaa,\n" in text_of(await press(listed, "Cite", SECOND))
    await press(listed, "Save", SECOND)
    answer = text_of(await press(listed, "Cite", SECOND))
    assert "@misc{li2026teaa,\n" in answer
    assert "`/my export` gives it the same key" in answer
    assert "@misc{li2026tea,\n" in text_of(await press(listed, "Cite", SECOND, by=listed.admin))


@pytest.mark.thorough
async def test_a_citation_with_hundreds_of_authors_has_all_of_them_in_a_file(world: World) -> None:
    world.list_paper(FIRST, title="```", authors=[f"Given{n} Family{n}" for n in range(664)])
    await world.run()

    cited = await press(world, "Cite")

    assert "All 664 authors are in the file" in text_of(cited)
    assert "Family9, Given9 and others}" in text_of(cited)
    assert text_of(cited).count("```") == 2
    (file,) = cited.response.attachments
    (entry,) = parse_string((await file.read()).decode(), "bibtex").entries.values()
    assert len(entry.persons["author"]) == 664


async def test_a_library_is_exported_with_the_same_keys_each_time(listed: World) -> None:
    assert (await exported(listed, format="bibtex"))[1] == []
    await press(listed, "Save", SECOND)
    await press(listed, "Save")

    answer, (bib,) = await exported(listed, format="bibtex")
    assert answer == "Exported 2 papers. Use the file with LaTeX, Zotero, JabRef or Mendeley."
    keys = {entry.fields["eprint"]: key for key, entry in parse_string(bib, "bibtex").entries.items()}
    assert keys == {SECOND: "li2026tea", FIRST: "li2026teaa"}

    answer, (ris,) = await exported(listed, format="ris", keywords="leaves")
    assert "Exported 1 of your 2 papers: what matches `leaves`." in answer
    assert [record["id"] for record in rispy.loads(ris)] == ["li2026teaa"]
    assert "li2026teaa,Tea Leaves" in (await exported(listed, format="csv"))[1][0]
    assert "[Tea Leaves]" in (await exported(listed, format="markdown"))[1][0]
    answer, files = await exported(listed, format="ris", keywords="kites")
    assert "None of your 2 saved papers matches `kites`" in answer
    assert files == []
