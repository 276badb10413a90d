"""The rehearsal: the image built, run, asked, killed, backed up, stopped and restored, without an engine.

`python -m tests.container.rehearsal` says what it does; `--install` has pip install the locked packages, as the
image's build does, instead of showing it those of this environment.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bot import __version__
from tests.container import engine
from tests.process.running import LONG_SECONDS, ROOT, BotProcess, Stage, staged

Say = Callable[[str], None]


async def rehearse(folder: Path, *, say: Say, installs: bool = False) -> None:
    """Carry all of it out; an AssertionError tells what does not hold."""
    image = engine.build(ROOT, folder, installs=installs)
    say("built: every step of the Dockerfile")
    _check_contents(image)
    say("the image has no pip, no tests and no sandbox, and nothing but /data and /backups is its user's")
    async with staged(folder) as stage:
        dotenv = folder / ".env"
        _write_settings(stage, dotenv)
        project = engine.Project.read(ROOT, image=image, folder=folder, dotenv=dotenv)
        await _check_rights(project)
        say("the user is not root, has no rights, and can write to /data and /tmp alone")
        await _live(stage, project, say)


async def _live(stage: Stage, project: engine.Project, say: Say) -> None:
    stage.list_paper("2608.00001", title="Agents that read")
    bot = await _start(stage, project)
    await stage.live("agents")
    await stage.until_posted("2608.00001")
    say("up: ENTRYPOINT and CMD start the bot, which posts")

    code, out = await _exec(project, bot, *project.image.health)
    assert code == 0, out
    say(f"HEALTHCHECK: {out.strip()}")

    code, out = await _exec(project, bot, "paperboy", "backup", "/data/by-hand.db")
    assert code == 0, out
    assert "1 feed, 1 subscription, 1 post" in out
    say(f"exec: {out.strip()}")
    await _backup_service(project)
    say("the backup service wrote a dated file into its volume, without a network, and ended as asked")

    await bot.kill()
    stage.list_paper("2608.00002", title="More agents")
    bot = await _start(stage, project)
    await stage.until_posted("2608.00001", "2608.00002")
    say("killed and started again over the same volume: nothing lost, nothing twice")

    await stage.command("subscribe", keywords="robots")
    signal_number = project.image.stop_signal
    assert project.grace_seconds("paperboy") > 5.0
    assert await bot.stop(signal_number) == 0
    say(f"stopped by {signal_number.name} within the grace, exit code 0")

    (backup,) = project.volumes["backups"].iterdir()
    restoring = project.command("backup", "restore", f"/backups/{backup.name}")
    code, out = await _run(project, restoring, service="backup")
    assert code == 0, out
    bot = await _start(stage, project)
    shown = await stage.command("subscriptions")
    assert "agents" in shown
    assert "robots" not in shown
    assert await bot.stop(signal_number) == 0
    say("restored from the backup, and started: the subscriptions are those of the backup")


def _write_settings(stage: Stage, dotenv: Path) -> None:
    settings = {
        "DISCORD_TOKEN": stage.discord.token,
        "DISCORD_API_URL": stage.discord.api_url,
        "DISCORD_GATEWAY_URL": stage.discord.gateway_url,
        "HF_ENDPOINT": stage.hub.url,
        "POLL_INTERVAL_SECONDS": "1",
        "BACKFILL_DAYS": "1",
        "DATABASE_URL": "sqlite+aiosqlite:///elsewhere.db",  # compose.yaml must win over it
    }
    lines = (f"{name}={value}\n" for name, value in settings.items())
    dotenv.write_text("".join(lines), encoding="utf-8")


def _check_contents(image: engine.Image) -> None:
    names = {path.name for path in (image.root / "app").iterdir()}
    assert names == {"LICENSE", "bot", "cogs"}
    ours = [image.root / "app", image.root / "opt" / "paperboy"]
    files = [path for top in ours for path in top.rglob("*")]
    assert not [path for path in files if path.name == "pip"]
    assert all(
        path.lstat().st_uid == 0 and not path.lstat().st_mode & 0o022
        for path in files
        if not path.is_symlink()
    )
    for source in (image.root / "app").rglob("*.py"):
        assert list((source.parent / "__pycache__").glob(f"{source.stem}.*.pyc")), f"{source} is not compiled"
    uid, gid = map(int, image.user.split(":"))
    for path in ("data", "backups"):
        found = (image.root / path).stat()
        assert (found.st_uid, found.st_gid) == (uid, gid)
    assert uid
    assert image.volumes == ["/data"]


async def _check_rights(project: engine.Project) -> None:
    code, out = await _run(project, project.command("paperboy", "--version"))
    assert (code, out) == (0, f"paperboy {__version__}\n")
    script = """
        id -u; grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status | tr -s '\\t ' ' '
        for folder in / /app /app/bot /opt/paperboy /etc /backups /data /tmp; do
            if touch "$folder/written" 2>/dev/null; then echo "writes $folder"; rm "$folder/written"; fi
        done
        cd /tmp && paperboy --version
    """
    code, out = await _run(project, project.shell("paperboy", script))
    none = f"{0:016x}"
    assert out.splitlines() == [
        project.image.user.partition(":")[0],
        f"CapEff: {none}",
        f"CapBnd: {none}",
        "NoNewPrivs: 1",
        "writes /data",
        "writes /tmp",
        f"paperboy {__version__}",
    ]
    assert code == 0


async def _start(stage: Stage, project: engine.Project) -> BotProcess:
    process = await asyncio.create_subprocess_exec(
        *project.command("paperboy"),
        env=project.env("paperboy"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        limit=1 << 24,
    )
    bot = BotProcess(process)
    stage.started.append(bot)
    await bot.says("Ready as")
    return bot


async def _backup_service(project: engine.Project) -> None:
    process = await asyncio.create_subprocess_exec(
        *project.command("backup"),
        env=project.env("backup"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    service = BotProcess(process)
    try:
        await service.says("Wrote /backups/paperboy-")
        assert await service.stop(project.image.stop_signal) == 0, service.log
    finally:
        await service.kill()
    (written,) = project.volumes["backups"].iterdir()
    assert written.name.endswith("Z.db")
    assert written.stat().st_uid == int(project.image.user.partition(":")[0])


async def _exec(project: engine.Project, bot: BotProcess, *words: str) -> tuple[int, str]:
    return await _run(project, project.inside(bot.pid, *words))


async def _run(project: engine.Project, command: list[str], *, service: str = "paperboy") -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *command,
        env=project.env(service),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), LONG_SECONDS)
    assert process.returncode is not None
    return process.returncode, out.decode()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--install", action="store_true", help="have pip install the locked packages")
    options = parser.parse_args()
    if not engine.is_possible():
        print("The rehearsal needs Linux, root, unshare and setpriv: sudo make rehearse", file=sys.stderr)
        return 2
    os.umask(0o022)
    with TemporaryDirectory(prefix="paperboy-rehearsal-") as folder:
        Path(folder).chmod(0o755)
        asyncio.run(
            rehearse(
                Path(folder), say=lambda line: print(f"ok  {line}", flush=True), installs=options.install
            )
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
