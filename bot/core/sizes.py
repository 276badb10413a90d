"""Sizes of files, as text."""

from __future__ import annotations


def size_text(size_bytes: float) -> str:
    """The size in the unit that keeps it short, such as `1.4 MB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size_bytes < 1000:
            digits = 0 if unit == "bytes" or size_bytes >= 100 else 1
            return f"{size_bytes:.{digits}f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} TB"
