"""The test command that a project documents: in tox.ini, noxfile.py, pyproject.toml, a Makefile or a justfile."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from covgate.measure.coverage_config import coverage_config_in
from covgate.measure.documented.command_lines import Documented
from covgate.measure.documented.measuring import Unread, unread_options
from covgate.measure.documented.project_files import FILES, documented_commands
from covgate.measure.pytest_config import read_pytest_config

__all__ = ["Documented", "Unread", "documented_command", "documented_commands", "options_not_read"]


def documented_command(top: Path) -> Documented | None:
    """The first test command that the files in ``top`` document; None if they document none that is known.

    It is plain ``pytest`` if it names nothing but pytest's own ``testpaths``.
    """
    found = next(iter(documented_commands(_texts(top))), None)
    if found is not None and found.command.startswith("pytest "):
        named = {each.rstrip("/") for each in shlex.split(found.command)[1:]}
        if named == {each.rstrip("/") for each in read_pytest_config(top, (), {}).testpaths}:
            return replace(found, command="pytest")
    return found


def options_not_read(top: Path, environ: Mapping[str, str], *, branch: bool) -> list[Unread]:
    """Options that decide the number where the files in ``top`` measure, and that a run without `command` lacks.

    ``branch``: such a run counts branches.
    """
    pytest = read_pytest_config(top, (), environ)
    rcfile, branch = pytest.cov_config, branch or pytest.cov_branch
    sources = (*coverage_config_in(top, rcfile).values("run", "source"), *pytest.cov_source)
    texts, is_file = _texts(top), lambda name: (top / name).is_file()
    return unread_options(texts, is_file, rcfile=rcfile, branch=branch, sources=sources)


def _texts(top: Path) -> dict[str, str]:
    """The files in ``top`` that may document how the tests run."""
    found = {}
    for name in FILES:
        with contextlib.suppress(OSError):
            found[name] = (top / name).read_text(encoding="utf-8", errors="replace")
    return found
