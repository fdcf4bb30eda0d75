"""What changed between two commits, the same whatever the user's configuration does to a diff.

Plumbing reads next to nothing of it, and the options below settle the rest, attributes of the tree included: a
gate must see a line that was marked as binary, and must not see one that another algorithm would show.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence

from covgate.errors import ToolError
from covgate.model.patch import FileChange, LineSet, parse_diff
from covgate.model.sources import suffix
from covgate.store.repository import Repository

_TREES = ("--no-literal-pathspecs", "diff-tree", "-r", "--no-color", "--no-ext-diff", "--no-textconv")
_LIMIT = "-l1000"  # git's own default, against diff.renameLimit
# A change of line endings alone changes no line.
_PATCH = (
    "--patch", "--unified=0", "--text", "--ignore-cr-at-eol", "--diff-algorithm=myers", "--indent-heuristic",
    "--src-prefix=a/", "--dst-prefix=b/", "--find-renames", "--find-copies", _LIMIT,
)  # fmt: skip
_AT_ONCE = 1000  # paths in one command line


def changes(repository: Repository, old: str, new: str, suffixes: Collection[str]) -> tuple[FileChange, ...]:
    """The files with one of ``suffixes`` that differ between two trees or commits, sorted by path.

    A rename from another suffix is one, a rename to another suffix a deletion. Nothing but these files is compared:
    an asset costs nothing, however large.
    """
    listed = list(_listed(repository, old, new, "--no-renames"))
    wanted = [(status, path) for status, _, path in listed if suffix(path) in suffixes]
    if not wanted:
        return ()
    named = [path for _, path in wanted if not suffix(path)]
    others = [status for status, _, path in listed if suffix(path) not in suffixes]
    if "D" in others and any(status == "A" for status, _ in wanted):
        renamed = _listed(repository, old, new, "--find-renames", _LIMIT)
        named += [each for _, each, path in renamed if suffix(path) in suffixes and suffix(each) not in suffixes]
    literals = [f":(top,literal){_argument(path)}" for path in named]
    pathspecs = [f":(top,glob)**/*{_escaped(each)}" for each in sorted(suffixes) if each] + literals[:_AT_ONCE]
    found: list[FileChange] = []
    while pathspecs:
        found += _patch(repository, old, new, pathspecs)
        literals = literals[_AT_ONCE:]
        pathspecs = literals[:_AT_ONCE]
    return tuple(
        sorted(
            (each for each in found if suffix(each.path or each.old_path) in suffixes),
            key=lambda each: (each.path or each.old_path, each.old_path),
        )
    )


def added_lines(
    repository: Repository, bases: Sequence[str], commit: str, suffixes: Collection[str]
) -> dict[str, LineSet]:
    """By path, the lines of ``commit`` that none of ``bases`` has; everything, without a base.

    What comes in by a merge of another base was added there, and is not charged again.
    """
    added: dict[str, LineSet] | None = None
    for base in bases or [_empty_tree(repository)]:
        here = {each.path: each.added for each in changes(repository, base, commit, suffixes) if each.path}
        added = here if added is None else {path: added[path] & here[path] for path in added.keys() & here.keys()}
    return {path: lines for path, lines in sorted((added or {}).items()) if lines.spans}


def _patch(repository: Repository, old: str, new: str, pathspecs: Sequence[str]) -> tuple[FileChange, ...]:
    told = repository.run(*_TREES, *_PATCH, "--end-of-options", old, new, "--", *pathspecs)
    try:
        return parse_diff(told)
    except ValueError as error:
        raise ToolError(f"git's diff of {old[:10]} and {new[:10]} can't be read: {error}") from None


def _listed(repository: Repository, old: str, new: str, *options: str) -> Iterator[tuple[str, str, str]]:
    """Status letter, old path and path of all that differs."""
    told = repository.run(*_TREES, "--name-status", "-z", *options, "--end-of-options", old, new)
    fields = iter(told.decode("utf-8", "surrogateescape").split("\0"))
    for status in fields:
        if status:
            path = next(fields)
            yield status[0], path, next(fields) if status[0] in "RC" else path


def _empty_tree(repository: Repository) -> str:
    return repository.run("hash-object", "-t", "tree", "--stdin", input=b"").decode().strip()


def _argument(path: str) -> str:
    """A path with the bytes that git named, whatever encoding this process gives to its arguments."""
    return os.fsdecode(path.encode("utf-8", "surrogateescape"))


def _escaped(ending: str) -> str:
    return _argument(re.sub(r"([\\*?\[])", r"\\\1", ending))
