"""`paperboy healthcheck`: asks the running bot at HEALTH_PORT; containers call it, so it starts quickly."""

from __future__ import annotations

import http.client
import json
from typing import Any, cast

import click

from bot.cli.own_ports import own_ports
from bot.cli.process import EXIT_FAILED, EXIT_OK
from bot.errors import ConfigError
from bot.settings import Settings

TIMEOUT_SECONDS = 4.0
_MAX_ANSWER_BYTES = 65_536
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to connect if the bot listens on all
_NOT_PAPERBOY = "another program answers there"


@click.command()
def healthcheck() -> int:
    """Check whether the running bot is healthy.

    Queries the bot on this machine at HEALTH_PORT and prints one line, for the
    health check of a container. With SHARD_COUNT, it queries each process in
    its own container (or on its machine) and prints a line for each.

    \b
    Exit codes:
       0  the bot is healthy, with all its processes here
       1  it is not healthy or does not answer
      78  HEALTH_PORT is not set, or a setting is wrong
    """
    is_healthy, lines = ask(Settings.load())
    click.echo(lines)
    return EXIT_OK if is_healthy else EXIT_FAILED


def ask(settings: Settings) -> tuple[bool, str]:
    """Whether the running bot is healthy, and a line for each of its processes that says so.

    Raises:
        ConfigError: the settings do not say which port to ask.
    """
    if settings.health_port is None:
        raise ConfigError("HEALTH_PORT is not set, so the running bot has no port to query")
    if settings.health_port == 0:
        raise ConfigError("HEALTH_PORT is 0 (any free port), so the port is not known: set a fixed one")
    host = _LOOPBACK.get(settings.health_host, settings.health_host)
    if settings.shard_count is None:
        return _ask(host, settings.health_port)
    ports = own_ports(settings.health_ports)
    if not any(ports.values()):
        if ports:
            return (
                False,
                "not healthy: only processes of other containers listen on HEALTH_PORT and the next ones",
            )
        return _ask(host, settings.health_port)
    answers = {port: _ask(host, port) for port in sorted(ports) if ports[port]}
    if len(answers) == 1:
        return next(iter(answers.values()))
    lines = [f"port {port}: {line}" for port, (_, line) in answers.items()]
    return all(is_healthy for is_healthy, _ in answers.values()), "\n".join(lines)


def _ask(host: str, port: int) -> tuple[bool, str]:
    """Whether the process at this port is healthy, and one line that says so."""
    try:
        status, health = _get(host, port)
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = str(error) or type(error).__name__
        return False, f"not healthy: no answer from {host} port {port}: {reason}"
    is_healthy = status == 200
    line = f"{'healthy' if is_healthy else 'not healthy'}: {health['status']}"
    if reason := health.get("reason"):
        line += f" ({reason})"
    return is_healthy, " ".join(line.split())


def _get(host: str, port: int) -> tuple[int, dict[str, Any]]:
    """The HTTP status and the JSON of /healthz.

    Raises:
        OSError: there is no answer within `TIMEOUT_SECONDS`.
        HTTPException: the answer is not HTTP.
        ValueError: the answer is not Paperboy's.
    """
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        health: object = json.loads(response.read(_MAX_ANSWER_BYTES))
    except ValueError as error:
        raise ValueError(_NOT_PAPERBOY) from error
    finally:
        connection.close()
    if not isinstance(health, dict) or "status" not in health:
        raise ValueError(_NOT_PAPERBOY)
    return response.status, cast("dict[str, Any]", health)
