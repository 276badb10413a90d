"""A Dockerfile read: the instructions that ours uses, and an error at any other."""

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
    text: str  # what follows the name, its lines joined

    @property
    def exec_form(self) -> list[str]:
        """The words of a JSON array.

        Raises:
            ValueError: it is in shell form.
        """
        words = json.loads(self.text)
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ValueError(f"line {self.line}: {self.name} is not in exec form")
        return words

    @property
    def options(self) -> dict[str, str]:
        found = re.match(r"(?:--\S+\s+)*", self.text)
        assert found
        pairs = (word.removeprefix("--").partition("=") for word in found[0].split())
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
    name: str
    steps: list[Instruction] = field(default_factory=list[Instruction])

    def last(self, name: str) -> Instruction:
        return [step for step in self.steps if step.name == name][-1]


def parse(text: str) -> list[Stage]:
    """The stages of a Dockerfile.

    Raises:
        ValueError: an instruction that is not known here.
    """
    stages: list[Stage] = []
    arguments: dict[str, str] = {}
    for step in _instructions(text):
        if step.name not in KNOWN:
            raise ValueError(f"line {step.line}: {step.name} is not known here")
        if step.name == "ARG":
            arguments.update([step.text.split("=", 1)])
        elif step.name == "FROM":
            base, _, name = step.text.partition(" AS ")
            base = re.sub(r"\$\{(\w+)\}", lambda found: arguments[found[1]], base)
            stages.append(Stage(base=base, name=name or str(len(stages))))
        else:
            stages[-1].steps.append(step)
    return stages


def _instructions(text: str) -> list[Instruction]:
    found: list[Instruction] = []
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
        found.append(Instruction(line=first, name=name, text=rest.strip()))
        joined = ""
    return found


def sent(context: Path, path: Path) -> bool:
    """Whether .dockerignore lets the file into the build; the last line that fits decides."""
    relative = path.relative_to(context)
    inside = [str(parent) for parent in [relative, *relative.parents][:-1]]
    is_sent = True
    for line in (context / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        patterns = [pattern, pattern.removeprefix("**/")]
        if any(fnmatch(one, each) for one in inside for each in patterns):
            is_sent = line.startswith("!")
    return is_sent
