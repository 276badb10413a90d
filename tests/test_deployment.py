"""The systemd unit for several processes: systemd accepts it, and it says what the bot promises."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.process import EXIT_CONFIG
from tests import systemd
from tests.process.running import ENDS_WITHIN_SECONDS

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


def test_all_processes_have_the_same_settings_and_run_what_the_guide_installs() -> None:
    assert service()["EnvironmentFile"] == f"{service()['WorkingDirectory']}/.env"
    assert service()["ExecStart"] == f"{service()['WorkingDirectory']}/.venv/bin/python -m bot run"


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip(systemd.MISSING)
    # It looks whether the program is there.
    text = UNIT.read_text(encoding="utf-8").replace("/opt/paperboy/.venv/bin/python", sys.executable)
    installed = tmp_path / "paperboy@1.service"
    installed.write_text(text, encoding="utf-8")
    verified = subprocess.run(
        [program, "verify", "--man=no", installed], capture_output=True, text=True, check=False
    )
    assert (verified.returncode, verified.stderr) == (0, "")
