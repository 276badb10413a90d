"""What compose.postgres.yaml promises, without an engine: a database with a health check, the bot, a daily dump."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
import yaml

from bot.store.address import check_address
from tests.process.running import ENDS_WITHIN_SECONDS, ROOT


@pytest.fixture
def services() -> dict[str, Any]:
    whole = yaml.safe_load((ROOT / "compose.postgres.yaml").read_text(encoding="utf-8"))
    for service in whole["services"].values():
        named = {volume.partition(":")[0] for volume in service.get("volumes", ())}
        assert named <= whole["volumes"].keys()
    return whole["services"]


def test_every_service_is_restarted_within_limits_and_opens_no_port(services: dict[str, Any]) -> None:
    for service in services.values():
        assert service["restart"] == "unless-stopped"
        assert service["cap_drop"] == ["ALL"]
        assert service["mem_limit"]
        assert "ports" not in service
        assert "privileged" not in service
    assert float(services["paperboy"]["stop_grace_period"].removesuffix("s")) > ENDS_WITHIN_SECONDS


def test_the_bot_waits_for_a_healthy_database_and_the_dump_for_the_bot(services: dict[str, Any]) -> None:
    assert services["postgres"]["healthcheck"]["test"][1] == "pg_isready"
    assert services["paperboy"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert services["dump"]["depends_on"] == {"paperboy": {"condition": "service_healthy"}}


def test_as_many_processes_run_as_the_settings_say_and_one_by_default(services: dict[str, Any]) -> None:
    assert services["paperboy"]["deploy"] == {"replicas": "${PROCESSES:-1}"}
    assert not [name for name, service in services.items() if "container_name" in service]


def test_the_password_is_required_and_the_address_is_one_that_the_bot_takes(services: dict[str, Any]) -> None:
    address = services["paperboy"]["environment"]["DATABASE_URL"]
    required = services["postgres"]["environment"]["POSTGRES_PASSWORD"]
    assert ":?" in required
    assert required in address
    check_address(address.replace(required, "Secret9"))
    assert services["dump"]["environment"]["PGPASSWORD"] == required
    assert "env_file" not in services["dump"]  # it has no token


def test_the_dump_is_a_script_that_a_shell_reads(services: dict[str, Any]) -> None:
    shell, option, script = services["dump"]["command"]
    script = script.replace("$$", "$")
    assert (shell, option) == ("sh", "-c")
    subprocess.run(["/bin/sh", "-n", "-c", script], check=True)
    assert "pg_dump --format=custom" in script
