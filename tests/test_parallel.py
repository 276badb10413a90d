"""The tests' own runner: what several processes report is what one would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
_PASSING = "def test_a(): pass\ndef test_b(tmp_path): assert tmp_path.is_dir()\n"
_FAILING = "def test_c():\n    print('said before')\n    assert 1 == 2\n"
_KILLED = """import os, signal
def test_d(): pass
def test_e(): os.kill(os.getpid(), signal.SIGKILL)
def test_f(): pass
"""


def test_a_failure_and_a_worker_that_is_killed_are_reported_and_all_other_tests_run(tmp_path: Path) -> None:
    for name, text in (("passing", _PASSING), ("failing", _FAILING), ("killed", _KILLED)):
        (tmp_path / f"test_{name}.py").write_text(text)
    usual = ("-c", "/dev/null", "-p", "no:cacheprovider", "-p", "tests.parallel", "--processes", "2")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *usual, tmp_path],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "2 failed, 4 passed" in done.stdout
    assert "said before" in done.stdout
    assert "assert 1 == 2" in done.stdout
    assert "test_e" in done.stdout
    assert "the worker ended with exit code -9" in done.stdout
