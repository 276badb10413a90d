"""`python -m bot` as a process: its output and its exit codes."""

from __future__ import annotations

import asyncio
import gc
import os
import re
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import click
import pytest

from bot import __version__
from bot.cli import run
from bot.cli.main import main, paperboy
from bot.core.list_days import open_list_day
from bot.settings import Settings
from tests.examples import first, thorough
from tests.fakes.huggingface import FakeHuggingFace, Fault, raw_item
from tests.process import forked
from tests.process.forked import ForkedProcess
from tests.process.running import Finished, finished

ROOT = Path(__file__).parents[2]
WAIT_SECONDS = 120  # for a process; only a hang takes that long


def environment(**variables: str) -> dict[str, str]:
    ours = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {**kept, "PYTHONPATH": str(ROOT), **variables}


async def run_paperboy(folder: Path, *arguments: str, **variables: str) -> Finished:
    return await finished(*arguments, folder=folder, env=environment(**variables))


async def test_without_a_token_run_exits_with_78_and_suggests_the_sandbox(tmp_path: Path) -> None:
    done = await run_paperboy(tmp_path)
    assert (done.code, done.out) == (78, "")
    assert done.err.count("\n") == 1
    assert "DISCORD_TOKEN" in done.err
    assert "paperboy sandbox" in done.err
    assert await run_paperboy(tmp_path, "run") == done


@pytest.mark.parametrize("command", ["run", "sandbox", "mode", "preview agents"])
async def test_a_wrong_setting_ends_every_command_with_78_and_one_line(tmp_path: Path, command: str) -> None:
    (tmp_path / ".env").write_text("POLL_INTERVAL_SECONDS=soon\n", encoding="utf-8")
    done = await run_paperboy(tmp_path, *command.split(), DISCORD_TOKEN="abc", LOG_LEVEL="ERROR")
    assert done.code == 78
    assert done.err.startswith("paperboy: POLL_INTERVAL_SECONDS must be a whole number of seconds")
    assert done.err.count("\n") == 1


async def test_an_invalid_token_is_named_but_not_shown(tmp_path: Path) -> None:
    done = await run_paperboy(tmp_path, DISCORD_TOKEN="Bot abc.def.ghi")
    assert done.code == 78
    assert "DISCORD_TOKEN" in done.err
    assert "abc.def" not in done.err


async def test_mode_prints_what_make_run_starts(tmp_path: Path) -> None:
    assert (await run_paperboy(tmp_path, "mode")).out == "sandbox\n"
    assert (await run_paperboy(tmp_path, "mode", DISCORD_TOKEN="")).out == "sandbox\n"
    (tmp_path / ".env").write_text("DISCORD_TOKEN=abc\n", encoding="utf-8")
    assert (await run_paperboy(tmp_path, "mode")).out == "run\n"


def test_help_names_commands_settings_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    output = capsys.readouterr().out
    for expected in ("run", "sandbox", "DISCORD_TOKEN", ".env.example", "78", "README.md"):
        assert expected in output


def test_help_lists_every_command_except_the_makefiles(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--help"])
    listed = re.findall(r"^  ([a-z]+)  ", capsys.readouterr().out, re.MULTILINE)
    assert listed == ["run", "sandbox", "preview", "doctor", "healthcheck", "backup", "restore"]


@pytest.mark.parametrize("arguments", [[], *([name] for name in paperboy.commands)], ids=" ".join)
def test_help_fits_into_80_columns_of_ascii(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments, "--help"]) == 0
    output = capsys.readouterr().out
    assert output.isascii()  # any terminal must be able to show it
    assert "..." not in re.sub(r"\[ARGS\]\.\.\.|KEYWORDS\.\.\.", "", output), "click has cut a short help off"
    assert max(map(len, output.splitlines())) <= 80


@pytest.mark.parametrize("command", paperboy.commands.values(), ids=lambda command: command.name)
def test_every_command_and_option_has_a_help_text(command: click.Command) -> None:
    assert command.help
    for parameter in command.params:
        assert parameter.help, f"{command.name} {parameter.name}"


