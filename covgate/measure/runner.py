"""From a checked-out tree to a Measurement: run the tests under coverage, let coverage analyse, check both.

Everything runs in the project's interpreter, with data and reports in a scratch directory of covgate's
own: what lay in the tree before is never read, and nothing is left there.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from covgate.errors import ToolError
from covgate.measure.interpreter import Interpreter, child_environment
from covgate.measure.process import TimedOut, run_group
from covgate.measure.pytest_config import PytestConfig, read_pytest_config
from covgate.measure.reports import DataFile, Report, parse_coverage_json, parse_report
from covgate.measure.sources import Sources, default_sources, import_roots
from covgate.model.measurement import Measurement, Toolchain
from covgate.model.numbers import total

_INSIDE = Path(__file__).parent / "inside"
_PYTHON = re.compile(r"python(\d+(\.\d+)?)?(\.exe)?")
_TAIL = 40  # lines of the tests' output shown when they end badly


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to measure and how. ``tree`` is the checked-out directory, ``isolated`` whether it is another than
    the one that the project is installed from; ``timeout`` in seconds for all of it. ``coverage_config``: name and text
    of a configuration of coverage that holds instead of the tree's.
    """

    tree: Path
    tree_oid: str
    scratch: Path
    interpreter: Interpreter
    environ: Mapping[str, str]
    timeout: float
    command: tuple[str, ...] | None = None
    report: str = ""
    source: tuple[str, ...] = ()
    setup: tuple[str, ...] | None = None
    isolated: bool = False
    coverage_config: tuple[str, str] | None = None
    tick: Callable[[], None] = field(default=lambda: None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestsFailed:
    """The tests did not pass: no measurement. ``summary`` a sentence, ``output`` the end of what they said."""

    summary: str
    output: str


def measure(job: Job) -> Measurement | TestsFailed:
    """Run the job; ToolError where it could not be done, Interrupted where somebody stopped it."""
    return _Run(job).measure()


def read_report(data: bytes, name: str, tree: Path, interpreter: Interpreter, environ: Mapping[str, str]) -> Report:
    """A report made elsewhere; a coverage data file is analysed by the project's coverage, next to the sources."""
    try:
        return parse_report(data, tree, name)
    except DataFile:
        with tempfile.TemporaryDirectory(prefix="covgate-") as directory:
            job = Job(
                tree=tree,
                tree_oid="",
                scratch=Path(directory),
                interpreter=interpreter,
                environ=environ,
                timeout=900,
            )
            return _Run(job).analyse(data, name)


class _Run:
    """One measurement under way."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.begun = time.monotonic()
        self.deadline = self.begun + job.timeout
        self.log = job.scratch / "output.log"
        self.data = job.scratch / "data" / ".coverage"
        self.data.parent.mkdir(parents=True, exist_ok=True)
        self.environ = child_environment(job.interpreter, job.environ)
        self.environ["COVERAGE_FILE"] = str(self.data)
        self.rcfile = ""
        if job.coverage_config is not None:
            name, text = job.coverage_config
            rcfile = job.scratch / name
            rcfile.write_text(text, encoding="utf-8")
            self.rcfile = self.environ["COVERAGE_RCFILE"] = str(rcfile)
        if job.isolated:
            self._lead_imports_here()

    def measure(self) -> Measurement | TestsFailed:
        job = self.job
        if job.setup is not None and job.isolated:
            self._set_up(job.setup)
        program = program_of(job.command, job.report)
        before = self._stamp()
        if program is None:
            if job.command is None:
                raise ToolError(
                    f"report = {job.report!r} is set, and no command that would leave it",
                    hint="set `command` to what writes the report, or take `report` out",
                )
            pytest = PytestConfig(rcfile=self.rcfile)
            facts: dict[str, Any] = {}
            status, collected = self._run_external(job.command), True
        else:
            pytest = self._pytest_config(program)
            status, facts, collected = self._run_python(program, pytest)
        if status not in (0, 5):
            why = facts.get("broken") or "the tests failed"
            return TestsFailed(summary=f"{why} (exit status {status})", output=self._tail())
        report = self._report(before, program is None, collected and status != 5, facts, pytest)
        self._check_inside(report)
        return Measurement(
            tree=job.tree_oid,
            numbers=total(each.numbers for each in report.files),
            files=report.files,
            toolchain=Toolchain(
                python=facts.get("python", ""),
                coverage=facts.get("coverage", "") or report.coverage_version,
                platform=facts.get("platform", ""),
            ),
            seconds=time.monotonic() - self.begun,
            tests_collected=collected and status != 5,
        )

    def analyse(self, data: bytes, name: str) -> Report:
        """The report that coverage makes of a data file's bytes."""
        self.data.write_bytes(data)
        report = self._analyse("")
        if report is None:
            raise ToolError(f"{name}: the data file has no data", hint="combine the parts first: coverage combine")
        return report

    def _lead_imports_here(self) -> None:
        """In a checkout that no editable install leads to, the tree itself comes first on the path."""
        known = [each for each in self.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
        self.environ["PYTHONPATH"] = os.pathsep.join([*import_roots(self.job.tree), *known])

    def _set_up(self, command: tuple[str, ...]) -> None:
        try:
            status = self._execute(list(command))
        except OSError as error:
            raise ToolError(f"setup could not be started: {error}", hint="correct `setup`") from None
        if status:
            raise ToolError(f"setup failed (exit status {status})", hint="correct `setup`", output=self._tail())

    def _pytest_config(self, program: tuple[str, ...]) -> PytestConfig:
        if program[:2] != ("-m", "pytest"):
            return PytestConfig(rcfile=self.rcfile)
        config = read_pytest_config(self.job.tree, program[2:], self.environ)
        return replace(config, rcfile=self.rcfile or config.cov_config)

    def _run_python(self, program: tuple[str, ...], pytest: PytestConfig) -> tuple[int, dict[str, Any], bool]:
        """Run ``program`` (what follows ``coverage run``): status, facts, whether tests were collected."""
        job = self.job
        is_pytest = program[:2] == ("-m", "pytest")
        sources = Sources(source=job.source) if job.source else default_sources(job.tree)
        facts_path, finished = job.scratch / "facts", job.scratch / "finished"
        spec = {
            "program": [*program, *(self._pytest_arguments(pytest) if is_pytest else ())],
            "facts": str(facts_path),
            "rcfile": pytest.rcfile,
            "held_rcfile": self.rcfile,
            "source": sources.source,
            "omit": sources.omit,
            "wants_pytest_cov": pytest.has_cov or pytest.distributed,
            "has_cov": pytest.has_cov,
            "distributed": pytest.distributed,
        }
        spec_path = job.scratch / "spec"
        spec_path.write_text(json.dumps(spec), encoding="utf-8")
        if is_pytest:
            guard = {"directory": str(job.scratch), "tree": os.path.realpath(job.tree)}
            self.environ["COVGATE_GUARD"] = json.dumps(guard)
            if pytest.distributed:  # workers import the plugin by its name
                known = self.environ.get("PYTHONPATH", "")
                self.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [known, str(_INSIDE)]))
        facts_path.unlink(missing_ok=True)
        finished.unlink(missing_ok=True)
        status = self._execute([job.interpreter.path, str(_INSIDE / "covgate_launch.py"), str(spec_path)])
        facts = _load(facts_path)
        if facts.get("problem"):
            raise self._not_started(str(facts["problem"]), str(facts.get("coverage", "")))
        if not facts:
            raise ToolError(
                f"{job.interpreter.path} could not run the tests (exit status {status})",
                hint="check that this interpreter works, or set `python`",
                output=self._tail(),
            )
        if status < 0:
            raise ToolError(f"the test run was ended by signal {-status}", output=self._tail())
        if not is_pytest:
            return status, facts, True
        return self._pytest_end(status, finished, facts)

    def _pytest_end(self, status: int, finished: Path, facts: dict[str, Any]) -> tuple[int, dict[str, Any], bool]:
        """Pytest's own word on how the session ended: an exit status alone is easily forged or lost."""
        told = _load(finished)
        if status == 4 and told.get("broken"):
            # The commit itself is broken: its code can't be imported, or it deletes the tests that are to run.
            return status, {**facts, "broken": f"the tests could not start: {told['broken']}"}, True
        if status in (3, 4):
            what = "an internal error" if status == 3 else "a usage error"
            raise ToolError(f"pytest ended with {what} (exit status {status})", output=self._tail())
        if "status" not in told:
            if status not in (0, 5):
                return status, facts, True
            raise ToolError(
                f"the test run ended before pytest had finished (exit status {status})",
                hint="a test or an import calls os._exit() or sys.exit()",
                output=self._tail(),
            )
        return status or int(told["status"]), facts, int(told.get("collected", 0)) > 0

    def _pytest_arguments(self, pytest: PytestConfig) -> list[str]:
        arguments = ["-p", "covgate_guard"]
        if self.job.isolated:
            # The kept worktree lies inside the user's checkout, whose files pytest would find by looking upwards.
            arguments += [f"--rootdir={self.job.tree}", f"--confcutdir={self.job.tree}"]
            if not pytest.file:
                empty = self.job.scratch / "pytest.ini"
                empty.write_text("[pytest]\n", encoding="utf-8")
                arguments += ["-c", str(empty)]
        return arguments

    def _run_external(self, command: tuple[str, ...]) -> int:
        try:
            status = self._execute(list(command))
        except OSError as error:
            raise ToolError(f"command could not be started: {error}", hint="correct `command`") from None
        if status < 0:
            raise ToolError(f"command was ended by signal {-status}", output=self._tail())
        if status in (126, 127):
            raise ToolError(
                f"command was not found (exit status {status})", hint="correct `command`", output=self._tail()
            )
        return status

    def _execute(self, argv: list[str]) -> int:
        try:
            return run_group(
                argv,
                cwd=self.job.tree,
                environ=self.environ,
                log=self.log,
                deadline=self.deadline,
                tick=self.job.tick,
            )
        except TimedOut:
            raise ToolError(
                f"the measurement took longer than timeout = {self.job.timeout:g} seconds and was ended",
                hint="raise `timeout`, or find the test that hangs",
                output=self._tail(),
            ) from None

    def _report(
        self, before: object, external: bool, executed: bool, facts: Mapping[str, Any], pytest: PytestConfig
    ) -> Report:
        """The report of the run: the configured one, else coverage's analysis of covgate's own data file."""
        job = self.job
        if job.report:
            path = job.tree / job.report
            if self._stamp() is None or self._stamp() == before:
                raise ToolError(
                    f"command left no new report at {job.report}",
                    hint="correct `report`",
                    output=self._tail(),
                )
            try:
                return parse_report(path.read_bytes(), job.tree, job.report)
            except DataFile:
                self.data.write_bytes(path.read_bytes())
            finally:
                if before is None:
                    path.unlink(missing_ok=True)
        elif external and not any(self.data.parent.iterdir()):
            raise ToolError(
                "command left no coverage data",
                hint="let it measure with COVERAGE_FILE as it is set, or name what it leaves in `report`",
                output=self._tail(),
            )
        report = self._analyse(pytest.rcfile) if executed else None
        return report if report is not None else self._nothing_executed(facts, pytest.rcfile)

    def _analyse(self, rcfile: str) -> Report | None:
        """`coverage combine` where there are parts, then `coverage json`; None where there is no data."""
        parts = [each for each in self.data.parent.iterdir() if each.name.startswith(".coverage.")]
        configured = [f"--rcfile={rcfile}"] if rcfile else []
        if parts:
            self._coverage("combine", *configured)
        if not self.data.exists():
            return None
        target = self.job.scratch / "coverage.json"
        target.unlink(missing_ok=True)
        said = self._coverage("json", "-o", str(target), "--fail-under=0", *configured)
        if said is not None:
            return None
        return parse_coverage_json(target.read_bytes(), self.job.tree, "coverage json")

    def _coverage(self, *arguments: str) -> str | None:
        """Run coverage; None where it worked, its message where it had no data."""
        log, self.log = self.log, self.job.scratch / "analysis.log"
        try:
            status = self._execute([self.job.interpreter.path, "-m", "coverage", *arguments])
            said = self._tail()
        finally:
            self.log = log
        if not status:
            return None
        if "No data" in said:
            return said
        if "No module named" in said:
            raise self._not_started("coverage", "")
        raise ToolError(
            f"coverage {arguments[0]} failed (exit status {status})",
            hint="run it by hand: coverage run -m pytest && coverage json",
            output=said,
        )

    def _nothing_executed(self, facts: Mapping[str, Any], rcfile: str) -> Report:
        """No test was collected: every statement of the sources, and none of them executed."""
        empty = self.job.scratch / "empty.py"
        empty.write_text("", encoding="utf-8")
        for part in self.data.parent.iterdir():
            part.unlink()
        job = self.job
        sources = Sources(source=job.source) if job.source else default_sources(job.tree)
        arguments = ["run"]
        if not facts.get("source_configured"):
            arguments += [f"--source={','.join(sources.source)}"]
            arguments += [f"--omit={','.join(sources.omit)}"] if sources.omit else []
        arguments += [f"--rcfile={rcfile}"] if rcfile else []
        self._coverage(*arguments, str(empty))
        report = self._analyse(rcfile)
        return report if report is not None else Report(files=(), outside=())

    def _check_inside(self, report: Report) -> None:
        """What was measured lies in the measured tree, or there is no number."""
        hint = (
            "an installed copy of the project was imported instead of the commit's: install it editable "
            '(pip install -e .), or build it for the measured tree with `setup`, or use isolation = "in-place"'
        )
        # covgate's own plugin runs under coverage, too, and a configuration without a source counts whatever runs.
        outside = [path for path in report.outside if not path.startswith(str(_INSIDE))]
        if outside:
            raise ToolError(f"measured outside the tree: {outside[0]} was executed", hint=hint)
        known = {each.path for each in report.files}
        for path in self.job.scratch.glob("modules-*"):
            for file, relative in _load_list(path):
                if relative in known:
                    raise ToolError(f"measured outside the tree: {file} was imported for {relative}", hint=hint)

    def _not_started(self, problem: str, coverage: str) -> ToolError:
        python = self.job.interpreter.path
        if problem == "xdist":
            return ToolError(
                "the suite runs under pytest-xdist, whose workers coverage alone does not see",
                hint=f"install pytest-cov: {python} -m pip install pytest-cov",
            )
        if problem.startswith("configuration: "):
            told = problem.removeprefix("configuration: ")
            return ToolError(f"coverage {coverage} refuses its configuration: {told}", hint="correct it")
        return ToolError(
            f"{problem} is not installed in {python} ({self.job.interpreter.found})",
            hint=f"{python} -m pip install {problem}, or set `python` to the project's interpreter",
        )

    def _stamp(self) -> object:
        if not self.job.report:
            return None
        try:
            stat = (self.job.tree / self.job.report).stat()
        except OSError:
            return None
        return stat.st_ino, stat.st_mtime_ns, stat.st_size

    def _tail(self) -> str:
        try:
            text = self.log.read_bytes()[-20_000:].decode(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.rstrip().splitlines()[-_TAIL:])


def program_of(command: tuple[str, ...] | None, report: str) -> tuple[str, ...] | None:
    """What ``coverage run`` is given for ``command``; None for a command that measures by itself."""
    if command is None:
        return None if report else ("-m", "pytest")
    if report:
        return None
    name = Path(command[0]).name
    if name in ("pytest", "py.test"):
        return ("-m", "pytest", *command[1:])
    # Of Python's own options coverage knows none but -m.
    runs = len(command) > 1 and (command[1] == "-m" or not command[1].startswith("-"))
    if _PYTHON.fullmatch(name) and runs and command[1:3] != ("-m", "coverage"):
        return command[1:]
    return None


def _load(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _load_list(path: Path) -> list[tuple[str, str]]:
    try:
        return [(str(file), str(relative)) for file, relative in json.loads(path.read_bytes())]
    except (OSError, ValueError, TypeError):
        return []
