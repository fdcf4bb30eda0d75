"""Where a repository is, found from a directory inside it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from covgate.errors import GitError, UsageError
from covgate.git.environment import environment_of_git
from covgate.git.execute import GIT, execute, start
from covgate.git.ssh import ssh_command

# What is read of git's configuration while the repository is looked for.
_READ = r"^(core\.sshcommand|remote\..*\.(url|gh-resolved)|branch\..*\.remote)$"
_PATHS = ("--show-toplevel", "--absolute-git-dir", "--git-common-dir")


class Location(NamedTuple):
    """The directories of a repository, all absolute, and the environment in which git finds it again.

    ``top`` is the worktree, ``git_dir`` its own git directory, ``common_dir`` the one that all worktrees share.
    ``configured``: git's configuration of ssh and of the remotes, key -> values; covgate's own calls don't change it.
    """

    top: Path
    git_dir: Path
    common_dir: Path
    shallow: bool
    configured: Mapping[str, Sequence[str]]
    environ: Mapping[str, str]


def find_location(directory: Path, environ: Mapping[str, str]) -> Location:
    """The repository around ``directory``, or the one that GIT_DIR names, as git itself would choose.

    Raises UsageError if there is none that covgate can work in.
    """
    plain = environment_of_git(environ)
    with _reading_configuration(directory, plain) as configured:
        status, out, err = execute([*GIT, "rev-parse", *_PATHS, "--is-shallow-repository"], directory, plain, None)
    if status:
        raise _not_usable(directory, status, err)
    *paths, shallow = os.fsdecode(out).split("\n")[:-1]
    if len(paths) != len(_PATHS):  # a path contains a newline
        paths = _ask_each(_PATHS, directory, plain)
    top, git_dir, common_dir = (Path(path) for path in paths)
    ssh = ssh_command(plain, configured.get("core.sshcommand", [""])[-1])
    return Location(
        top=top,
        git_dir=git_dir,
        common_dir=(directory / common_dir).resolve(),
        shallow=shallow == "true",
        configured=configured,
        environ={**plain, **ssh, "GIT_DIR": str(git_dir), "GIT_WORK_TREE": str(top)},
    )


@contextlib.contextmanager
def _reading_configuration(directory: Path, environ: Mapping[str, str]) -> Iterator[dict[str, list[str]]]:
    """What is read of git's configuration: key -> values, complete when the block ends. git reads it meanwhile."""
    found: dict[str, list[str]] = {}
    try:
        process = start(["git", "config", "-z", "--get-regexp", _READ], directory, environ)
    except OSError:  # there is no git, which is reported where it is run next
        yield found
        return
    try:
        yield found
    finally:
        listed, _ = process.communicate()
    for entry in os.fsdecode(listed).split("\0"):
        key, _, value = entry.partition("\n")
        if key:
            found.setdefault(key, []).append(value)


def _ask_each(options: Sequence[str], directory: Path, environ: Mapping[str, str]) -> list[str]:
    """The path that `git rev-parse` prints for each of ``options``, by one process for each."""
    outputs = [execute([*GIT, "rev-parse", option], directory, environ, None)[1] for option in options]
    return [os.fsdecode(output.removesuffix(b"\n")) for output in outputs]


def _not_usable(directory: Path, status: int, err: str) -> UsageError | GitError:
    if "must be run in a work tree" in err:
        return UsageError(
            f"{directory} is a bare repository",
            hint="covgate measures commits in a clone with a work tree; COVGATE_DISABLE=1 switches it off here",
        )
    if "not a git repository" in err:
        return UsageError(f"{directory} is not in a git repository", hint="`git init`, or change directory")
    if "dubious ownership" in err:
        return UsageError(
            f"git refuses the repository at {directory}: it belongs to another user",
            hint="git config --global --add safe.directory <path> trusts it",
        )
    return GitError(["rev-parse"], status, err)
