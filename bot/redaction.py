"""Redaction: removes credentials from text before it is logged or printed."""

from __future__ import annotations

import re
from collections.abc import Iterable

REDACTED = "[redacted]"

_CREDENTIALS = (
    # `Authorization: Bearer …`, also in dictionaries and JSON; one value, including the scheme.
    re.compile(
        r"""(?ix) (\b(?:proxy-)?authorization
        (?: \\?["']? \s*(?:[:=]|%3a)\s* | ["']\s*,\s* ) (?:b(?=["']))? \\?["']?)
        (?:(?:bearer|basic|bot|digest|token|negotiate)(?:\s+|%20))? [^\s"'\\,;<>)\]}]+"""
    ),
    re.compile(r"(?i)\b(bearer(?:\s+|%20))[\w.~+/=-]{8,}"),
    re.compile(r"(?i)\b(basic\s+)[\w+/=]{16,}"),
    # User and password in a URL, up to the last `@` before a slash or the end of the word.
    re.compile(r"(://)[^\s/?#\"'<>]+(?=@)"),
    re.compile(r"(?i)([?&](?:access_|api_)?(?:token|key|secret|password)=)[^&\s\"'<>]+"),
    # Tokens by their format, even if they are not this process's: Hugging Face's and Discord bots'.
    re.compile(r"\b(hf_)[A-Za-z0-9]{16,}"),
    re.compile(r"()\b[\w-]{23,30}\.[\w-]{6,7}\.[\w-]{27,}"),
    # The token of an interaction or webhook in a Discord address: anyone who has it can answer in our name.
    re.compile(r"(/(?:webhooks|interactions)/\d+/)[\w.~%-]+"),
)


class Redaction:
    """Removes these secrets, and everything that has the format of credentials."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # Longest first, so that a secret that contains another is removed completely.
        self._secrets = sorted({secret for secret in secrets if secret}, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, REDACTED)
        for form in _CREDENTIALS:
            text = form.sub(rf"\g<1>{REDACTED}", text)
        return text
