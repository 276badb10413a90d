from __future__ import annotations

import asyncio
import json
import logging
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.logs import JsonFormatter, TextFormatter, _is_not_redundant
from tests.cases import each
from tests.process import forked
from tests.waiting import LIMIT_SECONDS

ROOT = Path(__file__).parent.parent
TOKEN = "MTA1.GxYz12.not-a-real-one"
NOON = datetime(2026, 8, 3, 12, 0, 0, 250_000, tzinfo=UTC).timestamp()
FORMATTERS = [TextFormatter, JsonFormatter]


def record(message: str, *arguments: object, error: BaseException | None = None) -> logging.LogRecord:
    made = logging.LogRecord(
        "bot.app",
        logging.WARNING,
        "app.py",
        1,
        message,
        arguments,
        (type(error), error, None) if error else None,
    )
    made.created = NOON
    return made


def raised(error: Exception) -> Exception:
    """With a traceback."""
    with pytest.raises(type(error)) as caught:
        raise error
    return caught.value


def test_a_text_line_has_time_level_logger_and_message() -> None:
    assert (
        TextFormatter([]).format(record("%d papers", 3))
        == "2026-08-03T12:00:00.250Z WARNING bot.app: 3 papers"
    )


def test_a_json_line_is_one_object() -> None:
    assert json.loads(JsonFormatter([]).format(record("%d papers", 3))) == {
        "time": "2026-08-03T12:00:00.250Z",
        "level": "WARNING",
        "logger": "bot.app",
        "message": "3 papers",
    }


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_a_secret_is_redacted_in_message_arguments_and_traceback(
    formatter: type[TextFormatter | JsonFormatter],
) -> None:
    cause = raised(ValueError(f"Authorization: Bot {TOKEN}"))
    cause.add_note(f"tried with {TOKEN!r}")
    error = raised(ExceptionGroup("all", [cause]))
    made = record(f"sent {TOKEN} and %s", {"token": TOKEN}, error=error)
    made.stack_info = f"Stack: {TOKEN}"
    line = formatter([TOKEN]).format(made)
    assert TOKEN not in line
    assert line.count("[redacted]") >= 5
    assert "ValueError" in line


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_a_secret_inside_a_longer_secret_is_redacted_completely(
    formatter: type[TextFormatter | JsonFormatter],
) -> None:
    line = formatter(["abc", "abc-longer", ""]).format(record("abc-longer abc"))
    assert "longer" not in line
    assert "abc" not in line


@pytest.mark.parametrize(
    "path", ["webhooks/1000/aW50ZXJhY3Rpb24.x-_y/messages", "interactions/1000/aW50ZXJhY3Rpb24.x-_y"]
)
def test_an_interaction_token_in_a_url_is_redacted(path: str) -> None:
    line = TextFormatter([]).format(record("POST https://discord.com/api/v10/%s failed", path))
    assert "aW50" not in line
    assert "1000/[redacted]" in line


@each("formatter", FORMATTERS)
@each(
    "expected",
    [
        "Authorization: Bearer s3cr3t-of-somebody",
        "authorization:Bot s3cr3t-of-somebody",
        "Proxy-Authorization: Basic czNjcjN0LW9mLXNvbWVib2R5",
        "{'Authorization': 'Bearer s3cr3t-of-somebody', 'Accept': '*/*'}",
        '{"authorization":"Bearer s3cr3t-of-somebody"}',
        '{\\"Authorization\\": \\"Bearer s3cr3t-of-somebody\\"}',
        "[(b'Authorization', b'Bearer s3cr3t-of-somebody')]",
        "<CIMultiDict('Authorization': 'Bot s3cr3t-of-somebody')>",
        "Authorization%3A%20Bearer%20s3cr3t-of-somebody",
        "Authorization = s3cr3t-of-somebody",
        "a header Bearer s3cr3t-of-somebody",
        "cannot connect to http://paperboy:s3cr3t-of-somebody@proxy.example:3128",
        "https://s3cr3t-of-somebody@discord.example/api",
        "GET /api?access_token=s3cr3t-of-somebody&p=1",
        "hf_s3cr3tOfSomebody1234567890",
        "MTIzNDU2Nzg5MDEyMzQ1Njc4.Gs3cr3.s3cr3t-of-somebody_1234567890",
    ],
)
def test_unknown_credentials_are_redacted_by_their_format(
    formatter: type[TextFormatter | JsonFormatter], expected: str
) -> None:
    line = formatter([]).format(
        record("failed: %s", expected, error=raised(ValueError(f"failed: {expected}")))
    )
    assert "s3cr3t" not in line
    assert "czNjcjN0" not in line
    assert line.count("[redacted]") >= 2


@pytest.mark.parametrize(
    "expected",
    [
        "Bot restarted; authorization was refused; a bearer of news; basic things",
        "GET http://127.0.0.1:8080/api/daily_papers?date=2026-08-19&limit=100",
        "write to somebody@example.org",
        "bot.sources.huggingface.HuggingFace.list_day",
        "Token 4 of 5",
    ],
)
def test_other_text_is_not_redacted(expected: str) -> None:
    assert TextFormatter([]).format(record("%s", expected)).endswith(expected)


