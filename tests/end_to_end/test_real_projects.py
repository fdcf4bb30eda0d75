"""covgate on public projects: the owner's number, exactly; a lost test file blocks; a merge ratchets.

Two released versions in a row of each project are committed as history. Downloads from the package index.
``COVGATE_REAL_PROJECTS``: names to run, separated by commas, or ``all``; by default the quickest one only.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import pytest

from helpers.sealed import link_packages, script, sealed_environment

pytestmark = [pytest.mark.end_to_end, pytest.mark.real_project]

COVERAGE_RUN = (("coverage", "run", "-m", "pytest", "-q"),)
COMBINE = (("coverage", "combine", "-q"),)
PYTEST_COV_OF_ITS_OWN = (("pytest", "-q"),)
PYTEST_COV = (("pytest", "-q", "--cov", "--cov-report="),)


@dataclass(frozen=True, kw_only=True)
class Project:
    """``by_hand``: how its owner measures it. ``epsilon``: what the newer release may lose; to go without the
    test file ``lost`` costs more than that.
    """

    name: str
    versions: tuple[str, str]
    requirements: tuple[str, ...]
    by_hand: tuple[tuple[str, ...], ...]
    lost: str
    epsilon: str
    editable: bool = False
    edit: Callable[[Path], None] = field(default=lambda tree: None)


def distribute(tree: Path) -> None:
    """Let the suite run under pytest-xdist, as a project with a slow suite would have it."""
    with (tree / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write('\n[tool.pytest.ini_options]\naddopts = "-n 2"\n')


PROJECTS = (
    # --cov in addopts, of setup.cfg in the first version and of pytest.ini (with contexts) in the second
    Project(
        name="aiosignal",
        versions=("1.3.2", "1.4.0"),
        requirements=("pytest-cov", "pytest-asyncio", "frozenlist", "typing-extensions"),
        by_hand=PYTEST_COV_OF_ITS_OWN,
        lost="tests/test_signals.py",
        epsilon="15",
    ),
    # a src layout, installed editable; parallel data files, --import-mode=importlib
    Project(
        name="structlog",
        versions=("25.4.0", "25.5.0"),
        requirements=("pytest-asyncio", "freezegun", "pretend", "simplejson", "time-machine"),
        by_hand=COVERAGE_RUN + COMBINE,
        lost="tests/test_stdlib.py",
        epsilon="0.5",
        editable=True,
    ),
    # a flat layout, parallel data files, the tests measured too
    Project(
        name="sqlparse",
        versions=("0.5.4", "0.5.5"),
        requirements=("pytest-cov", "pytest-xdist"),
        by_hand=PYTEST_COV,
        lost="tests/test_format.py",
        epsilon="0.5",
        edit=distribute,
    ),
)


def chosen() -> list[Project]:
    wanted = os.environ.get("COVGATE_REAL_PROJECTS", "") or PROJECTS[0].name
    if wanted in ("1", "all"):
        return list(PROJECTS)
    names = [name.strip() for name in wanted.split(",")]
    unknown = sorted(set(names) - {each.name for each in PROJECTS})
    if unknown:
        raise pytest.UsageError(f"COVGATE_REAL_PROJECTS: no such project: {', '.join(unknown)}")
    return [each for each in PROJECTS if each.name in names]


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """A clone of the project with a bare remote, covgate as native hooks, and the project's environment."""

    project: Project
    clone: Path
    remote: Path
    python: Path
    environ: Mapping[str, str]

    def run(self, *argv: str | Path, ok: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(each) for each in argv],
            cwd=self.clone,
            env=dict(self.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert not ok or done.returncode == 0, f"{argv}\n{done.stdout}\n{done.stderr}"
        return done

    def git(self, *argv: str, ok: bool = True) -> subprocess.CompletedProcess[str]:
        return self.run("git", *argv, ok=ok)

    def module(self, *argv: str) -> str:
        return self.run(self.python, "-m", *argv).stdout

    def check(self, *argv: str) -> dict[str, object]:
        answer = json.loads(self.run(script("covgate"), "check", *argv, "--format", "json").stdout)
        assert isinstance(answer, dict)
        return answer

    def baseline(self) -> tuple[int, int]:
        status = json.loads(self.run(script("covgate"), "status", "--format", "json").stdout)
        found = status["components"]["default"]["baseline"]
        return found["executed"], found["executable"]

    def by_hand(self) -> dict[str, int]:
        """The owner's number of the commit that is checked out, as exact counts."""
        for command in self.project.by_hand:
            self.module(*command)
        report = self.clone / "by-hand.json"
        self.module("coverage", "json", "-q", "--fail-under=0", "-o", str(report))
        totals = json.loads(report.read_bytes())["totals"]
        self.git("clean", "-xdfq")
        return {
            "statements": totals["num_statements"],
            "executed_statements": totals["covered_lines"],
            "branches": totals.get("num_branches", 0),
            "executed_branches": totals.get("covered_branches", 0),
            "excluded": totals["excluded_lines"],
        }

    def commit_version(self, source: Path, version: str) -> None:
        """Replace the checked-out tree by that of a release."""
        for entry in self.clone.iterdir():
            if entry.name != ".git":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        shutil.copytree(source, self.clone, dirs_exist_ok=True)
        self.project.edit(self.clone)
        settings = f'policy = "baseline"\nepsilon = {self.project.epsilon}\n'
        (self.clone / ".covgate.toml").write_text(settings, encoding="utf-8")
        self.git("add", "--all", "--force")
        self.git("commit", "-qm", f"{self.project.name} {version}")


@pytest.fixture(scope="module", params=chosen(), ids=lambda project: project.name)
def workshop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    project: Project = request.param
    top = tmp_path_factory.mktemp(project.name)
    sources = [download(project.name, version, top / "downloads") for version in project.versions]
    venv.create(top / "venv")
    link_packages(top / "venv", "pip")
    python = top / "venv" / "bin" / "python"
    pip(python, "install", "coverage", "pytest", *project.requirements)
    sealed = sealed_environment(top / "home")
    shop = Workshop(
        project=project,
        clone=top / "clone",
        remote=top / "remote.git",
        python=python,
        environ={
            **{name: value for name, value in sealed.items() if not name.startswith("COVERAGE_")},
            "PATH": os.pathsep.join([str(python.parent), sealed["PATH"]]),
            "VIRTUAL_ENV": str(python.parent.parent),
        },
    )
    shop.clone.mkdir()
    shop.git("init", "-q", "--bare", str(shop.remote))
    shop.git("init", "-q")
    (shop.clone / ".git" / "info" / "exclude").write_text("__pycache__/\n", encoding="utf-8")
    shop.git("remote", "add", "origin", str(shop.remote))
    for source, version in zip(sources, project.versions, strict=True):
        shop.commit_version(source, version)
        shop.git("branch", f"v{version}")
    if project.editable:
        # There are no tags from which a version could be computed.
        pretended = {**os.environ, "SETUPTOOLS_SCM_PRETEND_VERSION": project.versions[0]}
        pip(python, "install", "--editable", str(shop.clone), environ=pretended)
        shop.git("clean", "-xdfq")
    shop.git("reset", "-q", "--hard", f"v{project.versions[0]}")
    for hook, name in (("pre-push", "covgate-pre-push"), ("post-merge", "covgate-post-merge")):
        path = shop.clone / ".git" / "hooks" / hook
        path.write_text(f'#!/bin/sh\nexec "{script(name)}" "$@"\n', encoding="utf-8")
        path.chmod(0o755)
    yield shop
    shutil.rmtree(top, ignore_errors=True)


def test_a_real_project(workshop: Workshop) -> None:
    old, new = (f"v{version}" for version in workshop.project.versions)
    by_hand = {}
    for version in (new, old):
        workshop.git("checkout", "-q", "--detach", version)
        by_hand[version] = workshop.by_hand()
    workshop.git("checkout", "-q", "main")

    # The first release goes to the main branch: measured in place, and it starts the ratchet.
    first = workshop.git("push", "-u", "origin", "main")
    assert "PASS" in first.stdout + first.stderr
    known = workshop.check()
    assert (known["numbers"], known["cached"]) == (by_hand[old], True)
    assert workshop.baseline() == ratio(by_hand[old])

    # The second one is on a branch that is not checked out: measured aside, the number is the same.
    # By its own rules: the base's hold for coverage's configuration, too, and the releases differ in that.
    aside = workshop.check(new, "--base", new)
    assert (aside["numbers"], aside["cached"], aside["status"]) == (by_hand[new], False, "PASS")
    workshop.git("checkout", "-q", "-b", "feature", new)
    in_place = workshop.check("--no-cache", "--base", "HEAD")
    assert in_place["numbers"] == by_hand[new]
    assert in_place["files"] == aside["files"]
    assert workshop.git("status", "--porcelain").stdout == ""
    pushed = workshop.git("push", "origin", "feature")
    assert "PASS" in pushed.stdout + pushed.stderr

    # Without one of its test files it is blocked.
    workshop.git("checkout", "-q", "-b", "untested")
    workshop.git("rm", "-q", workshop.project.lost)
    workshop.git("commit", "-qm", "Lose a test file")
    blocked = workshop.git("push", "origin", "untested", ok=False)
    assert blocked.returncode != 0
    assert "BLOCKED" in blocked.stdout + blocked.stderr
    assert "untested" not in workshop.git("ls-remote", "--heads", "origin").stdout

    # The merge raises the baseline to the better one of the two, exactly, and the note says it.
    workshop.git("checkout", "-q", "main")
    workshop.git("merge", "-q", "--ff-only", "feature")
    best = max((ratio(by_hand[old]), ratio(by_hand[new])), key=lambda pair: Fraction(*pair))
    assert workshop.baseline() == best
    note = workshop.git("notes", "--ref=coverage", "show", "HEAD").stdout
    assert f"baseline_ratio: {best[0]}/{best[1]}\n" in note
    landed = workshop.git("push", "origin", "main")
    assert "PASS" in landed.stdout + landed.stderr
    local, remote = (workshop.git(*command).stdout.split()[0] for command in NOTES_TIPS)
    assert local == remote


NOTES_TIPS = (("rev-parse", "refs/notes/coverage"), ("ls-remote", "origin", "refs/notes/coverage"))


def ratio(numbers: Mapping[str, int]) -> tuple[int, int]:
    executed = numbers["executed_statements"] + numbers["executed_branches"]
    return executed, numbers["statements"] + numbers["branches"]


def download(name: str, version: str, directory: Path) -> Path:
    """The unpacked source distribution of a release; skips where the package index is out of reach."""
    target = directory / version
    pip(
        Path(sys.executable),
        *("download", "--no-deps", "--no-binary", ":all:", "--dest", str(target), f"{name}=={version}"),
        skip=True,
    )
    (archive,) = target.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(target)  # a release of a project that is named above
    archive.unlink()
    (top,) = target.iterdir()
    return top


def pip(python: Path, *argv: str, environ: Mapping[str, str] | None = None, skip: bool = False) -> None:
    command = [str(python), "-m", "pip", argv[0], "--quiet", "--disable-pip-version-check", *argv[1:]]
    done = subprocess.run(command, env=environ, capture_output=True, text=True)
    if done.returncode and skip:
        pytest.skip(f"pip {' '.join(argv)} failed: {done.stderr.strip().splitlines()[-1:]}")
    assert done.returncode == 0, done.stderr
