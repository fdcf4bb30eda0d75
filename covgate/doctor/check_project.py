"""`covgate doctor` on the project's interpreter: which one, with which packages, how it runs the tests."""

from __future__ import annotations

import os
import posixpath
import shutil
from pathlib import Path

from covgate.config import Config
from covgate.doctor.check_documented import unused_command
from covgate.doctor.findings import Checkout, Fact, Finding, Project, Results, Severity, shell
from covgate.errors import ToolError
from covgate.files import relative
from covgate.gate.context import Session
from covgate.git.environment import without_local_environment
from covgate.git.others import left_behind
from covgate.git.worktree import checkouts
from covgate.measure.cache import Cache
from covgate.measure.environments.advice import advise, facts_about, how_to_create, how_to_install, is_packaged
from covgate.measure.import_roots import find_installed, import_path
from covgate.measure.interpreter import Interpreter, child_environment, site_directories
from covgate.measure.probe import probe
from covgate.measure.program import program_of
from covgate.measure.pytest_config import PytestConfig, read_pytest_config
from covgate.measure.sources import configured_sources

_PASSED_OVER = "install what is missing there, or remove that environment, or set `python`"


def find_project(session: Session, config: Config, aside: str) -> tuple[Project | None, list[Finding]]:
    """The interpreter that would measure, and its answers; or findings about why there is none, or no answer."""
    top, head = session.repository.top, session.repository.commit("HEAD")
    place = top / config.directory
    environ = without_local_environment(session.environ)
    fix = "set `python` to the interpreter of the project's virtual environment"
    if not config.python:
        fix = how_to_create(facts_about(Interpreter(path="python3"), place, environ, relative))
    try:
        interpreter = session.measurer.interpreter(config)
    except ToolError as error:
        return None, [Finding(name="interpreter", what=error.message, why="no test can be run", fix=error.hint)]
    program = program_of(config.command, config.report)
    pytest = PytestConfig()
    if program is not None and program.runs_pytest:
        pytest = read_pytest_config(top, program.arguments, environ, config.directory)
    path_first = [str(top / each) for each in pytest.pythonpath]
    path_first += [str(place)] if program is not None else []
    if aside or top != session.measurer.roots[-1]:  # as `covgate.measure.workspace` does it
        installed = find_installed(site_directories(interpreter, environ), checkouts(session.repository))
        path_first += import_path(top, installed, config.directory)
    sources = session.measurer.sources(head, config) if head else configured_sources(config.source or (".",))
    try:
        answer = probe(
            interpreter,
            place,
            environ,
            pytest=pytest,
            sources=sources,
            path_first=path_first,
        )
    except ToolError as error:
        unanswered = Project(interpreter=interpreter, probe=None, pytest=pytest, program=program)
        return unanswered, [Finding(name="interpreter", what=error.message, why="no test can be run", fix=fix)]
    found = Project(interpreter=interpreter, probe=answer, pytest=pytest, program=program, tests_left_out=sources.tests)
    return found, []


def check_interpreter(checkout: Checkout) -> Results:
    """Which interpreter would measure, why that one, and whether it has the packages it needs."""
    project = checkout.project
    if project is None or (checkout.config.directory and project.measures_itself(checkout.config)):
        return  # a component in another language has nothing to do with Python
    yield Fact(name="interpreter", value=f"{project.interpreter.path} ({project.interpreter.origin})")
    for each in project.interpreter.notices:
        why = "the tests run in another environment than you may expect"
        yield Finding(name="environment-passed-over", what=each, why=why, fix=_PASSED_OVER, severity=Severity.WARNING)
    if project.probe is None:
        return
    versions, pytest = project.probe.versions, project.pytest
    toolchain = [project.probe.python, *(f"{name} {version}" for name, version in versions.items() if version)]
    yield Fact(name="toolchain", value=", ".join(toolchain))
    if not versions["coverage"] and not project.measures_itself(checkout.config):
        yield _missing_package(checkout, project, "coverage", f"nothing can be measured: {checkout.if_unmeasured}")
    if not project.runs_pytest:
        return
    if not versions["pytest"]:
        why = "no test can be run"
        if checkout.config.command is None:
            why = "covgate tries `python -m unittest` instead; if that finds no tests, none is run"
        yield _missing_package(checkout, project, "pytest", f"{why}: {checkout.if_unmeasured}")
        return
    asks = f"addopts in {pytest.file}" if pytest.file else "the test command"
    unknown = f", which pytest doesn't know without it: {checkout.if_unmeasured}"
    if pytest.has_cov and not versions["pytest-cov"]:
        yield _missing_package(checkout, project, "pytest-cov", f"{asks} has --cov{unknown}")
    if pytest.distributed and not versions["pytest-xdist"]:
        yield _missing_package(checkout, project, "pytest-xdist", f"{asks} has -n{unknown}")
    elif pytest.distributed and not (
        pytest.has_cov or versions["pytest-cov"] or "subprocess" in project.probe.coverage.patch
    ):
        why = f"the tests run under pytest-xdist, whose workers coverage alone can't measure: {checkout.if_unmeasured}"
        yield _missing_package(checkout, project, "pytest-cov", why)


