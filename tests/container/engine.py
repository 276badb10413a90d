"""What an engine does with our Dockerfile and compose.yaml, done in folders: for root, on Linux.

The steps are carried out for real, each with the image's folder as its root, in a mount namespace of its own.
What the base image would bring, an interpreter and a system, is this machine's, seen read-only.
Not carried out: limits of memory and processes, log rotation, and restarts by the engine.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml
from dotenv import dotenv_values
from packaging.requirements import Requirement

from tests.container.dockerfile import Instruction, Stage, parse, sent

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/ssl", "/etc/alternatives")  # of the base image
_BASE_PREFIX = Path(sys.base_prefix)
_BASE_ENV = {"PATH": f"{_BASE_PREFIX}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
_INSTALLED = "/opt/installed"  # where the packages of this environment are seen
_ETC = ("passwd", "group", "login.defs", "nsswitch.conf", "hosts", "resolv.conf", "pip.conf", "ld.so.cache")


def is_possible() -> bool:
    """Whether this process may do it."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0 or not shutil.which("setpriv"):
        return False
    return (
        subprocess.run(["/usr/bin/unshare", "--mount", "true"], check=False, capture_output=True).returncode
        == 0
    )


@dataclass(kw_only=True)
class Image:
    """The last stage, built."""

    root: Path
    env: dict[str, str]
    user: str
    workdir: str
    volumes: list[str]
    entrypoint: list[str]
    command: list[str]
    health: list[str]
    stop_signal: signal.Signals


def build(context: Path, folder: Path, *, installs: bool) -> Image:
    """Carry out the Dockerfile; with `installs`, pip installs the locked packages, else ours are shown to it."""
    stages = parse((context / "Dockerfile").read_text(encoding="utf-8"))
    roots: dict[str, Path] = {}
    for number, stage in enumerate(stages):
        root = roots[stage.name] = folder / f"stage{number}"
        _lay_base(root)
        env, workdir = dict(_BASE_ENV), "/"
        for step in stage.steps:
            if step.name == "RUN":
                _run_step(root, step, env=env, workdir=workdir, installs=installs)
            elif step.name == "COPY":
                _copy_step(step, context=context, roots=roots, root=root, workdir=workdir)
            elif step.name == "WORKDIR":
                workdir = step.text
                (root / workdir.lstrip("/")).mkdir(parents=True, exist_ok=True)
            elif step.name == "ENV":
                env |= {name: value.replace("$PATH", env["PATH"]) for name, value in step.pairs.items()}
    return _image(stages[-1], root=root, env=env, workdir=workdir)


def _image(stage: Stage, *, root: Path, env: dict[str, str], workdir: str) -> Image:
    health = stage.last("HEALTHCHECK")
    command = health.text.partition("CMD ")[2]
    return Image(
        root=root,
        env=env,
        user=stage.last("USER").text,
        workdir=workdir,
        volumes=stage.last("VOLUME").exec_form,
        entrypoint=stage.last("ENTRYPOINT").exec_form,
        command=stage.last("CMD").exec_form,
        health=Instruction(line=health.line, name="HEALTHCHECK", text=command).exec_form,
        stop_signal=signal.Signals[stage.last("STOPSIGNAL").text],
    )


def _lay_base(root: Path) -> None:
    for path in (*_SYSTEM, str(_BASE_PREFIX), _INSTALLED, "/proc", "/dev", "/tmp", "/etc"):  # noqa: S108
        if Path(path).is_symlink() and path.count("/") == 1:  # /bin is usr/bin on most
            (root / path.lstrip("/")).symlink_to(Path(path).readlink())
        else:
            (root / path.lstrip("/")).mkdir(parents=True, exist_ok=True)
    (root / "tmp").chmod(0o1777)
    for name in _ETC:
        if (source := Path("/etc", name)).exists():
            shutil.copy(source, root / "etc" / name)


