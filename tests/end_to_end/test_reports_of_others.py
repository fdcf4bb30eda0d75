"""Reports that other tools made: given with --report, or written by the configured command; one check for both."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from helpers.project import Project, calls, functions
from helpers.sealed import Done, run

pytestmark = pytest.mark.end_to_end

EXECUTED = "DA:1,1\nDA:2,1\nDA:5,1\nDA:6,1\nDA:9,1\nDA:10,0\n"  # pkg/mod.py: 5 of 6


def lcov(**names: str) -> str:
    return "TN:\n" + "".join(f"SF:{name}\n{lines}end_of_record\n" for name, lines in names.items())


def check(project: Project, *argv: str) -> dict[str, Any]:
    done = project.covgate("check", *argv, "--format", "json")
    assert done.status == 0, done.text
    data: dict[str, Any] = json.loads(done.text)
    return data


def executed(data: dict[str, Any]) -> tuple[int, int]:
    return data["numbers"]["executed_statements"], data["numbers"]["statements"]


def assert_clear(done: Done, *words: str) -> None:
    assert "Traceback" not in done, done.text
    assert "internal error" not in done, done.text
    for word in words:
        assert word in done, done.text


def test_one_check_for_a_given_report_and_for_that_of_the_command(make_project: Callable[..., Project]) -> None:
    text = lcov(**{"/app/pkg/mod.py": EXECUTED, "/usr/include/stdio.h": "DA:9,1\n", "/app/made.py": "DA:1,1\n"})
    project = make_project(
        config='command = ["cp", "given", "lcov.info"]\nreport = "lcov.info"\nreport_paths = { "/app" = "." }\n'
    )
    project.write("given", text)
    project.write(".gitignore", "lcov.info\n")
    project.commit()
    pushed = project.push()
    assert "PASS" in pushed, pushed.text
    assert "83.33%" in pushed
    project.write(".git/lcov.info", text)
    given = project.covgate("check", "--report", ".git/lcov.info")
    for done in (pushed, given):
        assert "lcov.info: not counted, because it is not in" in done, done.text
        assert ": /app/made.py" in done
        assert "lcov.info: not counted, because it is outside of the repository: /usr/include/stdio.h" in done
    # What is damaged in one is damaged in the other.
    project.write("given", text.replace("DA:10,0", "DA:10,0\nDA:90,1"))
    project.commit()
    (project.top / ".git/lcov.info").write_text((project.top / "given").read_text())
    for done in (project.push(), project.covgate("check", "--report", ".git/lcov.info")):
        assert "lcov.info is of another commit: it has line 90 of pkg/mod.py, which has 12 lines at" in done, done.text


def test_files_that_a_report_left_out_are_no_other_circumstances(make_project: Callable[..., Project]) -> None:
    project = make_project(config='command = ["cp", "given", "lcov.info"]\nreport = "lcov.info"\n')
    project.write(".gitignore", "lcov.info\n")
    project.write("pkg/more.py", "a = 1\nb = 2\n")
    project.write("given", lcov(**{"pkg/mod.py": EXECUTED, "pkg/more.py": "DA:1,0\nDA:2,0\n"}))
    project.commit()
    assert "62.50%" in project.push()
    # The report no longer has pkg/more.py, which still counts, here and in the record.
    project.write("given", lcov(**{"pkg/mod.py": EXECUTED.replace(",0", ",1")}))
    project.commit()
    assert "the baseline rises from 62.50% to 75.00%" in project.push()
    project.write("given", lcov(**{"pkg/mod.py": EXECUTED}))
    project.commit()
    done = project.push()
    assert "62.50% is below the baseline of 75.00%" in done, done.text
    assert "which is" not in done and "the installed software differs" not in done


def test_a_report_about_another_checkout_is_refused(make_project: Callable[..., Project]) -> None:
    """The command measures the user's checkout, although another commit is pushed."""
    project = make_project()
    absolute = str(project.top / "pkg/mod.py")
    command = f"printf 'SF:{absolute}\\nDA:1,1\\nend_of_record\\n' > lcov.info"
    project.configure(f'report = "lcov.info"\nisolation = "worktree"\ncommand = ["sh", "-c", {json.dumps(command)}]\n')
    project.write(".gitignore", "lcov.info\n")
    project.commit()
    done = project.push()
    assert f"measured outside the tree: lcov.info is about {absolute}, in another checkout of this repository" in done


