"""The Chromium that the browser tests drive: the one that is installed; none is ever downloaded."""

from __future__ import annotations

import shutil
from typing import Final

MISSING: Final = "the browser tests need Chromium: apt-get install chromium"
ARGUMENTS: Final = (
    "--no-sandbox",  # root in a container has none
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    # The page requests nothing from outside. If it did, the name would not resolve.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """The path of the installed Chromium, or None."""
    return next(filter(None, map(shutil.which, _NAMES)), None)
