"""`covgate doctor` in the tests: what it finds, and its fixes typed as they stand."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from covgate.doctor.overview import doctor
from covgate.git.repository import Repository
from helpers.project import Project
from helpers.sealed import Done, run, script


@dataclass(frozen=True)
class Report:
    """What one call of doctor found; ``found`` by name, the problems first."""

    facts: dict[str, str]
    found: dict[str, dict[str, str]]

    @property
    def names(self) -> list[str]:
        return list(self.found)

    def __getitem__(self, name: str) -> dict[str, str]:
        assert name in self.found, f"{name} is not among {self.found}"
        return self.found[name]


@dataclass
class Doctor:
    """doctor of ``project``, called as its user would; ``programs`` is where ``covgate`` is on PATH."""

    project: Project
    programs: Path
    environ: dict[str, str] = field(default_factory=dict)

    def examine(self, cwd: Path | None = None) -> Report:
        """In this process: what the command prints of it is compared once (test_doctor.py)."""
        environ = {**self.project.environ, **self.environ}
        before = Path.cwd()
        os.chdir(cwd or self.project.top)
        try:
            repository = Repository.discover(Path.cwd(), environ)
            try:
                data = json.loads(json.dumps(doctor(repository, environ)[1]))
            finally:
                repository.close()
        finally:
            os.chdir(before)
        assert set(data) == {"format", "facts", "problems"}
        for each in data["problems"]:
            assert set(each) == {"name", "severity", "problem", "why", "mend"}
            assert all(each.values()), each
        found = {each["name"]: each for each in data["problems"]}
        assert len(found) == len(data["problems"])
        return Report(data["facts"], found)

    def type(self, command: str, cwd: Path | None = None) -> Done:
        """Run a fix in a shell, as it stands."""
        self.programs.mkdir(exist_ok=True)
        program = self.programs / "covgate"
        program.write_text(f'#!/bin/sh\nexec "{script("covgate")}" "$@"\n')
        program.chmod(0o755)
        path = f"{self.programs}:{self.project.environ['PATH']}"
        environ = {**self.project.environ, **self.environ, "PATH": path}
        return run(["sh", "-c", command], cwd or self.project.top, environ)

    def apply_fixes(self, seen: Report) -> Report:
        """Type the fixes of all that was found; what doctor finds then."""
        for each in seen.found.values():
            done = self.type(each["mend"])
            assert done.status == 0, f"{each['mend']}: {done.text}"
        return self.examine()
