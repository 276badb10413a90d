"""Rules of the code base: layers, a pure core, documented settings and commands."""

from __future__ import annotations

import ast
import gc
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path
from unittest.mock import create_autospec

import pytest
import pytest_asyncio
from discord import app_commands

from bot.client import Client
from bot.services.container import Services
from bot.settings import Settings
from cogs import make_cogs
from tests.cases import each

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
ASSIGNMENT = re.compile(r"^#?(?=[A-Z_]+=)", re.MULTILINE)

Leaf = app_commands.Command[object, ..., object]

# What a pure module may build on: nothing that waits, reads a clock or a file, or draws a random number.
PURE_LIBRARIES = {
    "__future__",
    "bisect",
    "collections",
    "contextlib",
    "dataclasses",
    "difflib",
    "datetime",
    "enum",
    "functools",
    "heapq",
    "html",
    "importlib.resources",  # the word tables beside the code
    "ipaddress",
    "itertools",
    "math",
    "operator",
    "re",
    "string",
    "textwrap",
    "types",
    "typing",
    "typing_extensions",
    "unicodedata",
    "urllib.parse",
    "zoneinfo",
}


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@cache
def tree_of(path: Path) -> ast.Module:
    # A search for garbage that ends a greenlet during the parse confuses CPython's count of recursion.
    gc.disable()
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    finally:
        gc.enable()


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module or ""


def attributes(path: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Attribute):
            yield node.attr


def test_imports_keep_the_layers() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@each("path", modules("bot/core"))
def test_the_core_imports_nothing_impure_and_reads_no_clock(path: Path) -> None:
    for name in imports(path):
        ours = name.startswith(("bot.core", "bot.errors"))
        assert ours or not PURE_LIBRARIES.isdisjoint({name, name.partition(".")[0]}), (
            f"{name} is not for the core"
        )
    assert not {"now", "utcnow", "today"} & set(attributes(path))


def test_the_settings_alone_read_the_environment() -> None:
    readers = [
        path.relative_to(ROOT).as_posix()
        for path in modules("bot", "cogs")
        if re.search("environ|getenv|dotenv", path.read_text(encoding="utf-8"))  # much faster than parsing
        and ({"environ", "environb", "getenv"} & set(attributes(path)) or "dotenv" in ",".join(imports(path)))
    ]
    assert readers == ["bot/settings.py"]


@each("path", modules("bot", "cogs", "sandbox", "benchmarks"))
def test_the_first_line_of_a_module_says_what_it_owns(path: Path) -> None:
    assert re.match(r'r?"""\W{0,3}\w', path.read_text(encoding="utf-8"))


# What makes a statement that changes rows; these modules make such statements for others.
CHANGES = {
    *("insert", "insert_if_new", "insert_or_fill", "insert_or_update", "insert_rows", "upsert"),
    *("update", "delete", "delete_unlocked"),
}
STATEMENTS = {"bulk.py", "locking.py", "statements.py"}


def changing(path: Path) -> Iterator[tuple[str, str]]:
    """The public functions of a module that change rows, also through private parts of it; with what they say."""
    parts: dict[str, ast.AST] = {}
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            parts[node.name] = node
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            parts.setdefault(node.targets[0].id, node)
    named = {
        name: {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
        | {
            child.attr
            for child in ast.walk(node)
            if isinstance(child, ast.Attribute) and child.attr[0] == "_"
        }
        for name, node in parts.items()
    }
    through: set[str] = set()
    for _ in parts:
        through = {name for name in parts if name[0] == "_" and named[name] & (CHANGES | through)}
    for name, node in parts.items():
        if name[0] != "_" and not isinstance(node, ast.Assign) and named[name] & (CHANGES | through):
            yield name, " ".join((ast.get_docstring(node) or "").split())  # pyright: ignore[reportArgumentType] - a function


def test_every_write_says_what_protects_it_from_other_writers() -> None:
    paths = [*(ROOT / "bot/store").glob("*.py"), *(ROOT / "bot/store/postgres").glob("*.py")]
    found = [
        (f"{path.stem}.{name}", says)
        for path in paths
        if path.name not in STATEMENTS
        for name, says in changing(path)
    ]
    assert len(found) > 50
    assert [name for name, says in found if "Protected by" not in says] == []


def example() -> str:
    return (ROOT / ".env.example").read_text(encoding="utf-8")


def test_the_example_names_every_setting_and_no_other() -> None:
    named = re.findall(r"^#?([A-Z_]+)=", example(), re.MULTILINE)
    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)


