"""An unexpected error: a full disk, or a bug in covgate. The traceback of a bug goes to a file."""

from __future__ import annotations

import errno
from pathlib import Path

from covgate.errors import ToolError, described

_FULL = (errno.ENOSPC, errno.EDQUOT)


def unexpected(error: Exception) -> ToolError:
    """The exception being handled, as an error for the user: a full disk, or else a bug in covgate.

    The traceback of a bug is written to a log file.
    """
    if isinstance(error, OSError) and error.errno in _FULL:
        return ToolError(described(error), hint="make room, and run it again")
    log = _write_log()
    message = f"an internal error of covgate: {type(error).__name__}: {error}".replace("\n", " ")
    return ToolError(message, hint=f"please report it with {log}" if log else "please report it")


def _write_log() -> Path | None:
    """Write the traceback and the versions to a temporary file; None if that is impossible."""
    import platform
    import tempfile
    import traceback

    from covgate.version import __version__

    text = f"covgate {__version__}\n{platform.python_implementation()} {platform.python_version()}\n"
    text += f"{platform.platform()}\n\n{traceback.format_exc()}"
    try:
        with tempfile.NamedTemporaryFile("w", prefix="covgate-", suffix=".log", delete=False, encoding="utf-8") as file:
            file.write(text)
        return Path(file.name)
    except OSError:
        return None
