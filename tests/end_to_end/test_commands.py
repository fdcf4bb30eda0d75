"""The command line: what each command says, and its exit code."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from covgate.model.note_text import read_status
from covgate.model.verdict import Status
from helpers.project import Project, calls, functions
from helpers.sealed import run, script

pytestmark = [pytest.mark.end_to_end, pytest.mark.known_trees]


def test_version_and_help(project: Project) -> None:
    assert project.covgate("--version").text.startswith("covgate 0.")
    commands = ("init", "check", "ratchet", "baseline", "log", "badge", "status", "sync", "audit", "doctor", "demo")
    for command in ("", *commands):
        done = project.covgate(*filter(None, [command]), "--help")
        assert done.status == 0
        assert "examples:" in done
    assert project.covgate("nonsense").status == 2


def test_check_writes_a_report_whose_status_can_be_read_back(project: Project, tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    assert project.covgate("check", "--output", str(report)).status == 0
    assert read_status(report.read_text()) is Status.PASS
    project.push()
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit()
    assert project.covgate("check", "--output", str(report)).status == 1
    assert read_status(report.read_text()) is Status.FAIL
    project.write("tests/test_mod.py", "def test():\n    assert 0\n")
    project.commit()
    assert project.covgate("check", "--output", str(report)).status == 1
    assert read_status(report.read_text()) is not Status.PASS
    (tmp_path / "file").write_text("")
    done = project.covgate("check", "--output", str(tmp_path / "file" / "report.md"))
    assert "Traceback" not in done
    assert "can't be written" in done


def test_check_as_json(tmp_path: Path, environ: dict[str, str]) -> None:
    project = Project.create(tmp_path / "project", environ)
    done = project.covgate("check", "--format", "json")
    data = json.loads(done.text)
    assert data["status"] == "PASS"
    assert data["numbers"] == {
        "statements": 6,
        "executed_statements": 5,
        "branches": 0,
        "executed_branches": 0,
        "excluded": 0,
    }
    (result,) = [each for each in data["files"] if each["path"] == "pkg/mod.py"]
    assert result["missing_lines"] == [10]
    assert data["commit"] == project.git("rev-parse", "HEAD")
    assert data["bootstrap"] is True


@pytest.mark.parametrize("kind", ["json", "xml", "lcov", "data"])
def test_check_judges_reports_made_elsewhere(project: Project, tmp_path: Path, kind: str) -> None:
    python = project.python
    environ = {**project.environ, "COVERAGE_FILE": str(tmp_path / "data")}
    made = run([python, "-m", "coverage", "run", "--source=pkg", "-m", "pytest", "-q"], project.top, environ)
    assert made.status == 0, made.text
    report = tmp_path / "data"
    if kind != "data":
        report = tmp_path / f"report.{kind}"
        assert run([python, "-m", "coverage", kind, "-o", str(report)], project.top, environ).status == 0
    data = json.loads(project.covgate("check", "--report", str(report), "--format", "json").text)
    assert (data["numbers"]["executed_statements"], data["numbers"]["statements"]) == (5, 6)
    assert project.covgate("check", "--report", str(tmp_path / "nothing")).status == 2
    # Where the tests ran elsewhere, the project need not be installed. Only a data file wants its interpreter.
    done = project.covgate("check", "--report", str(report), COVGATE_PYTHON=str(tmp_path / "gone"))
    assert ("there is no such interpreter" in done) == (kind == "data"), done.text
    assert ("PASS" in done) == (kind != "data"), done.text


def test_a_file_that_no_report_mentions_counts_as_not_executed(project: Project) -> None:
    project.write("pkg/more.py", functions("x"))
    project.write("tests/test_more.py", "from pkg import more\n\n\ndef test_x():\n    assert more.x() == 'x'\n")
    project.commit()
    assert project.push().status == 0
    project.git("mv", "pkg/more.py", "pkg/other.py")
    project.git("rm", "-q", "tests/test_more.py")
    project.commit()
    project.write(".git/lcov.info", "SF:pkg/mod.py\nDA:1,1\nDA:2,1\nend_of_record\n")
    done = project.covgate("check", "--report", ".git/lcov.info")
    assert done.status == 1, done.text
    assert "50.00% is below the baseline of 87.50%" in done
    assert "counted as not executed, since the baseline counted them: pkg/other.py\n" in done
    # What is omitted counts once that has landed.
    project.write(".coveragerc", "[run]\nomit = pkg/m*\n")
    project.commit()
    assert "counted them: pkg/other.py\n" in project.covgate("check", "--report", ".git/lcov.info")
    project.write(".coveragerc", "[run]\nomit = pkg/o*\n    pkg/more.py\n")
    project.commit()
    assert project.covgate("check", "--report", ".git/lcov.info").status == 1
    assert project.push("--no-verify", "main").status == 0
    done = project.covgate("check", "--report", ".git/lcov.info")
    assert done.status == 0 and "counted them" not in done, done.text
    shutil.rmtree(project.top / ".git" / "covgate")
    project.git("update-ref", "-d", "refs/notes/coverage-files")
    project.git("-C", str(project.remote), "update-ref", "-d", "refs/notes/coverage-files")
    done = project.covgate("check", "--report", ".git/lcov.info")
    assert "covgate can't check whether the report has them all" in done


def test_several_reports_are_combined(project: Project, tmp_path: Path) -> None:
    reports = []
    for name in ("a", "c"):
        project.write("tests/test_mod.py", calls(name))
        environ = {**project.environ, "COVERAGE_FILE": str(tmp_path / f"data-{name}")}
        run(
            [project.python, "-m", "coverage", "run", "--source=pkg", "-m", "pytest", "-q"],
            project.top,
            environ,
        )
        target = tmp_path / f"{name}.lcov"
        run([project.python, "-m", "coverage", "lcov", "-o", str(target)], project.top, environ)
        reports += ["--report", str(target)]
    done = project.covgate("check", *reports, "--format", "json")
    assert json.loads(done.text)["numbers"]["executed_statements"] == 5


def test_baseline_set_is_an_override_with_a_reason(project: Project) -> None:
    project.push()
    assert project.covgate("baseline").text.startswith("83.33%")
    for words in (["set", "50"], ["set", "50", "--reason", " "], ["set"]):
        done = project.covgate("baseline", *words)
        assert done.status == 2
    for value in ("101", "-1", "nan", "inf", "many", "1e9"):
        done = project.covgate("baseline", "set", value, "--reason", "x")
        assert done.status == 2, done.text
        assert "percentage" in done
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit()
    assert project.push().status != 0
    done = project.covgate("baseline", "set", "--reason", "a legacy module:\nit goes", "75")
    assert done.status == 0, done.text
    assert project.field("epoch") == "1"
    assert project.field("override") == '"a legacy module: it goes"'
    assert project.push().status == 0
    log = project.covgate("log")
    assert "set by hand: a legacy module: it goes" in log
    rows = json.loads(project.covgate("log", "--format", "json").text)
    assert [(row["from"], row["to"], row["epoch"]) for row in rows] == [
        ("83.33", "75.00", 1),
        (None, "83.33", 0),
    ]
    assert rows[0]["who"] == "Ada"
    # The ratchet goes on from there.
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.commit()
    assert project.push().status == 0
    assert project.field("epoch") == "1"
    assert project.field("baseline") == "87.50"


def test_what_the_gate_records_is_in_the_log_and_on_its_page_and_badge(project: Project) -> None:
    project.push()
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    blocked = project.commit("untested")
    assert project.push().status != 0
    assert project.covgate("baseline", "set", "75", "--reason", "<i>a legacy module</i>").status == 0
    project.write("tests/test_mod.py", calls("a", "b", "c", "d"))
    project.commit("tested")
    assert project.push().status == 0
    assert project.covgate("log").text.startswith("baseline  ▃▁█  83.33% -> 100.00%, 3 commits\n\n")
    page = project.covgate("log", "--format", "html").text
    data = json.loads(page.partition('<script type="application/json" id="data">')[2].partition("</script>")[0])
    (component,) = data["components"]
    assert [(data["commits"][each[0]][3], each[1], each[3], each[5]) for each in component["points"]] == [
        ("begin", "83.33", "PASS", "83.33"),
        ("untested", "75.00", "FAIL", "75.00"),
        ("tested", "100.00", "PASS", "100.00"),
    ]
    assert data["commits"][1][0] == blocked
    assert component["points"][1][4] == "75.00% is below the baseline of 83.33%"
    assert component["points"][1][7][:2] == ["<i>a legacy module</i>", "Ada"]
    assert "<i>" not in page
    assert ">100.00%</text>" in project.covgate("badge")
    assert ">75.00%</text>" in project.covgate("badge", "HEAD~1", "--of", "coverage")


def test_status_before_and_after(project: Project) -> None:
    data = json.loads(project.covgate("status", "--format", "json").text)
    assert data["components"]["default"] == {"baseline": None, "coverage": None, "excuse": None}
    project.push()
    data = json.loads(project.covgate("status", "--format", "json").text)
    head = project.git("rev-parse", "HEAD")
    assert data["components"]["default"]["baseline"]["commit"] == head
    assert data["components"]["default"]["coverage"] == {"percent": "83.33", "status": "PASS", "commit": head}
    assert "83.33%" in project.covgate("status")


def test_sync_by_hand_and_a_second_clone(project: Project, tmp_path: Path) -> None:
    project.push(COVGATE_SYNC="false")
    assert project.remote_notes() == ""
    assert "published" in project.covgate("sync")
    assert project.remote_notes() == project.git("rev-parse", "refs/notes/coverage")
    other = project.clone(tmp_path / "other")
    assert "there is no baseline" in other.covgate("baseline")
    assert other.covgate("sync").status == 0
    assert other.covgate("baseline").text == project.covgate("baseline").text
    assert other.git("config", "--get-all", "remote.origin.fetch") == "+refs/heads/*:refs/remotes/origin/*"


def test_two_clones_ratchet_apart_and_join(project: Project, tmp_path: Path) -> None:
    project.push()
    other = project.clone(tmp_path / "other")
    for each, name in ((project, "one"), (other, "two")):
        each.git("checkout", "--quiet", "-b", name)
        each.write("tests/test_mod.py", calls("a", "b", "c"))
        each.commit(name)
        assert each.push(name, COVGATE_SYNC="false").status == 0
    assert project.covgate("sync").status == 0
    assert other.covgate("sync").status == 0
    assert project.covgate("sync").status == 0
    assert project.git("rev-parse", "refs/notes/coverage") == other.git("rev-parse", "refs/notes/coverage")
    assert len(project.git("notes", "--ref=coverage", "list").splitlines()) == 3


def test_a_remote_that_refuses_notes_costs_a_warning(project: Project) -> None:
    hook = project.remote / "hooks" / "update"
    hook.write_text('#!/bin/sh\ncase "$1" in refs/notes/*) echo "notes are not for you" >&2; exit 1;; esac\n')
    hook.chmod(0o755)
    done = project.push()
    assert done.status == 0, done.text
    (told,) = [line for line in done.text.splitlines() if "notes could not be published" in line]
    assert told == (
        "covgate: WARNING: notes could not be published to origin: remote: notes are not for you;"
        " they stay here, and go with the next push of somebody who may write there"
    )
    assert project.remote_branch() == project.git("rev-parse", "HEAD")
    assert project.field("baseline_ratio") == "5/6"
    # Who may not write is gated all the same, by what may be read.
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit()
    done = project.push()
    assert done.status != 0
    assert "below the baseline of 83.33%" in done
    assert "WARNING" not in done


def test_an_unreachable_remote_costs_a_warning(project: Project) -> None:
    project.push()
    project.git("remote", "set-url", "origin", str(project.remote) + "-gone")
    done = project.covgate("check")
    assert done.status == 0
    assert "WARNING: notes of origin could not be fetched" in done


def test_doctor_names_what_is_missing(make_project: Callable[..., Project]) -> None:
    project = make_project(hooks="none")
    done = project.covgate("doctor")
    assert done.status == 0
    assert "no pre-push" in done
    assert "covgate init" in done
    assert "coverage run -m pytest" in done
    assert "pkg (found)" in done
    data = json.loads(project.covgate("doctor", "--format", "json").text)
    assert data["problems"]


def test_python_dash_m(project: Project) -> None:
    done = run([script("python"), "-m", "covgate", "--version"], project.top, project.environ)
    assert done.text.startswith("covgate ")


def test_demo(project: Project, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    done = project.covgate("demo", TMPDIR=str(temporary))
    assert done.status == 0, done.text
    for words in ("PASS", "BLOCKED", "the baseline rises from 83.33% to 100.00%", "coverage_status: PASS"):
        assert words in done
    assert list(temporary.iterdir()) == []


def test_a_ratchet_that_can_not_be_published_is_an_error_where_errors_block(project: Project) -> None:
    hook = project.remote / "hooks" / "update"
    hook.write_text('#!/bin/sh\ncase "$1" in refs/notes/*) echo "notes are not for you" >&2; exit 1;; esac\n')
    hook.chmod(0o755)
    assert project.covgate("ratchet").status == 0
    done = project.covgate("ratchet", "--fail-closed")
    assert done.status == 3
    assert "WARNING: notes could not be published" in done


def test_nothing_is_published_for_a_push_that_an_error_stops(project: Project) -> None:
    project.push()
    before = project.remote_notes()
    project.covgate("baseline", "set", "80", "--reason", "offline", COVGATE_SYNC="false")
    project.configure("fail_closed = true\ntimeout = 1\n")
    project.write("tests/test_slow.py", "import threading\n\n\ndef test():\n    threading.Event().wait(20)\n")
    project.commit()
    assert project.push().status != 0
    assert project.remote_notes() == before


def test_a_report_is_judged_and_not_believed_by_a_merge(project: Project) -> None:
    project.push()
    project.git("checkout", "--quiet", "-b", "topic")
    project.commit("topic")
    report = project.top.parent / "coverage.xml"
    lines = '<lines><line number="1" hits="1"/></lines>'
    package = f'<package name="p"><classes><class name="mod" filename="pkg/mod.py">{lines}</class></classes></package>'
    report.write_text(
        '<?xml version="1.0" ?><coverage line-rate="1"><sources><source>.</source></sources>'
        f"<packages>{package}</packages></coverage>"
    )
    assert project.covgate("check", "--report", str(report)).status == 0
    assert project.note() == ""
    project.git("checkout", "--quiet", "main")
    done = run(["git", "merge", "--quiet", "topic"], project.top, project.environ)
    assert "rises" not in done
    assert project.field("baseline_ratio") == "5/6"


# Stands for the network: what would run on the other host runs here.
SSH = """\
#!/bin/sh
echo "$0 $*" >> '{log}'
for command; do :; done
exec sh -c "$command"
"""


@pytest.mark.parametrize("how", ["plain", "core.sshCommand", "a path in core.sshCommand", "GIT_SSH", "GIT_SSH_COMMAND"])
def test_notes_travel_by_the_ssh_that_the_push_takes(project: Project, tmp_path: Path, how: str) -> None:
    log = tmp_path / "log"
    for name in ("bin/ssh", "own/ssh", "own/other"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(SSH.format(log=log))
        path.chmod(0o755)
    ours, other = str(tmp_path / "own" / "ssh"), str(tmp_path / "own" / "other")
    environ = {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{project.environ['PATH']}", "GIT_SSH_VARIANT": "ssh"}
    expected = other
    if how == "plain":
        expected = "ssh"
    elif how == "core.sshCommand":
        project.git("config", "core.sshCommand", f"{other} -i key")
    elif how == "a path in core.sshCommand":
        project.git("config", "core.sshCommand", f"{ours} -i key")
        expected = ours
    else:
        environ[how] = other
    project.git("remote", "set-url", "origin", f"ssh://host.invalid{project.remote}")
    done = project.push(**environ)
    assert done.status == 0, done.text
    assert "WARNING" not in done
    assert project.remote_notes() == project.git("rev-parse", "refs/notes/coverage")
    calls = log.read_text().splitlines()
    assert all(line.split()[0].endswith(expected) for line in calls), calls
    mine = [line for line in calls if "receive-pack" in line][-1]
    assert ("BatchMode=yes" in mine) == (expected != other), mine
    assert ("-i key" in mine) == ("core" in how)


def test_a_token_in_a_url_is_not_shown(project: Project) -> None:
    project.push()
    project.git("remote", "set-url", "origin", str(project.remote) + "-gone")
    for url in ("http://ada:s3cret@127.0.0.1:9/x", "https://s3cret@127.0.0.1:9/x", "ssh://ada:s3cret@127.0.0.1:9/x"):
        done = project.covgate("sync", url)
        assert done.status == 3
        assert "notes of " in done and "127.0.0.1:9/x could not be fetched" in done
        assert "s3cret" not in done
