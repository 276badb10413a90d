from __future__ import annotations

import os
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.core.limits import Limits
from bot.core.schedules import Cadence, Schedule
from bot.errors import ConfigError
from bot.settings import LogFormat, LogLevel, Settings, wants_color
from tests.cases import each

TOKEN = "MTA1.GxYz12.not-a-real-one_at-all"


PREFIXES = (
    "",
    "http://",
    "https://user@",
    "wss://host:",
    "sqlite+aiosqlite://",
    "sqlite+aiosqlite:///",
    "Europe/",
)


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty working directory and none of our variables."""
    monkeypatch.chdir(tmp_path)
    ours = {name.upper() for name in Settings.model_fields}
    for name in list(os.environ):
        if name.upper() in ours:
            monkeypatch.delenv(name)


def refusal(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    """The error with these variables, which are not set any more afterwards."""
    with monkeypatch.context() as meanwhile:
        for name, value in environment.items():
            meanwhile.setenv(name, value)
        with pytest.raises(ConfigError) as error:
            Settings.load()
    assert "\n" not in str(error.value)
    return str(error.value)


def test_without_settings_the_documented_defaults_apply() -> None:
    settings = Settings.load()
    assert settings.discord_token is None
    assert settings.discord_api_url == "https://discord.com/api/v10"
    assert settings.discord_gateway_url is None
    assert settings.hf_endpoint == "https://huggingface.co"
    assert settings.hf_token is None
    assert settings.database_url == "sqlite+aiosqlite:///data/paperboy.db"
    assert settings.poll_interval_seconds == 1800
    assert settings.backfill_days == 30
    assert settings.archive_since == date(2023, 5, 4)
    assert settings.default_schedule == Schedule(
        cadence=Cadence.DAILY, time=time(9, 0), weekdays=frozenset(range(5)), timezone="UTC"
    )
    assert settings.log_level is LogLevel.INFO
    assert settings.log_format is LogFormat.TEXT


def test_the_environment_wins_over_dotenv_and_dotenv_over_the_defaults(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").write_text("BACKFILL_DAYS=3\nPOLL_INTERVAL_SECONDS=60\nSOMEONE_ELSES=1\n", encoding="utf-8")
    monkeypatch.setenv("BACKFILL_DAYS", "5")
    settings = Settings.load()
    assert (settings.backfill_days, settings.poll_interval_seconds) == (5, 60)


def test_overrides_win_even_over_a_wrong_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "not a token")
    monkeypatch.setenv("HF_TOKEN", "hf_real")
    settings = Settings.load(discord_token="fake", hf_token=None)
    assert settings.discord_token == SecretStr("fake")
    assert settings.hf_token is None


def test_an_empty_value_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.setenv(name.upper(), "")
    assert Settings.load().discord_token is None
    assert Settings.load().backfill_days == 30


def test_dotenv_may_begin_with_a_byte_order_mark_and_be_quoted_and_exported() -> None:
    Path(".env").write_bytes(b"\xef\xbb\xbfDISCORD_TOKEN=abc\r\nexport HF_TOKEN='hf_x' # mine\r\n")
    settings = Settings.load()
    assert settings.secrets == ("abc", "hf_x")


def test_white_space_around_a_token_is_trimmed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", f"  {TOKEN}\n")
    token = Settings.load().discord_token
    assert token is not None
    assert token.get_secret_value() == TOKEN


@each("value", [f"Bot {TOKEN}", "abc def", "abc\ndef", '"abc"', "ключ", "abc\x07"])
def test_an_invalid_token_is_rejected_without_being_shown(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    message = refusal(monkeypatch, DISCORD_TOKEN=value)
    assert message.startswith("DISCORD_TOKEN must be the bot's token alone")
    for part in value.split():
        if part != "Bot":
            assert part not in message


def test_no_representation_of_the_settings_shows_a_token() -> None:
    settings = Settings.load(discord_token=TOKEN, hf_token="hf_secret")
    for text in (repr(settings), str(settings), settings.model_dump_json()):
        assert TOKEN not in text
        assert "hf_secret" not in text


@each(
    ("name", "value", "kept"),
    [
        ("DISCORD_API_URL", "http://127.0.0.1:8080/api/v10/", "http://127.0.0.1:8080/api/v10"),
        ("DISCORD_API_URL", " https://proxy.example ", "https://proxy.example"),
        ("HF_ENDPOINT", "http://[::1]:99//", "http://[::1]:99"),
        ("DISCORD_GATEWAY_URL", "ws://127.0.0.1:9/gateway/", "ws://127.0.0.1:9/gateway"),
        ("DISCORD_GATEWAY_URL", "wss://gateway.example/?v=10&encoding=json", "wss://gateway.example"),
        ("DATABASE_URL", "sqlite+aiosqlite:////data/paperboy.db", "sqlite+aiosqlite:////data/paperboy.db"),
        ("POLL_INTERVAL_SECONDS", "1", 1),
        ("BACKFILL_DAYS", "0", 0),
        ("BACKFILL_DAYS", "366", 366),
        ("ARCHIVE_SINCE", "2024-01-31", date(2024, 1, 31)),
        ("ARCHIVE_SINCE", " 1999-01-01 ", date(1999, 1, 1)),
        ("ARCHIVE_SINCE", "9999-12-31", date(9999, 12, 31)),
        ("DEFAULT_TIMEZONE", "europe/berlin", "Europe/Berlin"),
        ("DEFAULT_POST_TIME", "7:30", time(7, 30)),
        ("DEFAULT_WEEKDAYS", "Mon,Thu", frozenset({0, 3})),
        ("DEFAULT_WEEKDAYS", "all", frozenset(range(7))),
        ("MAX_FEEDS", "1000", 1000),
        ("MAX_SUBSCRIPTIONS", "1", 1),
        ("MAX_QUERY_LENGTH", "20", 20),
        ("LOG_LEVEL", "debug", LogLevel.DEBUG),
        ("LOG_FORMAT", "JSON", LogFormat.JSON),
    ],
)
def test_a_valid_value_is_accepted(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, kept: object
) -> None:
    with monkeypatch.context() as meanwhile:
        meanwhile.setenv(name, value)
        assert getattr(Settings.load(), name.lower()) == kept


@each(
    ("name", "value"),
    [
        ("DISCORD_API_URL", "discord.com/api/v10"),
        ("DISCORD_API_URL", "ftp://discord.com"),
        ("DISCORD_API_URL", "http://"),
        ("DISCORD_API_URL", "http://host:99999"),
        ("DISCORD_API_URL", "http://host:port"),
        ("DISCORD_API_URL", "http://ho st"),
        ("DISCORD_API_URL", "http://[::1"),
        ("DISCORD_API_URL", "http://host/?a=b"),
        ("DISCORD_API_URL", "http://a..example"),
        ("DISCORD_GATEWAY_URL", "https://gateway.discord.gg"),
        ("HF_ENDPOINT", "huggingface.co"),
        ("DATABASE_URL", "paperboy.db"),
        ("DATABASE_URL", "sqlite:///paperboy.db"),
        ("DATABASE_URL", "sqlite+aiosqlite://"),
        ("DATABASE_URL", "sqlite+aiosqlite:///:memory:"),
        ("DATABASE_URL", "postgresql+asyncpg://host"),
        ("POLL_INTERVAL_SECONDS", "0"),
        ("POLL_INTERVAL_SECONDS", "-5"),
        ("POLL_INTERVAL_SECONDS", "1.5"),
        ("POLL_INTERVAL_SECONDS", "half an hour"),
        ("POLL_INTERVAL_SECONDS", "9" * 30),
        ("BACKFILL_DAYS", "367"),
        ("BACKFILL_DAYS", "-1"),
        ("ARCHIVE_SINCE", "2024"),
        ("ARCHIVE_SINCE", "20240131"),
        ("ARCHIVE_SINCE", "2024-02-30"),
        ("ARCHIVE_SINCE", "31.01.2024"),
        ("ARCHIVE_SINCE", "never"),
        ("DEFAULT_TIMEZONE", "Berlin"),
        ("DEFAULT_TIMEZONE", "../../etc/passwd"),
        ("DEFAULT_POST_TIME", "24:00"),
        ("DEFAULT_POST_TIME", "9"),
        ("DEFAULT_WEEKDAYS", "Mon-Foo"),
        ("DEFAULT_WEEKDAYS", "1-5"),
        ("MAX_FEEDS", "0"),
        ("MAX_FEEDS", "1001"),
        ("MAX_SUBSCRIPTIONS", "many"),
        ("MAX_QUERY_LENGTH", "19"),
        ("MAX_QUERY_LENGTH", "1001"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_wrong_value_is_reported_with_its_variable_and_what_would_be_right(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    message = refusal(monkeypatch, **{name: value})
    assert message.startswith(f"{name} must be ")
    assert f"not {value!r}" in message


POSTGRES = "postgresql+asyncpg://paperboy@localhost/paperboy"


def test_shards_are_counted_on_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "DATABASE_URL": POSTGRES,
        "SHARD_COUNT": "10000",
        "SHARDS_PER_PROCESS": "10000",
    }.items():
        monkeypatch.setenv(name, value)
    settings = Settings.load()
    assert (settings.shard_count, settings.shards_per_process) == (10_000, 10_000)
    assert (
        Settings.load(
            database_url="sqlite+aiosqlite:///x.db", shard_count=None, shards_per_process=None
        ).shard_count
        is None
    )


@pytest.mark.parametrize(
    ("environment", "advice"),
    [
        ({"SHARD_COUNT": "2"}, "SHARD_COUNT must be empty with a SQLite file, which serves one process"),
        (
            {"DATABASE_URL": POSTGRES, "SHARD_COUNT": "0", "SHARDS_PER_PROCESS": "1"},
            "SHARD_COUNT must be a whole number",
        ),
        ({"DATABASE_URL": POSTGRES, "SHARD_COUNT": "10001"}, "SHARD_COUNT must be a whole number"),
        (
            {"DATABASE_URL": POSTGRES, "SHARD_COUNT": "4", "SHARDS_PER_PROCESS": "5"},
            "SHARDS_PER_PROCESS must be a whole number of shards from 1 to SHARD_COUNT, not '5'",
        ),
        (
            {"DATABASE_URL": POSTGRES, "SHARD_COUNT": "4", "SHARDS_PER_PROCESS": "0"},
            "SHARDS_PER_PROCESS must be a whole number of shards from 1 to SHARD_COUNT, not '0'",
        ),
        ({"SHARDS_PER_PROCESS": "1"}, "SHARDS_PER_PROCESS must be empty without SHARD_COUNT"),
        (
            {"DATABASE_URL": POSTGRES, "SHARD_COUNT": "49", "SHARDS_PER_PROCESS": "1"},
            "SHARDS_PER_PROCESS must be at least 2 with SHARD_COUNT=49",
        ),
    ],
)
def test_shards_that_cannot_be_are_refused_with_advice(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], advice: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    message = refusal(monkeypatch)
    assert message.startswith(advice)
    assert ";" not in message  # one setting is wrong, not two
    assert Settings.examine().settings.shard_count in {None, 4, 49}


def test_the_limits_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.load().limits == Limits(feeds=50, subscriptions=50, query_length=200)
    for number, name in enumerate(("MAX_FEEDS", "MAX_SUBSCRIPTIONS", "MAX_QUERY_LENGTH"), start=21):
        monkeypatch.setenv(name, str(number))
    assert Settings.load().limits == Limits(feeds=21, subscriptions=22, query_length=23)


def test_several_wrong_values_are_all_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, POLL_INTERVAL_SECONDS="0", LOG_FORMAT="xml")
    assert "POLL_INTERVAL_SECONDS must be" in message
    assert "LOG_FORMAT must be" in message


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=st.sampled_from(sorted(Settings.model_fields)), prefix=st.sampled_from(PREFIXES), text=st.text())
def test_any_text_is_accepted_or_rejected_in_one_line(name: str, prefix: str, text: str) -> None:
    try:
        Settings.load(**{name: prefix + text})
    except ConfigError as error:
        refused = str(error)
        assert refused.startswith(f"{name.upper()} must be ")
        assert len(refused.splitlines()) == 1
        assert len(refused) < 1500


def test_a_long_value_is_shortened_and_shown_on_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, HF_ENDPOINT="x\ny" * 1000)
    assert len(message) < 300


@pytest.mark.parametrize(
    ("name", "scheme"),
    [("DISCORD_API_URL", "https"), ("DISCORD_GATEWAY_URL", "wss"), ("HF_ENDPOINT", "https")],
)
@pytest.mark.parametrize("user", ["ada:hidden@", "hidden@", ":hidden@", "@"])
def test_a_url_with_a_user_or_password_is_rejected_without_showing_it(
    monkeypatch: pytest.MonkeyPatch, name: str, scheme: str, user: str
) -> None:
    """No request could carry both that and a token."""
    monkeypatch.setenv(name, f"{scheme}://{user}host.example/x")
    message = refusal(monkeypatch)
    assert message.startswith(f"{name} must be ")
    assert "without user and password" in message
    assert "hidden" not in message
    assert "hidden" not in str(Settings.examine().wrong)


@each("name", ["HF_ENDPOINT", "DATABASE_URL", "DISCORD_GATEWAY_URL"])
def test_a_password_in_a_wrong_address_is_not_shown(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    message = refusal(monkeypatch, **{name: "gopher://me:p@ss/w0rd@host:70/x"})
    assert "ss/w0rd" not in message
    assert "host:70" in message


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"A=1\nB=\xff\n", ".env must be UTF-8 text"),
        (b"A=1\nDISCORD_TOKEN='abc\n", ".env line 2 cannot be read"),
        (b"=1\n", ".env line 1 cannot be read"),
    ],
)
def test_an_invalid_dotenv_is_reported_with_its_line(content: bytes, complaint: str) -> None:
    Path(".env").write_bytes(content)
    with pytest.raises(ConfigError) as error:
        Settings.load()
    assert str(error.value).startswith(complaint)
    assert "abc" not in str(error.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_an_unreadable_dotenv_is_reported() -> None:
    Path(".env").touch(mode=0o000)
    with pytest.raises(ConfigError, match=r"^\.env cannot be read"):
        Settings.load()


def test_examined_settings_replace_wrong_values_with_defaults_and_report_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").write_text(f"BACKFILL_DAYS=many\nHF_TOKEN={TOKEN}\nLOG_FORMAT=json\n", encoding="utf-8")
    monkeypatch.setenv("DISCORD_TOKEN", "Bot abc")
    monkeypatch.setenv("LOG_FORMAT", "text")
    examined = Settings.examine()
    assert examined.wrong.keys() == {"BACKFILL_DAYS", "DISCORD_TOKEN"}
    assert "not 'many'" in examined.wrong["BACKFILL_DAYS"]
    assert "Bot abc" not in f"{examined}"
    assert (examined.settings.backfill_days, examined.settings.discord_token) == (30, None)
    assert examined.settings.secrets == (TOKEN,)
    assert examined.origins == {
        "BACKFILL_DAYS": ".env",
        "HF_TOKEN": ".env",
        "DISCORD_TOKEN": "the environment",
        "LOG_FORMAT": "the environment",
    }


def test_valid_settings_are_the_same_when_examined() -> None:
    Path(".env").write_text("BACKFILL_DAYS=3\n", encoding="utf-8")
    examined = Settings.examine()
    assert examined.settings == Settings.load()
    assert (dict(examined.wrong), dict(examined.misspelt)) == ({}, {})


def test_misspelt_names_are_reported_and_others_are_not() -> None:
    Path(".env").write_text("POLL_INTERVAL=5\nDISCORD_TOKN=a\nTZ=UTC\nCOMPOSE_FILE=x\n", encoding="utf-8")
    assert Settings.examine().misspelt == {
        "POLL_INTERVAL": "POLL_INTERVAL_SECONDS",
        "DISCORD_TOKN": "DISCORD_TOKEN",
    }


def test_a_broken_env_file_is_ignored_and_reported() -> None:
    Path(".env").write_text("BACKFILL_DAYS='3\n", encoding="utf-8")
    examined = Settings.examine()
    assert examined.wrong.keys() == {".env"}
    assert examined.settings.backfill_days == 30


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_no_color_is_respected(
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    wanted: bool,  # noqa: FBT001
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert wants_color() is wanted


@each("value", ["65536", "-1", "x", "80.5"])
def test_an_invalid_health_port_is_rejected(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    assert refusal(monkeypatch, HEALTH_PORT=value).startswith("HEALTH_PORT must be a port from 1 to 65535")


@each("value", ["http://127.0.0.1", "127.0.0.1/x", "a b", "user@host"])
def test_an_invalid_health_host_is_rejected(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    assert refusal(monkeypatch, HEALTH_HOST=value).startswith(
        "HEALTH_HOST must be an address of this machine"
    )


def test_there_is_no_health_port_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (Settings.load().health_port, Settings.load().health_host) == (None, "127.0.0.1")
    monkeypatch.setenv("HEALTH_PORT", "9464")
    monkeypatch.setenv("HEALTH_HOST", "::1")
    assert (Settings.load().health_port, Settings.load().health_host) == (9464, "::1")
