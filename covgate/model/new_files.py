"""New source files that nothing measures. Coverage can't fall in such files, so each push reports them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from covgate.model.source_files import CODE_SUFFIXES, PROSE_SUFFIXES, could_be_measured, measured_suffixes, suffix

_OF_NODE = frozenset({".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte"})
_OF_PYTHON = frozenset({".py", ".pyx"})
_SHOWN = 8


class NewFile(NamedTuple):
    """A file that the base doesn't have; ``old_path`` is where it was moved from, "" if it is new."""

    path: str
    old_path: str = ""


def may_be_unmeasured(added: Iterable[str], deleted: Iterable[str], measured: Collection[str]) -> bool:
    """Whether one of the files ``added`` may be a source file that nothing measures.

    Renames are not known yet: any deleted source file may have become any of the added files, except for prose.
    """
    suffixes, known = _suffixes(measured), frozenset(measured)
    unknown = [path for path in added if path not in known and suffix(path) not in PROSE_SUFFIXES]
    if any(could_be_measured(path, suffixes) for path in unknown):
        return True
    return bool(unknown) and any(could_be_measured(path, suffixes) for path in deleted)


def find_unmeasured(added: Iterable[str], moved: Mapping[str, str], measured: Collection[str]) -> tuple[NewFile, ...]:
    """Those of the files ``added`` that are source files of a measured kind, and not among the ``measured`` ones.

    ``moved``: path -> old path. A file that was a source file stays one, wherever it is moved to and whatever its new
    suffix is. Other files without a suffix are left out, because they may be anything.
    """
    suffixes, known = _suffixes(measured), frozenset(measured)
    return tuple(
        NewFile(path=path, old_path=moved.get(path, ""))
        for path in sorted(added)
        if path not in known and (could_be_measured(path, suffixes) or could_be_measured(moved.get(path, ""), suffixes))
    )


def _suffixes(measured: Collection[str]) -> frozenset[str]:
    suffixes = measured_suffixes(measured) - {""}
    return suffixes | _OF_PYTHON if ".py" in suffixes else suffixes


def unmeasured_notices(files: Sequence[NewFile]) -> list[str]:
    """A notice that names the first of the new ``files``; nothing if there are none."""
    if not files:
        return []
    names = [each.path + (f" (moved from {each.old_path})" if each.old_path else "") for each in files]
    what, they = ("file is", "it") if len(files) == 1 else ("files are", "they")
    return [
        f"{len(files)} new source {what} not measured: {_first(names)} (if {they} should count, {_how_to_count(files)})"
    ]


def _how_to_count(files: Sequence[NewFile]) -> str:
    """What to change so that such files count: coverage's configuration, or that of the tool that writes the report."""
    # A file of another kind than the measured ones is what a source file has become.
    suffixes = {suffix(each.path if suffix(each.path) in CODE_SUFFIXES else each.old_path) for each in files}
    of_node = "collectCoverageFrom in Jest, coverage.include in Vitest, --all in c8 and nyc"
    ways = ["change `source` or `omit`"] if suffixes & _OF_PYTHON else []
    if ".pyx" in suffixes:
        ways.append("use the plugin Cython.Coverage")
    if suffixes - _OF_PYTHON:
        ways.append("configure the tool that writes the report" + (f": {of_node}" if suffixes & _OF_NODE else ""))
    return ", or ".join(ways)


def changed_notices(paths: Iterable[str]) -> list[str]:
    """A notice that names the first of the changed files ``paths`` that nothing measures."""
    names = sorted(paths)
    return [f"changed, but not measured: {_first(names)}"] if names else []


def _first(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