def test_a_record_with_wrong_arguments_is_still_logged_without_its_secrets() -> None:
    line = TextFormatter([TOKEN]).format(record("%d papers of %s", TOKEN))
    assert "papers of" in line
    assert TOKEN not in line


@pytest.mark.parametrize("formatter", FORMATTERS)
@given(title=st.text())
def test_untrusted_text_cannot_forge_a_record(
    formatter: type[TextFormatter | JsonFormatter], title: str
) -> None:
    forged = f"x{title}\n2026-01-01T00:00:00.000Z ERROR bot.app: forged\r\u2028{title}"
    lines = formatter([]).format(record("paper %s", forged, error=raised(ValueError(forged)))).splitlines()
    assert len([line for line in lines if not line.startswith("    | ")]) == 1
    assert all(line.isprintable() or "\t" in line for line in lines if line.isascii())


def test_control_characters_are_escaped() -> None:
    line = TextFormatter([]).format(record("a\x1b[31mb\rc\u202ed\x9be"))
    assert line.endswith(r"a\x1b[31mb\rc\u202ed\x9be")


async def logged(code: str, *, level: str = "INFO", form: str = "TEXT") -> str:
    """What a process writes to standard error."""
    start = f"""\
        import asyncio, logging, sys, threading, warnings
        from bot import logs
        from bot.settings import LogFormat, LogLevel
        logs.configure(level=LogLevel.{level}, log_format=LogFormat.{form}, secrets=["s3cr3t"])
        log = logging.getLogger("bot.some.part")
    """
    process = await forked.start(
        (),
        folder=ROOT,
        env={},
        before=f"{textwrap.dedent(start)}{textwrap.dedent(code)}\nsys.exit()",
    )
    async with asyncio.timeout(LIMIT_SECONDS):
        out, err = await process.communicate()
    assert (process.returncode, out) == (0, b"")
    return err.decode()


async def test_each_record_is_written_once_even_if_configured_twice() -> None:
    err = await logged("""
        logs.configure(level=LogLevel.INFO, log_format=LogFormat.TEXT, secrets=["s3cr3t"])
        log.info("one s3cr3t")
        log.debug("not shown")
    """)
    assert err.count("INFO bot.some.part: one [redacted]") == 1
    assert err.count("\n") == 1


async def test_libraries_are_quiet_below_their_level_even_at_debug() -> None:
    err = await logged(
        """
        log.debug("ours")
        logging.getLogger("discord.gateway").debug("an interaction's token")
        logging.getLogger("discord.client").info("connected")
        logging.getLogger("apscheduler.scheduler").info("Running job")
        logging.getLogger("aiosqlite").debug("executing")
        """,
        level="DEBUG",
    )
    assert [line.split(": ", 1)[1] for line in err.splitlines()] == ["ours", "connected"]


async def test_warnings_and_errors_in_threads_and_tasks_are_logged() -> None:
    err = await logged(
        """
        def fail():
            raise ValueError("s3cr3t in a thread")
        async def fail_later():
            raise ValueError("s3cr3t in a task")
        async def main():
            task = asyncio.create_task(fail_later())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        warnings.warn("s3cr3t in a warning")
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        asyncio.run(main())
        """,
        form="JSON",
    )
    records = [json.loads(line) for line in err.splitlines()]
    assert [item["logger"] for item in records] == ["py.warnings", "bot.logs", "asyncio"]
    assert "[redacted] in a warning" in records[0]["message"]
    assert "[redacted] in a thread" in records[1]["exception"]
    assert "[redacted] in a task" in records[2]["exception"]
    assert "s3cr3t" not in err


def test_extra_fields_are_added_to_the_line_without_replacing_others() -> None:
    made = record("a run")
    made.fields = {"posts": 3, "seconds": 0.5, "problem": None, "level": "FAKE", "text": f"a\n{TOKEN}"}
    line = JsonFormatter([TOKEN]).format(made)
    shown = json.loads(line)
    assert (shown["posts"], shown["seconds"], shown["problem"]) == (3, 0.5, None)
    assert (shown["level"], shown["message"]) == ("WARNING", "a run")
    assert shown["text"] == "a\n[redacted]"
    assert "\n" not in line
    assert "posts" not in TextFormatter([]).format(made)


async def test_an_unraisable_error_is_a_json_line_too() -> None:
    err = await logged(
        """
        class Held:
            def __del__(self):
                raise ValueError("s3cr3t at the end")
        held = Held()
        del held
        """,
        form="JSON",
    )
    (line,) = err.splitlines()
    shown = json.loads(line)
    assert shown["logger"] == "bot.logs"
    assert "ValueError: [redacted] at the end" in shown["exception"]


def test_redundant_lines_of_discord_py_are_dropped() -> None:
    limited = "We are being rate limited. %s %s responded with 429."
    twice = [
        f"{limited} Timeout of %.2f was too long, erroring instead.",
        "Global rate limit has been hit. Retrying in %.2f seconds.",
        "logging in using static token",
    ]
    assert not any(_is_not_redundant(record(text)) for text in twice)
    assert _is_not_redundant(record(f"{limited} Retrying in %.2f seconds."))
