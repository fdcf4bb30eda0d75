"""The merge of two commits, made from git's objects alone: no ref, no index and no file of the user is touched."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from covgate.git.messages import error_line
from covgate.git.objects import GitObject
from covgate.git.repository import Repository

_NAMED = 3
_CONFLICT = 1
_USAGE = 129  # an older git takes three trees, and prints its usage
_DATE = re.compile(rb"^committer .*> (\d+) [+-]\d{4}$", re.MULTILINE)
_WHO = "covgate <covgate@localhost>"


class MergedTree(NamedTuple):
    """The oid of the merge's tree, or, as a clause, ``why_not``: there is none."""

    tree: str = ""
    why_not: str = ""


def merge_trees(repository: Repository, target: str, commit: str) -> MergedTree:
    """Merge ``commit`` into ``target`` as `git merge` would; both commits must exist, and have a common ancestor."""
    argv = ("merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", target, commit)
    status, out, err = repository.attempt(*argv)
    tree, *paths = os.fsdecode(out).removesuffix("\0").split("\0")
    if status == _CONFLICT and tree:
        return MergedTree(why_not=f"they conflict in {_some(list(dict.fromkeys(paths)))}")
    if status == _USAGE:
        return MergedTree(why_not="git merge-tree --write-tree needs git 2.38 or newer")
    if status:
        return MergedTree(why_not=f"git merge-tree failed: {error_line(err)}")
    return MergedTree(tree=tree)


def write_merge(repository: Repository, tree: str, target: str, commit: str) -> str:
    """The oid of a commit with ``tree`` and the parents ``target`` and ``commit``. No ref leads to it.

    It is the same for the same arguments. Its date is that of the newer parent: git looks for common ancestors by date.
    Raises GitError if it can't be written.
    """
    date = max(_date(repository.object(each)) for each in (target, commit))
    text = (
        f"tree {tree}\nparent {target}\nparent {commit}\nauthor {_WHO} {date} +0000\ncommitter {_WHO} {date} +0000\n"
        "\nMerge that covgate measures before it is made\n"
    )
    return repository.run("hash-object", "-t", "commit", "-w", "--stdin", input=text.encode()).decode().strip()


def _date(commit: GitObject | None) -> int:
    """When ``commit`` was committed, in seconds since 1970; 0 if that is unknown."""
    found = _DATE.search(commit.data.partition(b"\n\n")[0]) if commit else None
    return int(found[1]) if found else 0


def _some(paths: list[str]) -> str:
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return ", ".join(paths[:_NAMED]) + more
