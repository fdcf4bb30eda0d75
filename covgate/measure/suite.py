"""Run a project's tests: under coverage, or by a command that measures by itself."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from covgate.errors import ToolError
from covgate.measure.broken import with_broken
from covgate.measure.coverage_config import coverage_config_in
from covgate.measure.ending import Ending, command_ending, run_ending
from covgate.measure.facts import Runner, read_runs
from covgate.measure.not_started import interpreter_of, not_started
from covgate.measure.program import Program, program_of
from covgate.measure.pytest_config import PytestConfig, read_pytest_config
from covgate.measure.workspace import Workspace

_WRAPPED = ("python", "python3", "pytest", "py.test", "coverage")
INSIDE = Path(__file__).parent / "inside"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRun:
    """How the tests ended, and what coverage needs to analyse them.

    ``runs`` are the programs that ran tests, as far as covgate has seen them. ``rcfile`` is the configuration of
    coverage to use, "" for the one that coverage finds.
    """

    ending: Ending
    runs: tuple[Runner, ...] = ()
    rcfile: str = ""

    @property
    def measures_itself(self) -> bool:
        """Whether the command measured by itself, so that it decided which files count."""
        return not any(each.through for each in self.runs)


def set_up(workspace: Workspace, command: Sequence[str]) -> None:
    """Run the configured set-up of a fresh checkout. Raises ToolError if it fails."""
    try:
        status = workspace.run(command)
    except OSError as error:
        raise ToolError(f"setup could not be started: {error}", hint="correct `setup`") from None
    if status:
        raise ToolError(f"setup failed (exit status {status})", hint="correct `setup`", output=workspace.output())


def run_suite(workspace: Workspace) -> SuiteRun:
    """Run the tests of the workspace's job.

    Raises ToolError if they can't be started, or if the way they ended says nothing about the commit.
    """
    job = workspace.job
    program = program_of(job.command, job.report)
    if program is not None:
        return _run_program(workspace, program)
    if job.command is None:
        raise ToolError(
            f"report = {job.report!r} is set, but no command writes it",
            hint="set `command` to what writes the report, or remove `report`",
        )
    return _run_command(workspace, job.command)


def _run_program(workspace: Workspace, program: Program) -> SuiteRun:
    """Run ``program`` under coverage, in the project's interpreter."""
    job = workspace.job
    config = read_pytest_config(job.tree, program.arguments, workspace.environ, job.directory)
    rcfile = workspace.rcfile or (config.cov_config if program.runs_pytest else "")
    spec = _write_spec(workspace, config, rcfile)
    argv = [job.interpreter.path, *program.options, str(INSIDE / "covgate_launch.py"), str(spec), *program.words]
    status = workspace.run(argv)
    runs = read_runs(job.scratch)
    if not runs:
        raise ToolError(
            f"{job.interpreter.path} could not run the tests (exit status {status})",
            hint="check that this interpreter works, or set `python`",
            output=workspace.output(),
        )
    [run] = runs
    if run.problem:
        raise not_started(run, job.interpreter, workspace.how_to_install)
    run = with_broken(run, status, workspace)
    return SuiteRun(ending=run_ending(run, status, workspace.output()), runs=(run,), rcfile=rcfile)


def _run_command(workspace: Workspace, command: Sequence[str]) -> SuiteRun:
    """Run ``command``, and follow it to the Python that runs the tests, unless it writes a report."""
    job = workspace.job
    config = read_pytest_config(job.tree, (), workspace.environ, job.directory)
    spec = _write_spec(workspace, config, workspace.rcfile)
    start = str(INSIDE / "start")
    environ = {**workspace.environ, "_COVGATE_FOLLOW": str(spec)}
    environ["PATH"] = os.pathsep.join([str(_write_wrappers(workspace, start)), environ.get("PATH", "")])
    environ["PYTHONPATH"] = os.pathsep.join([start, *filter(None, [environ.get("PYTHONPATH")])])
    try:
        status = workspace.run(command, environ=environ)
    except OSError as error:
        raise ToolError(f"command could not be started: {error}", hint="correct `command`") from None
    runs = tuple(read_runs(job.scratch))
    for run in runs:
        if run.problem:
            started = interpreter_of(run)
            raise not_started(run, started, partial(workspace.how_to_install, interpreter=started))
    runs = tuple(with_broken(run, status, workspace) for run in runs)
    ending = command_ending(status, runs, workspace.output(), reports=bool(job.report))
    rcfile = workspace.rcfile or next((each.rcfile for each in runs if each.rcfile), "")
    return SuiteRun(ending=ending, runs=runs, rcfile=rcfile)