def test_report_paths_for_each_report(project: Project) -> None:
    for package in ("x", "y"):
        project.write(f"packages/{package}/src/index.js", "one();\ntwo();\n")
    project.commit()
    for package, lines in (("x", "DA:1,1\nDA:2,0\n"), ("y", "DA:1,1\nDA:2,1\n")):
        project.write(f".git/{package}.info", lcov(**{"src/index.js": lines}))
    x, y = ("--report", ".git/x.info"), ("--report", ".git/y.info")
    done = project.covgate("check", *x, *y)
    assert_clear(
        done,
        ".git/x.info: src/index.js may be packages/x/src/index.js or packages/y/src/index.js",
        '{ "." = "packages/x" }, or --report-path .=packages/x after the report',
    )
    assert "WARNING" in done
    mapped = (*x, "--report-path", ".=packages/x", *y, "--report-path", ".=packages/y")
    assert executed(check(project, *mapped)) == (3, 4)
    first = ("--report-path", ".=packages/y", *x, "--report-path", ".=packages/x", *y)
    assert executed(check(project, *first)) == (3, 4)
    # Where a tool leaves its report, nothing has to be said.
    for package in ("x", "y"):
        (project.top / f"packages/{package}/coverage").mkdir()
        (project.top / f".git/{package}.info").rename(project.top / f"packages/{package}/coverage/lcov.info")
    found = check(project, *(f"--report=packages/{package}/coverage/lcov.info" for package in ("x", "y")))
    assert executed(found) == (3, 4)
    assert not any("lcov.info" in each for each in found["notices"])


@pytest.mark.parametrize("value", ["/app", "/app=", "/app=/tmp", "/app=../x", "=C:/x"])
def test_a_report_path_that_is_none(project: Project, value: str) -> None:
    done = project.covgate("check", "--report", "x", "--report-path", value)
    assert done.status == 2
    assert_clear(done, f"--report-path {value}: ")


def test_reports_that_did_not_arrive(project: Project) -> None:
    for name in ("x", "y"):
        project.write(f".git/reports/{name}.info", lcov(**{"pkg/mod.py": EXECUTED}))
    pattern = ("--report", ".git/reports/*.info")
    assert executed(check(project, *pattern, "--expect", "2")) == (5, 6)
    assert executed(check(project, *pattern, "--expect", "1", "--report", ".git/reports/x.info")) == (5, 6)
    done = project.covgate("check", *pattern, "--report", ".git/reports/x.info", "--report", "z", "--expect", "3")
    assert done.status == 2
    assert_clear(done, "2 of 3 reports arrived: .git/reports/x.info, .git/reports/y.info; missing: z (no such file)")
    done = project.covgate("check", "--report", "made/*.info", "--expect", "1", "--fail-open")
    assert done.status == 2
    assert_clear(done, "0 of 1 reports arrived; missing: made/*.info (matches no file)")
    done = project.covgate("check", "--report", "made/*.info", *pattern)
    assert done.status == 2
    assert_clear(done, "not all reports arrived; missing: made/*.info (matches no file)")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--expect", "2"), "--expect is given, but no --report"),
        (("--report", "x", "--expect", "0"), "'0' is not a number of files, from 1 on"),
        (("--report", "x", "--expect", "1.5"), "'1.5' is not a number of files, from 1 on"),
    ],
)
def test_an_expectation_that_is_none(project: Project, argv: tuple[str, ...], said: str) -> None:
    done = project.covgate("check", *argv)
    assert done.status == 2
    assert_clear(done, said)


def test_the_format_of_each_report(project: Project) -> None:
    """What --report-format and the configuration say holds, instead of what the first bytes show."""
    project.write("app.js", "one();\ntwo();\n")
    project.commit()
    # No reader recognises it: where a name would be in the first bytes, there is a comment.
    late = "#" * 5000 + "\n" + lcov(**{"app.js": "DA:1,1\nDA:2,0\n"})
    project.write(".git/late", late)
    project.write(".git/go", "mode: set\napp.js:1.1,1.6 1 1\n")
    done = project.covgate("check", "--report", ".git/late")
    assert_clear(done, ".git/late can't be read as a coverage report: it is not in a known format")
    one, other = ("--report", ".git/late", "--report-format", "lcov"), ("--report", ".git/go")
    assert executed(check(project, *one)) == (1, 2)
    assert executed(check(project, *one, *other)) == (1, 2)
    assert executed(check(project, "--report-format", "lcov", *one[:2])) == (1, 2)
    assert executed(check(project, "--report-format", "go", *one, *other)) == (1, 2)
    done = project.covgate("check", "--report-format", "lcov", "--fail-closed", *one[:2], *other)
    assert done.status == 3
    assert_clear(
        done, ".git/go is not in the format lcov: it looks like go", "correct `report_format` or --report-format"
    )
    done = project.covgate("check", *other, "--report-format", "cover")
    assert done.status == 2
    assert_clear(done, "invalid choice: 'cover'")
    # For the report that the command writes, the configuration says it.
    project.configure('command = ["cp", "given", "late"]\nreport = "late"\nreport_format = "lcov"\n')
    project.write("given", late)
    project.write(".gitignore", "late\n")
    project.commit()
    pushed = project.push()
    assert "50.00%" in pushed, pushed.text
    project.configure('command = ["cp", "given", "late"]\nreport = "late"\nreport_format = "go"\n')
    project.commit()
    pushed = project.push()
    assert_clear(pushed, "report_format", "late can't be read as a coverage report: its first line is not its mode")


