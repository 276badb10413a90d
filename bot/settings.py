"""The settings, the only module that reads the environment and `.env`. Long, for it lists them all."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from enum import StrEnum
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from dotenv.parser import parse_stream
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from typing_extensions import override

from bot.core.limits import MAX_FEEDS, MAX_QUERY_LENGTH, MAX_SUBSCRIPTIONS, Limits
from bot.core.list_days import FIRST_LIST_DAY
from bot.core.schedules import Schedule, parse_timezone
from bot.core.shards import MOST_OWNERS, least_part
from bot.core.typed_times import parse_time, parse_weekdays
from bot.errors import ConfigError
from bot.proxies import Proxies, proxy_address, secrets_of
from bot.store.address import MUST_BE, check_address, is_postgres
from bot.store.sqlite.address import AddressError
from bot.validators import reading

DOTENV = Path(".env")
HEALTH_PORTS = 64  # that the processes of a fleet on one machine try, one after the other
_ENCODING = "utf-8-sig"  # some editors write a byte order mark, which is not part of the first name
_PROXY_NAMES = ("https_proxy", "http_proxy", "no_proxy")
_MIN_SIMILARITY = 0.75  # of an unknown name to the setting that it probably means
_MAX_SHOWN_LENGTH = 100  # characters of a wrong value
# User and password in a URL, even in one that cannot be parsed.
_CREDENTIALS = re.compile(r"//.*@", re.DOTALL)


class _ConflictError(ValueError):
    """Two settings contradict each other; the text completes the sentence "NAME must be …"."""


class LogLevel(StrEnum):
    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


def _address(value: str, *, schemes: tuple[str, ...]) -> str:
    """The URL without trailing slashes.

    Raises:
        ValueError: another scheme, no host, a port out of range, a user, a query, a fragment or white space.
    """
    value = value.strip()
    parts = urlsplit(value)
    if (
        parts.scheme not in schemes
        or not parts.hostname
        or "@" in parts.netloc  # a request cannot carry both credentials and a token
        or parts.port == 0  # raises ValueError if it is not a port
        or not value.isprintable()
        or any(sign in value for sign in " ?#\\")
    ):
        raise ValueError
    parts.hostname.encode("idna")  # raises for a host that cannot be looked up
    return value.rstrip("/")


def _http_address(value: str) -> str:
    return _address(value, schemes=("http", "https"))


def _websocket_address(value: str) -> str:
    # Discord sometimes returns its gateway with a query; the client adds its own.
    return _address(value.partition("?")[0], schemes=("ws", "wss"))


def _database_address(value: str) -> str:
    """The URL without surrounding spaces.

    Raises:
        AddressError: it names no file.
    """
    check_address(value, environment=os.environ)
    return value.strip()


def _host(value: str) -> str:
    """The host name or address.

    Raises:
        ValueError: it is neither.
    """
    value = value.strip()
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+", value):
        raise ValueError
    return value


def _date(value: str) -> date:
    """The date, as YYYY-MM-DD.

    Raises:
        ValueError: it is not one.
    """
    # fromisoformat also accepts other forms, such as 20260819.
    return datetime.strptime(value.strip(), "%Y-%m-%d").replace(tzinfo=UTC).date()


def _bare_secret(value: object) -> object:
    """Strip a token and reject what an HTTP header cannot contain."""
    if not isinstance(value, str):
        return value
    value = value.strip()
    if not value or not value.isascii() or not value.isprintable() or any(sign in value for sign in " '\""):
        raise ValueError
    return value


def _proxy(value: object) -> object:
    return proxy_address(value) if isinstance(value, str) else value


_HttpAddress = Annotated[str, AfterValidator(_http_address)]
_Proxy = Annotated[SecretStr, BeforeValidator(_proxy)]
_Token = Annotated[SecretStr, BeforeValidator(_bare_secret)]


class Settings(BaseSettings):
    """The operator's settings; read them with `load`.

    A description completes the sentence "NAME must be …" in the message about a wrong value.
    """

    model_config = SettingsConfigDict(
        env_file=DOTENV,
        env_file_encoding=_ENCODING,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    discord_token: _Token | None = Field(
        default=None,
        description="the bot's token alone, without `Bot`, quotes or spaces (its value is not shown here)",
    )
    discord_api_url: _HttpAddress = Field(
        default="https://discord.com/api/v10",
        description="an http or https address without user and password such as https://discord.com/api/v10",
    )
    discord_gateway_url: Annotated[str, AfterValidator(_websocket_address)] | None = Field(
        default=None,
        description="a ws or wss address without user and password such as wss://gateway.discord.gg",
    )
    hf_endpoint: _HttpAddress = Field(
        default="https://huggingface.co",
        description="an http or https address without user and password such as https://huggingface.co",
    )
    hf_token: _Token | None = Field(
        default=None,
        description="a Hugging Face token without quotes or spaces (its value is not shown here)",
    )
    https_proxy: _Proxy | None = Field(
        default=None,
        description="an http or https address such as http://proxy:3128 (its value is not shown here)",
    )
    http_proxy: _Proxy | None = Field(
        default=None,
        description="an http or https address such as http://proxy:3128 (its value is not shown here)",
    )
    no_proxy: str | None = Field(
        default=None,
        description="names and addresses separated by commas such as localhost,.example.org,10.0.0.0/8",
    )
    database_url: Annotated[str, AfterValidator(_database_address)] = Field(
        default="sqlite+aiosqlite:///data/paperboy.db", description=MUST_BE
    )
    shard_count: int | None = Field(
        default=None, ge=1, le=10_000, description="a whole number of shards from 1 to 10000"
    )
    shards_per_process: int | None = Field(
        default=None, ge=1, description="a whole number of shards from 1 to SHARD_COUNT"
    )
    poll_interval_seconds: int = Field(
        default=1800, ge=1, le=31_536_000, description="a whole number of seconds from 1 to 31536000 (a year)"
    )
    backfill_days: int = Field(default=30, ge=0, le=366, description="a whole number of days from 0 to 366")
    archive_since: Annotated[date, reading(_date)] = Field(
        default=FIRST_LIST_DAY, description=f"a date such as {FIRST_LIST_DAY}"
    )
    default_timezone: Annotated[str, reading(parse_timezone)] = Field(
        default="UTC", description="an IANA time zone such as Europe/Berlin or UTC"
    )
    default_post_time: Annotated[time, reading(parse_time)] = Field(
        default=time(9, 0), description="HH:MM on a 24-hour clock such as 09:00"
    )
    default_weekdays: Annotated[frozenset[int], NoDecode, reading(parse_weekdays)] = Field(
        default=frozenset(range(5)), description="weekdays such as Mon-Fri or Mon,Thu, or all"
    )
    max_feeds: int = Field(
        default=MAX_FEEDS, ge=1, le=1_000, description="a whole number of channels from 1 to 1000"
    )
    max_subscriptions: int = Field(
        default=MAX_SUBSCRIPTIONS,
        ge=1,
        le=1_000,
        description="a whole number of subscriptions from 1 to 1000",
    )
    max_query_length: int = Field(
        default=MAX_QUERY_LENGTH, ge=20, le=1_000, description="a whole number of characters from 20 to 1000"
    )
    health_port: int | None = Field(
        default=None, ge=0, le=65_535, description="a port from 1 to 65535, or 0 for any free port"
    )
    health_host: Annotated[str, AfterValidator(_host)] = Field(
        default="127.0.0.1",
        description="an address of this machine such as 127.0.0.1, or 0.0.0.0 for all of them",
    )
    log_level: Annotated[LogLevel, reading(lambda text: LogLevel(text.strip().upper()))] = Field(
        default=LogLevel.INFO, description="DEBUG, INFO, WARNING or ERROR"
    )
    log_format: Annotated[LogFormat, reading(lambda text: LogFormat(text.strip().lower()))] = Field(
        default=LogFormat.TEXT, description="text or json"
    )

    @field_validator("shard_count")
    @classmethod
    def _check_shard_count(cls, shard_count: int | None, others: ValidationInfo) -> int | None:
        database = others.data.get("database_url")  # missing if it is wrong itself
        if shard_count is not None and database is not None and not is_postgres(database):
            raise _ConflictError(
                "empty with a SQLite file, which serves one process: several processes need PostgreSQL "
                "(`paperboy copy-database` moves the data, then set DATABASE_URL)"
            )
        return shard_count

    @field_validator("shards_per_process")
    @classmethod
    def _check_shards_per_process(cls, shards: int | None, others: ValidationInfo) -> int | None:
        if shards is None or "shard_count" not in others.data:  # SHARD_COUNT is wrong itself
            return shards
        shard_count = others.data["shard_count"]
        if shard_count is None:
            raise _ConflictError("empty without SHARD_COUNT: one process has all shards")
        if shards > shard_count:
            raise ValueError
        if shards < (least := least_part(shard_count)):
            raise _ConflictError(
                f"at least {least} with SHARD_COUNT={shard_count}: at most {MOST_OWNERS} processes can share "
                "the requests that Discord allows in a second"
            )
        return shards

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The usual sources, but a lowercase proxy variable wins over the uppercase one."""
        lowercase = {name: value for name in _PROXY_NAMES if (value := os.environ.get(name))}
        return (
            init_settings,
            InitSettingsSource(settings_cls, init_kwargs=lowercase),
            env_settings,
            dotenv_settings,
        )

    @classmethod
    def load(cls, **overrides: object) -> Self:
        """Read the environment, then `.env` in the working directory, then the defaults.

        An empty value counts as not set. `overrides` win over all of them, by field name.

        Raises:
            ConfigError: one line that names each wrong variable and says what would be right.
        """
        _check_dotenv(DOTENV)
        try:
            return cls(**overrides)  # pyright: ignore[reportArgumentType] - pydantic checks the values
        except ValidationError as error:
            by_name = {_field_name(details): details for details in error.errors()}
            message = "; ".join(map(_sentence, by_name.values()))
            raise ConfigError(message) from None  # the cause may show a token

    @classmethod
    def examine(cls) -> Examined:
        """Like `load`, but reports wrong values one by one and replaces them with defaults."""
        wrong: dict[str, str] = {}
        dotenv: Path | None = DOTENV
        try:
            _check_dotenv(DOTENV)
        except ConfigError as error:
            wrong[str(DOTENV)], dotenv = str(error), None
        given: dict[str, Any] = {"_env_file": dotenv}
        while True:  # a default in place of a wrong value can contradict another setting
            try:
                settings = cls(**given)
                break
            except ValidationError as error:
                sentences = {_field_name(details): _sentence(details) for details in error.errors()}
                wrong |= {name.upper(): sentence for name, sentence in sentences.items()}
                given |= {name: cls.model_fields[name].default for name in sentences}
        in_file = _names_in(dotenv)
        sources = {str(DOTENV): in_file, "the environment": _names_in_environment()}  # the last one wins
        return Examined(
            settings=settings,
            wrong=wrong,
            origins={
                name.upper(): origin
                for origin, names in sources.items()
                for name in names & cls.model_fields.keys()
            },
            misspelt={
                name.upper(): meant[0].upper()
                for name in in_file - cls.model_fields.keys()
                if (meant := get_close_matches(name, cls.model_fields, n=1, cutoff=_MIN_SIMILARITY))
            },
        )

    @property
    def default_schedule(self) -> Schedule:
        """The schedule of a feed that has none of its own."""
        return Schedule(
            time=self.default_post_time, weekdays=self.default_weekdays, timezone=self.default_timezone
        )

    @property
    def limits(self) -> Limits:
        return Limits(
            feeds=self.max_feeds, subscriptions=self.max_subscriptions, query_length=self.max_query_length
        )

    @property
    def health_ports(self) -> range:
        """The ports for the health check, of which a process takes the first that is free; none if it is off.

        With SHARD_COUNT, other processes with these settings may run on the machine.
        """
        if self.health_port is None:
            return range(0)
        return range(self.health_port, self.health_port + (1 if self.shard_count is None else HEALTH_PORTS))

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values that must never be logged."""
        tokens = (self.discord_token, self.hf_token)
        proxies = (self.https_proxy, self.http_proxy)
        return (
            *(token.get_secret_value() for token in tokens if token),
            *(secret for proxy in proxies if proxy for secret in secrets_of(proxy.get_secret_value())),
        )

    @property
    def proxies(self) -> Proxies:
        """The proxies for Discord and Hugging Face."""
        return Proxies(
            http=self.http_proxy.get_secret_value() if self.http_proxy else None,
            https=self.https_proxy.get_secret_value() if self.https_proxy else None,
            no_proxy=self.no_proxy or "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """The settings as far as they are valid.

    Attributes:
        settings: with defaults in place of wrong values.
        wrong: what is wrong, by the name of the variable or of the file.
        origins: where each variable that is set comes from.
        misspelt: unknown names in the file, with the settings that they probably mean.
    """

    settings: Settings
    wrong: Mapping[str, str]
    origins: Mapping[str, str]
    misspelt: Mapping[str, str]


def _names_in_environment() -> set[str]:
    """The variables that are not empty, in lowercase like the fields."""
    return {name.lower() for name, value in os.environ.items() if value}


def _names_in(path: Path | None) -> set[str]:
    """The names that the file assigns, in lowercase; empty if there is no file."""
    if path is None or not path.is_file():
        return set()
    bindings = parse_stream(StringIO(path.read_text(encoding=_ENCODING)))
    return {binding.key.lower() for binding in bindings if binding.key and binding.value}


def wants_color() -> bool:
    """Whether a terminal may show color: not if NO_COLOR has any value (https://no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _field_name(details: ErrorDetails) -> str:
    return str(details["loc"][0])


def _sentence(details: ErrorDetails) -> str:
    name = _field_name(details)
    field = Settings.model_fields[name]
    cause = details.get("ctx", {}).get("error")
    if isinstance(cause, (AddressError, _ConflictError)):
        return f"{name.upper()} must be {cause}"
    must = f"must be {field.description}"
    if "SecretStr" in str(field.annotation):
        return f"{name.upper()} {must}"
    value = _CREDENTIALS.sub("//…@", str(details["input"]))
    shown = value if len(value) <= _MAX_SHOWN_LENGTH else f"{value[:_MAX_SHOWN_LENGTH]}…"
    return f"{name.upper()} {must}, not {shown!r}"


def _check_dotenv(path: Path) -> None:
    """Check for errors that the dotenv library would only warn about.

    Raises:
        ConfigError: the file cannot be read, is not UTF-8, or has an invalid line.
    """
    if not path.is_file():
        return
    try:
        text = path.read_text(encoding=_ENCODING)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} must be UTF-8 text; byte {error.start + 1} is not") from error
    for binding in parse_stream(StringIO(text)):
        if binding.error:
            line = binding.original.line
            raise ConfigError(f"{path} line {line} cannot be read: it must be NAME=value, with quotes closed")
