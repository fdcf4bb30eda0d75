"""How git is started in the user's repository.

Plain subprocesses: importing GitPython takes longer than the hook may need for a tree that was measured before
(docs/adr/0005). It also strips output that must stay byte-exact, and reads the wrong repository under an inherited
GIT_DIR.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from covgate.errors import ToolError

# No hooks of the user, no file system monitor that would outlive us, no garbage collection while somebody waits.
GIT = ("git", "-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false", "-c", "gc.auto=0")

# Don't wait longer than this for a fetch or a push of covgate's own, because the user's push waits for it.
TRANSFER_PATIENCE = 120.0  # seconds
_GRACE = 2.0  # seconds

# For covgate's own worktree: git writes the whole commit, even with a sparse checkout, and no setting makes git compare
# less of a file. These are on the command line, because all worktrees share one configuration file.
CHECKOUT_OPTIONS = (
    *("-c", "core.sparseCheckout=false"),
    *("-c", "core.untrackedCache=false"),
    *("-c", "core.checkStat=default"),
    *("-c", "core.trustctime=true"),
    *("-c", "advice.detachedHead=false"),
)


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
    argv: Sequence[str],
    cwd: Path,
    environ: Mapping[str, str],
    *,
    stdin: int = subprocess.DEVNULL,
    own_group: bool = False,
) -> subprocess.Popen[bytes]:
    """Start ``argv`` and return at once; its output and its messages are pipes.

    ``own_group``: in a process group of its own, so that `end_group` can end it with all that it started.
    """
    return subprocess.Popen(
        argv,
        cwd=cwd,
        env=dict(environ),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=own_group,
    )


def finish(process: subprocess.Popen[bytes]) -> tuple[int, bytes, str]:
    """Wait for a transfer that has its own group. Returns its exit status, its output, its messages.

    A transfer that takes longer than two minutes is ended, and the message says so. No process is left behind.
    """
    try:
        out, err = process.communicate(timeout=TRANSFER_PATIENCE)
    except subprocess.TimeoutExpired:
        _ask_to_end(process)  # git removes its lock files then
        end_group(process)
        return process.returncode or 1, b"", f"given up after {TRANSFER_PATIENCE:.0f} seconds"
    finally:
        end_group(process)
    return process.returncode, out, err.decode(errors="replace")


def _ask_to_end(process: subprocess.Popen[bytes]) -> None:
    """Ask ``process``, which has its own group, and what it started to end, and wait a moment."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError, subprocess.TimeoutExpired):
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(_GRACE)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """If ``process``, which has its own group, still runs, end it and what it started. Close its pipes."""
    if process.returncode is None:  # also if git itself has ended and ssh has not
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    process.wait()
