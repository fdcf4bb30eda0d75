"""From coverage data to a Report: coverage itself analyses the data, in the project's interpreter.

Statement and branch counts depend on the interpreter and on the version of coverage.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from covgate.errors import ToolError
from covgate.measure.analyser import Analyser
from covgate.measure.facts import Runner
from covgate.measure.not_started import not_started
from covgate.measure.reports import Report, parse_coverage_json
from covgate.measure.workspace import Workspace
from covgate.model.source_files import suffix

_LEFT_OUT = re.compile(r"Couldn't parse (?:Python file )?'([^\n]+?)'(?:: [^\n]*)? \(couldnt-parse\)")
_OF_PLUGINS = frozenset({".pyx", ".pxd", ".pxi"})  # Cython's: without its plugin they would look uncovered
_WARNINGS = 10_000  # lines
_NAMED = 5  # files in one notice
_LOG = "analysis.log"


def default_analyser(workspace: Workspace, rcfile: str = "") -> Analyser:
    """The project's interpreter, for data from an unknown Python."""
    rcfile = rcfile or workspace.rcfile
    return Analyser(python=workspace.job.interpreter.path, directory=workspace.job.place, rcfile=rcfile)


def data_of(workspace: Workspace, runs: Sequence[Runner]) -> list[Path]:
    """The data files of ``runs``: in the workspace, and where the programs say that they put them."""
    found = [each for each in workspace.data.parent.rglob(f"{workspace.data.name}*") if each.is_file()]
    for data in {Path(run.data) for run in runs if run.data}:
        if not data.is_relative_to(workspace.data.parent):
            named = [data, *data.parent.glob(f"{data.name}.*")]
            found += [each for each in named if each.is_file() and each.stat().st_mtime >= workspace.began - 1]
    return sorted(found)


def analyse(
    workspace: Workspace,
    analyser: Analyser,
    runs: Sequence[Runner] = (),
    place: Callable[[str], str | None] = lambda file: None,
) -> Report | None:
    """Combine the data of ``runs`` and return the report on it; None if there is no data.

    Files that coverage can't parse are left out, as with ``coverage json --ignore-errors``: templates, for example, and
    files that the tests wrote and deleted. ``place`` gives the path in the tree of a file that is a copy. Raises
    ToolError if coverage fails.
    """
    found = write_json(workspace, analyser) if combine_parts(workspace, analyser, runs) else None
    if found is None:
        return None
    directory = os.path.relpath(analyser.directory, workspace.job.tree)
    report = parse_coverage_json(found, workspace.job.tree, directory, place)
    return replace(report, left_out=parse_left_out(workspace))


def combine_parts(workspace: Workspace, analyser: Analyser, runs: Sequence[Runner] = ()) -> bool:
    """Combine all data of ``runs`` into the workspace's data file. Returns whether there is data."""
    parts = data_of(workspace, runs)
    if len(parts) == 1 and parts[0].name == workspace.data.name:
        if parts[0] != workspace.data:
            shutil.copyfile(parts[0], workspace.data)
    elif parts:
        # The combined file must not be one of the parts.
        combined = workspace.data.with_name(f"combined-{workspace.data.name}")
        _run_coverage(workspace, analyser, combined, "combine", "--keep", *map(str, parts))
        if combined.exists():
            combined.replace(workspace.data)
    return workspace.data.exists()


def write_json(workspace: Workspace, analyser: Analyser) -> bytes | None:
    """What ``coverage json`` says about the workspace's data; None if it has no data."""
    target = workspace.job.scratch / "coverage.json"
    target.unlink(missing_ok=True)
    arguments = ("json", "-o", str(target), "--ignore-errors", "--fail-under=0")
    return target.read_bytes() if _run_coverage(workspace, analyser, workspace.data, *arguments) else None


def parse_left_out(workspace: Workspace) -> tuple[str, ...]:
    """The files that coverage could not parse when it wrote its report."""
    return left_out(workspace.output(_LOG, lines=_WARNINGS), workspace.job.tree)


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
    return (f"not counted, because coverage can't read it: {', '.join(names[:_NAMED])}{more}",)


def nothing_executed(workspace: Workspace, analyser: Analyser, *, source_configured: bool) -> Report:
    """The report for a run without tests: all statements of the sources, none of them executed.

    ``source_configured`` is whether coverage's configuration names the sources. Raises ToolError if coverage fails.
    """
    shutil.rmtree(workspace.data.parent)
    workspace.data.parent.mkdir()
    empty = workspace.job.scratch / "empty.py"
    empty.write_text("", encoding="utf-8")
    arguments = []
    if not source_configured:
        sources = workspace.job.sources
        arguments += [f"--source={','.join(sources.source)}"]
        arguments += [f"--omit={','.join(sources.omit)}"] if sources.omit else []
        analyser = replace(analyser, directory=workspace.job.place)
    _run_coverage(workspace, analyser, workspace.data, "run", *arguments, str(empty))
    report = analyse(workspace, analyser) or Report(files=())
    # If the whole tree is the source, and the scratch directory is in it, what was run here is one of its files.
    own = os.path.realpath(empty)
    files = [each for each in report.files if os.path.realpath(workspace.job.tree / each.path) != own]
    return replace(report, files=tuple(files))


def _run_coverage(workspace: Workspace, analyser: Analyser, data: Path, *arguments: str) -> bool:
    """Whether coverage had data. Raises ToolError if it failed for another reason."""
    environ = {**workspace.environ, "COVERAGE_FILE": str(data)}
    environ.pop("PYTHONWARNINGS", None)  # a filter that turns warnings into errors is for the tests
    command, *rest = arguments
    configured = [f"--rcfile={analyser.rcfile}"] if analyser.rcfile else []
    argv = [analyser.python, "-m", "coverage", command, *configured, *rest]
    status = workspace.run(argv, environ=environ, directory=analyser.directory, log=_LOG)
    if not status:
        return True
    output = workspace.output(_LOG)
    if "No data" in output:
        return False
    if "No module named" in output:
        missing = Runner(program=(), executable=analyser.python, problem="coverage")
        raise not_started(missing, workspace.job.interpreter, workspace.how_to_install)
    raise ToolError(
        f"coverage {command} failed (exit status {status})",
        hint=f"run it by hand: {by_hand(command)}",
        output=output,
    )


def by_hand(command: str) -> str:
    """The commands that lead to the step ``command`` of coverage, that step last."""
    if command == "combine":  # what has one data file needs no combining
        return "coverage run --parallel-mode -m pytest && coverage combine"
    return "coverage run -m pytest" + (f" && coverage {command}" if command != "run" else "")
