"""Runs the benchmarks of this folder, one after another. Each is a module with a `main()` that prints."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence

import benchmarks


def main(arguments: Sequence[str] | None = None) -> int:
    names = sorted(
        module.name for module in pkgutil.iter_modules(benchmarks.__path__) if not module.name.startswith("_")
    )
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"which to run (default: all of {', '.join(names)})")
    chosen: list[str] = parser.parse_args(arguments).name or names
    if unknown := sorted(set(chosen) - set(names)):
        parser.error(f"unknown benchmark: {', '.join(unknown)}; choose from {', '.join(names)}")
    for name in chosen:
        print(f"== {name}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
