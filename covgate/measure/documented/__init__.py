"""The test command that a project documents: in tox.ini, noxfile.py, pyproject.toml, a Makefile or a justfile."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

from covgate.measure.documented.command_lines import Documented
from covgate.measure.documented.project_files import FILES, documented_commands
from covgate.measure.pytest_config import read_pytest_config

__all__ = ["Documented", "documented_command", "documented_commands"]


def documented_command(top: Path) -> Documented | None:
    """The first test command that the files in ``top`` document; None if they document none that is known.

    It is plain ``pytest`` if it names nothing but pytest's own ``testpaths``.
    """
    files = {}
    for name in FILES:
        try:
            files[name] = (top / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
    found = next(iter(documented_commands(files)), None)
    if found is not None and found.command.startswith("pytest "):
        named = {each.rstrip("/") for each in shlex.split(found.command)[1:]}
        if named == {each.rstrip("/") for each in read_pytest_config(top, (), {}).testpaths}:
            return replace(found, command="pytest")
    return found