def test_every_command_is_named_in_the_documentation() -> None:
    pages = [ROOT / "README.md", ROOT / "Makefile", *(ROOT / "docs").glob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    missing = [name for name in paperboy.commands if not re.search(rf"(paperboy|-m bot) {name}\b", text)]
    assert not missing


async def test_ctrl_c_ends_a_preview_with_130_and_no_traceback(tmp_path: Path) -> None:
    async with FakeHuggingFace() as hub:
        hub.faults.append(Fault(kind="hang"))
        process = await forked.start(
            ("preview", "agents"), folder=tmp_path, env=environment(HF_ENDPOINT=hub.url)
        )
        async with asyncio.timeout(WAIT_SECONDS):
            while not hub.requests and hub.faults:  # noqa: ASYNC110 - the fake has no event for it
                await asyncio.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = await rest(process)
    assert (process.returncode, out, err) == (130, "", "\n")


async def test_a_closed_pipe_is_not_an_error(tmp_path: Path) -> None:
    async with FakeHuggingFace() as hub:
        reader, writer = os.pipe()
        os.close(reader)
        process = await forked.start(
            ("preview", "agents"), folder=tmp_path, env=environment(HF_ENDPOINT=hub.url), out=writer
        )
        os.close(writer)
        _, err = await rest(process)
    assert (process.returncode, err) == (1, "")


def test_a_full_log_disk_does_not_change_the_exit_code(tmp_path: Path) -> None:
    # This one, and no other here, also tries `python -m bot` and the imports that a start makes.
    with Path("/dev/full").open("wb") as full:
        command = (sys.executable, "-m", "bot")
        ended = subprocess.run(
            command,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=full,
            env=environment(),
            check=False,
            timeout=WAIT_SECONDS,
        )
    assert (ended.returncode, ended.stdout) == (78, b"")


@pytest.mark.parametrize("files", first(3, [3, 5, 7, 4, 6, 8]))
async def test_a_limit_of_the_process_is_named_with_how_to_raise_it(tmp_path: Path, files: int) -> None:
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({files}, {files}))"
    done = await finished("run", folder=tmp_path, env=environment(DISCORD_TOKEN="abc"), before=limited)
    assert done.code == 1
    assert done.err == (
        "paperboy: the process has reached its limit of open files: raise it with LimitNOFILE in a systemd unit, "
        "or with `ulimit -n` in a shell\n"
    )


def test_version_prints_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"paperboy {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["preview"],
        ["preview", "agents", "--days", "0"],
        ["preview", "agents", "--days", "3651"],
        ["preview", "agents", "--days", "x"],
        ["doctor", "now"],
        ["fly"],
        ["sandbox", "--port", "65536"],
        ["sandbox", "--port", "x"],
        ["run", "now"],
    ],
)
def test_a_usage_error_exits_with_2_and_shows_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert re.match(r"Usage: paperboy .*\n\nError: ", capsys.readouterr().err, re.DOTALL)


# Real signals, with a stand-in for the bot.

WORK = """\
    import asyncio, logging, sys, threading
    from bot.cli.process import run_until_signal
    logging.basicConfig(level=logging.INFO)
    async def work():
        try:
            print("ready", flush=True)
            await asyncio.Event().wait()
        finally:
            {close}
            print("closed", flush=True)
    run_until_signal(work())
    print("after", flush=True)
    sys.exit()
"""


async def started(tmp_path: Path, code: str, **variables: str) -> ForkedProcess:
    return await forked.start((), folder=tmp_path, env=environment(**variables), before=textwrap.dedent(code))


async def line(process: ForkedProcess) -> str:
    return (await asyncio.wait_for(process.stdout.readline(), WAIT_SECONDS)).decode().strip()


async def rest(process: ForkedProcess) -> tuple[str, str]:
    out, err = await asyncio.wait_for(process.communicate(), WAIT_SECONDS)
    return out.decode(), err.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, thorough(signal.SIGINT)])
