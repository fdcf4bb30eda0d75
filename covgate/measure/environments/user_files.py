"""Where applications keep a user's files, and how these are read: what is absent or damaged is empty."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from covgate.compat import tomllib

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
    with suppress(OSError):
        return sorted(each for each in directory.iterdir() if each.is_dir())
    return []


def read(path: Path) -> bytes:
    """The contents of a file; empty if it can't be read."""
    with suppress(OSError):
        return path.read_bytes()
    return b""


def read_toml(path: Path) -> dict[str, Any]:
    """The contents of a TOML file; empty if it can't be read."""
    with suppress(ValueError):
        return tomllib.loads(read(path).decode())
    return {}


def item(value: Any, *keys: str) -> Any:
    """What ``keys`` lead to in nested tables; None if they lead nowhere."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
