"""Coverage that was replaced during a run: which of several runs decides, and what counts as a change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from covgate.measure.facts import Runner
from covgate.measure.inside.covgate_installed import code_in
from covgate.measure.replaced import replaced_coverage
from covgate.model.measurement import Toolchain


def edit(package: Path) -> None:
    (package / "version.py").write_text("2")


def add(package: Path) -> None:
    (package / "inner" / "new.py").write_text("")


def remove(package: Path) -> None:
    (package / "inner" / "tracer.so").unlink()


def compile_it(package: Path) -> None:
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "version.pyc").write_text("")


def remove_all(package: Path) -> None:
    remove(package)
    (package / "version.py").unlink()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda package: None, ""),
        (compile_it, ""),
        (edit, "coverage 7.9"),
        (add, "coverage 7.9"),
        (remove, "coverage 7.9"),
        (remove_all, "coverage 7.9"),
    ],
)
def test_what_counts_as_a_change(tmp_path: Path, change: Callable[[Path], None], expected: str) -> None:
    package = make(tmp_path)
    run = runner(package, "7.9")
    change(package)
    assert replaced_coverage([run]) == expected
    # Between two runs a command may install what it likes.
    assert replaced_coverage([run, runner(package, "7.10")]) == ""
    assert replaced_coverage([runner(package, "7.10"), run]) == expected
    # A run of something that covgate has not started says nothing.
    assert replaced_coverage([run, Runner(program=("x",), executable="python")]) == expected


def make(directory: Path) -> Path:
    package = directory / "coverage"
    (package / "inner").mkdir(parents=True)
    (package / "version.py").write_text("1")
    (package / "inner" / "tracer.so").write_text("")
    return package


def runner(package: Path, version: str) -> Runner:
    return Runner(
        program=("-m", "pytest"),
        executable="python",
        toolchain=Toolchain(coverage=version),
        coverage_at=str(package),
        coverage_code=code_in(str(package)),
    )
