"""`covgate doctor` on the commit, the rules and what is measured; and that it never fails, whatever is broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.doctor import Doctor
from helpers.project import Project
from helpers.sealed import run

pytestmark = pytest.mark.end_to_end


@pytest.fixture
def doctor(make_project: Callable[..., Project], tmp_path: Path) -> Doctor:
    """Of a project with native hooks and nothing wrong."""
    project = make_project(hooks="none")
    assert project.covgate("init", "--native", "--no-measure").status == 0
    return Doctor(project, tmp_path / "bin")


def test_the_commit_and_the_rules(doctor: Doctor, tmp_path: Path) -> None:
    project = doctor.project
    project.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "topic")
    seen = doctor.examine(cwd=tmp_path / "linked")
    assert seen.names == []
    printed = json.loads(project.covgate("doctor", "--format", "json", cwd=tmp_path / "linked").text)
    assert printed == {"format": 1, "facts": seen.facts, "problems": []}
    facts = seen.facts
    assert facts["commit"].endswith(" on topic")
    assert facts["isolation"] == "in place: the checkout is clean"
    assert facts["settings"] == "[tool.covgate] in pyproject.toml"
    assert facts["policy"] == "both, floor 0.00%, epsilon 0.00"
    assert facts["ratchet"] == "main"
    assert facts["interpreter"] == f"{project.python} (configured)"
    assert facts["tests"] == "coverage run -m pytest"
    assert facts["sources"] == "pkg (found), 2 files"
    assert facts["notes"] == "not on origin yet, nor here: the first push that passes creates them"
    assert facts["baseline"].startswith("none here yet: the first push that passes sets it, unless the notes")

    doctor.environ["COVGATE_DISABLE"] = "1"
    seen = doctor.examine()
    assert seen.names == ["disabled"]
    assert seen["disabled"]["mend"] == "unset COVGATE_DISABLE"
    # What would be measured without it is reported all the same.
    assert seen.facts["sources"] == "pkg (found), 2 files"
    doctor.environ.clear()
    project.configure('flor = 80\npolicy = "bot"\n')
    project.commit()
    seen = doctor.examine()
    # Nothing is said of rules that don't hold, or of an interpreter that the configuration may name.
    assert seen.names == ["configuration"]
    assert not {"settings", "policy", "interpreter"} & set(seen.facts)
    told = seen["configuration"]["problem"]
    assert "flor = 80: unknown key; did you mean floor?" in told
    # Several lines of one problem stay together in the text.
    indented = "PROBLEM  " + told.replace("\n", "\n" + " " * 9)
    assert f"\n\n{indented}\n  why:  {seen['configuration']['why']}\n" in project.covgate("doctor")
    # What blocks is not to be committed.
    project.write(".covgate.toml", "floor = 80\n")
    assert doctor.examine().names == ["configuration"]
    (project.top / ".covgate.toml").unlink()
    project.configure("enabled = false\n")
    # Called, and fixed, from a directory below.
    seen = doctor.examine(cwd=project.top / "pkg")
    assert seen.names == ["not-committed", "disabled"]
    assert "flor = 80" in seen["not-committed"]["problem"]
    assert seen["disabled"]["mend"] == "set enabled = true in [tool.covgate] in pyproject.toml, and commit it"
    assert doctor.type(seen["not-committed"]["mend"], cwd=project.top / "pkg").status == 0
    doctor.environ["COVGATE_DISABLE"] = "0"
    seen = doctor.examine()
    assert seen.names == ["disabled"]
    assert seen["disabled"]["problem"] == "covgate is switched off"
    doctor.environ.clear()
    project.configure('isolation = "in-place"\nbranches = ["release/*"]\npatch_floor = 90\n')
    project.commit()
    project.write("new.py", "")
    seen = doctor.examine()
    assert seen.names == ["not-in-place", "ratchet-not-gated"]
    assert seen.facts["branches"] == "only pushes to release/* are gated, so not to main"
    assert seen.facts["policy"].endswith(", patch floor 90.00%")
    assert doctor.type(seen["not-in-place"]["mend"]).status == 0
    assert doctor.examine().names == ["ratchet-not-gated"]


def test_contradictions(doctor: Doctor) -> None:
    project = doctor.project
    project.configure('source = ["lib"]\nfloor = 80\n[tool.coverage.run]\nbranch = true\n')
    project.write(".coveragerc", "[run]\nsource = pkg\n[report]\nfail_under = 92.5\n")
    project.commit()
    seen = doctor.examine()
    assert seen.names == ["coverage-configured-twice", "source-twice", "fail-under"]
    told = [each["problem"] for each in seen.found.values()]
    assert told == [
        "pyproject.toml configures coverage, too, and is not read: .coveragerc comes first",
        "source is set for covgate (lib) and by coverage's configuration in .coveragerc (pkg)",
        "fail_under in .coveragerc is 92.50, but a push is judged by the floor of 80.00%",
    ]
    assert seen["fail-under"]["mend"] == "set floor = 92.50 in [tool.covgate] in pyproject.toml, and commit it"
    assert seen.facts["coverage"] == "configured in .coveragerc"
    assert seen.facts["sources"] == "pkg (coverage's configuration), 2 files"
    # And so it is: of pkg 83.33% is measured, without branches, and passes.
    done = project.push()
    assert "PASS" in done
    assert project.field("branches") == "0"

    (project.top / ".coveragerc").unlink()
    project.plugins = ["pytest-cov"]
    project.configure(
        'policy = "baseline"\nsource = ["lib"]\ncommand = "pytest -x tests"\n[tool.pytest.ini_options]\n'
        'addopts = "--cov=pkg --cov-branch --cov-fail-under 90"\n'
    )
    project.commit()
    seen = doctor.examine()
    assert seen.names == ["source-twice", "fail-under"]
    assert "by --cov in pytest's options (pkg)" in seen["source-twice"]["problem"]
    assert "is 90.00, but a push is judged by the baseline alone" in seen["fail-under"]["problem"]
    assert 'set policy = "both" and floor = 90.00' in seen["fail-under"]["mend"]
    assert seen.facts["tests"].startswith("pytest -x tests, measured by pytest-cov")
    assert seen.facts["sources"] == "pkg (--cov), 2 files, with branches"


@pytest.mark.parametrize(
    ("config", "coveragerc", "name", "told"),
    [
        (
            'source = ["pkg", "lib", "pluggy"]\n',
            "",
            "source-absent",
            "covgate's source names lib and pluggy, which this checkout doesn't have",
        ),
        (
            "",
            "[run]\nomit = */pkg/*\n",
            "nothing-measured",
            "no file would be measured: the sources are pkg, and omit = */pkg/* excludes all of them",
        ),
        ("", "[run]\nbranch = perhaps\n", "coverage-configuration", "coverage refuses its configuration: "),
        ('report = "coverage.xml"\n', "", "report-without-command", "report = 'coverage.xml' is set, but no command"),
    ],
)
def test_what_leaves_nothing_to_measure(doctor: Doctor, config: str, coveragerc: str, name: str, told: str) -> None:
    doctor.project.configure(config)
    if coveragerc:
        doctor.project.write(".coveragerc", coveragerc)
    doctor.project.commit()
    seen = doctor.examine()
    assert seen.names == [name]
    assert seen[name]["problem"].startswith(told)


def test_directories_that_coverage_does_not_search(doctor: Doctor) -> None:
    doctor.project.write("names/space/mod.py", "x = 1\n")
    doctor.project.write(".coveragerc", "[run]\nsource = names\n")
    doctor.project.commit()
    seen = doctor.examine()
    assert seen.names == ["only-imported"]
    assert seen["only-imported"]["problem"].startswith("coverage finds no file in names by itself")


def test_tests_in_the_default_sources_are_counted(doctor: Doctor) -> None:
    doctor.project.write("pkg/tests/test_inside.py", "def test_inside():\n    assert 1\n")
    doctor.project.commit()
    seen = doctor.examine()
    assert seen.names == []
    assert seen.facts["sources"] == "pkg (found), 2 files, without the 1 test file in it"


def test_a_command_that_measures_by_itself(doctor: Doctor) -> None:
    doctor.project.configure('source = ["pkg"]\ncommand = ["toox"]\n')
    doctor.project.commit()
    seen = doctor.examine()
    assert seen.names == ["command", "source-unused"]
    assert seen["command"]["problem"] == "`command` starts toox, which doesn't exist"
    doctor.project.write("check", "#!/bin/sh\n")
    (doctor.project.top / "check").chmod(0o755)
    doctor.project.configure('command = ["./check"]\n')
    doctor.project.commit()
    seen = doctor.examine()
    assert seen.names == []
    assert seen.facts["tests"] == "./check, followed to the Python that runs the tests"


def test_what_is_broken_never_makes_it_fail(tmp_path: Path, environ: dict[str, str]) -> None:
    directory = tmp_path / "work"
    assert run(["git", "init", "--quiet", str(directory)], tmp_path, environ).status == 0
    project = Project(directory, tmp_path / "nowhere.git", environ)
    doctor = Doctor(project, tmp_path / "bin")
    assert {"no-commit", "hooks-not-installed", "no-remote"} <= set(doctor.examine().names)
    project.write("pyproject.toml", "[tool.covgate\n")
    (directory / ".git/hooks").rename(tmp_path / "hooks")
    project.write(".git/hooks", "a file\n")
    seen = doctor.examine()
    assert {"configuration", "no-commit", "hooks-not-installed"} <= set(seen.names)
    (directory / "pyproject.toml").unlink()
    (directory / ".covgate.toml").mkdir()
    assert ".covgate.toml can't be read: Is a directory" in doctor.examine()["configuration"]["problem"]
    (directory / ".covgate.toml").rmdir()
    project.write("code.py", "")
    project.commit("begin")
    tree, commit = project.git("rev-parse", "HEAD^{tree}"), project.git("rev-parse", "HEAD")
    project.git("update-ref", "refs/notes/coverage", commit)
    project.write(".git/refs/notes/coverage", "0123\n")
    for oid in (tree, commit):
        (directory / ".git/objects" / oid[:2] / oid[2:]).unlink()
        done = project.covgate("doctor")
        assert done.status in (0, 2, 3), done.text
        assert "Traceback" not in done
        assert "fix:" in done or "hint" in done or "git" in done
