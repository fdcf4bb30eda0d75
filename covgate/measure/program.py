"""Which Python program a test command starts, so that coverage can run it."""

from __future__ import annotations

import re
from pathlib import Path

_PYTEST = ("-m", "pytest")
_PYTHON = re.compile(r"python(\d+(\.\d+)?)?(\.exe)?")


def program_of(command: tuple[str, ...] | None, report: str) -> tuple[str, ...] | None:
    """The arguments that ``coverage run`` gets for ``command``; None if the command measures by itself.

    Without a command, covgate runs pytest.
    """
    if report:
        return None
    if command is None:
        return _PYTEST
    name = Path(command[0]).name
    if name in ("pytest", "py.test"):
        return (*_PYTEST, *command[1:])
    # Of Python's own options, `coverage run` knows only -m.
    names_a_program = len(command) > 1 and (command[1] == "-m" or not command[1].startswith("-"))
    if _PYTHON.fullmatch(name) and names_a_program and command[1:3] != ("-m", "coverage"):
        return command[1:]
    return None


def runs_pytest(program: tuple[str, ...] | None) -> bool:
    """Whether ``program``, as ``program_of`` gives it, is pytest."""
    return program is not None and program[:2] == _PYTEST


def needs_of(command: tuple[str, ...] | None, report: str) -> tuple[str, ...]:
    """The distributions that the project's environment needs so that covgate can measure ``command``."""
    if report:
        return ()
    return ("coverage", "pytest") if runs_pytest(program_of(command, report)) else ("coverage",)
