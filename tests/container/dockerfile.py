"""A parser for the Dockerfile. It knows the instructions that ours uses and rejects any other."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

KNOWN = {
    "ARG",
    "FROM",
    "RUN",
    "COPY",
    "WORKDIR",
    "LABEL",
    "ENV",
    "USER",
    "VOLUME",
    "STOPSIGNAL",
    "HEALTHCHECK",
    "ENTRYPOINT",
    "CMD",
}


@dataclass(frozen=True, kw_only=True)
class Instruction:
    line: int
    name: str
    text: str  # without the name; continuation lines joined

    @property
    def exec_form(self) -> list[str]:
        """The arguments of an instruction in exec form.

        Raises:
            ValueError: the instruction is in shell form.
        """
        words = json.loads(self.text)
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ValueError(f"line {self.line}: {self.name} is not in exec form")
        return words

    @property
    def options(self) -> dict[str, str]:
        match = re.match(r"(?:--\S+\s+)*", self.text)
        assert match
        pairs = (word.removeprefix("--").partition("=") for word in match[0].split())
        return {name: value for name, _, value in pairs}

    @property
    def words(self) -> list[str]:
        return [word for word in shlex.split(self.text) if not word.startswith("--")]

    @property
    def pairs(self) -> dict[str, str]:
        return dict(word.split("=", 1) for word in shlex.split(self.text))


@dataclass(frozen=True, kw_only=True)
class Stage:
    base: str
    steps: list[Instruction] = field(default_factory=list[Instruction])

    def last(self, name: str) -> Instruction:
        return [step for step in self.steps if step.name == name][-1]


def parse(text: str) -> list[Stage]:
    """Split a Dockerfile into its build stages.

    Raises:
        ValueError: the file has an unknown instruction.
    """
    stages: list[Stage] = []
    arguments: dict[str, str] = {}
    for step in _instructions(text):
        if step.name not in KNOWN:
            raise ValueError(f"line {step.line}: unknown instruction {step.name}")
        if step.name == "ARG":
            arguments.update([step.text.split("=", 1)])
        elif step.name == "FROM":
            base = step.text.partition(" AS ")[0]
            base = re.sub(r"\$\{(\w+)\}", lambda match: arguments[match[1]], base)
            stages.append(Stage(base=base))
        else:
            stages[-1].steps.append(step)
    return stages


def _instructions(text: str) -> list[Instruction]:
    instructions: list[Instruction] = []
    joined, first = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#") or not (line.strip() or joined):
            continue
        first = first if joined else number
        joined += line
        if joined.endswith("\\"):
            joined = joined[:-1]
            continue
        name, _, rest = joined.strip().partition(" ")
        instructions.append(Instruction(line=first, name=name, text=rest.strip()))
        joined = ""
    return instructions


def is_in_build_context(context: Path, path: Path) -> bool:
    """Whether .dockerignore includes the file; the last matching line decides."""
    relative = path.relative_to(context)
    inside = [str(parent) for parent in [relative, *relative.parents][:-1]]
    is_included = True
    for line in (context / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        patterns = [pattern, pattern.removeprefix("**/")]
        if any(fnmatch(file, pattern) for file in inside for pattern in patterns):
            is_included = line.startswith("!")
    return is_included
