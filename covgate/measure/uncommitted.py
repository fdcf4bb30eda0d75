"""Files that the commit doesn't have, but that may take part in a test run: how the measurement treats them.

Tests and configuration decide the number. If a checkout has some that the commit lacks, the commit is measured aside.
Sources that a build has generated are used, and a notice names them.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from covgate.config import Config
from covgate.git.others import Others
from covgate.git.repository import Repository
from covgate.git.worktree import Checkout, has_checked_out, in_place
from covgate.measure.program import program_of
from covgate.measure.pytest_config import FILES as PYTEST_FILES
from covgate.measure.pytest_config import config_above
from covgate.model.measurement import Measurement
from covgate.model.numbers import total
from covgate.model.source_files import is_test_directory, is_test_file, is_tool

_CONFIGURATION = frozenset({".coveragerc", ".coveragerc.toml", *PYTEST_FILES})
_AT_START = frozenset({"sitecustomize.py", "usercustomize.py"})  # imported by Python from any directory on its path
# Directories with copies of the sources, or with third-party code.
BUILD_OUTPUT = frozenset({"build", "dist", "node_modules", "__pycache__", "site-packages"})
_GENERATED = (".py", ".so", ".pyd")
_NAMES_CONFIGURATION = ("COVERAGE_RCFILE", "PYTEST_ADDOPTS")
ANOTHER_COMMIT = "another commit is checked out"  # why a commit is measured aside
_NAMED = 3  # files that a notice names


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The files that took part in a run, as the run itself reports them: paths in the tree, or absolute ones.

    ``tests`` includes conftest files. ``modules`` are only those in the tree.
    """

    tests: frozenset[str] = frozenset()
    configuration: frozenset[str] = frozenset()
    modules: frozenset[str] = frozenset()


def why_aside(repository: Repository, commit: str, config: Config, environ: Mapping[str, str]) -> str:
    """Why ``commit`` can't be measured with ``config`` in the user's checkout, as a clause; "" if it can.

    Raises GitError if git can't tell.
    """
    if not has_checked_out(repository, commit):
        return ANOTHER_COMMIT
    with contextlib.closing(in_place(repository, commit)) as checkout:
        return why_not_in_place(checkout, config, environ)


def measured_aside(why: str) -> str:
    """The notice that a commit was measured in the separate worktree; ``why`` is a clause."""
    return f"measured in the separate worktree, because {why}"


def why_not_in_place(checkout: Checkout, config: Config, environ: Mapping[str, str]) -> str:
    """What may decide the number in the user's checkout although its commit doesn't have it; "" for nothing."""
    difference = checkout.difference()
    if difference:
        return difference
    if checkout.others.uncommitted:
        return f"{checkout.others.uncommitted[0]} is not in the commit"
    for path in checkout.others.ignored:
        deciding = _deciding_in(checkout.path, path) if path.endswith("/") else path if decides(path) else ""
        if deciding:
            return f"{deciding} is not in the commit (git ignores it)"
    program = program_of(config.command, config.report)
    above = config_above(checkout.path, program.arguments, environ) if program and program.runs_pytest else ""
    return f"pytest would use {above}, which is not in the commit" if above else ""


def decides(path: str) -> bool:
    """Whether a file decides the number by its name alone: pytest, coverage or a starting Python would use it."""
    *directories, name = path.split("/")
    return is_test_module(name) or name in _AT_START or (not directories and name in _CONFIGURATION)


def is_test_module(name: str) -> bool:
    """Whether pytest treats a file of this ``name`` as tests, or as a part of them."""
    return name == "conftest.py" or (name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py")))


def is_generated(path: str) -> bool:
    """Whether an ignored file may be a source that a build has made: a module or an extension, and never a test."""
    if not path.endswith(_GENERATED) or decides(path) or is_test_file(path) or is_tool(path):
        return False
    return not any(each in BUILD_OUTPUT or each.startswith(".") for each in path.split("/")[:-1])


def read_seen(scratch: Path, tree: Path, environ: Mapping[str, str]) -> Seen:
    """What the processes of a run in ``tree`` have reported in ``scratch``; empty if none did.

    A configuration that a variable of ``environ`` names is left out: that is a different problem from an ignored file.
    """
    reports = [_load(path) for path in scratch.glob("seen-*") if path.suffix != ".new"]
    facts = [_load(path) for path in scratch.glob("run-*") if path.suffix != ".new"]
    own = os.path.realpath(scratch) + os.sep
    words = re.split(r"[\s=]+", " ".join(environ.get(name, "") for name in _NAMES_CONFIGURATION))
    named = {os.path.realpath(tree / word) for word in words if word}
    configuration = {*_names(reports, "configuration"), *_names(facts, "configuration")}
    top = os.path.realpath(tree) + os.sep
    return Seen(
        tests=_names(reports, "tests"),
        configuration=frozenset(
            each.removeprefix(top)
            for each in configuration
            if not each.startswith(own) and os.path.realpath(tree / each) not in named
        ),
        modules=_names(reports, "modules"),
    )


def foreign(seen: Seen, others: Others, committed: Collection[str]) -> tuple[str, ...]:
    """The files that affected a run although the commit does not have them, and that no build makes.

    ``others`` were in the directory before the run. Files that the tests create themselves don't count.
    """
    modules = {each for each in seen.modules if not is_generated(each)}
    decided = seen.tests | seen.configuration | modules
    return tuple(each for each in sorted(decided - frozenset(committed)) if each.startswith("/") or others.has(each))


def settle(
    measurement: Measurement, seen: Seen, others: Others, committed: Collection[str], *notices: str
) -> Measurement:
    """``measurement`` without files that the commit does not have and that nothing executed.

    Its notices name them, and those that were used; ``notices`` are added.
    """
    unused = [
        each.path for each in measurement.files if each.path not in committed and not each.numbers.executed_statements
    ]
    kept = tuple(each for each in measurement.files if each.path not in unused)
    used = {each.path for each in kept if each.path not in committed}
    used |= {each for each in seen.modules if each not in committed and others.has(each)}
    said = [*measurement.notices, *filter(None, notices)]
    if used:
        said.append(f"used, but not in the commit: {_listed(sorted(used))}; a clone without it may get another number")
    if unused:
        said.append(f"not counted, because the commit does not have it: {_listed(unused)}")
    numbers = total(each.numbers for each in kept) if unused else measurement.numbers
    return replace(measurement, files=kept, numbers=numbers, notices=tuple(said))


def _listed(paths: list[str]) -> str:
    more = len(paths) - _NAMED
    return ", ".join(paths[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _deciding_in(top: Path, directory: str) -> str:
    """A file that decides the number in an ignored directory among tests; "" for none."""
    if not any(is_test_directory(each) for each in directory.split("/")[:-1]):
        return ""
    for parent, directories, files in os.walk(top / directory):
        directories[:] = sorted(each for each in directories if not each.startswith((".", "__pycache__")))
        for name in sorted(files):
            if is_test_module(name):
                return Path(parent, name).relative_to(top).as_posix()
    return ""


def _names(reports: list[Mapping[str, object]], key: str) -> frozenset[str]:
    values = [report.get(key) for report in reports]
    return frozenset(str(each) for value in values if isinstance(value, list) for each in value)


def _load(path: Path) -> Mapping[str, object]:
    try:
        value = json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
