"""The ssh that git calls for covgate: the user's own, and it asks nothing."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path


@contextlib.contextmanager
def ssh_command(directory: Path, environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The variable that keeps ssh from asking, filled when the block ends: git looks it up while that runs.

    It comes before core.sshCommand and GIT_SSH, so it must say what they say: keys and hosts hang on it.
    """
    found: dict[str, str] = {}
    if "GIT_SSH_COMMAND" in environ:
        yield found
        return
    try:
        process = subprocess.Popen(
            ["git", "config", "--get", "core.sshCommand"],
            cwd=directory,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError:  # whoever runs git next says so
        yield found
        return
    try:
        yield found
    finally:
        configured = os.fsdecode(process.communicate()[0]).strip()
    command = configured or ("" if environ.get("GIT_SSH") else "ssh")
    if Path(command.split(" ", 1)[0]).name == "ssh":
        command += " -o BatchMode=yes"
    if command:
        found["GIT_SSH_COMMAND"] = command