def _write_wrappers(workspace: Workspace, start: str) -> Path:
    """A directory for PATH: its programs put ``start`` back on PYTHONPATH if a command has replaced that variable."""
    directory = workspace.job.scratch / "bin"
    directory.mkdir(exist_ok=True)
    for name in _WRAPPED if os.name == "posix" else ():
        real = shutil.which(name, path=workspace.environ.get("PATH", ""))
        if real is not None:
            path = f"{shlex.quote(start)}${{PYTHONPATH:+:$PYTHONPATH}}"
            text = f'#!/bin/sh\nPYTHONPATH={path} exec {shlex.quote(str(Path(real).absolute()))} "$@"\n'
            (directory / name).write_text(text, encoding="utf-8")
            (directory / name).chmod(0o755)
    return directory


def _write_spec(workspace: Workspace, config: PytestConfig, rcfile: str) -> Path:
    """Write what the programs in ``inside`` need to know."""
    job = workspace.job
    spec = {
        "directory": str(job.scratch),
        "tree": os.path.realpath(job.tree),
        "place": os.path.realpath(job.place),
        "roots": list(job.package_roots),
        "checkouts": [os.path.realpath(each) for each in job.checkouts],
        "data": str(workspace.data),
        "launches": not job.report,
        "or_unittest": job.command is None,
        "rcfile": rcfile,
        "enforced_rcfile": workspace.rcfile,
        "source": job.sources.source,
        "omit": job.sources.omit,
        "omit_rcfile": _write_omit(workspace, rcfile),
        "addopts": config.addopts,
        "pytest_arguments": _pytest_arguments(workspace, config),
        "empty_config": _write_empty(workspace, config),
    }
    path = job.scratch / "spec"
    path.write_text(json.dumps(spec), encoding="utf-8")
    return path


def _write_omit(workspace: Workspace, rcfile: str) -> str:
    """Write a configuration of coverage that omits what the default sources omit; "" if that is nothing.

    The rest is copied from ``rcfile``, "" for the configuration that coverage finds.
    """
    job = workspace.job
    if not job.sources.omit:
        return ""
    own = coverage_config_in(job.place, rcfile or workspace.environ.get("COVERAGE_RCFILE", ""))
    place = Path(os.path.realpath(job.place))
    name, text = own.with_omit([str(place / each) for each in job.sources.omit]).render()
    path = job.scratch / f"omit-{name}"
    path.write_text(text, encoding="utf-8")
    return str(path)


def _pytest_arguments(workspace: Workspace, config: PytestConfig) -> list[str]:
    job = workspace.job
    if not job.isolated:
        return []
    # covgate's worktree is inside the user's checkout. pytest looks upwards, and would find the files there.
    root = (job.tree / config.file).parent if config.file and job.directory else job.place
    return [f"--rootdir={root}", f"--confcutdir={job.tree}"]


def _write_empty(workspace: Workspace, config: PytestConfig) -> str:
    """Write a configuration for a pytest that would find none in the tree, and so the user's; "" if that is not so."""
    if not workspace.job.isolated or config.file:
        return ""
    empty = workspace.job.scratch / "pytest.ini"
    empty.write_text("[pytest]\n", encoding="utf-8")
    return str(empty)
