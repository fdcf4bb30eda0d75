"""`covgate doctor` on the project's interpreter: which one, what it has, what it runs, and what it imports."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from covgate.config import Config
from covgate.doctor.findings import Fact, Finding, Found, Here, Project, Severity, named, shell
from covgate.errors import ToolError
from covgate.gate.context import Session
from covgate.git.repository import without_local_environment
from covgate.measure.cache import Cache
from covgate.measure.interpreter import child_environment
from covgate.measure.probe import probe
from covgate.measure.program import program_of, runs_pytest
from covgate.measure.pytest_config import PytestConfig, read_pytest_config
from covgate.measure.sources import import_roots, sources_of


def find_project(session: Session, config: Config, aside: str) -> tuple[Project | None, list[Finding]]:
    """The interpreter that would measure, asked; and why there is none, or why it does not answer."""
    top = session.repository.top
    environ = without_local_environment(session.environ)
    mend = f"{_new_environment('python3', top)} coverage pytest"
    if config.python:
        mend = "set `python` to the interpreter of the project's virtual environment"
    try:
        interpreter = session.measurer.interpreter(config)
    except ToolError as error:
        return None, [Finding(name="interpreter", what=error.message, why="no test can be run", mend=mend)]
    program = program_of(config.command, config.report)
    pytest = PytestConfig()
    if program is not None and runs_pytest(program):
        pytest = read_pytest_config(top, program[2:], environ)
    path_first = [str(top / each) for each in pytest.pythonpath]
    path_first += [str(top)] if program is not None else []
    # As `covgate.measure.workspace` does for a checkout that nothing is installed from.
    path_first += import_roots(top) if aside or top != session.measurer.roots[-1] else []
    try:
        answer = probe(
            interpreter,
            top,
            environ,
            pytest=pytest,
            sources=sources_of(config.source, top),
            path_first=path_first,
        )
    except ToolError as error:
        silent = Project(interpreter=interpreter, probe=None, pytest=pytest, program=program)
        return silent, [Finding(name="interpreter", what=error.message, why="no test can be run", mend=mend)]
    return Project(interpreter=interpreter, probe=answer, pytest=pytest, program=program), []


def look_at_interpreter(here: Here) -> Found:
    """Which interpreter, by which rule, and whether it has what a measurement needs."""
    project = here.project
    if project is None:
        return
    yield Fact(name="interpreter", value=f"{project.interpreter.path} ({project.interpreter.origin})")
    if project.probe is None:
        return
    versions, pytest = project.probe.versions, project.pytest
    told = [project.probe.python, *(f"{name} {known}" for name, known in versions.items() if known)]
    yield Fact(name="toolchain", value=", ".join(told))
    measures_by_itself = project.program is None and here.config.report
    if not versions["coverage"] and not measures_by_itself:
        yield _lacks(here, project, "coverage", f"nothing can be measured: {here.otherwise}")
    if not project.runs_pytest:
        return
    if not versions["pytest"]:
        yield _lacks(here, project, "pytest", f"no test can be run: {here.otherwise}")
        return
    asks = f"addopts in {pytest.file}" if pytest.file else "the test command"
    unknown = f", which pytest then does not know: {here.otherwise}"
    if pytest.has_cov and not versions["pytest-cov"]:
        yield _lacks(here, project, "pytest-cov", f"{asks} has --cov{unknown}")
    if pytest.distributed and not versions["pytest-xdist"]:
        yield _lacks(here, project, "pytest-xdist", f"{asks} has -n{unknown}")
    elif pytest.distributed and not (
        pytest.has_cov or versions["pytest-cov"] or "subprocess" in project.probe.coverage.patch
    ):
        why = f"the suite runs under pytest-xdist, whose workers coverage alone does not see: {here.otherwise}"
        yield _lacks(here, project, "pytest-cov", why)


def look_at_command(here: Here) -> Found:
    """How the tests are run, and how long that takes."""
    config, project = here.config, here.project
    if config.command is None and config.report:
        yield Finding(
            name="report-without-command",
            what=f"report = {config.report!r} is set, and no command that would leave it",
            why=f"covgate's own test run leaves no such report: {here.otherwise}",
            mend=f"name the command that writes it in {here.table}, or take `report` out",
        )
        return
    if project is None:
        return
    seconds = Cache(here.session.repository.state_dir).last_duration()
    last = f"; the last run took {seconds:.0f} s" if seconds >= 1 else ""
    last += "; this commit is measured already, and its push only looks it up" if here.is_measured else ""
    if project.program is not None:
        through = "pytest, measured by pytest-cov" if project.through_pytest_cov else ""
        yield Fact(name="tests", value=(through or f"coverage run {shell(*project.program)}") + last)
        return
    assert config.command is not None
    left = config.report or "coverage data where COVERAGE_FILE says"
    yield Fact(name="tests", value=f"{shell(*config.command)}, which leaves {left}{last}")
    program = config.command[0]
    path = child_environment(project.interpreter, here.session.environ).get("PATH", "")
    if not shutil.which(program, path=path) and not os.access(here.top / program, os.X_OK):
        yield Finding(
            name="command",
            what=f"`command` starts {program}, which is not there",
            why=f"no test can be run: {here.otherwise}",
            mend=f"correct `command` in {here.table}, or install {program}",
        )


def look_at_imports(here: Here) -> Found:
    """Whether the tests get this checkout, or what an install has put, or left, elsewhere."""
    project = here.project
    if project is None or project.probe is None or project.program is None:
        return
    for each in project.probe.imports:
        measured = _outside(here, each.measured, [here.top])
        if measured and each.here:
            yield Finding(
                name="measured-elsewhere",
                what=f"the tests would import {each.name} from {measured}, not from this checkout",
                why=f"what runs there is not what is pushed, so it gives no number: {here.otherwise}",
                mend=_lead_here(here, project, measured),
            )
            return  # one mend is for all of them
        if each.finder and here.aside and each.measured and not measured:
            yield Finding(
                name="measured-elsewhere",
                what=f"{each.name} always comes from this checkout ({each.finder} of an editable install)",
                why=f"the commit is measured aside, since {here.aside}, and what runs from elsewhere gives no number",
                mend="git stash --include-untracked",
            )
            return
        plain = _outside(here, each.plain, here.session.measurer.roots)
        if plain and each.here and not _is_copy(Path(plain)):
            yield Finding(
                name="installed-elsewhere",
                what=f"{each.name} is installed from {plain}, not from this checkout",
                why="the tests import this checkout, but the programs that they start, and pytest by hand, do not",
                mend=_lead_here(here, project, plain),
                severity=Severity.WARNING,
            )
            return


def _lacks(here: Here, project: Project, package: str, why: str) -> Finding:
    what = f"{package} is not installed in {project.interpreter.path}"
    return Finding(name=f"{package}-missing", what=what, why=why, mend=_install(here, project, package))


def _install(here: Here, project: Project, *arguments: str) -> str:
    """The command that installs into the project's interpreter, whoever made its environment."""
    python = project.interpreter.path
    if project.interpreter.origin == "the first on PATH":
        # The system's Python is not for one project's packages, and often refuses them.
        more = arguments if arguments[0] == "-e" else ("coverage", "pytest", *arguments)
        return f"{_new_environment(python, here.top)} {shell(*dict.fromkeys(more))}"
    if project.probe is None or project.probe.pip:
        return shell(python, "-m", "pip", "install", *arguments)
    if shutil.which("uv", path=here.session.environ.get("PATH")):
        return shell("uv", "pip", "install", "--python", python, *arguments)
    return f"{shell(python, '-m', 'ensurepip')} && {shell(python, '-m', 'pip', 'install', *arguments)}"


