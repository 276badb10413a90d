"""Registration: compares the commands that Discord has with ours, apart from what Discord adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Payload = Mapping[str, Any]

# The fields that we can set, with Discord's defaults. All other fields of its copies (ids, versions,
# localizations, the deprecated `dm_permission`) are its own. `type` 1 is a slash command.
_COMMAND_DEFAULTS: Payload = {
    "name": "",
    "type": 1,
    "description": "",
    "nsfw": False,
    "default_member_permissions": None,
    "contexts": None,
    "integration_types": None,
}
_OPTION_DEFAULTS: Payload = {
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
_CHOICE_DEFAULTS: Payload = {"name": "", "value": None}
# If these are not set, Discord fills them in from the application's settings, which may be anything.
_FILLED_IN = ("contexts", "integration_types")


def are_same(local: Sequence[Payload], registered: Sequence[Payload]) -> bool:
    """Whether the commands that we would send are the ones that Discord has.

    The order of options and choices counts, because people see it; the order of commands does not.
    """
    known = {_key(command): command for command in registered}
    return (
        len(local) == len(registered)
        and {_key(command) for command in local} == known.keys()
        and all(_is_same_command(command, known[_key(command)]) for command in local)
    )


def _key(command: Payload) -> tuple[object, object]:
    fields = _fields(command, _COMMAND_DEFAULTS)
    return fields["name"], fields["type"]


def _is_same_command(local: Payload, remote: Payload) -> bool:
    wanted, registered = _command(local), _command(remote)
    for name in _FILLED_IN:
        if wanted[name] is None:
            registered[name] = None
    return wanted == registered


def _command(payload: Payload) -> dict[str, Any]:
    fields = _fields(payload, _COMMAND_DEFAULTS)
    permissions = fields["default_member_permissions"]  # we send a number, Discord a string
    fields["default_member_permissions"] = None if permissions is None else int(permissions)
    for name in _FILLED_IN:
        fields[name] = None if fields[name] is None else sorted(fields[name])
    return {**fields, "options": _options(payload)}


def _options(payload: Payload) -> list[dict[str, Any]]:
    return [
        {
            **_fields(option, _OPTION_DEFAULTS),
            "choices": [_fields(choice, _CHOICE_DEFAULTS) for choice in option.get("choices") or ()],
            "options": _options(option),
        }
        for option in payload.get("options") or ()
    ]


def _fields(payload: Payload, defaults: Payload) -> dict[str, Any]:
    return {
        name: default if payload.get(name) is None else payload[name] for name, default in defaults.items()
    }
