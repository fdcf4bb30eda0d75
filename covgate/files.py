"""Write files whole or not at all: covgate's own under the git directory, and those that the user names."""

from __future__ import annotations

import os
from pathlib import Path

from covgate.errors import UsageError


def write_atomically(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Write ``data`` so that a reader, or a kill, sees the old file or the new one, never a part.

    ``mode``: the permissions, set before the file appears (None: only its owner has access). Raises
    OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.urandom(8).hex()}")  # without tempfile, which is slow to load
    try:
        with open(new, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(data)
        if mode is not None:
            new.chmod(mode)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def usual_mode(path: Path) -> int:
    """The permissions that ``path`` has, or that a new file there would get. Raises OSError."""
    try:
        return path.stat().st_mode & 0o7777
    except FileNotFoundError:
        mask = os.umask(0o077)  # setting it is the only way to read it
        os.umask(mask)
        return 0o666 & ~mask


def may_write_output(name: str) -> None:
    """Raise UsageError if the file that the user named ``name`` can't be written. Called before measuring."""
    path = Path(name)
    nearest = next((each for each in (path, *path.absolute().parents) if each.exists()), path)
    if path.is_dir() or not os.access(nearest, os.W_OK) or (nearest != path and not nearest.is_dir()):
        raise UsageError(f"{name} can't be written", hint="give --output another file")


def write_output(name: str, text: str) -> None:
    """Write ``text`` to the file that the user named ``name``. Raises UsageError if that is impossible.

    A link is followed. An existing file keeps its permissions. A device or a pipe is written to, not replaced.
    """
    path = Path(name)
    try:
        path = path.resolve()
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8", newline="")
            return
        write_atomically(path, text.encode(), mode=usual_mode(path))
    except (OSError, RuntimeError, ValueError) as error:
        # A link to itself is a RuntimeError up to Python 3.12, a name with a NUL a ValueError.
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{name} can't be written: {why}", hint="give --output another file") from None


def relative(path: Path) -> str:
    """``path`` relative to the current directory, if it is at most one level up."""
    name = os.path.relpath(path)
    return str(path) if Path(name).parts[:2] == (os.pardir, os.pardir) else name
