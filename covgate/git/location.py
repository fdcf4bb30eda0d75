"""Where a repository is, found from a directory inside it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from covgate.errors import GitError, UsageError
from covgate.git.environment import environment_of_git
from covgate.git.execute import GIT, execute
from covgate.git.ssh import ssh_command

_PATHS = ("--show-toplevel", "--absolute-git-dir", "--git-common-dir")


class Location(NamedTuple):
    """The directories of a repository, all absolute, and the environment in which git finds it again.

    ``top`` is the worktree, ``git_dir`` its own git directory, ``common_dir`` the one that all worktrees share.
    """

    top: Path
    git_dir: Path
    common_dir: Path
    shallow: bool
    environ: Mapping[str, str]


def find_location(directory: Path, environ: Mapping[str, str]) -> Location:
    """The repository around ``directory``, or the one that GIT_DIR names, as git itself would choose.

    Raises UsageError if there is none that covgate can work in.
    """
    plain = environment_of_git(environ)
    with ssh_command(directory, plain) as ssh:
        status, out, err = execute([*GIT, "rev-parse", *_PATHS, "--is-shallow-repository"], directory, plain, None)
    if status:
        raise _not_usable(directory, status, err)
    *paths, shallow = os.fsdecode(out).split("\n")[:-1]
    if len(paths) != len(_PATHS):  # a path contains a newline
        paths = _ask_each(_PATHS, directory, plain)
    top, git_dir, common_dir = (Path(path) for path in paths)
    return Location(
        top=top,
        git_dir=git_dir,
        common_dir=(directory / common_dir).resolve(),
        shallow=shallow == "true",
        environ={**plain, **ssh, "GIT_DIR": str(git_dir), "GIT_WORK_TREE": str(top)},
    )


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
