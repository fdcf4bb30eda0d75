"""What changed between two commits, the same whatever the user's configuration does to a diff.

Plumbing reads next to nothing of it, and the options below settle the rest, attributes of the tree included: a
gate must see a line that was marked as binary, and must not see one that another algorithm would show.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from covgate.errors import ToolError
from covgate.git.diff_text import parse_diff
from covgate.git.repository import Repository
from covgate.model.changes import FileChange, Hunk, LineSet
from covgate.model.source_files import suffix

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
    wanted = [each for each in listed if suffix(each.path) in suffixes]
    if not wanted:
        return ()
    named = [each.path for each in wanted if not suffix(each.path)]
    gone = any(each.status == "D" and suffix(each.path) not in suffixes for each in listed)
    if gone and any(each.status == "A" for each in wanted):
        renamed = [each for each in _listed(repository, old, new, "--find-renames", _LIMIT) if each.status == "R"]
        named += [
            each.old_path for each in renamed if suffix(each.path) in suffixes and suffix(each.old_path) not in suffixes
        ]
    literals = [f":(top,literal){_argument(path)}" for path in named]
    pathspecs = [f":(top,glob)**/*{_escaped(each)}" for each in sorted(suffixes) if each] + literals[:_AT_ONCE]
    found: list[FileChange] = []
    while pathspecs:
        found += _patch(repository, old, new, pathspecs)
        literals = literals[_AT_ONCE:]
        pathspecs = literals[:_AT_ONCE]
    kept = [each for each in found if suffix(each.path or each.old_path) in suffixes]
    kept.sort(key=lambda each: (each.path or each.old_path, each.old_path))
    return tuple(_by_the_lines_of_compilers(repository, kept, listed))


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
    output = repository.run(*_TREES, *_PATCH, "--end-of-options", old, new, "--", *pathspecs)
    try:
        return parse_diff(output)
    except ValueError as error:
        raise ToolError(f"git's diff of {old[:10]} and {new[:10]} can't be read: {error}") from None


class _Listed(NamedTuple):
    """An entry that differs: letter, the blobs (zeros for none), the paths (the same but for a rename)."""

    status: str
    old_blob: str
    blob: str
    old_path: str
    path: str


def _listed(repository: Repository, old: str, new: str, *options: str) -> Iterator[_Listed]:
    output = repository.run(*_TREES, "--raw", "--no-abbrev", "-z", *options, "--end-of-options", old, new)
    fields = iter(output.decode("utf-8", "surrogateescape").split("\0"))
    for entry in fields:
        if entry:
            _, _, old_blob, blob, status = entry.split(" ")
            path = next(fields)
            yield _Listed(status[0], old_blob, blob, path, next(fields) if status[0] in "RC" else path)


def _by_the_lines_of_compilers(
    repository: Repository, found: Sequence[FileChange], listed: Sequence[_Listed]
) -> Iterator[FileChange]:
    """``found``, with all lines of a file changed where git does not count them as Python and its like do.

    To git a carriage return alone ends no line: all below it would be looked up under wrong numbers.
    """
    before = {each.old_path: each.old_blob for each in listed}
    after = {each.path: each.blob for each in listed}
    blobs = [(before.get(each.old_path, ""), after.get(each.path, "")) for each in found]
    asked = {oid for each, pair in zip(found, blobs, strict=True) if each.hunks for oid in pair if oid.strip("0")}
    lines = {oid: _lines(data) for oid, data in repository.blobs(sorted(asked))}
    for each, pair in zip(found, blobs, strict=True):
        (removed, odd_before), (added, odd_now) = (lines.get(oid, (0, False)) for oid in pair)
        if each.hunks and (odd_before or odd_now):
            yield replace(each, hunks=(Hunk(old=min(removed, 1), removed=removed, new=min(added, 1), added=added),))
        else:
            yield each


def _lines(data: bytes) -> tuple[int, bool]:
    """How many lines there are, and whether a carriage return alone ends one of them."""
    data = data.replace(b"\r\n", b"\n")
    return data.count(b"\n") + data.count(b"\r") + (data[-1:] not in (b"", b"\n", b"\r")), b"\r" in data[:-1]


def _empty_tree(repository: Repository) -> str:
    return repository.run("hash-object", "-t", "tree", "--stdin", input=b"").decode().strip()


def _argument(path: str) -> str:
    """A path with the bytes that git named, whatever encoding this process gives to its arguments."""
    return os.fsdecode(path.encode("utf-8", "surrogateescape"))


def _escaped(ending: str) -> str:
    return _argument(re.sub(r"([\\*?\[])", r"\\\1", ending))
