"""Tables of examples: one test tries all rows of a table, and reports every row that fails.

For large tables whose rows differ by data only: thousands of tests of a millisecond each would cost many times what
they try. The rows share the fixtures of the one test; `pytest.mark.parametrize` gives each row its own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from functools import wraps
from typing import Any

import pytest

_SHOWN_LENGTH = 300


def each(
    names: str | tuple[str, ...], cases: Iterable[Any]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Calls the test with every case, as `pytest.mark.parametrize` would, but as one test.

    Raises:
        ExceptionGroup: the failures, each with a note that names its case.
    """
    wanted = (names,) if isinstance(names, str) else names
    rows = [(case,) if isinstance(names, str) else tuple(case) for case in cases]
    assert rows, "a table without rows tries nothing"

    def decorate(test: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(test)
        def run(**fixtures: Any) -> None:
            failures = _Failures()
            for row in rows:
                arguments = dict(zip(wanted, row, strict=True))
                with failures.noted(arguments):
                    test(**fixtures, **arguments)
            failures.report(len(rows))

        @wraps(test)
        async def run_async(**fixtures: Any) -> None:
            failures = _Failures()
            for row in rows:
                arguments = dict(zip(wanted, row, strict=True))
                with failures.noted(arguments):
                    await test(**fixtures, **arguments)
            failures.report(len(rows))

        signature = inspect.signature(test)
        fixtures = [parameter for parameter in signature.parameters.values() if parameter.name not in wanted]
        assert len(fixtures) == len(signature.parameters) - len(wanted), (
            f"{test.__name__} lacks one of {wanted}"
        )
        made = run_async if inspect.iscoroutinefunction(test) else run
        made.__signature__ = signature.replace(parameters=fixtures)  # type: ignore[attr-defined]
        return made

    return decorate


class _Failures:
    def __init__(self) -> None:
        self._found: list[Exception] = []

    @contextmanager
    def noted(self, arguments: dict[str, Any]) -> Generator[None]:
        try:
            yield
        except pytest.fail.Exception as error:  # not an Exception: an ExceptionGroup could not contain it
            self._add(AssertionError(str(error)).with_traceback(error.__traceback__), arguments)
        except Exception as error:  # noqa: BLE001 - raised in `report`
            self._add(error, arguments)

    def _add(self, error: Exception, arguments: dict[str, Any]) -> None:
        shown = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
        error.add_note(f"with {shown[:_SHOWN_LENGTH]}")
        self._found.append(error)

    def report(self, tried: int) -> None:
        if self._found:
            raise ExceptionGroup(f"{len(self._found)} of {tried} cases", self._found)
