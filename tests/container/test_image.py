"""What the Dockerfile and compose.yaml promise. `make image` builds the image."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
import yaml

from bot import __version__
from bot.cli.main import paperboy
from bot.settings import Settings
from tests.container.dockerfile import Stage, is_in_build_context, parse
from tests.process.running import ENDS_WITHIN_SECONDS, ROOT

SERVICES = ("paperboy", "backup")


@pytest.fixture
def stages() -> list[Stage]:
    return parse((ROOT / "Dockerfile").read_text(encoding="utf-8"))


@pytest.fixture
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


def test_every_copied_file_exists_and_is_in_the_build_context(stages: list[Stage]) -> None:
    sources = [
        ROOT / source
        for stage in stages
        for step in stage.steps
        if step.name == "COPY" and "from" not in step.options
        for source in step.words[:-1]
    ]
    assert {source.name for source in sources} == {"run.txt", "LICENSE", "bot", "cogs"}
    for source in sources:
        files = [source] if source.is_file() else sorted(source.rglob("*.py"))
        assert files
        assert [file for file in files if not is_in_build_context(ROOT, file)] == []


@pytest.mark.parametrize(
    "name",
    [".env", "data/paperboy.db", ".git/config", "tests/world.py", "bot/__pycache__/app.cpython-313.pyc"],
)
def test_secrets_data_and_tests_are_not_in_the_build_context(name: str) -> None:
    assert not is_in_build_context(ROOT, ROOT / name)


def test_the_packages_hold_only_known_kinds_of_files() -> None:
    others = {path.suffix for top in ("bot", "cogs") for path in (ROOT / top).rglob("*") if path.is_file()}
    assert others <= {".py", ".pyc", ".bin", ".typed", ".mako", ".tsv", ".txt", ".sql"}, (
        "is this file read by the bot, and is it copied into the image?"
    )


def test_the_image_runs_as_a_user_other_than_root_without_a_shell(stages: list[Stage]) -> None:
    last = stages[-1]
    uid, gid = last.last("USER").text.split(":")
    assert int(uid) > 0  # numeric, so that Kubernetes can verify it is not root
    assert int(gid) > 0
    assert last.last("ENTRYPOINT").exec_form == ["python", "-m", "bot"]
    assert last.last("CMD").exec_form == ["run"]
    assert last.last("VOLUME").exec_form == ["/data"]
    assert last.last("STOPSIGNAL").text == "SIGTERM"
    health = last.last("HEALTHCHECK")
    assert health.options.keys() == {"interval", "timeout", "start-period", "retries"}
    assert health.text.endswith('CMD ["python", "-m", "bot", "healthcheck"]')
    assert {"run", "healthcheck", "backup", "restore"} <= paperboy.commands.keys()


def test_the_image_sets_only_known_variables(stages: list[Stage]) -> None:
    env = stages[-1].last("ENV").pairs
    ours = {name: value for name, value in env.items() if name.lower() in Settings.model_fields}
    assert ours == {"DATABASE_URL": "sqlite+aiosqlite:////data/paperboy.db", "HEALTH_PORT": "9464"}
    assert {"PATH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", *ours} == env.keys()


def test_versions_agree(stages: list[Stage]) -> None:
    assert stages[-1].last("LABEL").pairs["org.opencontainers.image.version"] == __version__
    bases = {stage.base for stage in stages}
    assert len(bases) == 1, "all stages use the same Python"
    (base,) = bases
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    minimum = project["requires-python"].removeprefix(">=")
    version = base.partition(":")[2].partition("-")[0]
    assert tuple(map(int, version.split("."))) >= tuple(map(int, minimum.split(".")))


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_hardened_and_restarted_within_limits(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert float(service["stop_grace_period"].removesuffix("s")) > ENDS_WITHIN_SECONDS
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert "privileged" not in service
    assert "ports" not in service
    assert not any("docker.sock" in volume for volume in service["volumes"])
    assert {volume.partition(":")[0] for volume in service["volumes"]} <= compose["volumes"].keys()


def test_both_services_use_the_same_database_and_only_the_bot_has_the_token(
    compose: dict[str, Any], stages: list[Stage]
) -> None:
    services = compose["services"]
    assert services.keys() == set(SERVICES)
    image_url = stages[-1].last("ENV").pairs["DATABASE_URL"]
    assert {service["environment"]["DATABASE_URL"] for service in services.values()} == {image_url}
    assert services["paperboy"]["env_file"] == [".env"]
    assert "env_file" not in services["backup"]
    assert services["backup"]["network_mode"] == "none"
    assert services["backup"]["healthcheck"] == {"disable": True}


def test_the_image_is_built_once_and_the_backup_waits_for_the_database(
    compose: dict[str, Any],
) -> None:
    bot, backup = (compose["services"][name] for name in SERVICES)
    assert bot["image"] == backup["image"]
    assert bot["build"] == "."
    assert "build" not in backup
    assert backup["pull_policy"] == "never"  # never an image of the same name from a registry
    assert backup["depends_on"] == {"paperboy": {"condition": "service_healthy"}}
    assert "healthcheck" not in bot  # the image defines it


def test_an_unknown_instruction_is_an_error() -> None:
    with pytest.raises(ValueError, match="line 2: unknown instruction ONBUILD"):
        parse("FROM python\nONBUILD RUN true\n")