def _run_step(root: Path, step: Instruction, *, env: dict[str, str], workdir: str, installs: bool) -> None:
    if "pip install" in step.text and not installs:
        _show_installed(root, root / "tmp" / "run.txt")
        return
    command = _inside(root, ["/bin/sh", "-ec", step.text], workdir=workdir)
    kept = {"HOME": "/tmp", "PYTHONDONTWRITEBYTECODE": ""}  # noqa: S108
    kept |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    done = subprocess.run(command, env=env | kept, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"line {step.line}: {step.text}\n{done.stdout}{done.stderr}"


def _show_installed(root: Path, lock: Path) -> None:
    """Have the image see this environment's packages, if they are those of the lock file."""
    for line in lock.read_text(encoding="utf-8").splitlines():
        if "==" in line and not line.startswith((" ", "#")):
            wanted = Requirement(line.rstrip("\\ "))
            if wanted.marker is None or wanted.marker.evaluate():
                assert metadata.version(wanted.name) in wanted.specifier, f"{wanted} is not installed"
    (site,) = (root / "opt" / "paperboy" / "lib").glob("python*/site-packages")
    (site / "installed.pth").write_text(f"{_INSTALLED}\n", encoding="utf-8")
    for pip in site.glob("pip*"):
        shutil.rmtree(pip)
    for pip in (root / "opt" / "paperboy" / "bin").glob("pip*"):
        pip.unlink()


def _copy_step(
    step: Instruction, *, context: Path, roots: Mapping[str, Path], root: Path, workdir: str
) -> None:
    *sources, target = step.words
    place = root / str(Path(workdir, target)).lstrip("/")
    stage = step.options.get("from")
    for source in sources:
        origin = (roots[stage] if stage else context) / source.lstrip("/")
        assert origin.exists(), f"line {step.line}: {source} is not there"
        if origin.is_file():
            assert stage or sent(context, origin), f"line {step.line}: .dockerignore keeps {source} out"
            to = place / origin.name if target.endswith("/") else place
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(origin, to)
            continue

        def left_out(folder: str, names: list[str]) -> set[str]:
            return set() if stage else {name for name in names if not sent(context, Path(folder, name))}

        shutil.copytree(origin, place, symlinks=True, dirs_exist_ok=True, ignore=left_out)


def _inside(
    root: Path,
    command: list[str],
    *,
    workdir: str,
    user: str | None = None,
    mounts: Mapping[str, Path] | None = None,
    tmpfs: Mapping[str, str] | None = None,
    is_read_only: bool = False,
    has_network: bool = True,
) -> list[str]:
    """The command with `root` as its root; it stays one process, so that signals reach it."""
    at = shlex.quote(str(root))
    lines = ["mount --make-rprivate /", f"mount --bind {at} {at}"]

    def show(source: Path, target: str, options: str) -> None:
        place = shlex.quote(f"{root}{target}")
        lines.append(f"mount --bind {shlex.quote(str(source))} {place}")
        lines.append(f"mount -o remount,bind,{options} {place}")

    if is_read_only:
        lines.append(f"mount -o remount,bind,ro {at}")
    for path in (*_SYSTEM, str(_BASE_PREFIX)):
        if Path(path).is_dir() and not (Path(path).is_symlink() and path.count("/") == 1):
            show(Path(path), path, "ro")
    show(Path(sysconfig.get_path("purelib")), _INSTALLED, "ro")
    lines += [f"mount --rbind /dev {at}/dev", f"mount --bind /proc {at}/proc"]
    for target, source in (mounts or {}).items():
        show(source, target, "rw,nosuid,nodev")
    for target, options in (tmpfs or {}).items():
        lines.append(f"mount -t tmpfs -o {options} tmpfs {at}{target}")
    rights = _rights(user) if user else []
    last = shlex.join(["chroot", str(root), *rights, "/bin/sh", "-c", 'cd "$0" && exec "$@"'])
    lines.append(f'exec {last} {shlex.quote(workdir)} "$@"')
    spaces = ["--mount"] if has_network else ["--mount", "--net"]
    # PATH is the container's from here on, so the tools are named by those of this machine.
    return ["/usr/bin/unshare", *spaces, "/bin/sh", "-ec", "\n".join(lines), "sh", *command]


def _rights(user: str) -> list[str]:
    uid, _, gid = user.partition(":")
    dropped = ["--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs"]
    return ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", *dropped]


@dataclass(kw_only=True)
class Project:
    """compose.yaml with the image that it builds, and its volumes."""

    image: Image
    folder: Path
    compose: dict[str, Any]
    dotenv: Path
    volumes: dict[str, Path] = field(default_factory=dict[str, Path])

    @classmethod
    def read(cls, context: Path, *, image: Image, folder: Path, dotenv: Path) -> Project:
        compose = yaml.safe_load((context / "compose.yaml").read_text(encoding="utf-8"))
        return cls(image=image, folder=folder, compose=compose, dotenv=dotenv)

    def command(self, service: str, *words: str) -> list[str]:
        """What starts the service, or these words in its place (`docker compose run --rm`)."""
        wanted = self.compose["services"][service]
        command = list(words) or wanted.get("command") or self.image.command
        return self._in_service(service, [*self.image.entrypoint, *command])

    def shell(self, service: str, script: str) -> list[str]:
        return self._in_service(service, ["/bin/sh", "-c", script])

    def inside(self, pid: int, *words: str) -> list[str]:
        """What `docker compose exec` does in the running service."""
        entered = ["/usr/bin/nsenter", f"--target={pid}", "--mount", "--root", "--wd"]
        return [*entered, *_rights(self.image.user), *words]

    def env(self, service: str) -> dict[str, str]:
        wanted = self.compose["services"][service]
        env = dict(self.image.env)
        if "env_file" in wanted:
            assert wanted["env_file"] == [".env"]
            env |= {name: value for name, value in dotenv_values(self.dotenv).items() if value is not None}
        return env | wanted.get("environment", {})

    def grace_seconds(self, service: str) -> float:
        return float(self.compose["services"][service]["stop_grace_period"].removesuffix("s"))

    def _in_service(self, service: str, command: list[str]) -> list[str]:
        wanted = self.compose["services"][service]
        assert wanted["cap_drop"] == ["ALL"]
        assert wanted["security_opt"] == ["no-new-privileges:true"]
        mounts = dict(volume.rsplit(":", 1)[::-1] for volume in wanted["volumes"])
        return _inside(
            self.image.root,
            command,
            workdir=self.image.workdir,
            user=self.image.user,
            mounts={target: self._volume(name, target) for target, name in mounts.items()},
            tmpfs=dict(mount.split(":", 1) for mount in wanted["tmpfs"]),
            is_read_only=wanted["read_only"],
            has_network=wanted.get("network_mode") != "none",
        )

    def _volume(self, name: str, target: str) -> Path:
        """The volume's folder; a new one begins with what the image has there, and its owner."""
        assert name in self.compose["volumes"]
        if name not in self.volumes:
            path = self.volumes[name] = self.folder / f"volume-{name}"
            there = self.image.root / target.lstrip("/")
            shutil.copytree(there, path)
            os.chown(path, there.stat().st_uid, there.stat().st_gid)
        return self.volumes[name]