def test_the_example_shows_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    defaults = Settings.load()
    # With other values first, so that only what the example gives can bring the defaults back.
    Path(".env").write_text(ASSIGNMENT.sub("", example()), encoding="utf-8")
    assert Settings.load() == defaults
    given = {name for name, value in re.findall(r"^#?([A-Z_]+)=(.+)$", example(), re.MULTILINE) if value}
    with_default = {
        name.upper() for name, field in Settings.model_fields.items() if field.default is not None
    }
    assert given == with_default


def test_the_example_explains_every_setting() -> None:
    for block in re.split(r"\n\n+", example().strip()):
        lines = block.splitlines()
        assert re.match(r"# \w", lines[0]), f"nothing explains {lines[0]}"


@pytest.mark.parametrize("name", ["build", "run", "sandbox", "dev"])
def test_a_lock_file_pins_every_package_with_hashes_and_names_no_index(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    requirements = [block for block in re.split(r"\n(?=\S)", text.strip()) if not block.startswith("#")]
    assert requirements
    for requirement in requirements:
        assert re.match(r"[a-z0-9-]+(\[[a-z0-9,-]+\])?==[\w.]+ ", requirement), requirement
        assert " --hash=sha256:" in requirement
    assert not re.search(r"://|^ *--(?!hash)", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "extras"), [("run", ()), ("sandbox", ("sandbox",)), ("dev", ("sandbox", "dev"))]
)
def test_a_lock_file_holds_what_the_project_asks_for(name: str, extras: tuple[str, ...]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [
        *project["dependencies"],
        *(requirement for extra in extras for requirement in project["optional-dependencies"][extra]),
    ]
    locked = re.findall(
        r"^([a-z0-9-]+(?:\[[a-z0-9,-]+\])?)==",
        (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    # With its extras: some versions of pip would look for those without a hash.
    names = {re.split(r"[<>=~! ]", requirement)[0].lower().replace(".", "-") for requirement in asked}
    assert names <= set(locked)


@pytest_asyncio.fixture
async def leaves() -> AsyncIterator[list[Leaf]]:
    """Every command that can be typed; none is called, so no service is needed behind them."""
    async with Client() as client:
        for cog in make_cogs(create_autospec(Services, instance=True)):
            await client.add_cog(cog)
        yield [
            command for command in client.tree.walk_commands() if isinstance(command, app_commands.Command)
        ]


async def test_every_command_and_option_is_described(leaves: list[Leaf]) -> None:
    assert leaves
    for command in leaves:
        described = {command.qualified_name: command.description}
        described |= {
            f"{command.qualified_name} {option.name}": option.description for option in command.parameters
        }
        if command.parent:
            described[command.parent.name] = command.parent.description
        for name, description in described.items():
            # discord.py puts "…" where nothing is said.
            assert 10 <= len(str(description)) <= 100, f"/{name}: {description!r}"


@pytest.mark.skipif(not README.exists(), reason="there is no README yet")
async def test_every_command_and_option_is_in_the_readme(leaves: list[Leaf]) -> None:
    """A line of the README begins with the command, as a row of a table or an item, and names its options."""
    lines = README.read_text(encoding="utf-8").splitlines()
    for command in leaves:
        rows = [line for line in lines if re.match(rf"[|*\- ]*`/{command.qualified_name}\b", line)]
        assert rows, f"/{command.qualified_name} is not in the README"
        for option in command.parameters:
            assert any(re.search(rf"`[^`]*\b{option.name}\b[^`]*`", row) for row in rows), (
                f"the README does not name the option {option.name} of /{command.qualified_name}"
            )


@pytest.mark.skipif(not README.exists(), reason="there is no README yet")
def test_every_setting_is_in_the_readme_or_the_readme_names_the_example() -> None:
    readme = README.read_text(encoding="utf-8")
    assert ".env.example" in readme
    assert "DISCORD_TOKEN" in readme


@pytest.mark.thorough
def test_a_bot_whose_subscriptions_are_all_exact_imports_no_numpy() -> None:
    """The table of word vectors is loaded with the first subscription that has a focus."""
    code = (
        "import sys, bot.app, bot.cli.main, bot.core.focus, bot.core.query.focus, cogs, bot.services.runs.planning\n"
        "print(sorted({'numpy', 'bot.matching.focus.table', 'bot.matching.focus.search'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
