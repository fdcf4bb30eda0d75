"""Run a project's tests: under coverage, or by a command that measures by itself."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from covgate.errors import ToolError
from covgate.measure.ending import (
    Ending,
    PytestSession,
    command_ending,
    not_started,
    program_ending,
    pytest_ending,
)
from covgate.measure.job import Job
from covgate.measure.program import program_of, runs_pytest
from covgate.measure.pytest_config import PytestConfig, read_pytest_config
from covgate.measure.workspace import Workspace
from covgate.model.measurement import Toolchain

INSIDE = Path(__file__).parent / "inside"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRun:
    """How the tests ended, and what coverage needs to analyse them.

    ``measures_itself`` is whether the command measured by itself; ``toolchain`` is empty then. ``rcfile`` is the
    configuration of coverage to use, "" for the one that coverage finds. ``source_configured`` is whether that
    configuration says what is measured.
    """

    ending: Ending
    toolchain: Toolchain = field(default_factory=Toolchain)
    rcfile: str = ""
    source_configured: bool = False
    measures_itself: bool = False


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
    try:
        status = workspace.run(job.command)
    except OSError as error:
        raise ToolError(f"command could not be started: {error}", hint="correct `command`") from None
    return SuiteRun(ending=command_ending(status, workspace.output()), rcfile=workspace.rcfile, measures_itself=True)


def _run_program(workspace: Workspace, program: tuple[str, ...]) -> SuiteRun:
    """Run ``program`` under coverage, in the project's interpreter."""
    job = workspace.job
    is_pytest = runs_pytest(program)
    config = read_pytest_config(job.tree, program[2:], workspace.environ) if is_pytest else PytestConfig()
    rcfile = workspace.rcfile or config.cov_config
    facts_file, session_file = job.scratch / "facts", job.scratch / "finished"
    for file in (facts_file, session_file):
        file.unlink(missing_ok=True)
    spec = {
        "program": [*program, *(_pytest_arguments(workspace, config) if is_pytest else ())],
        "guard": _guard_spec(job),
        "facts": str(facts_file),
        "rcfile": rcfile,
        "enforced_rcfile": workspace.rcfile,
        "source": job.sources.source,
        "omit": job.sources.omit,
        "wants_pytest_cov": config.has_cov or config.distributed,
        "has_cov": config.has_cov,
        "distributed": config.distributed,
    }
    spec_file = job.scratch / "spec"
    spec_file.write_text(json.dumps(spec), encoding="utf-8")
    environ = _pytest_environment(workspace, config) if is_pytest else workspace.environ
    argv = [job.interpreter.path, str(INSIDE / "covgate_launch.py"), str(spec_file)]
    status = workspace.run(argv, environ=environ)
    facts = _load(facts_file)
    _check_started(workspace, facts, status)
    if is_pytest:
        ending = pytest_ending(status, _session(_load(session_file)), workspace.output())
    else:
        ending = program_ending(status, workspace.output())
    return SuiteRun(
        ending=ending,
        toolchain=Toolchain(**{name: str(facts.get(name, "")) for name in ("python", "coverage", "platform")}),
        rcfile=rcfile,
        source_configured=bool(facts.get("source_configured")),
    )


def _check_started(workspace: Workspace, facts: Mapping[str, Any], status: int) -> None:
    job = workspace.job
    if facts.get("problem"):
        raise not_started(
            str(facts["problem"]), job.interpreter, workspace.how_to_install, str(facts.get("coverage", ""))
        )
    if not facts:
        raise ToolError(
            f"{job.interpreter.path} could not run the tests (exit status {status})",
            hint="check that this interpreter works, or set `python`",
            output=workspace.output(),
        )


def _pytest_arguments(workspace: Workspace, config: PytestConfig) -> list[str]:
    job = workspace.job
    arguments = ["-p", "covgate_guard"]
    if job.isolated:
        # The kept worktree is inside the user's checkout, whose files pytest would find by looking upwards.
        arguments += [f"--rootdir={job.tree}", f"--confcutdir={job.tree}"]
        if not config.file:
            empty = job.scratch / "pytest.ini"
            empty.write_text("[pytest]\n", encoding="utf-8")
            arguments += ["-c", str(empty)]
    return arguments


def _pytest_environment(workspace: Workspace, config: PytestConfig) -> dict[str, str]:
    environ = dict(workspace.environ)
    environ["COVGATE_GUARD"] = json.dumps(_guard_spec(workspace.job))
    if config.distributed:  # the workers of xdist import the plugin by its name
        environ["PYTHONPATH"] = os.pathsep.join(filter(None, [environ.get("PYTHONPATH", ""), str(INSIDE)]))
    return environ


def _guard_spec(job: Job) -> dict[str, object]:
    """What the programs inside need to report which files took part in a run."""
    return {
        "directory": str(job.scratch),
        "tree": os.path.realpath(job.tree),
        "roots": list(job.package_roots),
        "checkouts": [os.path.realpath(each) for each in job.checkouts],
    }


def _session(value: Mapping[str, Any]) -> PytestSession:
    status, collected = value.get("status"), value.get("collected", 0)
    if type(status) is not int or type(collected) is not int:
        return PytestSession()
    return PytestSession(status=status, collected=collected, broken=str(value.get("broken", "")))


def _load(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
