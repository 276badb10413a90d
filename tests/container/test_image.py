"""The Dockerfile and compose.yaml: what can be read off them. `make rehearse` carries both out."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
import yaml

from bot import __version__
from bot.cli.main import COMMANDS
from bot.settings import Settings
from tests.container.dockerfile import Stage, parse, sent
from tests.process.running import ENDS_WITHIN_SECONDS, ROOT

SERVICES = ("paperboy", "backup")


@pytest.fixture
def stages() -> list[Stage]:
    return parse((ROOT / "Dockerfile").read_text(encoding="utf-8"))


@pytest.fixture
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


def test_everything_that_is_copied_is_there_and_let_into_the_build(stages: list[Stage]) -> None:
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
        assert [file for file in files if not sent(ROOT, file)] == []


@pytest.mark.parametrize(
    "name",
    [".env", "data/paperboy.db", ".git/config", "tests/world.py", "bot/__pycache__/app.cpython-313.pyc"],
)
def test_secrets_data_and_tests_stay_out_of_the_build(name: str) -> None:
    assert not sent(ROOT, ROOT / name)


def test_every_module_that_runs_in_the_image_is_python_or_copied_with_it() -> None:
    others = {path.suffix for top in ("bot", "cogs") for path in (ROOT / top).rglob("*") if path.is_file()}
    assert others <= {".py", ".pyc", ".typed", ".mako"}, (
        "does .dockerignore let these in, and who reads them?"
    )


def test_the_image_runs_in_exec_form_as_a_user_who_is_not_root(stages: list[Stage]) -> None:
    last = stages[-1]
    uid, gid = last.last("USER").text.split(":")
    assert int(uid) > 0  # in figures, so that an engine can see that it is not root
    assert int(gid) > 0
    assert last.last("ENTRYPOINT").exec_form == ["python", "-m", "bot"]
    assert last.last("CMD").exec_form == ["run"]
    assert last.last("VOLUME").exec_form == ["/data"]
    assert last.last("STOPSIGNAL").text == "SIGTERM"
    health = last.last("HEALTHCHECK")
    assert health.options.keys() == {"interval", "timeout", "start-period", "retries"}
    assert health.text.endswith('CMD ["python", "-m", "bot", "healthy"]')
    assert {"run", "healthy", "backup", "restore"} <= {command.name for command in COMMANDS}


def test_the_images_variables_are_settings(stages: list[Stage]) -> None:
    env = stages[-1].last("ENV").pairs
    ours = {name: value for name, value in env.items() if name.lower() in Settings.model_fields}
    assert ours == {"DATABASE_URL": "sqlite+aiosqlite:////data/paperboy.db", "HEALTH_PORT": "9464"}
    assert {"PATH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", *ours} == env.keys()


def test_versions_agree(stages: list[Stage]) -> None:
    assert stages[-1].last("LABEL").pairs["org.opencontainers.image.version"] == __version__
    bases = {stage.base for stage in stages}
    assert len(bases) == 1, "what is built with one Python runs with it"
    (base,) = bases
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    least = project["requires-python"].removeprefix(">=")
    version = base.partition(":")[2].partition("-")[0]
    assert tuple(map(int, version.split("."))) >= tuple(map(int, least.split(".")))


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_hardened_restarted_and_bounded(compose: dict[str, Any], name: str) -> None:
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


def test_both_services_mean_the_same_database_and_only_the_bot_has_the_token(
    compose: dict[str, Any], stages: list[Stage]
) -> None:
    services = compose["services"]
    assert services.keys() == set(SERVICES)
    of_image = stages[-1].last("ENV").pairs["DATABASE_URL"]
    assert {service["environment"]["DATABASE_URL"] for service in services.values()} == {of_image}
    assert services["paperboy"]["env_file"] == [".env"]
    assert "env_file" not in services["backup"]
    assert services["backup"]["network_mode"] == "none"
    assert services["backup"]["healthcheck"] == {"disable": True}


def test_the_image_is_built_once_and_the_backup_starts_when_there_is_a_database(
    compose: dict[str, Any],
) -> None:
    bot, backup = (compose["services"][name] for name in SERVICES)
    assert bot["image"] == backup["image"]
    assert bot["build"] == "."
    assert "build" not in backup
    assert backup["pull_policy"] == "never"  # nobody else's image of that name
    assert backup["depends_on"] == {"paperboy": {"condition": "service_healthy"}}
    assert "healthcheck" not in bot  # the image's own


def test_an_instruction_that_is_not_known_is_an_error() -> None:
    with pytest.raises(ValueError, match="line 2: ONBUILD is not known"):
        parse("FROM python\nONBUILD RUN true\n")
