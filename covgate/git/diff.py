"""What changed between two commits, independent of the user's configuration.

`git diff-tree` reads almost none of it, and the options below override the rest, and also the attributes in the tree:
lines must not disappear from the patch because a file is marked as binary, nor differ with another diff algorithm.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from covgate.errors import ToolError
from covgate.git.changed_files import RENAME_LIMIT, TREES, Entry, changed_entries, empty_tree
from covgate.git.diff_text import parse_diff
from covgate.git.repository import Repository
from covgate.model.changes import FileChange, Hunk, LineSet
from covgate.model.source_files import suffix

# A line whose ending alone changed counts as unchanged.
_PATCH = (
    "--patch", "--unified=0", "--text", "--ignore-cr-at-eol", "--diff-algorithm=myers", "--indent-heuristic",
    "--src-prefix=a/", "--dst-prefix=b/", "--find-renames", RENAME_LIMIT,
)  # fmt: skip
_MAX_PATHS = 1000  # in one command line


def changes(repository: Repository, old: str, new: str, suffixes: Collection[str]) -> tuple[FileChange, ...]:
    """The files with one of ``suffixes`` that differ between the trees or commits ``old`` and ``new``, sorted by path.

    A file that was renamed from another suffix is a rename, one that was renamed to another suffix a deletion. Other
    files are not compared, so a large asset takes no time. Between two oids, they are compared once. Raises ToolError
    if git's diff can't be read.
    """
    key = old, new, frozenset(suffixes)
    if key in repository.diffs:
        return repository.diffs[key]
    found = _changes(repository, old, new, suffixes)
    if repository.is_oid(old, new):
        repository.diffs[key] = found
    return found


def _changes(repository: Repository, old: str, new: str, suffixes: Collection[str]) -> tuple[FileChange, ...]:
    entries = changed_entries(repository, old, new, "--no-renames")
    wanted = [each for each in entries if suffix(each.path) in suffixes]
    if not wanted:
        return ()
    # Files without a suffix, and those that were renamed from another suffix, can't be selected by a glob.
    paths = [each.path for each in wanted if not suffix(each.path)]
    may_be_renamed = any(each.status == "D" and suffix(each.path) not in suffixes for each in entries)
    if may_be_renamed and any(each.status == "A" for each in wanted):
        paths += [
            each.old_path
            for each in changed_entries(repository, old, new, "--find-renames", RENAME_LIMIT)
            if each.status == "R" and suffix(each.path) in suffixes and suffix(each.old_path) not in suffixes
        ]
    pathspecs = [f":(top,glob)**/*{_glob_escaped(each)}" for each in sorted(suffixes) if each]
    pathspecs += [f":(top,literal){_argument(path)}" for path in paths]
    found: list[FileChange] = []
    for start in range(0, len(pathspecs), _MAX_PATHS):
        found += _patch(repository, old, new, pathspecs[start : start + _MAX_PATHS])
    kept = [each for each in found if suffix(each.path or each.old_path) in suffixes]
    kept.sort(key=lambda each: (each.path or each.old_path, each.old_path))
    return tuple(_mark_odd_line_endings(repository, kept, entries))


def added_lines(
    repository: Repository, bases: Sequence[str], commit: str, suffixes: Collection[str]
) -> dict[str, LineSet]:
    """By path, the lines of ``commit`` that none of ``bases`` has; all its lines if there is no base.

    What a merge brings in from another base was added there, and doesn't count here.
    """
    added: dict[str, LineSet] | None = None
    for base in bases or [empty_tree(repository)]:
        here = {each.path: each.added for each in changes(repository, base, commit, suffixes) if each.path}
        added = here if added is None else {path: added[path] & here[path] for path in added.keys() & here.keys()}
    return {path: lines for path, lines in sorted((added or {}).items()) if lines.spans}


def _patch(repository: Repository, old: str, new: str, pathspecs: Sequence[str]) -> tuple[FileChange, ...]:
    output = repository.run(*TREES, *_PATCH, "--end-of-options", old, new, "--", *pathspecs)
    try:
        return parse_diff(output)
    except ValueError as error:
        raise ToolError(f"git's diff of {old[:10]} and {new[:10]} can't be read: {error}") from None


def _mark_odd_line_endings(
    repository: Repository, found: Sequence[FileChange], entries: Sequence[Entry]
) -> Iterator[FileChange]:
    """``found``, with all lines changed in a file in which git counts the lines differently from Python.

    For Python a carriage return alone ends a line, for git it doesn't: the lines below it have other numbers.
    """
    before = {each.old_path: each.old_blob for each in entries}
    after = {each.path: each.blob for each in entries}
    blobs = [(before.get(each.old_path, ""), after.get(each.path, "")) for each in found]
    wanted = {oid for each, pair in zip(found, blobs, strict=True) if each.hunks for oid in pair if oid.strip("0")}
    lines = {oid: _lines(data) for oid, data in repository.blobs(sorted(wanted))}
    for each, pair in zip(found, blobs, strict=True):
        (removed, odd_before), (added, odd_now) = (lines.get(oid, (0, False)) for oid in pair)
        if each.hunks and (odd_before or odd_now):
            yield replace(each, hunks=(Hunk(old=min(removed, 1), removed=removed, new=min(added, 1), added=added),))
        else:
            yield each


def _lines(data: bytes) -> tuple[int, bool]:
    """The number of lines as Python counts them, and whether a carriage return alone ends one."""
    data = data.replace(b"\r\n", b"\n")
    return data.count(b"\n") + data.count(b"\r") + (data[-1:] not in (b"", b"\n", b"\r")), b"\r" in data[:-1]


def _argument(path: str) -> str:
    """``path`` as an argument that has the bytes which git printed, whatever the file system encoding is."""
    return os.fsdecode(path.encode("utf-8", "surrogateescape"))


def _glob_escaped(ending: str) -> str:
    return _argument(re.sub(r"([\\*?\[])", r"\\\1", ending))
