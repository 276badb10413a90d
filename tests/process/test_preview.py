"""`paperboy preview` as a process: what it prints, and how it ends."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.store.database import Database
from tests.fakes.huggingface import Fault
from tests.fakes.leaks import FINAL_LEAKS, TOKEN, leaked
from tests.process.conftest import on_each_store
from tests.process.running import WITHOUT_PAUSES, Stage
from tests.services.runs.test_focus import CLOSE, MENTION, TITLE


async def test_it_shows_what_matches_without_a_token_and_a_database(stage: Stage) -> None:
    stage.list_paper(
        "2608.00001", title="Diffusion Models", upvotes=7, authors=("Ada", "Ben", "Cy", "Di", "Eve")
    )
    stage.list_paper("2608.00002", title="Cooking")
    done = await stage.finished("preview", "diffusion model", DISCORD_TOKEN="")
    assert (done.code, done.err) == (0, "")
    head, paper = done.out.rstrip("\n").split("\n\n")
    assert re.fullmatch(r"1 of 2 papers of \w{3} \d+ \w{3} \d{4} matches “diffusion model”", head)
    assert paper.split("\n") == [
        "  Diffusion Models",
        "    Ada, Ben, Cy and 2 more",
        "    7 upvotes",
        "    https://huggingface.co/papers/2608.00001",
    ]
    assert list(stage.folder.iterdir()) == []


@pytest.mark.thorough
async def test_of_several_keywords_each_paper_names_those_that_found_it(stage: Stage) -> None:
    stage.list_paper("2608.00001", title="Video", summary="About sound.", upvotes=1)
    done = await stage.finished("preview", "video, sound")
    assert "    1 upvote · found by video, sound\n" in done.out


@pytest.mark.thorough
async def test_where_the_title_does_not_match_the_abstract_is_quoted(stage: Stage) -> None:
    stage.list_paper(
        "2608.00001", title="Steady", summary="first words " * 30 + "then reward models appear. " * 9
    )
    done = await stage.finished("preview", "reward model")
    assert "then reward models" in done.out
    assert "    … " in done.out


async def test_older_lists_are_grouped_by_day(stage: Stage) -> None:
    stage.list_paper("2608.00001", title="Video now")
    stage.list_paper("2608.00002", title="Video then", day=stage.today - timedelta(days=2))
    done = await stage.finished("preview", "video", "--days", "4")
    assert done.out.startswith("2 of 2 papers of the last 4 list days match “video”\n")
    assert done.out.index("Video now") < done.out.index("Video then")
    assert len(re.findall(r"^\w{3} \d+ \w{3} \d{4}$", done.out, re.MULTILINE)) == 2


async def test_no_match_says_so_and_what_may_find_more(stage: Stage) -> None:
    stage.list_paper("2608.00001", title="Cooking")
    done = await stage.finished("preview", "diffusion")
    assert done.code == 0
    assert done.out.startswith("None of 1 paper of ")
    assert "--days 7" in done.out


async def test_it_says_how_keywords_were_read_and_what_may_be_meant(stage: Stage) -> None:
    stage.list_paper("2608.00001", title="Agents need a benchmark")
    stage.list_paper("2608.00002", title="Reinforcement learning", summary="…")

    read = await stage.finished("preview", "agents -survey benchmark")
    assert "Read as: papers with “agent” and “benchmark”, without “survey”." in read.out
    acronym = await stage.finished("preview", "RL")
    assert "Read as: RL, also “reinforcement learning”: 1 more on that list." in acronym.out
    hinted = await stage.finished("preview", "agents and benchmark")
    assert "Hint: “and” in lower case is a word to search for." in hinted.out
    assert "“agents AND benchmark” finds 1 paper on that list" in " ".join(hinted.out.split())
    plain = await stage.finished("preview", "agents")
    assert "Read as" not in plain.out
    assert "Hint" not in plain.out


async def test_a_wrong_query_shows_the_place_and_ends_with_2(stage: Stage) -> None:
    done = await stage.finished("preview", "agents AND")
    assert (done.code, done.out) == (2, "")
    lines = done.err.splitlines()
    assert lines[1:3] == ["agents AND", "       ^"]
    assert "Use it as in agents AND benchmark" in lines[3]
    assert stage.hub.requests == []


async def test_a_silent_hugging_face_ends_with_1_and_one_line(stage: Stage) -> None:
    stage.hub.faults.append(Fault(status=403))
    done = await stage.finished("preview", "agents")
    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert done.err.startswith(
        "paperboy: the list could not be read, because Hugging Face refused access (403). Check HF_TOKEN"
    )
    assert stage.hub.url in done.err


async def test_what_hugging_face_answers_instead_of_a_list_is_not_printed(stage: Stage) -> None:
    for fault in (FINAL_LEAKS[0], FINAL_LEAKS[-1]):
        stage.hub.faults.append(fault)
        done = await stage.finished("preview", "agents", HF_TOKEN=TOKEN)
        assert done.code == 1
        assert not leaked(done.out + done.err)
    stage.hub.faults.append(FINAL_LEAKS[1])
    done = await stage.finished("preview", "agents", HF_TOKEN=TOKEN, LOG_LEVEL="DEBUG")
    assert "Hugging Face answered 401: upstream" in done.err
    assert leaked(done.err) == ["squid.internal.example"]  # in the log, for the operator


async def test_items_that_cannot_be_read_are_said_below_the_matches(stage: Stage) -> None:
    stage.list_paper("2608.00001", title="Agents")
    stage.hub.days[stage.today] += [{"paper": {}}]
    done = await stage.finished("preview", "agents")
    assert done.code == 0
    assert done.out.endswith("\n\n1 item on that list could not be read and is not counted.\n")


@pytest.mark.thorough
async def test_hostile_titles_steer_no_terminal(stage: Stage) -> None:
    stage.list_paper("2608.00001", title="Agents \x1b[2J\x1b]0;x\x07 \u202ehere", authors=("A\x1b[31m\x9bB",))
    done = await stage.finished("preview", "agents")
    assert done.code == 0
    assert not set(done.out) & set("\x1b\x07\x9b\u202e")


@pytest.mark.thorough
async def test_an_encoding_that_knows_no_quotes_does_not_crash_it(stage: Stage) -> None:
    stage.list_paper("2608.00001", title="Agents – für 論")
    done = await stage.finished("preview", "agents", PYTHONIOENCODING="ascii")
    assert (done.code, done.err) == (0, "")
    assert done.out.isascii()
    assert "Agents - fur ?" in done.out


@on_each_store
async def test_more_than_a_month_is_searched_in_the_bots_database_without_a_request(stage: Stage) -> None:
    stage.list_paper("2608.00001", title="Video now")
    stage.list_paper("2608.00002", title="Video then", day=stage.today - timedelta(days=35))
    stage.list_paper("2608.00003", title="Video long ago", day=stage.today - timedelta(days=40))
    bot = await stage.start(before=WITHOUT_PAUSES, BACKFILL_DAYS="36")
    await bot.says("Archive: 36 of 36")

    async def search() -> None:
        done = await stage.finished("preview", "video, vidoe", "--days", "50", DISCORD_TOKEN="")
        assert (done.code, done.err) == (0, "")
        assert done.out.startswith("2 of 2 papers of the last 37 list days match “video, vidoe”\n")
        assert done.out.index("Video now") < done.out.index("Video then")
        assert "\n\nThe database does not have the lists of 13 of these days.\n" in done.out
        assert "Hint: No paper in the archive has “vidoe”. Did you mean “video”? It finds 2." in done.out

    await search()  # while the bot runs
    await bot.stop()
    stage.hub.requests.clear()
    await search()
    assert stage.hub.requests == []


async def test_more_than_a_month_without_a_database_ends_with_78_and_says_what_to_do(stage: Stage) -> None:
    done = await stage.finished("preview", "video", "--days", "31")
    assert (done.code, done.out) == (78, "")
    assert done.err.count("\n") == 1
    assert "but DATABASE_URL names data/paperboy.db, which does not exist; start the bot" in done.err
    assert "or search 30 days or fewer" in done.err
    assert list(stage.folder.iterdir()) == []


@pytest.mark.thorough
async def test_a_database_of_another_program_ends_with_78(stage: Stage) -> None:
    path = stage.folder / "other.db"
    path.write_bytes(b"not a database" * 100)
    url = f"sqlite+aiosqlite:///{path}"
    done = await stage.finished("preview", "video", "--days", "31", DATABASE_URL=url)
    assert (done.code, done.out) == (78, "")
    assert "is not a SQLite database" in done.err


async def test_a_database_without_these_lists_says_so_and_what_to_do(stage: Stage) -> None:
    path = stage.folder / "new.db"
    url = f"sqlite+aiosqlite:///{path}"
    await (await Database.open(url)).close()
    done = await stage.finished("preview", "video", "--days", "31", DATABASE_URL=url)
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "The bot's database has none of these lists yet. Start the bot to read them in\n"
        "the background, or search 30 days or fewer, which are read from Hugging Face.\n"
    )


async def test_a_focus_leaves_out_passing_mentions_and_adds_close_papers(stage: Stage) -> None:
    for number, paper in enumerate((CLOSE, MENTION, TITLE), start=1):
        stage.list_paper(f"2608.0000{number}", title=paper.title, summary=paper.abstract)
    done = await stage.finished("preview", "reward hacking", "--focus", "balanced")
    assert (done.code, done.err) == (0, "")
    assert re.match(r"2 of 3 papers of .* match “reward hacking” with focus balanced\n", done.out)
    assert "Focus: exact 2, strict 1, balanced 2, broad 3." in done.out
    assert "    close to “reward hacking”: reward" in done.out
    assert TITLE.title in done.out
    assert MENTION.title not in done.out
