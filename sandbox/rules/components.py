"""Discord's rules for buttons, select menus and modals. Components V2 are only checked for their contents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from sandbox.rules.checks import (
    Check,
    Place,
    anything,
    array,
    flag,
    number,
    one_of,
    record,
    report_repeated,
    snowflake,
    text,
    url,
)

_ROW, _BUTTON, _STRING_SELECT, _TEXT_INPUT, _TEXT, _LABEL = 1, 2, 3, 4, 10, 18
_SELECTS: Final = (_STRING_SELECT, 5, 6, 7, 8)
_IN_LABELS: Final = (_TEXT_INPUT, *_SELECTS, 19, 21, 22, 23)
_LINK, _PREMIUM = 5, 6  # button styles
_CUSTOM_ID: Final = text(100, minimum=1)
_MAX_ROWS: Final = 5
_MAX_V2: Final = 40
_MAX_IN_FORM: Final = 5
_DEFAULT_SELECTED: Final = 1
# Characters that Discord accepts as an emoji; digits, # and * only as keycaps.
_EMOJI: Final = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa\u24c2\u25aa"
    "\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2604\u260e\u2611\u2614\u2615\u2618\u261d\u2620\u2622\u2623\u2626\u262a\u262e\u262f"
    "\u2638-\u263a\u2640\u2642\u2648-\u2653\u265f\u2660\u2663\u2665\u2666\u2668\u267b\u267e\u267f\u2692-\u2697\u2699\u269b\u269c"
    "\u26a0\u26a1\u26a7\u26aa\u26ab\u26b0\u26b1\u26bd\u26be\u26c4\u26c5\u26c8\u26ce\u26cf\u26d1\u26d3\u26d4\u26e9\u26ea\u26f0-\u26f5"
    "\u26f7-\u26fa\u26fd\u2702\u2705\u2708-\u270d\u270f\u2712\u2714\u2716\u271d\u2721\u2728\u2733\u2734\u2744\u2747\u274c\u274e"
    "\u2753-\u2755\u2757\u2763\u2764\u2795-\u2797\u27a1\u27b0\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d"
    "\u3297\u3299\U0001f000-\U0001faff\u200d\ufe0f\u20e3\U000e0020-\U000e007f]+|[0-9#*]\ufe0f?\u20e3"
)


def _emoji(place: Place, emoji: Mapping[str, Any]) -> None:
    name = emoji.get("name")
    if emoji.get("id") is None and not (isinstance(name, str) and _EMOJI.fullmatch(name)):
        (place / "name").report("BUTTON_COMPONENT_INVALID_EMOJI", "Invalid emoji")


_EMOJI_FIELD: Final = record(id=snowflake, animated=flag, then=_emoji)


def _check_button(place: Place, button: Mapping[str, Any]) -> None:
    """A button needs a label or an emoji, and exactly one action."""
    style = button.get("style")
    if style == _PREMIUM:
        if button.get("sku_id") is None:
            (place / "sku_id").require()
        return
    label = button.get("label")
    if not button.get("emoji") and not (isinstance(label, str) and label.strip()):
        (place / "label").require()
    has_id, has_url = button.get("custom_id") is not None, button.get("url") is not None
    if has_id and has_url:
        place.report(
            "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
            "A custom id and url cannot both be specified",
        )
    elif style == _LINK and not has_url:
        (place / "url").report("BUTTON_COMPONENT_URL_REQUIRED", "A url is required")
    elif style != _LINK and not has_id:
        (place / "custom_id").report("BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "A custom id is required")


_BUTTON_CHECK: Final = record(
    needs={"style": one_of(1, 2, 3, 4, _LINK, _PREMIUM)},
    label=text(80),
    custom_id=_CUSTOM_ID,
    url=url(512, schemes=("http", "https", "discord")),
    emoji=_EMOJI_FIELD,
    disabled=flag,
    then=_check_button,
)
_OPTION: Final = record(
    needs={"label": text(100, minimum=1), "value": text(100, minimum=1)},
    description=text(100),
    default=flag,
    emoji=_EMOJI_FIELD,
)


def _check_unique_values(place: Place, options: Sequence[Mapping[str, Any]]) -> None:
    if place.is_good:
        places = (place / index / "value" for index in range(len(options)))
        code, message = (
            "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
            "The specified option value is already used",
        )
        report_repeated((option["value"] for option in options), places, code=code, message=message)


def _check_selection(place: Place, menu: Mapping[str, Any]) -> None:
    """A menu needs at least `max_values` options, and `min_values` can't exceed `max_values`."""
    if not place.is_good:
        return
    minimum, maximum = menu.get("min_values"), menu.get("max_values")
    maximum = _DEFAULT_SELECTED if maximum is None else maximum
    if (_DEFAULT_SELECTED if minimum is None else minimum) > maximum:
        (place / "min_values").report(
            "NUMBER_TYPE_MAX", f"int value should be less than or equal to {maximum}."
        )
    options = menu.get("options")
    if options is None:
        return
    if len(options) < maximum:
        (place / "options").report("BASE_TYPE_BAD_LENGTH", f"Must be between {maximum} and 25 in length.")
    if sum(option.get("default") is True for option in options) > maximum:
        (place / "options").report(
            "SELECT_COMPONENT_TOO_MANY_DEFAULT_OPTIONS", "More options are selected than max_values allows"
        )


