"""From an outcome or a history to what people and programs read.

A format of `covgate check` is a module here with ``render(outcome, context) -> str``, and its entry in ``FORMATS``.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from covgate.formats.paint import Paint

if TYPE_CHECKING:
    from covgate.model.outcome import Outcome

FORMATS = {
    "text": "covgate.formats.text",
    "json": "covgate.formats.json_data",
    "markdown": "covgate.formats.markdown",
    "github": "covgate.formats.github",
    "sarif": "covgate.formats.sarif",
}

# Path -> the lines of that file at the outcome's commit; None if there is no such file.
ReadSource = Callable[[str], tuple[str, ...] | None]


def no_source(path: str) -> None:
    """A `ReadSource` that has no file."""
    return


class Context(NamedTuple):
    """What a format may need beside the outcome: where the text goes, and the sources of the commit."""

    paint: Paint = Paint()
    source: ReadSource = no_source


def render(name: str, outcome: Outcome, context: Context) -> str:
    """``outcome`` in the format ``name``, one of ``FORMATS``. Only that format's module is loaded."""
    text: str = import_module(FORMATS[name]).render(outcome, context)
    return text