def _new_environment(python: str, top: Path) -> str:
    """A command line that makes a virtual environment for the project, up to what else it is to have."""
    venv = top / ".venv"
    install = shell(named(venv / "bin" / "python"), "-m", "pip", "install")
    if _is_packaged(top):
        install = f"{install} {shell('-e', named(top))}"
    return f"{shell(python, '-m', 'venv', named(venv))} && {install}"


def _is_packaged(top: Path) -> bool:
    """Whether pip can install what is at ``top``."""
    try:
        data = (top / "pyproject.toml").read_bytes()
    except OSError:
        data = b""
    return b"[project]" in data or b"[build-system]" in data or (top / "setup.py").is_file()


def _lead_here(here: Here, project: Project, place: str) -> str:
    for each in here.session.environ.get("PYTHONPATH", "").split(os.pathsep):
        if each and Path(place).is_relative_to(os.path.realpath(each)):
            return "unset PYTHONPATH"
    if _is_packaged(here.top):
        return _install(here, project, "-e", named(here.top))
    return f"uninstall it from {project.interpreter.path}, or take it off its path"


def _outside(here: Here, places: tuple[str, ...], roots: list[Path]) -> str:
    """The first of ``places``, where none of them is code of one of ``roots``; "" else."""
    ours = [root.resolve() for root in roots]
    own_worktree = here.session.repository.common_dir
    for place in map(Path, places):
        # Within the roots lie copies, too.
        copied = place.is_relative_to(own_worktree) or _is_copy(place)
        if not copied and any(place.is_relative_to(root) for root in ours):
            return ""
    return places[0] if places else ""


def _is_copy(place: Path) -> bool:
    """Whether ``place`` is one that pip has copied to, or a package of the same name from an index."""
    return bool({"site-packages", "dist-packages"} & {*place.parts})
