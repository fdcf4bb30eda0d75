"""The test command that a project documents: in tox.ini, noxfile.py, pyproject.toml, a Makefile or a justfile."""

from __future__ import annotations

from pathlib import Path

from covgate.measure.documented.command_lines import Documented
from covgate.measure.documented.project_files import FILES, documented_commands

__all__ = ["Documented", "documented_command", "documented_commands"]


def documented_command(top: Path) -> Documented | None:
    """The first test command that the files in ``top`` document; None if they document none that is known."""
    files = {}
    for name in FILES:
        try:
            files[name] = (top / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
    return next(iter(documented_commands(files)), None)
