"""Answers with secrets in them, which must not be shown: a token, an internal host, an address, a path."""

from __future__ import annotations

from tests.fakes.huggingface import Fault

TOKEN = "hf_TestTokenOfNobody1234567890abcd"
SECRETS = (
    TOKEN,
    "TestTokenOfNobody",
    "10.1.2.3",
    "squid.internal.example",
    "/srv/private",
    "hunter2",
    "fe80::",
)
_SAYS = (
    f"upstream http://proxy:hunter2@squid.internal.example:3128 (10.1.2.3, fe80::1:2) refused: "
    f"Authorization: Bearer {TOKEN}; see /srv/private/log"
)
_LIST_OF_NO_ITEM = b'[{"paper": {"id": "' + _SAYS.encode() + b'"}}]'
_LOCATION = {"Location": f"http://proxy:hunter2@squid.internal.example/?token={TOKEN}"}

# These are tried again before they are a failure.
PASSING_LEAKS = [
    *(Fault(status=status, body=_SAYS.encode()) for status in (429, 500, 502, 503, 599)),
    Fault(body=_SAYS.encode()),
    Fault(body=_SAYS.encode(), headers={"Content-Encoding": _SAYS}),
    Fault(kind="reset"),
    Fault(kind="truncated"),
]
FINAL_LEAKS = [
    *(Fault(status=status, body=_SAYS.encode()) for status in (400, 401, 403, 404, 407, 410, 451)),
    Fault(status=302, headers=_LOCATION),
    Fault(body=b'{"error": "' + _SAYS.encode() + b'"}'),
    Fault(body=_LIST_OF_NO_ITEM),
]


def leaked(text: str) -> list[str]:
    """What of it is in the text."""
    return [secret for secret in SECRETS if secret in text]
