"""Whether Discord's copy of the commands is ours."""

from __future__ import annotations

import copy
from typing import Any

from bot.discord.connection.registration import are_same
from tests.cases import each

OURS: list[dict[str, Any]] = [
    {
        "name": "subscribe",
        "description": "Bring papers",
        "type": 1,
        "nsfw": False,
        "dm_permission": False,
        "default_member_permissions": 16,
        "contexts": [0],
        "integration_types": [0],
        "options": [
            {
                "type": 3,
                "name": "keywords",
                "description": "What to match",
                "required": True,
                "autocomplete": True,
                "min_length": 1,
                "max_length": 2000,
            },
            {"type": 7, "name": "channel", "description": "Where", "required": False},
        ],
    },
    {
        "name": "config",
        "description": "Configure",
        "type": 1,
        "nsfw": False,
        "dm_permission": True,
        "default_member_permissions": None,
        "contexts": [0, 1],
        "integration_types": [0],
        "options": [
            {
                "type": 1,
                "name": "style",
                "description": "Choose a style",
                "options": [
                    {
                        "type": 3,
                        "name": "style",
                        "description": "Which",
                        "required": True,
                        "choices": [
                            {"name": "cards", "value": "cards"},
                            {"name": "digest", "value": "digest"},
                        ],
                    }
                ],
            }
        ],
    },
]


def as_discord_keeps_it(commands: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With the fields that Discord adds, and without those that say what goes without saying."""
    kept = copy.deepcopy(commands)
    for number, command in enumerate(kept):
        permissions = command["default_member_permissions"]
        command["default_member_permissions"] = None if permissions is None else str(permissions)
        command |= {
            "id": str(1000 + number),
            "application_id": "1",
            "version": "2",
            "name_localizations": None,
            "description_localizations": None,
            "dm_permission": True,
            "contexts": sorted(command["contexts"], reverse=True),
        }
        if not command["nsfw"]:
            del command["nsfw"]
        for option in command["options"]:
            option |= {"name_localizations": None, "description_localizations": None}
            if not option.get("required", True):
                del option["required"]
            for inner in option.get("options", ()):
                for choice in inner["choices"]:
                    choice["name_localizations"] = None
    return kept[::-1]


def test_fields_that_discord_adds_or_leaves_out_make_no_difference() -> None:
    assert are_same(OURS, as_discord_keeps_it(OURS))


@each(
    ("path", "value"),
    [
        ((0, "description"), "Other words"),
        ((0, "default_member_permissions"), None),
        ((0, "default_member_permissions"), 32),
        ((0, "contexts"), [0, 1]),
        ((0, "integration_types"), [0, 1]),
        ((0, "nsfw"), True),
        ((0, "options", 0, "description"), "Other words"),
        ((0, "options", 0, "required"), False),
        ((0, "options", 0, "autocomplete"), False),
        ((0, "options", 0, "max_length"), 100),
        ((0, "options", 0, "min_length"), None),
        ((0, "options", 1, "required"), True),
        ((0, "options", 1, "type"), 3),
        ((0, "options", 1, "channel_types"), [0]),
        ((0, "options", 1, "name"), "place"),
        ((1, "options", 0, "description"), "Other words"),
        ((1, "options", 0, "options", 0, "choices"), []),
        ((1, "options", 0, "options", 0, "choices", 1, "value"), "lines"),
        ((1, "options", 0, "options"), []),
        ((1, "name"), "configure"),
    ],
)
def test_each_change_of_ours_is_a_difference_both_ways(path: tuple[Any, ...], value: object) -> None:
    changed: Any = copy.deepcopy(OURS)
    *way, last = path
    place = changed
    for key in way:
        place = place[key]
    place[last] = value

    assert not are_same(changed, as_discord_keeps_it(OURS))
    assert not are_same(OURS, as_discord_keeps_it(changed))


def test_a_command_more_or_less_is_a_difference() -> None:
    kept = as_discord_keeps_it(OURS)

    assert not are_same(OURS[:1], kept)
    assert not are_same(OURS, kept[:1])
    assert not are_same(OURS, [])


def test_options_that_change_places_are_a_difference() -> None:
    kept = as_discord_keeps_it(OURS)
    kept[1]["options"].reverse()

    assert not are_same(OURS, kept)


def test_fields_that_default_to_the_applications_settings_make_no_difference() -> None:
    ours = copy.deepcopy(OURS)
    ours[0]["contexts"] = ours[0]["integration_types"] = None

    assert are_same(ours, as_discord_keeps_it(OURS))
