"""From coverage data to a Report: coverage itself analyses the data, in the project's interpreter.

Statement and branch counts depend on the interpreter and on the version of coverage.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from covgate.errors import ToolError
from covgate.measure.ending import not_started
from covgate.measure.reports import Report, parse_coverage_json
from covgate.measure.workspace import Workspace
from covgate.model.source_files import suffix

_LEFT_OUT = re.compile(r"Couldn't parse (?:Python file )?'([^\n]+?)'(?:: [^\n]*)? \(couldnt-parse\)")
_OF_PLUGINS = frozenset({".pyx", ".pxd", ".pxi"})  # Cython's: without its plugin they would look uncovered
_WARNINGS = 10_000  # lines
_NAMED = 5  # files in one notice
_LOG = "analysis.log"


def analyse(workspace: Workspace, rcfile: str = "") -> Report | None:
    """The report on the workspace's data, whose parts are combined first; None if there is no data.

    ``rcfile`` is the configuration of coverage, "" for the one that coverage finds. Files that coverage can't parse are
    left out, as with ``coverage json --ignore-errors``: templates, for example, and files that the tests wrote and
    deleted. Raises ToolError if coverage fails.
    """
    found = write_json(workspace, rcfile) if combine_parts(workspace, rcfile) else None
    if found is None:
        return None
    report = parse_coverage_json(found, workspace.job.tree)
    return replace(report, left_out=parse_left_out(workspace))


def combine_parts(workspace: Workspace, rcfile: str = "") -> bool:
    """Combine the parts of the workspace's data, if it has some. Returns whether there is data."""
    if any(each.name.startswith(".coverage.") for each in workspace.data.parent.iterdir()):
        _run_coverage(workspace, "combine", *_configured(rcfile))
    return workspace.data.exists()


def write_json(workspace: Workspace, rcfile: str = "") -> bytes | None:
    """What ``coverage json`` says about the workspace's data; None if it has no data."""
    target = workspace.job.scratch / "coverage.json"
    target.unlink(missing_ok=True)
    options = ("--ignore-errors", "--fail-under=0", *_configured(rcfile))
    return target.read_bytes() if _run_coverage(workspace, "json", "-o", str(target), *options) else None


def parse_left_out(workspace: Workspace) -> tuple[str, ...]:
    """The files that coverage could not parse when it wrote its report."""
    return left_out(workspace.output(_LOG, lines=_WARNINGS), workspace.job.tree)


def _configured(rcfile: str) -> tuple[str, ...]:
    return (f"--rcfile={rcfile}",) if rcfile else ()


def left_out(output: str, tree: Path) -> tuple[str, ...]:
    """The files that coverage could not parse, according to its ``output``, relative to ``tree`` where they are in it.

    Raises ToolError if one of them is of a kind that only a plugin of coverage can read.
    """
    inside = os.path.realpath(tree) + os.sep
    names = {each.removeprefix(inside) for each in _LEFT_OUT.findall(output)}
    for name in names:
        if suffix(name) in _OF_PLUGINS:
            raise ToolError(
                f"coverage can't read {name}",
                hint="build the extensions where the tests run, with what coverage's plugin needs (Cython: C files)",
                output=output,
            )
    return tuple(sorted(names))


def left_out_notices(names: Sequence[str]) -> tuple[str, ...]:
    """The notice about files that are left out of a report; empty if there are none."""
    if not names:
        return ()
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return (f"not counted, because coverage can't parse it: {', '.join(names[:_NAMED])}{more}",)


def nothing_executed(workspace: Workspace, rcfile: str, *, source_configured: bool) -> Report:
    """The report for a run without tests: all statements of the sources, none of them executed.

    ``source_configured`` is whether coverage's configuration names the sources. Raises ToolError if coverage fails.
    """
    for part in workspace.data.parent.iterdir():
        part.unlink()
    empty = workspace.job.scratch / "empty.py"
    empty.write_text("", encoding="utf-8")
    arguments = []
    if not source_configured:
        sources = workspace.job.sources
        arguments += [f"--source={','.join(sources.source)}"]
        arguments += [f"--omit={','.join(sources.omit)}"] if sources.omit else []
    arguments += [f"--rcfile={rcfile}"] if rcfile else []
    _run_coverage(workspace, "run", *arguments, str(empty))
    report = analyse(workspace, rcfile)
    return report if report is not None else Report(files=())


def _run_coverage(workspace: Workspace, *arguments: str) -> bool:
    """Whether coverage had data. Raises ToolError if it failed for another reason."""
    # A filter that turns warnings into errors is for the tests.
    environ = {name: value for name, value in workspace.environ.items() if name != "PYTHONWARNINGS"}
    argv = [workspace.job.interpreter.path, "-m", "coverage", *arguments]
    status = workspace.run(argv, environ=environ, log=_LOG)
    if not status:
        return True
    output = workspace.output(_LOG)
    if "No data" in output:
        return False
    if "No module named" in output:
        raise not_started("coverage", workspace.job.interpreter, workspace.how_to_install)
    raise ToolError(
        f"coverage {arguments[0]} failed (exit status {status})",
        hint="run it by hand: coverage run -m pytest && coverage json",
        output=output,
    )
