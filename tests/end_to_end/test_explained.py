"""A blocked push names lines: what it added, what was lost, what was removed; and what is charged to nobody."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.project import Project, calls, functions
from helpers.sealed import run

pytestmark = [pytest.mark.end_to_end, pytest.mark.known_trees]
Make = Callable[..., Project]

FILES = "refs/notes/coverage-files"


def forget(project: Project) -> None:
    """Whatever this machine remembers of measurements."""
    shutil.rmtree(project.top / ".git" / "covgate", ignore_errors=True)


def has_ref(project: Project, where: Path, ref: str = FILES) -> bool:
    return run(["git", "rev-parse", "--verify", "--quiet", ref], where, project.environ).status == 0


# What a push adds, and what it loses


def test_lines_that_were_added_and_lines_that_were_lost(project: Project) -> None:
    first = project.commit()
    assert project.push().status == 0
    project.write("pkg/mod.py", "# A comment.\n" + functions("a", "b", "c", "new"))
    project.write("tests/test_mod.py", calls("b"))
    project.commit()
    done = project.push()
    assert done.status == 1
    for row in [
        f"    at {first[:10]}   5 of  6",
        "    added          +1 of +2  1 not executed",
        "    lost           -1        executed then, not now, and not touched since",
        "    here            5 of  8",
        "    pkg/mod.py  83.33% -> 62.50%",
        "      pkg/mod.py:15  new   return 'new'",
        "      pkg/mod.py:3   lost  return 'a'",
        "  This push changes 2 statements and branches, 1 of them executed (50.00%).",
    ]:
        assert row in done.text.splitlines(), done.text


def test_what_is_excluded_or_omitted_is_told(project: Project) -> None:
    project.write("pkg/more.py", "def d():\n    return 'd'\n")
    project.write("tests/test_more.py", "from pkg import more\n\n\ndef test_d():\n    assert more.d() == 'd'\n")
    project.commit()
    assert project.push().status == 0
    project.write("pkg/mod.py", "def a():  # pragma: no cover\n" + functions("a", "b", "c").split("\n", 1)[1])
    project.write("tests/test_mod.py", calls())
    (project.top / "pkg" / "more.py").unlink()
    (project.top / "tests" / "test_more.py").unlink()
    project.commit()
    done = project.push()
    assert done.status == 1
    assert ":2  excluded  " in done.text, done.text
    assert "removed" in done.text


def test_the_lines_travel_to_another_clone(project: Project, tmp_path: Path) -> None:
    assert project.push().status == 0
    assert has_ref(project, project.remote)
    other = project.clone(tmp_path / "other")
    assert not has_ref(other, other.top)
    other.write("tests/test_mod.py", calls("b"))
    other.commit()
    done = other.push()
    assert done.status == 1
    assert ":2  lost  " in done.text, done.text
    assert has_ref(other, other.top)


def test_without_the_lines_the_verdict_is_the_same(make_project: Make, tmp_path: Path) -> None:
    project = make_project(config="retries = 0\n")
    assert project.push().status == 0
    for where in (project.top, project.remote):
        run(["git", "update-ref", "-d", FILES], where, project.environ)
    forget(project)
    project.write("tests/test_mod.py", calls("b"))
    commit = project.commit()
    done = project.push()
    assert done.status == 1
    assert "is measured here, too: its lines are not known here" in done
    assert ":2  lost  " in done.text, done.text
    assert project.field("coverage_status", commit) == "FAIL"


def test_lines_that_were_spoilt_are_named_and_not_believed(project: Project) -> None:
    assert project.push().status == 0
    head = project.git("rev-parse", "HEAD")
    spoilt = project.git("show", f"{FILES}:{head}").replace('"format":1', '"format":77')
    project.write(".git/spoilt", spoilt)
    blob = project.git("hash-object", "-w", ".git/spoilt")
    project.git("notes", "--ref=coverage-files", "add", "-f", "-C", blob, head)
    project.write("tests/test_mod.py", calls("b"))
    project.commit()
    done = project.push()
    assert done.status == 1
    assert f"the lines of {head[:10]} in {FILES} are ignored: it is of format 77" in done
    assert ":2  lost  " in done.text, done.text


def test_lines_that_the_record_does_not_know_excuse_nothing(project: Project) -> None:
    """A report made elsewhere is judged where no test can run: what is forged there must not be what is left."""
    project.write("pkg/more.py", functions("x"))
    project.write("tests/test_more.py", "from pkg import more\n\n\ndef test_x():\n    assert more.x() == 'x'\n")
    head = project.commit()
    assert project.push().status == 0
    forged = project.git("show", f"{FILES}:{head}").replace('["pkg/more.py",".2+"]', '["pkg/more.py",".90+"]')
    assert ".90+" in forged
    project.write(".git/forged", forged)
    blob = project.git("hash-object", "-w", ".git/forged")
    project.git("notes", "--ref=coverage-files", "add", "-f", "-C", blob, head)
    forget(project)
    (project.top / "pkg" / "more.py").unlink()
    (project.top / "tests" / "test_more.py").unlink()
    project.write("tests/test_mod.py", calls("b"))
    project.commit()
    for argv in (["run", "--source=pkg", "-m", "pytest", "-q"], ["json", "-q", "-o", ".git/report.json"]):
        done = run([project.python, "-m", "coverage", *argv], project.top, project.environ)
        assert done.status == 0, done.text
    done = project.covgate("check", "--report", ".git/report.json")
    assert done.status == 1, done.text
    assert "66.67% is below the baseline of 87.50%" in done


def test_the_note_of_the_lines_can_be_read(project: Project) -> None:
    assert project.push().status == 0
    told = json.loads(project.git("notes", "--ref=coverage-files", "show"))
    (component,) = told["components"]
    assert component["tree"] == project.git("rev-parse", "HEAD^{tree}")
    assert ["pkg/mod.py", ".2+2.2+2.+-"] in component["files"]


# Removed code


def test_deleting_covered_code_is_no_regression_now_or_later(project: Project) -> None:
    assert project.push().status == 0
    project.write("pkg/mod.py", functions("b", "c"))
    project.write("tests/test_mod.py", calls("b"))
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    assert "75.00% holds the baseline of 83.33%, which is 75.00% without the code that was removed" in done
    assert project.field("baseline") == "83.33"
    project.write("README", "more\n")
    project.commit()
    assert project.push().status == 0


def test_deleting_covered_code_can_be_counted(project: Project) -> None:
    project.configure('removed_code = "count"\n')
    project.commit()
    assert project.push().status == 0
    project.write("pkg/mod.py", functions("b", "c"))
    project.write("tests/test_mod.py", calls("b"))
    project.commit()
    done = project.push()
    assert done.status == 1
    assert "75.00% is below the baseline of 83.33%" in done


def test_a_regression_beside_removed_code_is_blocked(project: Project) -> None:
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.write("tests/test_mod.py", calls("a", "b", "d"))
    project.commit()
    assert project.push().status == 0
    project.write("pkg/mod.py", functions("b", "c", "d"))
    project.write("tests/test_mod.py", calls("b"))
    project.commit()
    done = project.push()
    assert done.status == 1
    assert ":10  lost  " in done.text, done.text


def test_a_change_of_code_that_was_never_covered(project: Project) -> None:
    assert project.push().status == 0
    project.write(
        "pkg/mod.py", functions("a", "b", "c").replace("    return 'c'\n", "    more = 'c'\n    return more\n")
    )
    commit = project.commit()
    done = project.push(COVGATE_EPSILON="50")
    assert done.status == 0, done.text
    said = "changed, but executed by no test, neither before nor now: pkg/mod.py:10\n"
    assert done.text.count(said) == 1, done.text
    checked = json.loads(project.covgate("check", "--base", "HEAD~", "--format", "json").text)
    assert (checked["commit"], checked["never_covered"]) == (commit, [{"path": "pkg/mod.py", "lines": [10, 11]}])


# The patch floor


def test_the_patch_floor(make_project: Make) -> None:
    project = make_project(config='policy = "absolute"\npatch_floor = 80\n')
    assert project.push().status == 0
    project.write("pkg/mod.py", functions("a", "b", "c", "new"))
    project.commit()
    done = project.push()
    assert done.status == 1
    assert "50.00% of the changed lines is below the patch floor of 80.00%" in done
    assert ":14  new  " in done.text, done.text
    small = project.covgate("check", COVGATE_PATCH_MIN_LINES="3")
    assert "the patch floor of 80.00% does not apply: 2 executable lines are changed, fewer than 3" in small, small.text
    project.write("tests/test_mod.py", calls("a", "b", "new"))
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    assert "100.00% of the changed lines holds the patch floor of 80.00%" in done


def test_a_push_that_changes_no_code_passes_the_patch_floor(make_project: Make) -> None:
    project = make_project(config='policy = "absolute"\npatch_floor = 100\n')
    assert project.push().status == 0
    project.write("README", "text\n")
    project.commit()
    done = project.push()
    assert done.status == 0
    assert "no executable line was changed" in done


def test_the_first_push_has_nothing_to_be_a_patch_of(make_project: Make) -> None:
    project = make_project(config="patch_floor = 100\n")
    done = project.push()
    assert done.status == 0
    assert "the patch floor is not judged: there is no base to compare with" in done


def test_a_changed_file_that_is_not_measured_is_said(make_project: Make) -> None:
    project = make_project(config='policy = "absolute"\npatch_floor = 100\nsource = ["pkg"]\n')
    assert project.push().status == 0
    project.write("tools/deploy.py", "print('deployed')\n")
    project.commit()
    done = project.push()
    assert done.status == 0
    assert "1 new source file is not measured: tools/deploy.py (if it should count" in done.text, done.text
    assert "changed, but" not in done.text, done.text
    project.write("tools/deploy.py", "print('deployed again')\n")
    project.commit()
    done = project.push()
    assert done.status == 0
    assert "changed, but not measured: tools/deploy.py" in done.text, done.text


def test_a_later_line_of_a_statement_is_the_statement(make_project: Make) -> None:
    project = make_project(config='policy = "absolute"\npatch_floor = 100\n')
    long = "def d():\n    return dict(\n        one=1,\n        two={},\n    )\n"
    project.write("pkg/mod.py", functions("a", "b", "c") + long.format(2))
    project.commit()
    assert project.push(COVGATE_PATCH_FLOOR="0").status == 0
    project.write("pkg/mod.py", functions("a", "b", "c") + long.format(3))
    project.commit()
    done = project.push()
    assert done.status == 1
    assert "0.00% of the changed lines is below the patch floor of 100.00%" in done, done.text
    assert ":14  new  " in done.text, done.text


def test_what_a_merge_brings_is_charged_to_nobody_again(make_project: Make, tmp_path: Path) -> None:
    project = make_project(config='policy = "absolute"\npatch_floor = 100\n')
    assert project.push().status == 0
    project.git("switch", "--quiet", "--create", "feature")
    project.write("pkg/one.py", "def one():\n    return 1\n")
    project.write("tests/test_one.py", "from pkg import one\n\n\ndef test_one():\n    assert one.one() == 1\n")
    project.commit()
    assert project.push("feature").status == 0
    project.git("switch", "--quiet", "main")
    project.write("pkg/other.py", "def other():\n    return 'not covered'\n")
    project.commit()
    assert project.push(COVGATE_DISABLE="1").status == 0
    project.git("switch", "--quiet", "feature")
    project.git("merge", "--quiet", "--no-edit", "main")
    project.write("pkg/one.py", "def one():\n    value = 1\n    return value\n")
    project.commit()
    done = project.push("feature")
    assert done.status == 0, done.text
    assert "100.00% of the changed lines holds the patch floor of 100.00%" in done


def test_a_copied_file_is_new_code(make_project: Make) -> None:
    """Its source is changed in the same push: git would call the copy a change of that."""
    project = make_project(config='policy = "absolute"\npatch_floor = 90\n')
    assert project.push().status == 0
    project.write("pkg/mod.py", "# Changed.\n" + functions("a", "b", "c"))
    project.write("pkg/twin.py", functions("a", "b", "c"))
    project.commit()
    done = project.push()
    assert done.status == 1, done.text
    assert "0.00% of the changed lines is below the patch floor of 90.00%" in done


# Chance


def flapping(project: Project, counter: Path, *, covers: str) -> None:
    """A suite that executes pkg.mod.c in those of its runs that are in ``covers``: "13" is the first and the third."""
    project.write(
        "tests/test_mod.py",
        "import pathlib\n\nfrom pkg import mod\n\n\ndef test_calls():\n"
        f"    counter = pathlib.Path({str(counter)!r})\n"
        "    run = len(counter.read_text()) + 1 if counter.exists() else 1\n"
        "    counter.write_text('x' * run)\n"
        "    assert mod.a() and mod.b()\n"
        f"    if str(run) in {covers!r}:\n        assert mod.c()\n",
    )


def test_what_one_of_two_runs_executes_is_not_charged(project: Project, tmp_path: Path) -> None:
    flapping(project, tmp_path / "counter", covers="13")
    project.commit()
    assert project.push().status == 0
    project.write("README", "more\n")
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    assert "the lost coverage may be flaky: the tests run once more" in done
    assert "unstable, and doesn't block: pkg/mod.py line 10: executed in one of 2 runs, not in all" in done
    assert len((tmp_path / "counter").read_text()) == 3
    # Neither this push again nor the merge runs the tests of this tree a third time.
    assert "PASS" in project.covgate("check")
    assert len((tmp_path / "counter").read_text()) == 3


def test_chance_raises_no_baseline(project: Project, tmp_path: Path) -> None:
    flapping(project, tmp_path / "counter", covers="3")
    project.commit()
    assert project.push().status == 0
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.write("tests/test_d.py", "from pkg import mod\n\n\ndef test_d():\n    assert mod.d()\n")
    project.git("notes", "--ref=coverage", "show")
    project.commit()
    assert project.push().status == 0
    assert project.field("baseline") == "87.50"


def test_what_no_run_executes_stays_lost(project: Project, tmp_path: Path) -> None:
    flapping(project, tmp_path / "counter", covers="1")
    project.commit()
    assert project.push().status == 0
    project.write("README", "more\n")
    project.commit()
    done = project.push()
    assert done.status == 1
    assert ":10  lost  " in done.text
    assert len((tmp_path / "counter").read_text()) == 3
    assert project.push().status == 1
    assert len((tmp_path / "counter").read_text()) == 3


def test_what_the_push_itself_took_away_is_not_run_again(project: Project, tmp_path: Path) -> None:
    project.count_runs(tmp_path / "runs")
    project.commit()
    assert project.push().status == 0
    project.write("pkg/mod.py", functions("a", "b", "c", "d", "e"))
    project.commit()
    assert project.push().status == 1
    assert (tmp_path / "runs").read_text().count("run") == 2


def test_a_second_run_that_fails_changes_nothing(project: Project, tmp_path: Path) -> None:
    flapping(project, tmp_path / "counter", covers="1")
    suite = (project.top / "tests" / "test_mod.py").read_text()
    project.write("tests/test_mod.py", suite + "    assert run != 3\n")
    project.commit()
    assert project.push().status == 0
    project.write("README", "more\n")
    project.commit()
    done = project.push()
    assert done.status == 1
    again = "the tests failed (exit status 1): tests/test_mod.py::test_calls"
    assert f"the tests ran once more: {again}; the first run is judged" in done, done.text
    assert "83.33% is below the baseline of 100.00%" in done


def test_what_can_not_be_explained_is_blocked_all_the_same(project: Project, tmp_path: Path) -> None:
    assert project.push().status == 0
    project.write("tests/test_mod.py", calls("b"))
    project.commit()
    git = shutil.which("git", path=project.environ["PATH"])
    broken = tmp_path / "bin" / "git"
    broken.parent.mkdir()
    broken.write_text(
        f'#!/bin/sh\ncase " $* " in *" diff-tree "*) echo "fatal: no" >&2; exit 128;; esac\nexec {git} "$@"\n'
    )
    broken.chmod(0o755)
    # Not by a push: git puts its own directory first on a hook's PATH.
    done = project.covgate("check", PATH=f"{broken.parent}:{project.environ['PATH']}")
    assert done.status == 1
    assert "66.67% is below the baseline of 83.33%" in done
    assert "not everything can be explained: git " in done, done.text


# on_block


def telling(target: Path, *, status: int = 0) -> str:
    program = f"import sys, pathlib; pathlib.Path({str(target)!r}).write_text(sys.stdin.read()); sys.exit({status})"
    return f"on_block = [{json.dumps(sys.executable)}, '-c', {json.dumps(program)}]\n"


@pytest.mark.parametrize("status", [0, 3])
def test_on_block_gets_the_verdict_and_changes_nothing(make_project: Make, tmp_path: Path, status: int) -> None:
    told = tmp_path / "told.json"
    project = make_project(config=telling(told, status=status))
    assert project.push().status == 0
    assert not told.exists()
    project.write("tests/test_mod.py", calls("b"))
    commit = project.commit()
    done = project.push()
    assert done.status == 1
    data = json.loads(told.read_text())
    assert (data["status"], data["commit"], data["measured_coverage"]) == ("FAIL", commit, "66.67")
    assert ("on_block failed: " in done) is bool(status)
    assert "BLOCKED" in done


def test_on_block_gets_the_notices_about_the_whole_push(make_project: Make, tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    project = make_project(config=telling(told))
    assert project.push().status == 0
    project.git("remote", "set-url", "--push", "origin", str(project.remote))
    project.git("remote", "set-url", "origin", str(tmp_path / "nowhere"))
    project.write("tests/test_mod.py", calls("b"))
    project.commit()
    assert project.push().status == 1
    notices = json.loads(told.read_text())["notices"]
    assert len([each for each in notices if "could not be fetched" in each]) == 1


def test_an_on_block_that_is_not_there(make_project: Make) -> None:
    project = make_project(config='on_block = "no-such-program --now"\n')
    assert project.push().status == 0
    project.write("tests/test_mod.py", calls("b"))
    project.commit()
    done = project.push()
    assert done.status == 1
    assert "on_block could not be started: no-such-program: No such file or directory" in done
