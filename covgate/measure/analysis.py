"""From coverage data to a Report: coverage itself analyses the data, in the project's interpreter.

Statement and branch counts depend on the interpreter and on the version of coverage.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from covgate.errors import ToolError
from covgate.measure.ending import not_started
from covgate.measure.interpreter import Interpreter
from covgate.measure.job import Job
from covgate.measure.reports import DataFile, Report, parse_coverage_json, parse_report
from covgate.measure.workspace import Workspace
from covgate.model.source_files import suffix

_LEFT_OUT = re.compile(r"Couldn't parse (?:Python file )?'([^\n]+?)'(?:: [^\n]*)? \(couldnt-parse\)")
_OF_PLUGINS = frozenset({".pyx", ".pxd", ".pxi"})  # Cython's: without its plugin they would look uncovered
_WARNINGS = 10_000  # lines
_NAMED = 5  # files in one notice
_LOG = "analysis.log"
_TIMEOUT = 900.0  # seconds, to analyse one data file


def read_report(
    data: bytes, name: str, tree: Path, interpreter: Callable[[], Interpreter], environ: Mapping[str, str]
) -> Report:
    """A report that was made elsewhere, about the files in ``tree``; ``name`` is its name in messages.

    A coverage data file is analysed by the project's coverage; only then is ``interpreter`` called. Raises ToolError if
    the report can't be read.
    """
    try:
        return parse_report(data, tree, name)
    except DataFile:
        pass
    with tempfile.TemporaryDirectory(prefix="covgate-") as directory:
        job = Job(
            tree=tree,
            tree_oid="",
            scratch=Path(directory),
            interpreter=interpreter(),
            environ=environ,
            timeout=_TIMEOUT,
        )
        workspace = Workspace(job)
        workspace.data.write_bytes(data)
        report = analyse(workspace)
    if report is None:
        raise ToolError(f"{name}: the data file has no data", hint="combine the parts first: coverage combine")
    return report


def analyse(workspace: Workspace, rcfile: str = "") -> Report | None:
    """The report on the workspace's data, whose parts are combined first; None if there is no data.

    ``rcfile`` is the configuration of coverage, "" for the one that coverage finds. Files that coverage can't parse are
    left out, as with ``coverage json --ignore-errors``: templates, for example, and files that the tests wrote and
    deleted. Raises ToolError if coverage fails.
    """
    configured = [f"--rcfile={rcfile}"] if rcfile else []
    if any(each.name.startswith(".coverage.") for each in workspace.data.parent.iterdir()):
        _run_coverage(workspace, "combine", *configured)
    if not workspace.data.exists():
        return None
    target = workspace.job.scratch / "coverage.json"
    target.unlink(missing_ok=True)
    if not _run_coverage(workspace, "json", "-o", str(target), "--ignore-errors", "--fail-under=0", *configured):
        return None
    report = parse_coverage_json(target.read_bytes(), workspace.job.tree, "coverage json")
    return replace(report, left_out=left_out(workspace.output(_LOG, lines=_WARNINGS), workspace.job.tree))


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