async def test_a_signal_closes_the_work_and_returns(tmp_path: Path, number: signal.Signals) -> None:
    process = await started(tmp_path, WORK.format(close="await asyncio.sleep(0)"))
    assert await line(process) == "ready"
    process.send_signal(number)
    out, err = await rest(process)
    assert out.split() == ["closed", "after"]
    assert f"{number.name}: closing" in err
    assert process.returncode == 0


@pytest.mark.parametrize("number", [thorough(signal.SIGTERM), signal.SIGINT])
async def test_a_second_signal_ends_work_that_hangs_while_closing(
    tmp_path: Path, number: signal.Signals
) -> None:
    hang = "print('closing', flush=True); await asyncio.Event().wait()"
    process = await started(tmp_path, WORK.format(close=hang))
    assert await line(process) == "ready"
    process.send_signal(number)
    assert await line(process) == "closing"
    process.send_signal(number)
    out, _ = await rest(process)
    assert "closed" not in out
    assert process.returncode == -number


@pytest.mark.parametrize(
    "hang",
    [thorough("await asyncio.Event().wait()"), "threading.Event().wait()"],
    ids=["a task hangs", "the loop is blocked"],
)
async def test_closing_that_hangs_exits_with_1(tmp_path: Path, hang: str) -> None:
    quick = "import bot.cli.process; bot.cli.process.CLOSING_TIMEOUT_SECONDS = 0.2\n"
    process = await started(tmp_path, quick + textwrap.dedent(WORK.format(close=hang)))
    assert await line(process) == "ready"
    process.send_signal(signal.SIGTERM)
    out, err = await rest(process)
    assert "closed" not in out
    assert "Closing took longer than 0.2 s" in err
    assert process.returncode == 1


FAILING = """\
    import sys, types
    from bot.errors import ConfigError
    app = types.ModuleType("bot.app")
    class App:
        def __init__(self, settings, *, clock, progress):
            assert clock().tzinfo
        async def run(self):
            raise {error}
    app.App = App
    sys.modules["bot.app"] = app
"""


async def failing(tmp_path: Path, error: str) -> Finished:
    code = textwrap.dedent(FAILING.format(error=error))
    return await finished("run", folder=tmp_path, env=environment(DISCORD_TOKEN="abc.def"), before=code)


@pytest.mark.parametrize(
    "error",
    [
        "ConfigError('DISCORD_TOKEN \\n was refused')",
        "ExceptionGroup('tasks', [ValueError('x'), ExceptionGroup('inner', [ConfigError('DISCORD_TOKEN was refused')])])",
    ],
)
async def test_a_config_error_in_the_running_bot_exits_with_78(tmp_path: Path, error: str) -> None:
    done = await failing(tmp_path, error)
    assert done.code == 78
    assert done.err == "paperboy: DISCORD_TOKEN was refused\n"


async def test_any_other_error_is_logged_without_the_token_and_exits_with_1(tmp_path: Path) -> None:
    done = await failing(tmp_path, "ValueError('bad abc.def')")
    assert done.code == 1
    assert "CRITICAL bot: Paperboy stopped because of an unexpected error" in done.err
    assert "ValueError: bad [redacted]" in done.err
    assert "abc.def" not in done.err


async def test_without_its_packages_the_sandbox_says_how_to_install_them(tmp_path: Path) -> None:
    code = """
import sys
for name in [name for name in sys.modules if name.partition(".")[0] in {"sandbox", "simcord"}]:
    del sys.modules[name]
sys.modules["simcord"] = None
"""
    done = await finished("sandbox", folder=tmp_path, env=environment(), before=code)
    assert done.code == 78
    assert done.err.count("\n") == 1
    assert "make run" in done.err
    assert "paperboy[sandbox]" in done.err


async def test_without_a_directory_for_temporary_files_the_sandbox_says_what_to_set(tmp_path: Path) -> None:
    none = "import tempfile; tempfile._candidate_tempdir_list = list"
    done = await finished("sandbox", folder=tmp_path, env=environment(), before=none)
    assert done.code == 78
    assert done.err.splitlines()[-1] == (
        "paperboy: the sandbox has no directory for its files: set TMPDIR to one that this user can write to"
    )
    assert "Traceback" not in done.err


