"""The ssh command that git runs for covgate: the one that the user configured, without prompts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def ssh_command(environ: Mapping[str, str], configured: str) -> dict[str, str]:
    """The variable GIT_SSH_COMMAND that keeps ssh from prompting; empty if it is set already.

    It has precedence over ``configured``, the value of core.sshCommand, and over GIT_SSH, which choose keys and hosts.
    So it repeats what they contain.
    """
    if "GIT_SSH_COMMAND" in environ:
        return {}
    command = configured.strip() or ("" if environ.get("GIT_SSH") else "ssh")
    if Path(command.split(" ", 1)[0]).name == "ssh":
        command += " -o BatchMode=yes"
    return {"GIT_SSH_COMMAND": command} if command else {}
