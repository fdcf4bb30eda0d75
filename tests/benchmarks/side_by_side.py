"""What the benchmarks share: two things done in turn in one run, a table of medians, a throw-away place."""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Seconds of each repetition of ``ours`` and of ``theirs``, and the ratio of medians to reach."""

    what: str
    ours: Sequence[float]
    theirs: Sequence[float]
    goal: float

    @property
    def ratio(self) -> float:
        return statistics.median(self.ours) / statistics.median(self.theirs)


def compare(
    what: str, goal: float, repetitions: int, ours: Callable[[], float], theirs: Callable[[], float]
) -> Comparison:
    """Run both in turn, the first one changing; each gives its own seconds. The first round only warms up."""
    measured: tuple[list[float], list[float]] = ([], [])
    for repetition in range(repetitions + 1):
        for which in (0, 1) if repetition % 2 else (1, 0):
            seconds = (ours, theirs)[which]()
            if repetition:
                measured[which].append(seconds)
    return Comparison(what=what, ours=measured[0], theirs=measured[1], goal=goal)


def report(comparisons: Sequence[Comparison]) -> int:
    """Print a table; 1 where a goal is missed."""
    print(f"{'median, ms':<58}{'covgate':>9}{'other':>9}{'ratio':>8}{'goal':>7}")
    for each in comparisons:
        ours, theirs = (1000 * statistics.median(times) for times in (each.ours, each.theirs))
        missed = "" if each.ratio <= each.goal else "  missed"
        print(f"{each.what:<58}{ours:>9.0f}{theirs:>9.0f}{each.ratio:>8.3f}{each.goal:>7}{missed}")
    return int(any(each.ratio > each.goal for each in comparisons))


def repetitions(default: int) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("-r", "--repetitions", type=int, default=default, help=f"default: {default}")
    found: int = parser.parse_args().repetitions
    return found


def run(
    *argv: str | Path, cwd: Path, environ: Mapping[str, str], data: str | None = None
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(each) for each in argv],
        cwd=cwd,
        env=dict(environ),
        input=data,
        stdin=subprocess.DEVNULL if data is None else None,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{argv}: exit status {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def seconds(*argv: str | Path, cwd: Path, environ: Mapping[str, str]) -> float:
    begun = time.perf_counter()
    run(*argv, cwd=cwd, environ=environ)
    return time.perf_counter() - begun


@contextlib.contextmanager
def place() -> Iterator[tuple[Path, dict[str, str]]]:
    """A directory that is gone afterwards, and an environment with git and pre-commit sealed in it."""
    with tempfile.TemporaryDirectory(prefix="covgate-bench-") as name:
        top = Path(name)
        (top / "gitconfig").write_text(
            "[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n"
            "[maintenance]\n\tauto = false\n[gc]\n\tauto = 0\n",
            encoding="utf-8",
        )
        prefixes = ("GIT_", "PRE_COMMIT", "COVGATE_", "COVERAGE_", "PYTEST_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
        for name in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE"):
            kept.pop(name, None)
        yield (
            top,
            {
                **kept,
                "GIT_CONFIG_GLOBAL": str(top / "gitconfig"),
                "GIT_CONFIG_NOSYSTEM": "1",
                "PRE_COMMIT_HOME": str(top / "pre-commit"),
                "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept["PATH"]]),
                "VIRTUAL_ENV": sys.prefix,
            },
        )


def hook_repository(path: Path, environ: Mapping[str, str]) -> None:
    """covgate as it lies in the working tree, as a repository that pre-commit can install."""
    wanted = ("--cached", "--others", "--exclude-standard")
    listed = run("git", "ls-files", "-z", *wanted, cwd=ROOT, environ=environ)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes((ROOT / name).read_bytes())
    commit_all(path, environ)


def commit_all(path: Path, environ: Mapping[str, str]) -> None:
    run("git", "init", "-q", cwd=path, environ=environ)
    run("git", "add", "--all", cwd=path, environ=environ)
    run("git", "commit", "-qm", "All of it", cwd=path, environ=environ)
