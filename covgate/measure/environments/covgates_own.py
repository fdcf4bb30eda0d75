"""Covgate's own environment: never the project's, if a tool made it only to run covgate."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

# Files of `uv tool install` and pipx at the top of the environments that they make.
_RECEIPTS = ("uv-receipt.toml", "pipx_metadata.json")
# Directories of pre-commit, prek, and uv's cache (uvx, `uv run --with`).
_TOOLS = re.compile(r"/(py_env-[^/]*|prek/hooks/[^/]+|(archive|builds|environments)-v\d+/.+)/?")


def is_covgates_own(prefix: str | Path) -> bool:
    """Whether covgate runs in the environment ``prefix``, and a tool made it only for covgate.

    An environment of the project in which covgate is installed beside its other packages is the project's.
    """
    own = os.path.realpath(sys.prefix)
    return os.path.realpath(prefix) == own and is_made_for_one_tool(own, _names(own))


def is_made_for_one_tool(prefix: str, names: Sequence[str]) -> bool:
    """Whether pre-commit, prek, uv or pipx made the environment ``prefix`` for one program.

    ``names`` are the names in the directory ``prefix``.
    """
    place = prefix.replace(os.sep, "/")
    return any(each in names for each in _RECEIPTS) or _TOOLS.search(f"{place}/") is not None


def _names(directory: str) -> Sequence[str]:
    try:
        return [each.name for each in Path(directory).iterdir()]
    except OSError:
        return ()
