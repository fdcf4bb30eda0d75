"""All refs of a push: pre-commit shows its hook only the first.

The command line of the `git push` that started this process says whether it can update others. If so, git is asked
which (`git push --dry-run`): only git knows its refspecs, its defaults and the remote's branches.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from covgate.errors import UsageError
from covgate.git.remote import without_credentials
from covgate.git.repository import Repository
from covgate.model.ref_update import RefUpdate, why_not_gated

from .push_command import PushCommand, may_be_several, parse_porcelain, parse_push_command

_GENERATIONS = 40


def all_updates(repository: Repository, command: PushCommand | None, shown: RefUpdate, remote: str) -> list[RefUpdate]:
    """Every update of the push ``command``, of which pre-commit has shown ``shown``.

    Raises UsageError if there may be others and they can't be found out.
    """
    if command is None:
        why = "covgate can't see which `git push` started this hook, as when an IDE or another program pushes"
        raise _refused(shown, remote, why, "from a terminal")
    configured = {} if command.names_one else _configured(repository)
    if not may_be_several(command, configured, remote, branch=bool(shown.branch)):
        return [shown]
    argv = ("-c", "core.abbrev=no", "push", "--dry-run", "--porcelain", "--verbose", "--no-verify")
    arguments = (remote, *command.refspecs)
    status, out, err = repository.attempt(*argv, "--no-recurse-submodules", *command.options, "--", *arguments)
    try:
        listed = parse_porcelain(os.fsdecode(out))
    except ValueError as error:
        raise _refused(shown, remote, str(error)) from None
    if not listed:
        errors = (line for line in err.splitlines() if line.startswith(("fatal:", "error:")))
        reason = next(errors, f"exit status {status}")
        raise _refused(shown, remote, f"git push --dry-run failed: {reason}")
    updates = []
    for local, remote_ref, replaced in listed:
        commit = repository.commit(local)
        update = RefUpdate(local_ref=local, local_oid=commit or local, remote_ref=remote_ref, remote_oid=replaced)
        if not commit and not why_not_gated(update, ["*"]):
            raise _refused(shown, remote, f"{local!r} leads to no commit")
        updates.append(update)
    return updates


def _refused(shown: RefUpdate, remote: str, why: str, how: str = "one at a time") -> UsageError:
    branch, remote = shown.branch or "BRANCH", without_credentials(remote)
    return UsageError(
        f"this push may update several branches, and pre-commit shows its hooks only the first ({shown.remote_ref});"
        f" {why}",
        hint=f"push {how} (git push {remote} {branch}), or let git itself call covgate (covgate init --native)",
    )


def push_above(repository: Repository) -> PushCommand | None:
    """The `git push` that started this process; None if none is found."""
    for argv in _ancestors():
        command = parse_push_command(argv, lambda name: repository.config(f"alias.{name}"))
        if command is not None:
            return command
    return None


def _configured(repository: Repository) -> dict[str, list[str]]:
    """git's configuration of what a push without refspecs updates: key -> values."""
    listed = repository.text("config", "-z", "--get-regexp", r"^(push\.default|remote\..*\.(push|mirror))$")
    found: dict[str, list[str]] = {}
    for entry in listed.split("\0"):
        key, newline, value = entry.partition("\n")
        if key:
            # A key without a value stands for true.
            found.setdefault(key, []).append(value if newline else "true")
    return found


def _ancestors() -> Iterator[list[str]]:
    """The command lines of the processes above this one, the nearest first."""
    return _from_proc() if sys.platform == "linux" else _from_psutil()


def _from_proc() -> Iterator[list[str]]:
    pid = os.getppid()
    for _ in range(_GENERATIONS):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1]
            # The name in parentheses may hold anything; after it come the state and the parent.
            parent = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[1]
        except (OSError, IndexError):
            return
        yield [os.fsdecode(word) for word in words]
        pid = int(parent)
        if pid == 0:
            return


def _from_psutil() -> Iterator[list[str]]:
    import psutil

    try:
        for process in psutil.Process().parents():
            yield process.cmdline()
    except psutil.Error:
        return