# The real bot in the real sandbox.


async def sandboxed(tmp_path: Path, *arguments: str, **variables: str) -> ForkedProcess:
    """`paperboy sandbox`, with requests to loopback only."""
    return await forked.start(
        ("sandbox", "--port", "0", *arguments),
        folder=tmp_path,
        env=environment(TMPDIR=str(tmp_path), **variables),
    )


@pytest.mark.parametrize("number", [thorough(signal.SIGTERM), signal.SIGINT])
async def test_the_sandbox_prints_its_address_and_ends_on_a_signal_without_a_request_to_hugging_face(
    tmp_path: Path, number: signal.Signals
) -> None:
    async with FakeHuggingFace() as hub:
        settings = {"DISCORD_TOKEN": "someone's real token", "HF_ENDPOINT": hub.url}
        process = await sandboxed(tmp_path, "--sample", **settings)
        log = await print_address_and_run(process)
        process.send_signal(number)
        _, err = await rest(process)
    assert hub.requests == []
    assert process.returncode == 0, err
    assert "someone" not in err
    assert "Traceback" not in log + err
    assert list(tmp_path.iterdir()) == []


async def print_address_and_run(process: ForkedProcess) -> str:
    """The log up to the end of a run."""
    output = await line(process)
    assert re.search(r"http://(127\.0\.0\.1|localhost):\d+", output)
    assert await line(process) == "Lists: the bundled sample"
    tried = await line(process)
    for expected in ("/subscribe", "Next day", "Ctrl-C"):
        assert expected in tried
    log = b""
    while not (b"Ready as" in log and b"Run: " in log):
        read = await asyncio.wait_for(process.stderr.readline(), WAIT_SECONDS)
        assert read, log.decode()
        log += read
    return log.decode()


async def test_the_sandbox_shows_real_lists_if_hugging_face_answers(tmp_path: Path) -> None:
    async with FakeHuggingFace() as hub:
        hub.token = "hf_secret"
        today = open_list_day(datetime.now(UTC))
        for back in range(8):
            day = today - timedelta(days=back)
            hub.days[day] = [raw_item(id=f"2608.0000{back}", day=day)]
        process = await sandboxed(tmp_path, HF_ENDPOINT=hub.url, HF_TOKEN="hf_secret", LOG_LEVEL="DEBUG")
        await line(process)
        assert await line(process) == f"Lists: live from {hub.url}"
        log = b""
        while b"Run: 1 paper read, 1 new" not in log:
            read = await asyncio.wait_for(process.stderr.readline(), WAIT_SECONDS)
            assert read, log.decode()
            log += read
        process.terminate()
        _, err = await rest(process)
    assert {request.status for request in hub.requests} == {200}
    assert "hf_secret" not in log.decode() + err


@pytest.mark.parametrize("answer", [thorough("nothing"), "a failure"])
async def test_the_sandbox_shows_the_sample_if_hugging_face_does_not_answer(
    tmp_path: Path, answer: str
) -> None:
    async with FakeHuggingFace() as hub:
        hub.faults.append(Fault(status=503))
        address = hub.url if answer == "a failure" else "http://127.0.0.1:9"
        process = await sandboxed(tmp_path, HF_ENDPOINT=address)
        await line(process)
        output = await line(process)
        assert output == f"Lists: the bundled sample ({address} did not answer)"
        process.terminate()
        await rest(process)
    assert len(hub.requests) == (1 if answer == "a failure" else 0)


async def test_no_search_for_reference_cycles_goes_through_what_a_start_has_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left_out: list[int] = []

    class App:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        async def run(self) -> None:
            left_out.append(gc.get_freeze_count())

    monkeypatch.setattr("bot.app.App", App)
    try:
        await run._run(cast("Settings", None))
    finally:
        gc.unfreeze()
    assert left_out[0] > 0
