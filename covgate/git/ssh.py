"""The ssh command that git runs for covgate: the one that the user configured, without prompts."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path


@contextlib.contextmanager
def ssh_command(directory: Path, environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """A dictionary with the variable GIT_SSH_COMMAND that keeps ssh from prompting, complete when the block ends.

    It has precedence over core.sshCommand and GIT_SSH, which choose keys and hosts, so it repeats what they contain.
    git reads the configuration while the block runs. Empty if the variable is set already.
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
    except OSError:  # there is no git, which is reported where it is run next
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
