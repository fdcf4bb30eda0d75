"""Turn a damaged report into an error that names the report and says what is wrong with it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from covgate.errors import ToolError
from covgate.measure.reports.values import Malformed, shown


@contextlib.contextmanager
def readable(name: str, hint: str) -> Iterator[None]:
    """Inside the block, everything that a reader raises on a damaged report becomes a ToolError about ``name``."""
    try:
        yield
    except (Malformed, ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise damaged(name, _reason(error), hint) from None


def damaged(name: str, reason: str, hint: str) -> ToolError:
    """The error for a report that can't be read."""
    return ToolError(f"{name} can't be read as a coverage report: {reason}", hint=hint)


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it has no {shown(str(error.args[0]))}"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return shown(str(error)) if str(error) else type(error).__name__
