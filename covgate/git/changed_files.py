"""Which files differ between two commits, independent of the user's configuration.

`git diff-tree` reads almost none of it, and the options below override the rest. `covgate.git.diff` shows which lines
differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from covgate.git.repository import Repository

TREES = ("--no-literal-pathspecs", "diff-tree", "-r", "--no-color", "--no-ext-diff", "--no-textconv")
RENAME_LIMIT = "-l1000"  # git's default, whatever diff.renameLimit says
_REGULAR = ("100644", "100755")  # neither links nor submodules
# The id of an empty blob, as SHA-1 and as SHA-256.
_EMPTY = (
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)


class Entry(NamedTuple):
    """A changed file of `git diff-tree --raw`: its status letter, its mode, its blobs (zeros for none), its paths.

    The paths differ only for a rename.
    """

    status: str
    mode: str
    old_blob: str
    blob: str
    old_path: str
    path: str


def changed_entries(repository: Repository, old: str, new: str, *options: str) -> list[Entry]:
    """The files that differ between two commits or trees. Between two oids, they are looked up once."""
    key = (old, new, *options)
    if key in repository.entries:
        return repository.entries[key]
    found = list(_changed_entries(repository, old, new, *options))
    if repository.is_oid(old, new):
        repository.entries[key] = found
    return found


def _changed_entries(repository: Repository, old: str, new: str, *options: str) -> Iterator[Entry]:
    output = repository.run(*TREES, "--raw", "--no-abbrev", "-z", *options, "--end-of-options", old, new)
    fields = iter(output.decode("utf-8", "surrogateescape").split("\0"))
    for field in fields:
        if field:
            _, mode, old_blob, blob, status = field.split(" ")
            path = next(fields)
            yield Entry(status[0], mode, old_blob, blob, path, next(fields) if status[0] == "R" else path)


def changed_paths(repository: Repository, old: str, new: str) -> tuple[str, ...]:
    """The paths that differ between the trees or commits ``old`` and ``new``; of a renamed file, both."""
    return tuple(each.path for each in changed_entries(repository, old, new, "--no-renames"))


def changed_files(repository: Repository, old: str, new: str) -> Iterator[tuple[str, str, str]]:
    """Git's letter for what happened to each file that differs between two commits, its old and its new path."""
    for each in changed_entries(repository, old, new, "--find-renames", RENAME_LIMIT):
        yield each.status, each.old_path, each.path


class PathChanges(NamedTuple):
    """The paths of the files that differ between two commits; a moved file is added and deleted.

    ``empty``: the added files that are empty. Links and submodules are left out.
    """

    added: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()
    modified: frozenset[str] = frozenset()
    empty: frozenset[str] = frozenset()


def path_changes(repository: Repository, base: str, commit: str) -> PathChanges:
    """What has changed since ``base``, "" for none: then all files are new."""
    entries = changed_entries(repository, base or empty_tree(repository), commit, "--no-renames")
    files = [each for each in entries if each.mode in _REGULAR]
    return PathChanges(
        added=frozenset(each.path for each in files if each.status == "A"),
        deleted=frozenset(each.path for each in entries if each.status == "D"),
        modified=frozenset(each.path for each in files if each.status != "A"),
        empty=frozenset(each.path for each in files if each.status == "A" and each.blob in _EMPTY),
    )


def renames(repository: Repository, base: str, commit: str) -> dict[str, str]:
    """For each file that was renamed since ``base``: its path at ``commit`` -> its path at ``base``."""
    entries = changed_entries(repository, base, commit, "--find-renames", RENAME_LIMIT)
    return {each.path: each.old_path for each in entries if each.status == "R"}


def empty_tree(repository: Repository) -> str:
    return repository.run("hash-object", "-t", "tree", "--stdin", input=b"").decode().strip()
