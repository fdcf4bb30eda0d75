"""Where applications keep a user's files, and how to read them. A missing or damaged file counts as empty."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from covgate.compat import parse_toml

Environ = Mapping[str, str]


def home_of(environ: Environ) -> Path:
    """The user's home directory."""
    return Path(environ.get("HOME") or Path.home())


def expanded(place: str, environ: Environ) -> Path:
    """``place``, which may begin with `~/`."""
    return home_of(environ) / place[2:] if place.startswith("~/") else Path(place)


def user_directory(kind: str, name: str, environ: Environ) -> str:
    """The directory of an application for its ``kind`` of files: config, cache or data."""
    if sys.platform == "darwin":
        place = {"cache": "Library/Caches"}.get(kind, "Library/Application Support")
    elif sys.platform == "win32":
        place = "AppData/Local"
    else:
        place = {"config": ".config", "cache": ".cache", "data": ".local/share"}[kind]
        if environ.get(f"XDG_{kind.upper()}_HOME"):
            return str(Path(environ[f"XDG_{kind.upper()}_HOME"], name))
    return str(home_of(environ) / place / name)


def children(directory: Path) -> list[Path]:
    """The directories in ``directory``, by name."""
    with suppress(OSError, ValueError):
        return sorted(each for each in directory.iterdir() if is_directory(each))
    return []


def is_file(path: Path) -> bool:
    """Whether ``path`` is a file; False also for a name that no file can have, which pathlib raises for."""
    return os.path.isfile(path)  # noqa: PTH113


def is_directory(path: Path) -> bool:
    """Whether ``path`` is a directory; False also for a name that none can have."""
    return os.path.isdir(path)  # noqa: PTH112


def read(path: Path) -> bytes:
    """The contents of a file; empty if it can't be read."""
    with suppress(OSError, ValueError):
        return path.read_bytes()
    return b""


def read_toml(path: Path) -> dict[str, Any]:
    """The contents of a TOML file; empty if it can't be read."""
    with suppress(ValueError, RecursionError):
        return parse_toml(read(path).decode())
    return {}
