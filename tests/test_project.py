"""The project's own tooling: its sessions, and the files that call them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

import covgate
from covgate.compat import tomllib

ROOT = Path(__file__).resolve().parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = [*sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))]
CALLERS = [ROOT / "CONTRIBUTING.md", ROOT / ".ci" / "run", *WORKFLOWS]


def supported_pythons() -> list[str]:
    classifiers = (re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", each) for each in PROJECT["classifiers"])
    return [found[1] for found in classifiers if found]


@pytest.fixture(scope="module")
def sessions() -> set[str]:
    done = subprocess.run(
        [sys.executable, "-m", "nox", "--list", "--noxfile", str(ROOT / "noxfile.py")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return set(re.findall(r"^[*-] (\S+)", done.stdout, re.MULTILINE))


def named_sessions(text: str) -> Iterator[str]:
    """The sessions in each call of nox: the words after ``-s`` up to the next option or the end of the command."""
    for found in re.findall(r"\bnox\b[^\n`]*? (?:-s|--sessions?)((?: [a-z][\w.]*(?:-[\w.]+)?)+)", text):
        yield from found.split()


def test_the_sessions_cover_every_supported_python(sessions: set[str]) -> None:
    assert {each for each in sessions if each.startswith("tests-")} == {f"tests-{each}" for each in supported_pythons()}
    assert sessions >= {"quick", "lint", "types", "docs", "lowest", "benchmarks", "build"}


@pytest.mark.parametrize("path", CALLERS, ids=lambda path: path.name)
def test_each_session_that_is_called_exists(path: Path, sessions: set[str]) -> None:
    text = path.read_text(encoding="utf-8")
    for python in supported_pythons():
        called = set(named_sessions(text.replace("${{ matrix.python }}", python)))
        assert called, "no session is called"
        # Of a parametrised session the name alone is enough.
        assert called - sessions - {each.partition("-")[0] for each in sessions} == set()


def test_the_search_for_calls_sees_all_forms() -> None:
    text = "`nox -s lint types` and\n- run: nox -s tests-3.13 -- -m x\nnox -R --sessions lowest --force-python x\n"
    assert list(named_sessions(text)) == ["lint", "types", "tests-3.13", "lowest"]


def steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_ask_for_little_and_name_versions(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 60
        # A job that may write anything runs no code of the project.
        assert "permissions" not in job or all("checkout" not in step.get("uses", "") for step in job["steps"])
    used = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert used and [each for each in used if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+(\.\d+)*", each)] == []


def test_the_matrix_has_every_supported_python() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8"))["jobs"]
    matrices = [job["strategy"]["matrix"]["python"] for job in jobs.values() if "strategy" in job]
    assert matrices == [supported_pythons()] * 2


def test_the_oldest_python_is_the_required_one() -> None:
    assert PROJECT["requires-python"] == f">={supported_pythons()[0]}"


def test_each_dependency_names_its_lowest_version() -> None:
    """The session ``lowest`` installs exactly these."""
    for text in PROJECT["dependencies"]:
        assert [each.operator for each in Requirement(text).specifier] == [">="], text


def test_the_version_is_the_same_everywhere() -> None:
    assert covgate.__version__ == PROJECT["version"]


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_issue_forms_have_what_github_requires(path: Path) -> None:
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    if path.name == "config.yml":
        assert all({"name", "url", "about"} == set(each) for each in form["contact_links"])
        return
    assert form["name"] and form["description"]
    ids = [each["id"] for each in form["body"] if each["type"] != "markdown"]
    assert ids and len(ids) == len(set(ids))
    for each in form["body"]:
        assert each["type"] in ("markdown", "input", "textarea", "dropdown", "checkboxes")
        assert each["type"] == "markdown" or each["attributes"]["label"]
