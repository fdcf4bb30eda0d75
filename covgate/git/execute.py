"""How git is started in the user's repository.

Plain subprocesses: importing GitPython takes longer than the hook may need for a tree that was measured before
(docs/adr/0005). It also strips output that must stay byte-exact, and reads the wrong repository under an inherited
GIT_DIR.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from covgate.errors import ToolError

# No hooks of the user, no file system monitor that would outlive us, no garbage collection while somebody waits.
GIT = ("git", "-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false", "-c", "gc.auto=0")


def execute(argv: Sequence[str], cwd: Path, environ: Mapping[str, str], input: bytes | None) -> tuple[int, bytes, str]:
    """Run ``argv`` and return its exit status, its output byte for byte, and its messages.

    Raises ToolError if ``cwd`` is no directory or the program is not on PATH.
    """
    try:
        done = subprocess.run(
            argv,
            cwd=cwd,
            env=dict(environ),
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
        )
    except FileNotFoundError:
        if not cwd.is_dir():
            raise ToolError(f"{cwd} is no directory") from None
        raise ToolError("git was not found on PATH", hint="install git 2.31 or newer") from None
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def start(
    argv: Sequence[str], cwd: Path, environ: Mapping[str, str], *, stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Start ``argv`` and return at once; its output and its messages are pipes."""
    return subprocess.Popen(
        argv, cwd=cwd, env=dict(environ), stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
