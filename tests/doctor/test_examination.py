"""The examination as a whole: what is skipped, what breaks, and what takes too long."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bot.doctor import examination
from bot.doctor.examination import Examination
from bot.doctor.findings import Finding, Sign
from bot.settings import Settings
from tests.doctor.test_database import carry_out
from tests.fakes.huggingface import FakeHuggingFace, Fault
from tests.samples import NOW


@pytest.fixture
async def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeHuggingFace]:
    monkeypatch.chdir(tmp_path)
    async with FakeHuggingFace() as fake:
        for name in Settings.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.setenv("HF_ENDPOINT", fake.url)
        yield fake


async def examined(**seconds: float) -> dict[str, Sequence[Finding]]:
    told: dict[str, Sequence[Finding]] = {}
    begun: list[str] = []

    def tell(name: str, found: Sequence[Finding] | None) -> None:
        if found is None:
            begun.append(name)
        else:
            told[name] = found

    limits = {name.replace("_", " "): limit for name, limit in seconds.items()}
    all_found = await Examination(Settings.examine(), clock=lambda: NOW, tell=tell, seconds=limits).run()
    assert list(told) == begun == ["Settings", "Database", "Hugging Face", "Discord", "Clock", "Servers"]
    assert all_found == [one for found in told.values() for one in found]
    return told


@pytest.mark.usefixtures("hub")
async def test_without_a_token_the_rest_is_looked_at() -> None:
    told = await examined()
    (missing,) = [one for one in told["Settings"] if one.sign is Sign.WRONG]
    assert missing.what == "DISCORD_TOKEN is not set"
    assert missing.prevents_start
    assert [one.sign for one in told["Discord"]] == [Sign.UNCHECKED]
    assert [one.sign for one in told["Servers"]] == [Sign.UNCHECKED]
    assert Sign.FINE in {one.sign for one in told["Database"]}
    assert Sign.UNCHECKED not in {one.sign for one in told["Hugging Face"]}


@pytest.mark.usefixtures("hub")
async def test_each_wrong_setting_is_named_with_its_origin_and_its_check_is_skipped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").touch(mode=0o600)
    Path(".env").write_text("DATABASE_URL=postgresql://me:secret@host/x\nPOLL_INTERVAL=5\n", encoding="utf-8")
    monkeypatch.setenv("HF_TOKEN", "two words")
    told = await examined()
    wrongs = {one.what.split()[0]: one for one in told["Settings"] if one.sign is Sign.WRONG}
    assert wrongs.keys() == {"DATABASE_URL", "HF_TOKEN", "DISCORD_TOKEN"}
    assert "stands in .env" in wrongs["DATABASE_URL"].remedy
    assert "stands in the environment" in wrongs["HF_TOKEN"].remedy
    assert "secret" not in f"{told}"
    assert "two words" not in f"{told}"
    (misspelt,) = [one for one in told["Settings"] if one.sign is Sign.WARNING]
    assert "POLL_INTERVAL_SECONDS" in misspelt.remedy
    assert [one.what for one in told["Database"]] == [
        "The database: not checked, because DATABASE_URL is wrong"
    ]
    assert [one.sign for one in told["Hugging Face"]] == [Sign.UNCHECKED]


@pytest.mark.usefixtures("hub")
async def test_an_env_file_that_cannot_be_read_is_told_and_the_environment_counts() -> None:
    Path(".env").write_text("DISCORD_TOKEN='abc\n", encoding="utf-8")
    told = await examined()
    (wrong,) = [one for one in told["Settings"] if one.sign is Sign.WRONG]
    assert wrong.what.startswith(".env line 1 cannot be read")
    assert any(one.what == "set in the environment: HF_ENDPOINT" for one in told["Settings"])
    # What the file might set is not taken for its default.
    for name, why in (
        ("Database", "The database: not checked, because .env cannot be read, and may set DATABASE_URL"),
        (
            "Discord",
            (
                "Discord: not checked, because .env cannot be read, and may set DISCORD_API_URL or "
                "DISCORD_TOKEN or HTTPS_PROXY or HTTP_PROXY"
            ),
        ),
    ):
        assert [one.what for one in told[name]] == [why]
    assert "default" not in f"{told['Settings']} {told['Clock']}"


@pytest.mark.usefixtures("hub")
async def test_no_finding_contradicts_another_or_the_values_that_are_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HF_ENDPOINT", "DEFAULT_TIMEZONE"):
        monkeypatch.setenv(name, "nowhere at all")
    told = await examined()
    settings = [one.what for one in told["Settings"]]
    assert sum("must be" in one for one in settings) == 2
    assert settings[-1] == "every other setting has its default"
    assert not any("DEFAULT_TIMEZONE" in one.what for one in told["Clock"])


@pytest.mark.usefixtures("hub")
@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
async def test_a_dotenv_that_others_can_read_is_told_with_the_command_that_ends_it() -> None:
    dotenv = Path(".env")
    dotenv.touch()
    dotenv.chmod(0o644)
    told = await examined()
    (found,) = [one for one in told["Settings"] if one.sign is Sign.WARNING]
    assert found.what == "Other users can read .env (mode 0644), and it is for the token"
    assert found.remedy == "chmod 600 .env"
    carry_out(found.remedy)
    assert any(one.what == ".env cannot be read by other users" for one in (await examined())["Settings"])
    if os.geteuid() == 0:  # lent to the group of the bot's user, as docs/operating.md has it
        os.chown(dotenv, 0, 10_001)
        dotenv.chmod(0o640)
        assert not [one for one in (await examined())["Settings"] if one.sign is Sign.WARNING]


async def test_a_check_that_hangs_is_given_up_and_the_others_go_on(hub: FakeHuggingFace) -> None:
    hub.faults.append(Fault(kind="hang"))
    told = await examined(Hugging_Face=0.1)
    (late,) = told["Hugging Face"]
    assert (late.sign, late.what) == (Sign.WRONG, "There was no answer within 0.1 s")
    assert told["Clock"]


@pytest.mark.usefixtures("hub")
async def test_a_check_that_breaks_by_a_bug_says_so_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def check_source(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(examination, "check_source", check_source)
    told = await examined()
    (bug,) = told["Hugging Face"]
    assert bug.sign is Sign.WRONG
    assert bug.what == "This check ended by a bug in Paperboy: ZeroDivisionError: oops"
    assert told["Clock"]
