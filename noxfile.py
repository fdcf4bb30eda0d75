"""The checks of this project, one session each. CONTRIBUTING, the workflows and ``.ci/run`` all call these.

``nox`` alone runs what a change needs before a commit: lint, types, quick. ``nox --list`` names them all.
Arguments after ``--`` go to pytest, or to the tool that the session runs.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import nox
from packaging.requirements import Requirement

nox.needs_version = ">=2025.10.14"
nox.options.sessions = ["lint", "types", "quick"]
nox.options.reuse_existing_virtualenvs = True
nox.options.download_python = "never"

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)  # from the classifiers


@nox.session
def quick(session: nox.Session) -> None:
    """The unit tests, in one process: seconds."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", "-q", "-n", "0", "tests/unit", *session.posargs)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The whole suite: minutes. Choose a Python with ``nox -s tests-3.13``, and tests after ``--``."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", "-q", *session.posargs)


@nox.session(python=PYTHONS[0])
def lowest(session: nox.Session) -> None:
    """The tests that rest on Python, with the lowest versions of the dependencies that pyproject.toml allows."""
    constraints = Path(session.virtualenv.location, "lowest.txt")
    constraints.write_text("".join(f"{line}\n" for line in lowest_versions()), encoding="utf-8")
    session.install("-e", ".[test]", "-c", str(constraints))
    session.run("python", "-m", "pytest", "-q", *(session.posargs or ["-m", "each_python"]))


@nox.session
def lint(session: nox.Session) -> None:
    """Rules and format of the code. ``nox -s lint -- --fix`` corrects what ruff can correct."""
    lint_tools = PROJECT["project"]["optional-dependencies"]["lint"]
    session.install(*lint_tools)  # without covgate: seconds
    if session.posargs:
        session.run("ruff", "check", *session.posargs, ".")
        session.run("ruff", "format", ".")
    else:
        session.run("ruff", "check", ".")
        session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """mypy, strict."""
    session.install("-e", ".[test,types]")
    session.run("mypy", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Links, commands and configuration keys in README and docs."""
    session.install("-e", ".[test]")
    session.run(
        "python", "-m", "pytest", "-q", "-n", "0", "tests/test_docs.py", "tests/test_project.py", *session.posargs
    )


@nox.session
def benchmarks(session: nox.Session) -> None:
    """All benchmarks, or one with its options: ``nox -s benchmarks -- bench_push --repetitions 9``."""
    session.install("-e", ".[test]")
    directory = Path("tests", "benchmarks")
    names = session.posargs[:1] or sorted(path.stem for path in directory.glob("bench_*.py"))
    for name in names:
        session.run("python", str(directory / f"{name}.py"), *session.posargs[1:])


@nox.session
def build(session: nox.Session) -> None:
    """The source distribution and the wheel, in ``dist/``, checked as the package index would."""
    session.install("build", "twine")
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", "dist")
    session.run("twine", "check", "--strict", *map(str, Path("dist").iterdir()))


def lowest_versions() -> list[str]:
    """``name==version`` for each dependency, with the version that its ``>=`` names."""
    found = []
    for text in PROJECT["project"]["dependencies"]:
        needed = Requirement(text)
        [lower] = [each.version for each in needed.specifier if each.operator == ">="]
        found.append(f"{needed.name}=={lower}")
    return found
