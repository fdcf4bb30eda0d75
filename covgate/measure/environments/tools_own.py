"""Environments that a tool made only to run one program, such as covgate: they are never the project's."""

from __future__ import annotations

import os
import re
from pathlib import Path

from covgate.measure.environments.user_files import is_file

# Files of `uv tool install` and pipx at the top of the environments that they make.
_RECEIPTS = ("uv-receipt.toml", "pipx_metadata.json")
# Directories of pre-commit, prek, and uv's cache (uvx, `uv run --with`).
_PLACES = re.compile(r"/(py_env-[^/]*|prek/hooks/[^/]+|(archive|builds|environments)-v\d+/.+)/")


def is_tools_own(prefix: str | Path) -> bool:
    """Whether pre-commit, prek, uv or pipx made the environment ``prefix`` to run one program.

    An environment of the project in which covgate is installed beside its other packages is not of this kind.
    """
    real = os.path.realpath(prefix)
    return is_tools_place(real) or any(is_file(Path(real, each)) for each in _RECEIPTS)


def is_tools_place(prefix: str) -> bool:
    """Whether pre-commit, prek or uv keep environments for programs at ``prefix``."""
    return _PLACES.search(prefix.replace(os.sep, "/") + "/") is not None
