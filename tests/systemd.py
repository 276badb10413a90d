"""Where systemd is not installed, the test of its unit says so."""

from __future__ import annotations

from typing import Final

MISSING: Final = "this test needs systemd-analyze: apt-get install systemd"
