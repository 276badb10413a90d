"""The systemd unit for several processes: systemd accepts it, and it says what the bot promises."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from bot.cli.process import EXIT_CONFIG
from tests import systemd
from tests.process.running import ENDS_WITHIN_SECONDS
from tests.waiting import LIMIT_SECONDS

ROOT = Path(__file__).parents[1]
UNIT = ROOT / "deploy" / "paperboy@.service"


def service() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read(UNIT, encoding="utf-8")
    return parser["Service"]


def test_a_process_is_restarted_after_all_but_what_a_restart_does_not_fix() -> None:
    assert service()["Restart"] == "always"
    assert service()["RestartPreventExitStatus"] == str(EXIT_CONFIG)


def test_a_process_has_the_time_that_it_needs_to_stop() -> None:
    assert int(service()["TimeoutStopSec"]) > ENDS_WITHIN_SECONDS


def test_a_running_process_keeps_the_version_that_it_started_and_the_next_one_gets_the_new_one(
    tmp_path: Path,
) -> None:
    clone, install, *_ = blocks_of_guide()
    source, place = tmp_path / "source", tmp_path / "opt"

    def shell(lines: str) -> None:
        lines = lines.replace("REPOSITORY", str(source)).replace("/opt/paperboy", str(place))
        subprocess.run(["/bin/sh", "-ec", lines], check=True, capture_output=True)

    publish(source, version="old")
    shell(clone.splitlines()[-1])
    shell(install)
    with started(place) as first:
        publish(source, version="new")
        shell(install)
        assert first.communicate("go on\n", timeout=LIMIT_SECONDS) == ("old old\n", None)
    with started(place) as second:
        assert second.communicate("go on\n", timeout=LIMIT_SECONDS) == ("new new\n", None)


def publish(source: Path, *, version: str) -> None:
    """A repository whose newest version says, after a line of input, of which one it and its packages are."""
    (source / "bot").mkdir(parents=True, exist_ok=True)
    late = (
        "import sys; sys.stdin.readline(); import bot.late, library; print(bot.late.VERSION, library.VERSION)"
    )
    for name, text in {
        "Makefile": f".venv/.run:\n\t{sys.executable} -m venv --without-pip .venv\n"
        "\tfor folder in .venv/lib/python*/site-packages; do cp bot/late.py $$folder/library.py; done\n",
        "bot/__init__.py": "",
        "bot/late.py": f"VERSION = '{version}'\n",
        "bot/__main__.py": f"print('started', flush=True); {late}\n",
    }.items():
        (source / name).write_text(text, encoding="utf-8")
    git = ["git", "-C", source, "-c", "user.name=ada", "-c", "user.email=ada@example.org"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", version], check=True)


def started(place: Path) -> subprocess.Popen[str]:
    """A process that was started as the unit says."""
    command = service()["ExecStart"].replace("/opt/paperboy", str(place)).split()
    folder = service()["WorkingDirectory"].replace("/opt/paperboy", str(place))
    process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "started\n"
    return process


def blocks_of_guide() -> list[str]:
    """What the guide has people type to set up several processes."""
    guide = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    section = guide.partition("\n## Several processes\n")[2].partition("\n## ")[0]
    return [textwrap.dedent(block) for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL)]


def test_all_processes_have_the_settings_that_the_guide_installs() -> None:
    _, _, settings, *_ = blocks_of_guide()
    assert settings.splitlines()[0] == f"cd {Path(service()['EnvironmentFile']).parent}"
    assert settings.endswith(" .env\n")


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip(systemd.MISSING)
    installed = tmp_path / "paperboy@1.service"
    shutil.copyfile(UNIT, installed)
    verified = subprocess.run(
        [program, "verify", "--man=no", installed], capture_output=True, text=True, check=False
    )
    assert (verified.returncode, verified.stderr) == (0, "")
