"""Where the programs of one measurement run: their environment, their time, and their output.

Data, reports and logs go to a scratch directory of covgate's own. What was in the tree before is never read as a
result, and nothing is left there.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from covgate.errors import ToolError
from covgate.measure.import_roots import find_installed, import_path, link_renamed, moved
from covgate.measure.interpreter import Interpreter, child_environment, site_directories
from covgate.measure.job import Job
from covgate.measure.process_group import Command, TimedOut, last_bytes, run_group

_LAST_LINES = 40  # of a program's output, shown if it ends badly
_LINE_BYTES = 500  # what a line may have on average


class Workspace:
    """Runs programs for ``job``, until its time is over.

    ``data`` is the coverage data file. ``began`` is when the run began, as a time of files. ``rcfile`` is the
    configuration of coverage that replaces the tree's; "" if none does.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.data = job.scratch / "data" / ".coverage"
        self.data.parent.mkdir(parents=True, exist_ok=True)
        self.rcfile = ""
        if job.coverage_config is not None:
            name, text = job.coverage_config
            (job.scratch / name).write_text(text, encoding="utf-8")
            self.rcfile = str(job.scratch / name)
        self.environ = self._environment()
        self._started = time.monotonic()
        self.began = time.time()

    @property
    def seconds(self) -> float:
        """How long the measurement has been running."""
        return time.monotonic() - self._started

    def run(
        self,
        argv: Sequence[str],
        *,
        environ: Mapping[str, str] | None = None,
        directory: Path | None = None,
        log: str = "output.log",
    ) -> int:
        """The exit status of ``argv``, started in ``directory`` (that of the job); its output is added to ``log``.

        Raises OSError if it can't be started, and ToolError if the time is over.
        """
        command = Command(
            argv=argv,
            directory=directory or self.job.place,
            environ=self.environ if environ is None else environ,
            log=self.job.scratch / log,
        )
        try:
            return run_group(command, deadline=self._started + self.job.timeout, tick=self.job.tick)
        except TimedOut:
            raise ToolError(
                f"the measurement took longer than timeout = {self.job.timeout:g} seconds and was ended",
                hint="raise `timeout`, or find the test that hangs",
                output=self.output(log),
            ) from None

    def output(self, log: str = "output.log", *, lines: int = _LAST_LINES) -> str:
        """The last ``lines`` of ``log``."""
        try:
            text = last_bytes(self.job.scratch / log, lines * _LINE_BYTES).decode(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.rstrip().splitlines()[-lines:])

    def how_to_install(self, package: str, interpreter: Interpreter | None = None) -> str:
        """What to do if the tests need a package that ``interpreter``, the project's, does not have."""
        # Late: only for an error.
        from covgate.measure.documented import documented_command
        from covgate.measure.environments.advice import advise

        def typed(path: Path) -> str:
            return os.path.relpath(path, self.job.tree)  # the same in the user's checkout, wherever the tree is

        documented = documented_command(self.job.place) if package == "pytest" and not self.job.command else None
        if documented is not None and not documented.is_pytest:
            return f"set {documented.setting}: that is what {documented.origin} runs"
        return advise(package, interpreter or self.job.interpreter, self.job.place, self.job.environ, typed)

    def _environment(self) -> dict[str, str]:
        environ = child_environment(self.job.interpreter, self.job.environ)
        environ["COVERAGE_FILE"] = str(self.data)
        if self.rcfile:
            environ["COVERAGE_RCFILE"] = self.rcfile
        if self.job.isolated:
            # Editable installs point to another checkout, so this one comes first on the path.
            environ["PYTHONPATH"] = os.pathsep.join(self._import_path(environ.get("PYTHONPATH", "")))
        return environ

    def _import_path(self, known: str) -> list[str]:
        job = self.job
        installed = find_installed(site_directories(job.interpreter, job.environ), job.checkouts)
        try:
            links = link_renamed(job.tree, installed, job.scratch / "links")
        except OSError as error:
            raise ToolError(f"{error.filename} can't be written: {error.strerror}") from None
        named = [moved(each, job.checkouts, job.tree) for each in known.split(os.pathsep) if each]
        return [*import_path(job.tree, installed, job.directory), *links, *named]
