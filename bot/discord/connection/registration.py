"""Whether the commands that Discord has are ours; what Discord adds by itself is no difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Payload = Mapping[str, Any]

# What we can say, with what Discord takes for it where we say nothing. All else in its copies (ids, versions,
# localizations, the deprecated `dm_permission`) is its own. `type` 1 is a slash command.
_OF_COMMANDS: Payload = {
    "name": "",
    "type": 1,
    "description": "",
    "nsfw": False,
    "default_member_permissions": None,
    "contexts": None,
    "integration_types": None,
}
_OF_OPTIONS: Payload = {
    "name": "",
    "type": None,
    "description": "",
    "required": False,
    "autocomplete": False,
    "channel_types": [],
    "min_value": None,
    "max_value": None,
    "min_length": None,
    "max_length": None,
}
_OF_CHOICES: Payload = {"name": "", "value": None}
# Left unsaid, Discord fills these in by the application's own settings, which may be anything.
_FILLED_IN = ("contexts", "integration_types")


def are_same(ours: Sequence[Payload], theirs: Sequence[Payload]) -> bool:
    """Whether the commands as we would send them say what the commands as Discord sends them say.

    The order of commands does not count; that of options and choices does, for people see it.
    """
    known = {_key(command): command for command in theirs}
    return (
        len(ours) == len(theirs)
        and {_key(command) for command in ours} == known.keys()
        and all(_is_same_command(command, known[_key(command)]) for command in ours)
    )


def _key(command: Payload) -> tuple[object, object]:
    said = _said(command, _OF_COMMANDS)
    return said["name"], said["type"]


def _is_same_command(ours: Payload, theirs: Payload) -> bool:
    wanted, found = _command(ours), _command(theirs)
    for name in _FILLED_IN:
        if wanted[name] is None:
            found[name] = None
    return wanted == found


def _command(payload: Payload) -> dict[str, Any]:
    said = _said(payload, _OF_COMMANDS)
    permissions = said["default_member_permissions"]  # a number of ours, a string of Discord's
    said["default_member_permissions"] = None if permissions is None else int(permissions)
    for name in _FILLED_IN:
        said[name] = None if said[name] is None else sorted(said[name])
    return {**said, "options": _options(payload)}


def _options(payload: Payload) -> list[dict[str, Any]]:
    return [
        {
            **_said(option, _OF_OPTIONS),
            "choices": [_said(choice, _OF_CHOICES) for choice in option.get("choices") or ()],
            "options": _options(option),
        }
        for option in payload.get("options") or ()
    ]


def _said(payload: Payload, defaults: Payload) -> dict[str, Any]:
    return {
        name: default if payload.get(name) is None else payload[name] for name, default in defaults.items()
    }
