"""Repositories of components for the tests, each measured by a shell script that writes LCOV."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helpers.project import Project

# What a component runs: it reports its lines, and writes its name to a log outside of the repository.
SUITE = """\
mkdir -p out
echo SF:{name}/code.c > out/lcov.info
awk '/./ {{ print "DA:" NR "," ($0 ~ /covered/) }}' code.c >> out/lcov.info
echo end_of_record >> out/lcov.info
echo {name} >> "$RUNS"
"""
COVERED = "a /* covered */\nb /* covered */\nc\nd /* covered */\n"


def table(name: str, more: str = "") -> str:
    return f'[components.{name}]\ndirectory = "{name}"\n{more}'


class Parts:
    """A repository whose components ``names`` are measured by a shell script each, and a log of the runs."""

    def __init__(self, project: Project, log: Path, names: Sequence[str]) -> None:
        self.project = project
        self.log = log
        self.project.environ["RUNS"] = str(log)
        for name in names:
            self.add(name)
        shared = {name: 'paths = ["shared/**", "' + name + '/**"]\n' for name in names[:2]}
        self.configure({name: shared.get(name, "") for name in names})
        self.project.write("shared/header.h", "1\n")
        self.project.git("rm", "-q", "--cached", "-r", "pkg", "tests", "pyproject.toml")
        for name in ("pkg", "tests", "pyproject.toml"):
            self.project.git("clean", "-fdq", "--", name)
        self.project.commit("components")

    def add(self, name: str) -> None:
        self.project.write(f"{name}/code.c", COVERED)
        self.project.write(f"{name}/suite.sh", SUITE.format(name=name))

    def configure(self, tables: dict[str, str]) -> None:
        top = 'command = ["sh", "suite.sh"]\nreport = "out/lcov.info"\n'
        self.project.write(".covgate.toml", top + "".join(table(name, more) for name, more in tables.items()))

    def runs(self) -> list[str]:
        """The components that ran since the last call, sorted."""
        found = self.log.read_text().split() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return sorted(found)
