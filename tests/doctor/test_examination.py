"""The examination as a whole: skipped checks, bugs and timeouts."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bot.doctor import examination
from bot.doctor.examination import Examination
from bot.doctor.findings import Finding, Sign
from bot.settings import Settings
from tests.doctor.test_database import run_remedy
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
    findings: dict[str, Sequence[Finding]] = {}
    begun: list[str] = []

    def show(name: str, found: Sequence[Finding] | None) -> None:
        if found is None:
            begun.append(name)
        else:
            findings[name] = found

    limits = {name.replace("_", " "): limit for name, limit in seconds.items()}
    all_found = await Examination(
        Settings.examine(), clock=lambda: NOW, show=show, timeouts_seconds=limits
    ).run()
    assert list(findings) == begun == ["Settings", "Database", "Hugging Face", "Discord", "Clock", "Servers"]
    assert all_found == [finding for found in findings.values() for finding in found]
    return findings


@pytest.mark.usefixtures("hub")
async def test_without_a_token_everything_else_is_checked() -> None:
    report = await examined()
    (missing,) = [finding for finding in report["Settings"] if finding.sign is Sign.WRONG]
    assert missing.what == "DISCORD_TOKEN is not set"
    assert missing.prevents_start
    assert [finding.sign for finding in report["Discord"]] == [Sign.UNCHECKED]
    assert [finding.sign for finding in report["Servers"]] == [Sign.UNCHECKED]
    assert Sign.FINE in {finding.sign for finding in report["Database"]}
    assert Sign.UNCHECKED not in {finding.sign for finding in report["Hugging Face"]}


@pytest.mark.usefixtures("hub")
async def test_each_wrong_setting_is_named_with_its_origin_and_its_check_is_skipped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").touch(mode=0o600)
    Path(".env").write_text("DATABASE_URL=postgresql://me:secret@host/x\nPOLL_INTERVAL=5\n", encoding="utf-8")
    monkeypatch.setenv("HF_TOKEN", "two words")
    report = await examined()
    wrongs = {
        finding.what.split()[0]: finding for finding in report["Settings"] if finding.sign is Sign.WRONG
    }
    assert wrongs.keys() == {"DATABASE_URL", "HF_TOKEN", "DISCORD_TOKEN"}
    assert "set in .env" in wrongs["DATABASE_URL"].remedy
    assert "set in the environment" in wrongs["HF_TOKEN"].remedy
    assert "secret" not in f"{report}"
    assert "two words" not in f"{report}"
    (misspelt,) = [finding for finding in report["Settings"] if finding.sign is Sign.WARNING]
    assert "POLL_INTERVAL_SECONDS" in misspelt.remedy
    assert [finding.what for finding in report["Database"]] == [
        "The database: not checked, because DATABASE_URL is wrong"
    ]
    assert [finding.sign for finding in report["Hugging Face"]] == [Sign.UNCHECKED]


@pytest.mark.usefixtures("hub")
async def test_an_unreadable_env_file_is_reported_and_the_environment_still_counts() -> None:
    Path(".env").write_text("DISCORD_TOKEN='abc\n", encoding="utf-8")
    report = await examined()
    (wrong,) = [finding for finding in report["Settings"] if finding.sign is Sign.WRONG]
    assert wrong.what.startswith(".env line 1 cannot be read")
    assert any(finding.what == "Set in the environment: HF_ENDPOINT" for finding in report["Settings"])
    # A setting that the file may contain does not count as a default.
    for name, why in (
        ("Database", "The database: not checked, because .env cannot be read and may set DATABASE_URL"),
        (
            "Discord",
            (
                "Discord: not checked, because .env cannot be read and may set DISCORD_API_URL or "
                "DISCORD_TOKEN or HTTPS_PROXY or HTTP_PROXY"
            ),
        ),
    ):
        assert [finding.what for finding in report[name]] == [why]
    assert "default" not in f"{report['Settings']} {report['Clock']}"


@pytest.mark.usefixtures("hub")
async def test_no_finding_contradicts_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HF_ENDPOINT", "DEFAULT_TIMEZONE"):
        monkeypatch.setenv(name, "nowhere at all")
    report = await examined()
    settings = [finding.what for finding in report["Settings"]]
    assert sum("must be" in setting for setting in settings) == 2
    assert settings[-1] == "all other settings have their defaults"
    assert not any("DEFAULT_TIMEZONE" in finding.what for finding in report["Clock"])


@pytest.mark.usefixtures("hub")
@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
async def test_a_dotenv_that_others_can_read_is_reported_with_the_command_that_fixes_it() -> None:
    dotenv = Path(".env")
    dotenv.touch()
    dotenv.chmod(0o644)
    report = await examined()
    (found,) = [finding for finding in report["Settings"] if finding.sign is Sign.WARNING]
    assert found.what == "Other users can read .env (mode 0644), which contains the token"
    assert found.remedy == "chmod 600 .env"
    run_remedy(found.remedy)
    assert any(finding.what == "Other users cannot read .env" for finding in (await examined())["Settings"])
    if os.geteuid() == 0:  # readable by the bot's group, as docs/operating.md advises
        os.chown(dotenv, 0, 10_001)
        dotenv.chmod(0o640)
        assert not [finding for finding in (await examined())["Settings"] if finding.sign is Sign.WARNING]


async def test_a_check_that_hangs_times_out_and_the_others_continue(hub: FakeHuggingFace) -> None:
    hub.faults.append(Fault(kind="hang"))
    report = await examined(Hugging_Face=0.1)
    (late,) = report["Hugging Face"]
    assert (late.sign, late.what) == (Sign.WRONG, "No answer within 0.1 s")
    assert report["Clock"]


@pytest.mark.usefixtures("hub")
async def test_a_bug_in_a_check_is_reported_and_the_others_continue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def check_source(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(examination, "check_source", check_source)
    report = await examined()
    (bug,) = report["Hugging Face"]
    assert bug.sign is Sign.WRONG
    assert bug.what == "This check failed because of a bug in Paperboy: ZeroDivisionError: oops"
    assert report["Clock"]