def measured(project: Project, data: Path, *, source: str = "pkg") -> None:
    environ = {**project.environ, "COVERAGE_FILE": str(data)}
    argv = [project.python, "-m", "coverage", "run", f"--source={source}", "-m", "pytest", "-q"]
    assert run(argv, project.top, environ).status == 0


def test_a_data_file_is_joined_with_other_reports(project: Project, tmp_path: Path) -> None:
    project.write("web/app.js", "one();\ntwo();\n")
    project.commit()
    data = tmp_path / "data"
    measured(project, data)
    project.write(".git/lcov.info", lcov(**{"web/app.js": "DA:1,1\nDA:2,0\n"}))
    both = ["--report", str(data), "--report", ".git/lcov.info"]
    for reports in (both, [*both[2:], *both[:2]]):
        found = check(project, *reports)
        assert executed(found) == (6, 8)
        assert [each["path"] for each in found["files"]] == ["pkg/__init__.py", "pkg/mod.py", "web/app.js"]
    # Two data files of the same sources, each with a part of the tests.
    project.write("tests/test_mod.py", calls("c"))
    project.commit()
    other = tmp_path / "other"
    measured(project, other)
    assert executed(check(project, "--report", str(data), "--report", str(other))) == (6, 6)


def test_a_data_file_of_another_machine(project: Project, tmp_path: Path) -> None:
    data = tmp_path / "data"
    measured(project, data)
    with closing(sqlite3.connect(data)) as database, database:
        database.execute("UPDATE file SET path = replace(path, ?, '/app')", (str(project.top),))
    found = check(project, "--report", str(data))
    assert executed(found) == (5, 6)
    (notice,) = [each for each in found["notices"] if "/app" in each]
    assert "are taken to be in the top of the repository" in notice
    mapped = check(project, "--report", str(data), "--report-path", "/app=.")
    assert executed(mapped) == (5, 6)
    assert not any("/app" in each for each in mapped["notices"])
    with closing(sqlite3.connect(data)) as database, database:
        database.execute("UPDATE file SET path = replace(path, 'pkg', 'lib')")
    done = project.covgate("check", "--report", str(data))
    assert_clear(done, "data has no file of ", "the first it has is /app/lib/", '"/app/lib" = "DIRECTORY"')


def test_a_data_file_is_judged_only_where_its_sources_are(project: Project, tmp_path: Path) -> None:
    data = tmp_path / "data"
    measured(project, data)
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    done = project.covgate("check", "--report", str(data))
    assert_clear(done, "pkg/mod.py is not checked out as in", "so a coverage data file can't be judged")
    project.commit()
    assert_clear(project.covgate("check", "HEAD~1", "--report", str(data)), "pkg/mod.py is not checked out as in")


BAD = {
    "empty": (b"", "is empty"),
    "binary": (bytes(range(256)) * 40, "is not in a known format"),
    "half a data file": (b"SQLite format 3\0" + b"\0" * 4000, "can't be read as a coverage data file"),
    "no file": (b"TN:\n", "has no file in it"),
    "a surrogate": (b'{"meta": {"version": "7"}, "files": {"\\ud800": 3}, "totals": {}}', "can't be read"),
    "a surrogate in LCOV": (b"SF:\xed\xa0\x80\x1b[31m\nDA:1,1\nend_of_record\n", "has no file of"),
    "a path of 4,096 bytes": (b"SF:" + b"x" * 4096 + b"\nDA:1,1\nend_of_record\n", "has no file of"),
    "Cobertura with such a path": (
        b'<coverage><classes><class filename="' + b"x/" * 2048 + b'"><lines/></class></classes></coverage>',
        "has no file of",
    ),
    "100,000 files": (
        b"".join(b"SF:/x/%d.c\nDA:1,1\nend_of_record\n" % number for number in range(100_000)),
        "has no file of",
    ),
    "entities": (b'<!DOCTYPE x [<!ENTITY a "b">]><coverage>&a;</coverage>', "declares XML entities"),
    "depth": (b'{"meta":' * 100_000, "nested too deeply"),
}


@pytest.mark.parametrize("name", list(BAD))
def test_a_bad_report_gives_one_clear_line(project: Project, name: str) -> None:
    data, words = BAD[name]
    (project.top / ".git/report").write_bytes(data)
    done = project.covgate("check", "--report", ".git/report", "--fail-closed")
    assert done.status == 3, done.text
    assert_clear(done, words)
    assert len(done.text.splitlines()) <= 4, done.text
    assert all(len(line) < 600 and line.isprintable() for line in done.text.splitlines()), done.text


def test_a_report_of_500_mb_is_not_read(project: Project) -> None:
    with (project.top / ".git/report").open("wb") as file:
        file.truncate(500 * 1024**2)
    done = project.covgate("check", "--report", ".git/report", "--fail-closed")
    assert done.status == 3
    assert_clear(done, ".git/report has more than 256 MB, which is the limit", "lcov --remove")
    for path in (".git", "/dev/null"):
        assert_clear(project.covgate("check", "--report", path, "--fail-closed"))