def check_command(checkout: Checkout) -> Results:
    """How the tests are run, and how long that takes."""
    config, project = checkout.config, checkout.project
    if config.command is None and config.report:
        yield Finding(
            name="report-without-command",
            what=f"report = {config.report!r} is set, but no command that writes it",
            why=f"covgate's own test run writes no such report: {checkout.if_unmeasured}",
            fix=f"set `command` in {checkout.table} to what writes it, or remove `report`",
        )
        return
    if project is None:
        return
    seconds = Cache(checkout.session.repository.state_dir).last_duration()
    # The duration is that of whatever ran last, so maybe of another component.
    last = f"; the last run took {seconds:.0f} s" if seconds >= 1 and not config.directory else ""
    last += "; this commit is already measured, so its push runs no tests" if checkout.is_measured else ""
    if project.program is not None:
        words = ("-m", "unittest") if project.lacks_pytest and config.command is None else project.program.words
        run = f"coverage run {shell(*words)}"
        if project.uses_pytest_cov:
            run = f"{shell('pytest', *project.program.arguments)}, measured by pytest-cov"
        yield Fact(name="tests", value=run + last)
        return
    assert config.command is not None
    what = f"which writes {config.report}" if config.report else "followed to the Python that runs the tests"
    yield Fact(name="tests", value=f"{shell(*config.command)}, {what}{last}")
    program = config.command[0]
    path = child_environment(project.interpreter, checkout.session.environ).get("PATH", "")
    if not shutil.which(program, path=path) and not os.access(checkout.place / program, os.X_OK):
        yield Finding(
            name="command",
            what=f"`command` starts {program}, which doesn't exist",
            why=f"no test can be run: {checkout.if_unmeasured}",
            fix=f"fix `command` in {checkout.table}, or install {program}",
        )
    report = posixpath.join(config.directory, config.report)
    unignored = left_behind(checkout.session.repository, report) if config.report else ""
    if unignored:
        yield Finding(
            name="report-not-ignored",
            what=f"git doesn't ignore {unignored}, where `command` writes its report",
            why="after a run the checkout differs from the commit, so the next one is in covgate's own worktree",
            fix=f"add /{unignored}/ to .gitignore",
            severity=Severity.WARNING,
        )


def check_imports(checkout: Checkout) -> Results:
    """Whether the tests import the code of this checkout, or a copy that is installed elsewhere."""
    project = checkout.project
    if project is None or project.probe is None or project.program is None:
        return
    for each in project.probe.imports:
        measured = _outside(checkout, each.measured, [checkout.top])
        if measured and each.here:
            yield Finding(
                name="measured-elsewhere",
                what=f"the tests would import {each.name} from {measured}, not from this checkout",
                why=f"that is not the code that is pushed, so it can't be measured: {checkout.if_unmeasured}",
                fix=_import_fix(checkout, project, measured),
            )
            return  # one fix is for all of them
        if each.finder and checkout.aside and each.measured and not measured:
            yield Finding(
                name="measured-elsewhere",
                what=f"{each.name} always comes from this checkout ({each.finder} of an editable install)",
                why=f"the commit is measured in covgate's own worktree, since {checkout.aside}: the tests would import"
                " other code than is pushed",
                fix="git stash --include-untracked",
            )
            return
        plain = _outside(checkout, each.plain, checkout.session.measurer.roots)
        if plain and each.here and not _is_copy(Path(plain)):
            yield Finding(
                name="installed-elsewhere",
                what=f"{each.name} is installed from {plain}, not from this checkout",
                why="the tests import this checkout, but the programs that they start, and pytest run by hand, don't",
                fix=_import_fix(checkout, project, plain),
                severity=Severity.WARNING,
            )
            return


def _missing_package(checkout: Checkout, project: Project, package: str, why: str) -> Finding:
    what = f"{package} is not installed in {project.interpreter.path}"
    fix = advise(package, project.interpreter, checkout.place, checkout.session.environ, relative)
    documented = unused_command(checkout) if package == "pytest" else None
    if documented is not None and not documented.is_pytest:
        fix = f"set {documented.setting} in {checkout.table}: that is what {documented.origin} runs"
    return Finding(name=f"{package}-missing", what=what, why=why, fix=fix)


def _install(checkout: Checkout, project: Project, *arguments: str) -> str:
    """What to do so that the project's interpreter has these packages."""
    facts = facts_about(project.interpreter, checkout.place, checkout.session.environ, relative)
    return how_to_install(facts, *arguments)


def _import_fix(checkout: Checkout, project: Project, place: str) -> str:
    """What to do so that the tests import this checkout, and not ``place``."""
    for each in checkout.session.environ.get("PYTHONPATH", "").split(os.pathsep):
        if each and Path(place).is_relative_to(os.path.realpath(each)):
            return "unset PYTHONPATH"
    if is_packaged(checkout.place):
        return _install(checkout, project, "-e", relative(checkout.place))
    return f"uninstall it from {project.interpreter.path}, or remove it from its path"


def _outside(checkout: Checkout, places: tuple[str, ...], roots: list[Path]) -> str:
    """The first of ``places`` if none of them is code in one of ``roots``, else ""."""
    ours = [root.resolve() for root in roots]
    own_worktree = checkout.session.repository.common_dir
    for place in map(Path, places):
        # A copy may be inside a root, too.
        copied = place.is_relative_to(own_worktree) or _is_copy(place)
        if not copied and any(place.is_relative_to(root) for root in ours):
            return ""
    return places[0] if places else ""


def _is_copy(place: Path) -> bool:
    """Whether ``place`` is an installed copy, or a package of the same name from an index."""
    return bool({"site-packages", "dist-packages"} & {*place.parts})
