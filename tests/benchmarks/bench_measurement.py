"""The gate around a test run, beside the same run by hand: `coverage run -m pytest` and `coverage json`.

    python tests/benchmarks/bench_measurement.py [--repetitions N]

The suite is made here and takes some six seconds under coverage; everything covgate does is counted.
"""

from __future__ import annotations

import sys
from pathlib import Path

from side_by_side import ROOT, commit_all, compare, place, repetitions, report, run, seconds

MODULES = 60
MODULE = """\
def collatz(n):
    steps = 0
    while n != 1:
        if n % 2:
            n = 3 * n + 1
        else:
            n = n // 2
        steps += 1
    return steps


def longest(below):
    best = 0
    for n in range(1, below):
        steps = collatz(n)
        if steps > best:
            best = steps
    return best
"""
TEST = """\
import pytest
from numbers_{n} import collatz, longest


@pytest.mark.parametrize("below", range(300, 312))
def test_longest(below):
    assert longest(below) == 127 if below > 97 else True


def test_collatz():
    assert collatz(27) == 111
"""


def make_project(top: Path) -> None:
    for n in range(MODULES):
        (top / f"numbers_{n}.py").write_text(MODULE, encoding="utf-8")
        (top / "tests").mkdir(exist_ok=True)
        (top / "tests" / f"test_{n}.py").write_text(TEST.format(n=n), encoding="utf-8")
    (top / "pyproject.toml").write_text(
        "[tool.coverage.run]\nbranch = true\nsource = ['.']\nomit = ['tests/*']\n[tool.covgate]\n",
        encoding="utf-8",
    )
    (top / ".gitignore").write_text("__pycache__/\n.pytest_cache/\n.coverage\ncoverage.json\n", encoding="utf-8")


def main() -> int:
    count = repetitions(7)
    with place() as (top, environ):
        project = top / "project"
        project.mkdir()
        make_project(project)
        commit_all(project, environ)
        run(sys.executable, "-m", "pytest", "-q", cwd=project, environ=environ)  # bytecode for both
        program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from covgate.cli import run; run()"

        def ours() -> float:
            return seconds(*(sys.executable, "-c", program, "check", "--no-cache"), cwd=project, environ=environ)

        def theirs() -> float:
            measured = seconds(*(sys.executable, "-m", "coverage", "run", "-m", "pytest"), cwd=project, environ=environ)
            reported = seconds(sys.executable, "-m", "coverage", "json", "-q", cwd=project, environ=environ)
            return measured + reported

        return report([compare("covgate check --no-cache, beside the two commands", 1.03, count, ours, theirs)])


if __name__ == "__main__":
    raise SystemExit(main())
