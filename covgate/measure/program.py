"""How a test command is run under coverage: as one Python program, or followed to the Python that runs the tests."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from covgate.measure.inside.covgate_programs import COVERAGE, PYTEST, kind_of, split_arguments

_PYTEST = ("-m", "pytest")
_PYTHON = re.compile(r"python(\d+(\.\d+)?)?(\.exe)?")


class Program(NamedTuple):
    """A Python program that the project's interpreter runs: ``-m module ...`` or ``script ...``.

    ``options`` are Python's own.
    """

    words: tuple[str, ...]
    options: tuple[str, ...] = ()

    @property
    def runs_pytest(self) -> bool:
        """Whether it is pytest."""
        return kind_of(self.words) == PYTEST

    @property
    def arguments(self) -> tuple[str, ...]:
        """What the program is started with."""
        return self.words[2:] if self.words[0] == "-m" else self.words[1:]


def needs_of(command: tuple[str, ...] | None, report: str) -> tuple[str, ...]:
    """The distributions that the project's environment needs so that covgate can measure ``command``."""
    if report:
        return ()
    program = program_of(command, report)
    return ("coverage", "pytest") if program is not None and program.runs_pytest else ("coverage",)


def program_of(command: tuple[str, ...] | None, report: str) -> Program | None:
    """The Python program that ``command`` names.

    None for any other command: covgate follows it to the Python that runs the tests, unless it writes a ``report``.
    Without a command, covgate runs pytest.
    """
    if report:
        return None
    if command is None:
        return Program(words=_PYTEST)
    name = Path(command[0]).name
    if name in ("pytest", "py.test"):
        return Program(words=(*_PYTEST, *command[1:]))
    if _PYTHON.fullmatch(name):
        options, words = split_arguments(command[1:])
        if words and kind_of(words) != COVERAGE:
            return Program(words=tuple(words), options=tuple(options))
    return None
