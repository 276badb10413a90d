"""Asking the running bot whether it is healthy: for a container's check, and quick to start."""

from __future__ import annotations

import http.client
import json
from typing import Any, cast

from bot.errors import ConfigError
from bot.settings import Settings

ANSWER_SECONDS = 4.0
_LONGEST_ANSWER_BYTES = 65_536
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - listened on; this is where to ask then


def ask(settings: Settings) -> tuple[bool, str]:
    """Whether the bot of these settings is healthy, and one line that says so.

    Raises:
        ConfigError: it opens no port to be asked on, or one that nobody knows.
    """
    if settings.health_port is None:
        raise ConfigError("HEALTH_PORT is not set, so that the running bot opens no port to be asked on")
    if settings.health_port == 0:
        raise ConfigError(
            "HEALTH_PORT is 0, any that is free, so that nobody knows where to ask: name a port"
        )
    host = _EVERYWHERE.get(settings.health_host, settings.health_host)
    try:
        status, told = _get(host, settings.health_port)
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = str(error) or type(error).__name__
        return False, f"not healthy: no answer from {host} port {settings.health_port}: {why}"
    is_healthy = status == 200
    line = f"{'healthy' if is_healthy else 'not healthy'}: {told['status']}"
    if reason := told.get("reason"):
        line += f" ({reason})"
    return is_healthy, " ".join(line.split())


def _get(host: str, port: int) -> tuple[int, dict[str, Any]]:
    """The answer of /healthz.

    Raises:
        OSError: no answer came in time.
        HTTPException: what answers does not speak HTTP.
        ValueError: what answers is not Paperboy.
    """
    connection = http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        told: object = json.loads(response.read(_LONGEST_ANSWER_BYTES))
    except ValueError as error:
        raise ValueError("it is not Paperboy that answers there") from error
    finally:
        connection.close()
    if not isinstance(told, dict) or "status" not in told:
        raise ValueError("it is not Paperboy that answers there")
    return response.status, cast("dict[str, Any]", told)
