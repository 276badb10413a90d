"""Discord's rules for registered commands and autocomplete choices."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sandbox.rules.checks import (
    Check,
    Place,
    array,
    flag,
    number,
    one_of,
    record,
    report_repeated,
    text,
)

_SLASH, _USER, _MESSAGE = 1, 2, 3
_MAX_BY_TYPE: Final = {_SLASH: 100, _USER: 15, _MESSAGE: 15}
_MAX_CHARACTERS: Final = 8_000  # of one command: all names, descriptions and values, including choices
_MAX_OPTIONS: Final = 25
_NAME: Final = re.compile(r"[-_'\w]{1,32}")
_SUB_COMMAND, _GROUP, _STRING, _INTEGER, _NUMBER = 1, 2, 3, 4, 10
_OPTION_TYPES: Final = range(1, 12)
_MAX_NUMBER: Final = 2**53
_INVALID_NAME: Final = ("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")

_VALUES: Final[Mapping[int, Check]] = {
    _STRING: text(100),
    _INTEGER: number(-_MAX_NUMBER, _MAX_NUMBER),
    _NUMBER: number(-_MAX_NUMBER, _MAX_NUMBER, is_whole=False),
}
_CHOICES: Final[Mapping[int, Check]] = {
    kind: array(record(needs={"name": text(100, minimum=1), "value": value}), maximum=25)
    for kind, value in _VALUES.items()
}


def choices(place: Place, value: Any, *, option_type: int) -> None:
    """The autocomplete choices for an option of that type."""
    _CHOICES[option_type](place, value)


def _slash_name(place: Place, value: Any) -> None:
    text(32, minimum=1)(place, value)
    if place.is_good and not (_NAME.fullmatch(value) and value == value.lower()):
        place.report(*_INVALID_NAME)


def _check_choices(place: Place, option: Mapping[str, Any]) -> None:
    kind = option.get("type")
    if option.get("required") is not None:
        flag(place / "required", option["required"])
    if option.get("choices"):
        if kind in _CHOICES:
            _CHOICES[kind](place / "choices", option["choices"])
        else:
            (place / "choices").report(
                "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID", "This option type does not allow choices"
            )
    if option.get("autocomplete") and (option.get("choices") or kind not in _CHOICES):
        (place / "autocomplete").report(
            "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID",
            "Autocomplete requires a string or number option without choices",
        )


def _options(depth: int) -> Check:
    """The options `depth` levels below a command. The depth decides where subcommands and groups can be."""

    def inner(place: Place, option: Mapping[str, Any]) -> None:
        kind = option["type"] if (place / "type").is_good else None
        allowed = {_GROUP: depth == 0, _SUB_COMMAND: depth <= 1}.get(kind, True) if kind else True
        if not allowed:
            (place / "type").report(
                "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "This option type is not allowed here"
            )
        elif kind in {_SUB_COMMAND, _GROUP}:
            if option.get("options"):
                _options(2 if kind == _SUB_COMMAND else 1)(place / "options", option["options"])
        elif kind is not None:
            _check_choices(place, option)

    option = record(
        needs={"type": one_of(*_OPTION_TYPES), "name": _slash_name, "description": text(100, minimum=1)},
        autocomplete=flag,
        min_length=number(0, 6_000),
        max_length=number(1, 6_000),
        min_value=number(-_MAX_NUMBER, _MAX_NUMBER, is_whole=False),
        max_value=number(-_MAX_NUMBER, _MAX_NUMBER, is_whole=False),
        channel_types=array(number(0, 16), maximum=17, is_unique=True),
        then=inner,
    )
    return array(option, maximum=_MAX_OPTIONS, then=_check_order)


def _check_order(place: Place, options: Sequence[Mapping[str, Any]]) -> None:
    if not place.is_good:
        return
    report_repeated(
        (option["name"] for option in options),
        (place / index / "name" for index in range(len(options))),
        code="APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
        message="Option name already exists",
    )
    are_sub_commands = [option["type"] in {_SUB_COMMAND, _GROUP} for option in options]
    is_optional = False
    for index, option in enumerate(options):
        if are_sub_commands[index] != are_sub_commands[0]:
            (place / index).report(
                "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
                "Sub-command and sub-command group option types are mutually exclusive to all other types",
            )
        elif option.get("required") and is_optional:
            (place / index).report(
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            )
        is_optional = is_optional or not (option.get("required") or are_sub_commands[index])


def _by_kind(place: Place, command: Mapping[str, Any]) -> None:
    kind = command.get("type") or _SLASH
    if not place.is_good:
        return
    if kind == _SLASH:
        _slash_name(place / "name", command["name"])
        if command.get("description") is None:
            (place / "description").require()
        else:
            text(100, minimum=1)(place / "description", command["description"])
        _options(0)(place / "options", command.get("options") or [])
    else:
        for name in ("description", "options"):
            if command.get(name):
                (place / name).report(
                    "APPLICATION_COMMAND_CONTEXT_MENU_INVALID", "Context menu commands cannot have one"
                )
    if place.is_good and _characters(command, place) > _MAX_CHARACTERS:
        place.report("APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({_MAX_CHARACTERS})")


def _characters(part: Mapping[str, Any], place: Place) -> int:
    """The characters that count against the total: for each text, its longest translation."""
    own = 0
    for name in ("name", "description", "value"):
        translated: Mapping[str, Any] = part.get(f"{name}_localizations") or {}
        texts: list[Any] = [part.get(name), *translated.values()]
        own += max(place.problems.length(text) if isinstance(text, str) else 0 for text in texts)
    inner = [*(part.get("options") or ()), *(part.get("choices") or ())]
    return own + sum(_characters(option, place) for option in inner)


def _permissions(place: Place, value: Any) -> None:
    if not (isinstance(value, str | int) and str(value).isdecimal()):
        place.report("NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')


COMMAND: Final[Check] = record(
    needs={"name": text(32, minimum=1)},
    type=one_of(_SLASH, _USER, _MESSAGE),
    default_member_permissions=_permissions,
    dm_permission=flag,
    nsfw=flag,
    contexts=array(one_of(0, 1, 2), minimum=1, maximum=3, is_unique=True),
    integration_types=array(one_of(0, 1), minimum=1, maximum=2, is_unique=True),
    then=_by_kind,
)


def _check_totals(place: Place, commands: Sequence[Mapping[str, Any]]) -> None:
    if not place.is_good:
        return
    kinds = [command.get("type") or _SLASH for command in commands]
    report_repeated(
        (f"{kind} {command['name']}" for kind, command in zip(kinds, commands, strict=True)),
        (place / index / "name" for index in range(len(commands))),
        code="APPLICATION_COMMANDS_DUPLICATE_NAME",
        message="Application command names must be unique",
    )
    for kind, maximum in _MAX_BY_TYPE.items():
        if kinds.count(kind) > maximum:
            place.report(
                "APPLICATION_COMMANDS_MAXIMUM", f"Maximum number of application commands reached ({maximum})"
            )


COMMANDS: Final[Check] = array(COMMAND, maximum=sum(_MAX_BY_TYPE.values()), then=_check_totals)
