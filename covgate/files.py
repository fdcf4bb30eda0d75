"""Files are written whole or not at all: covgate's own under the git directory, and those that the user names."""

from __future__ import annotations

import os
from pathlib import Path

from covgate.errors import UsageError


def write_atomically(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Write ``data`` so that a reader, or a kill, sees the old file or the new one, never a part.

    ``mode``: the file's permissions from its first moment (None: for its owner alone).
    """
    import tempfile

    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        if mode is not None:
            Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_output(name: str, text: str) -> None:
    """Write what a command gives to the file that the user named ``name``; UsageError where that can't be done.

    A link is followed. A file that was there keeps its permissions, a new one has the usual ones. A device or a
    pipe can't be replaced and is written to.
    """
    path = Path(name)
    try:
        path = path.resolve()
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8", newline="")
            return
        mode = path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_umask()
        write_atomically(path, text.encode(), mode=mode)
    except (OSError, RuntimeError, ValueError) as error:
        # A link that leads to itself is a RuntimeError up to Python 3.12, a name with a NUL a ValueError.
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{name} can't be written: {why}", hint="give --output another file") from None


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