_MENU_FIELDS: Final[Mapping[str, Check]] = {
    "placeholder": text(150),
    "min_values": number(0, 25),
    "max_values": number(1, 25),
    "disabled": flag,
}
_STRING_MENU: Final = record(
    needs={
        "custom_id": _CUSTOM_ID,
        "options": array(_OPTION, minimum=1, maximum=25, then=_check_unique_values),
    },
    then=_check_selection,
    **_MENU_FIELDS,
)
_OTHER_MENU: Final = record(needs={"custom_id": _CUSTOM_ID}, then=_check_selection, **_MENU_FIELDS)


def _by_type(kinds: Mapping[int, Check]) -> Check:
    """A component of one of these types, each with its rules."""

    def check(place: Place, value: Any) -> None:
        if not isinstance(value, Mapping):
            place.report("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
            return
        component = cast("Mapping[str, Any]", value)
        kind = component.get("type")
        if kind is None:
            (place / "type").require()
        elif not isinstance(kind, int) or kind not in kinds:
            offered = ", ".join(map(str, kinds))
            (place / "type").report("UNION_TYPE_CHOICES", f"Value must be one of ({offered}).")
        else:
            kinds[kind](place, component)

    return check


def _check_width(place: Place, parts: Sequence[Mapping[str, Any]]) -> None:
    if place.is_good and len(parts) > 1:
        for index, part in enumerate(parts):
            if part["type"] in _SELECTS:
                (place / index).report(
                    "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width"
                )


_IN_ROWS: Final = {
    _BUTTON: _BUTTON_CHECK,
    **dict.fromkeys(_SELECTS, _OTHER_MENU),
    _STRING_SELECT: _STRING_MENU,
}
_ROW_CHECK: Final = record(
    needs={"components": array(_by_type(_IN_ROWS), minimum=1, maximum=5, then=_check_width)}
)
_ROWS: Final = array(_by_type({_ROW: _ROW_CHECK}), maximum=_MAX_ROWS)
_V2_TOP: Final = (9, _TEXT, 12, 13, 14, 17)
_LAYOUT: Final = array(_by_type({_ROW: _ROW_CHECK, **dict.fromkeys(_V2_TOP, anything)}), maximum=_MAX_V2)


def _check_lengths(place: Place, field: Mapping[str, Any]) -> None:
    if not place.is_good:
        return
    minimum, maximum = field.get("min_length") or 0, field.get("max_length") or 4_000
    if minimum > maximum:
        (place / "min_length").report(
            "NUMBER_TYPE_MAX", f"int value should be less than or equal to {maximum}."
        )
    if place.problems.length(field.get("value") or "") > maximum:
        (place / "value").report("BASE_TYPE_MAX_LENGTH", f"Must be {maximum} or fewer in length.")


_INPUT_FIELDS: Final[Mapping[str, Check]] = {
    "label": text(45, minimum=1),
    "value": text(4_000),
    "placeholder": text(100),
    "required": flag,
    "min_length": number(0, 4_000),
    "max_length": number(1, 4_000),
}
_INPUT_REQUIRED: Final[Mapping[str, Check]] = {"custom_id": _CUSTOM_ID, "style": one_of(1, 2)}
_INPUT: Final = record(needs=_INPUT_REQUIRED, then=_check_lengths, **_INPUT_FIELDS)


def _input_with_label(place: Place, field: Mapping[str, Any]) -> None:
    _INPUT(place, field)
    if field.get("label") is None:
        (place / "label").require()


_INPUT_ROW: Final = record(
    needs={"components": array(_by_type({_TEXT_INPUT: _input_with_label}), minimum=1, maximum=1)}
)
_FIELDS: Final = {
    **dict.fromkeys(_IN_LABELS, record(needs={"custom_id": _CUSTOM_ID})),
    **dict.fromkeys(_SELECTS, _OTHER_MENU),
    _STRING_SELECT: _STRING_MENU,
    _TEXT_INPUT: _INPUT,
}
_LABEL_CHECK: Final = record(
    needs={"label": text(45, minimum=1), "component": _by_type(_FIELDS)}, description=text(100)
)


def components(place: Place, value: Any, *, is_v2: bool) -> None:
    """The components of a message."""
    (_LAYOUT if is_v2 else _ROWS)(place, value)
    _check_unique_ids(place, value)


def _check_form_ids(place: Place, form: Mapping[str, Any]) -> None:
    _check_unique_ids(place / "components", form.get("components"))


FORM: Final[Check] = record(
    needs={
        "custom_id": _CUSTOM_ID,
        "title": text(45, minimum=1),
        "components": array(
            _by_type({_ROW: _INPUT_ROW, _LABEL: _LABEL_CHECK, _TEXT: anything}),
            minimum=1,
            maximum=_MAX_IN_FORM,
        ),
    },
    then=_check_form_ids,
)


def _check_unique_ids(place: Place, tree: Any) -> None:
    found = [
        (component["custom_id"], where)
        for where, component in _each(place, tree)
        if isinstance(component.get("custom_id"), str)
    ]
    report_repeated(
        (custom_id for custom_id, _ in found),
        (where / "custom_id" for _, where in found),
        code="COMPONENT_CUSTOM_ID_DUPLICATED",
        message="Component custom id cannot be duplicated",
    )


def _each(place: Place, value: Any) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Every component with its place, including nested ones."""
    if isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _each(place / index, item)
    elif isinstance(value, Mapping):
        component = cast("Mapping[str, Any]", value)
        yield place, component
        for name in ("components", "component", "accessory"):
            yield from _each(place / name, component.get(name))
