"""Discord's limits on a message, by the sandbox's rules, and what this bot asks of its own messages beyond them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.rules import Problems, check_message


def assert_within_limits(payload: Mapping[str, Any]) -> None:
    """Fail unless the message (a dict as sent to Discord's REST) breaks none of Discord's rules.

    Text is counted in UTF-16 units, the strictest way that a client or server of Discord's counts.
    """
    problems = Problems(length=length)
    files = payload.get("attachments") or ()
    check_message(problems.root, payload, files=files, is_answer=True)
    assert not problems, str(problems)
    assert payload.get("allowed_mentions") is not None, "allowed_mentions must be explicit on every send"
    for embed in payload.get("embeds") or ():
        for name in ("title", "description"):
            assert embed.get(name) is None or embed[name].strip(), f"the {name} is blank"


def length(text: str) -> int:
    """The text's length in UTF-16 units; a lone surrogate, which no JSON may carry, raises."""
    return len(text.encode("utf-16-le")) // 2
