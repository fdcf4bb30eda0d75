"""Every way in which a run can end is told apart; none of them is a number that it is not."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.project import Project, calls, functions
from helpers.sealed import script

pytestmark = pytest.mark.end_to_end


def is_alive(pid: str) -> bool:
    """Whether a process runs; one that is dead and only not yet reaped by init does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")


def test_failing_tests_block_and_nothing_is_recorded(project: Project) -> None:
    project.push()
    notes = project.git("rev-parse", "refs/notes/coverage")
    project.write("tests/test_mod.py", calls("a", "b", "c") + "    assert 0, 'it is broken'\n")
    project.commit()
    done = project.push()
    assert done.status != 0
    assert "the tests failed (exit status 1): tests/test_mod.py::test_calls\n" in done
    assert "it is broken" in done
    assert project.git("rev-parse", "refs/notes/coverage") == notes
    # Nor is it remembered: the next push runs them again.
    assert "the tests failed" in project.push()


def test_a_test_file_that_does_not_import_blocks(project: Project) -> None:
    project.push()
    project.write("tests/test_other.py", "import nowhere\n")
    project.commit()
    done = project.push()
    assert done.status != 0
    assert "the tests failed (exit status 2): tests/test_other.py\n" in done


@pytest.mark.parametrize(
    ("command", "name", "text", "said"),
    [
        ("pytest", "tests/conftest.py", "import nowhere\n", "tests/conftest.py can't be imported"),
        ("pytest", "conftest.py", "from pkg import mod\n", "conftest.py can't be imported"),
        ("pytest tests/test_more.py", "README", "", "tests/test_more.py not found"),
        ("python -m pytest tests checks", "README", "", "checks not found"),
        ("pytest tests/test_mod.py::test_gone", "README", "", "tests/test_mod.py::test_gone not found"),
    ],
)
def test_a_commit_whose_tests_can_not_start_is_blocked(
    project: Project, command: str, name: str, text: str, said: str
) -> None:
    """pytest ends with 4, as for a wrong option, but it is the commit that is broken."""
    project.push()
    notes = project.git("rev-parse", "refs/notes/coverage")
    if name == "conftest.py":
        project.write("pkg/mod.py", "def broken(:\n")
    project.write(name, text)
    project.configure(f'command = "{command}"\n')
    project.commit()
    done = project.push()
    assert done.status != 0, done.text
    assert f"the tests could not start: {said} (exit status 4)" in " ".join(done.text.split())
    assert project.git("rev-parse", "refs/notes/coverage") == notes


WARNINGS = '[tool.pytest.ini_options]\nfilterwarnings = ["error::pkg.mod.Old"]\n'
PLUGIN = '[tool.pytest.ini_options]\naddopts = "-p pkg.mod"\n'
IN_A_HOOK = "def pytest_configure(config):\n    import pytest\n    "


@pytest.mark.parametrize(
    ("name", "text", "config", "said"),
    [
        ("pkg/mod.py", "def broken(:\n", WARNINGS, "could not start: SyntaxError in pkg/mod.py (exit status 4)"),
        ("pkg/mod.py", "1 / 0\n", WARNINGS, "could not start: ZeroDivisionError in pkg/mod.py (exit status 4)"),
        ("pkg/mod.py", "NEW = 1\n", WARNINGS, "could not start: pkg.mod can't be imported as configured"),
        ("pkg/mod.py", "1 / 0\n", PLUGIN, "pkg/mod.py"),
        (
            "tests/conftest.py",
            f"{IN_A_HOOK}from pkg import gone\n",
            "",
            "could not run: ImportError in tests/conftest.py",
        ),
        ("tests/conftest.py", f"{IN_A_HOOK}{{}}['gone']\n", "", "could not run: KeyError in tests/conftest.py"),
        ("tests/conftest.py", f"{IN_A_HOOK}raise pytest.UsageError('no database')\n", "", "not measured: pytest ended"),
        ("tests/conftest.py", f"{IN_A_HOOK}config.addinivalue_line('no', 'x')\n", "", "not measured: pytest ended"),
    ],
)
def test_code_that_pytest_takes_for_a_wrong_configuration(
    project: Project, name: str, text: str, config: str, said: str
) -> None:
    project.write(name, text)
    project.configure(config)
    project.commit()
    done = project.covgate("check")
    assert said in " ".join(done.text.split())
    assert done.status == (0 if said.startswith("not measured") else 1), done.text


def test_a_wrong_option_of_the_user_is_a_tool_error(project: Project) -> None:
    project.configure('command = "pytest --no-such-option"\n')
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    assert "WARNING not measured: pytest ended with a usage error (exit status 4)" in done


@pytest.mark.parametrize("how", ["deleted", "not collected"])
def test_no_tests_is_nothing_executed(project: Project, how: str) -> None:
    project.write(".coveragerc", "[run]\nsource = .\nomit = tests/*\n")
    project.commit()
    project.push()
    project.git("rm", "--quiet", "-r", "tests")
    if how == "not collected":
        project.write("tests/mod_checks.py", calls("a", "b", "c"))
    project.commit()
    done = project.push()
    assert done.status != 0
    assert "0.00% is below the baseline of 83.33%" in done
    assert "0 of 6" in done
    # The likeliest reason comes first.
    assert "no line that can be executed" not in done
    assert ".git/covgate" not in done  # what covgate runs to count the statements
    gone = "deleted  tests/test_mod.py" if how == "deleted" else "moved    tests/test_mod.py -> tests/mod_checks.py"
    assert f"    {gone}\n" in done, done.text


def test_timeout_ends_the_whole_process_group(project: Project, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    project.write(
        "tests/test_slow.py",
        "import os, pathlib, signal, subprocess, sys\n\n\ndef test_slow():\n"
        "    code = 'import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pause()'\n"
        "    child = subprocess.Popen([sys.executable, '-c', code])\n"
        f"    pathlib.Path({str(pids)!r}).write_text(f'{{os.getpid()}} {{child.pid}}')\n"
        "    signal.pause()\n",
    )
    project.commit()
    timeout = 3
    done = project.push(COVGATE_TIMEOUT=str(timeout))
    while not pids.exists() and timeout < 90:  # a busy machine has not come to the test yet
        timeout *= 2
        done = project.push(f"main:{timeout}", COVGATE_TIMEOUT=str(timeout))
    assert done.status == 0, done.text
    assert "WARNING" in done
    assert f"timeout = {timeout} seconds" in done
    assert not [pid for pid in pids.read_text().split() if is_alive(pid)]
    assert project.note() == ""


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("missing", ["coverage", "pytest"])
def test_missing_tools(make_project: Callable[..., Project], tmp_path: Path, missing: str, closed: bool) -> None:
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=False, symlinks=True)
    if missing == "pytest":
        site = next(environment.glob("lib/python3*/site-packages"))
        import coverage

        (site / "coverage").symlink_to(Path(coverage.__file__).parent)
    project = make_project()
    project.write("pyproject.toml", f'[tool.covgate]\npython = "{environment}"\nfail_closed = {str(closed).lower()}\n')
    project.commit()
    done = project.push()
    assert f"{missing} is not installed in {environment}" in done
    assert f"-m pip install {missing}" in done
    if closed:
        assert done.status != 0
        assert "BLOCKED" in done
    else:
        assert done.status == 0
        assert "WARNING" in done
    assert project.note() == ""


@pytest.mark.parametrize(
    "code",
    [
        "import os\n\n\ndef test_exit():\n    os._exit(0)\n",
        "import atexit, os\n\natexit.register(os._exit, 0)\n\n\ndef test_fails():\n    assert 0\n",
        "import pytest\nfrom pkg import mod\n\n\ndef test_exit():\n"
        "    mod.a(), mod.b(), mod.c()\n    pytest.exit('enough', returncode=0)\n",
    ],
)
def test_a_run_that_ends_itself_is_no_pass(project: Project, code: str) -> None:
    project.push()
    project.write("tests/test_exit.py", code)
    project.commit()
    done = project.push()
    assert "PASS" not in done
    assert project.field("coverage_status") == ""


@pytest.mark.parametrize(
    ("name", "config"),
    [("tests/conftest.py", ""), ("tests/test_exit.py", 'command = "python -m unittest tests.test_exit"\n')],
)
def test_exit_at_import_is_no_pass(project: Project, name: str, config: str) -> None:
    project.write(name, "import sys\n\nfrom pkg import mod\n\nmod.a()\nsys.exit(0)\n")
    project.configure(config)
    project.commit()
    done = project.push()
    assert "PASS" not in done
    assert project.note() == ""


def test_an_error_of_coverage_is_not_blamed_on_the_tests(project: Project) -> None:
    project.write(".coveragerc", "[run]\nconcurrency = eventlet\n")
    project.commit()
    done = project.push()
    assert "WARNING not measured: coverage" in done
    assert "could not measure: Couldn't trace with concurrency=eventlet" in done
    assert "fix the tests" not in done


def test_a_signal_is_a_tool_error(project: Project) -> None:
    project.write(
        "tests/test_dies.py",
        "import os, signal\n\n\ndef test_dies():\n    os.kill(os.getpid(), signal.SIGSEGV)\n",
    )
    project.commit()
    done = project.push()
    assert "WARNING" in done
    assert "ended by signal 11" in done


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "report.json"),
        ("{}", "report.json"),
        ('{"files": {}, "meta": {}, "totals": {"num_statements": "12"}}', "report.json"),
        ("<coverage", "report.json"),
    ],
)
def test_an_unreadable_report(make_project: Callable[..., Project], text: str, words: str) -> None:
    project = make_project(config='command = ["sh", "-c", "cp given report.json"]\nreport = "report.json"\n')
    project.write("given", text)
    project.write(".gitignore", "report.json\n")
    project.commit()
    done = project.push()
    assert done.status == 0
    assert "WARNING" in done
    assert words in done
    assert not (project.top / "report.json").exists()


def test_a_report_that_was_there_before_is_not_read(make_project: Callable[..., Project]) -> None:
    project = make_project(config='command = ["true"]\nreport = "report.json"\n')
    project.write(".gitignore", "report.json\n")
    project.commit()
    project.write("report.json", "{}")
    done = project.push()
    assert "wrote no new report" in done


def test_interrupted(project: Project, tmp_path: Path) -> None:
    started = tmp_path / "started"
    project.write(
        "tests/test_slow.py",
        f"import os, pathlib, signal\n\n\ndef test_slow():\n"
        f"    pathlib.Path({str(started) + '.new'!r}).write_text(str(os.getpid()))\n"
        f"    os.replace({str(started) + '.new'!r}, {str(started)!r})\n    signal.pause()\n",
    )
    project.commit()
    process = subprocess.Popen(
        [script("covgate"), "check"],
        cwd=project.top,
        env=project.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while not started.exists():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    text = process.communicate(timeout=60)[0]
    assert process.returncode == 130, text
    assert "interrupted" in text
    assert "Traceback" not in text
    assert not is_alive(started.read_text())
    assert project.note() == ""
    assert list((project.top / ".git" / "covgate").glob("tmp/*")) == []


@pytest.mark.parametrize("what", ["edits", "commits"])
def test_tests_that_change_what_they_measure(project: Project, what: str) -> None:
    code = (
        "import pathlib, subprocess\n\n\ndef test_changes():\n    pathlib.Path('pkg/mod.py').write_text('A = 1\\n')\n"
    )
    if what == "commits":
        code += "    subprocess.run(['git', 'commit', '-qam', 'from a test'], check=True)\n"
    project.write("tests/test_changes.py", code)
    project.commit()
    done = project.push()
    assert "WARNING" in done
    assert "the tests changed what they measure" in done
    assert project.note() == ""


def test_an_installation_that_leads_elsewhere(project: Project, tmp_path: Path) -> None:
    """A .pth that puts another checkout first: never that checkout's number."""
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=False, symlinks=True)
    site = next(environment.glob("lib/python3*/site-packages"))
    import pytest as installed

    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "pkg").mkdir(parents=True)
    (elsewhere / "pkg" / "__init__.py").write_text("")
    (elsewhere / "pkg" / "mod.py").write_text(functions("a", "b"))
    (site / "a.pth").write_text(
        f"import sys; sys.path.insert(0, {str(elsewhere)!r})\n{Path(installed.__file__).parent.parent}\n"
    )
    project.write("pyproject.toml", f'[tool.covgate]\npython = "{environment}"\n')
    project.write("tests/conftest.py", f"import sys\n\nsys.path.insert(0, {str(elsewhere)!r})\n")
    project.commit()
    done = project.push()
    assert "WARNING" in done
    assert "measured outside the tree" in done
    assert str(elsewhere / "pkg") in done
    assert project.note() == ""


def test_an_installed_copy_in_an_environment_within_the_tree(project: Project) -> None:
    """What `pip install .` puts into `.venv` is only the commit's code as long as it is the same."""
    project.git("mv", "pkg", "lib")
    (project.top / "src").mkdir()
    project.git("mv", "lib", "src/pkg")
    project.commit("src layout")
    site = project.top / ".venv/lib/python3/site-packages"
    shutil.copytree(project.top / "src/pkg", site / "pkg")
    done = project.covgate("check", "--no-cache", "--format", "json", PYTHONPATH=str(site))
    measured = json.loads(done.text)
    assert measured["numbers"]["executed_statements"] == 5, done.text
    assert [each["path"] for each in measured["files"]] == ["src/pkg/__init__.py", "src/pkg/mod.py"]
    note = project.note()
    (site / "pkg/mod.py").write_text(functions("a", "b", "c", "d"))
    done = project.covgate("check", "--no-cache", PYTHONPATH=str(site))
    assert f"measured outside the tree: {site}/pkg/mod.py was imported for src/pkg/mod.py" in done
    assert project.note() == note
    assert "PASS" in project.covgate("check", PYTHONPATH=str(project.top / "src"))


def test_a_command_that_coverage_can_not_run(make_project: Callable[..., Project]) -> None:
    done = make_project(config="command = ['python', '-c', 'import pkg.mod']\n").push()
    assert done.status == 0, done.text
    assert "WARNING not measured: command left no coverage data" in done
    assert "set `command` to the program that runs the tests" in done


@pytest.mark.parametrize("how", ["no data", "no statement"])
def test_tests_that_leave_nothing_to_count_are_measured_as_nothing_executed(project: Project, how: str) -> None:
    """A pass of the tests says nothing about what they executed: the baseline's files are still there."""
    project.push()
    if how == "no data":
        project.configure("command = ['python', '-c', 'import pkg.mod']\n")
    else:
        project.write("more/__init__.py", "")
        project.write(".coveragerc", "[run]\nsource = more\n")
    project.commit()
    if how == "no statement":  # other sources count once they have landed
        project.push("--no-verify", "main")
        project.commit()
    done = project.push("main:more")
    assert done.status != 0, done.text
    assert "0.00% is below the baseline of 83.33%" in done
    assert "counted as not executed, since the baseline counted them: pkg/mod.py" in done
    assert "command left no coverage data" in done or "no statement was measured" in done


def test_a_report_without_a_command(make_project: Callable[..., Project]) -> None:
    done = make_project(config='report = "coverage.xml"\n').push()
    assert "WARNING not measured: report = 'coverage.xml' is set, but no command" in done
    assert "set `command` to what writes the report" in done


def test_a_killed_run_leaves_nothing_in_the_way(make_project: Callable[..., Project], tmp_path: Path) -> None:
    """Killed in the worktree, half made and locked: the next run heals it."""
    project = make_project()
    project.write("README", "x\n")
    project.commit()
    assert project.covgate("check", "HEAD~1").status == 0
    tree = project.top / ".git" / "covgate" / "tree"
    (tree / ".git").unlink()
    (project.top / ".git" / "worktrees" / "tree" / "locked").write_text("initializing")
    (project.top / ".git" / "worktrees" / "tree" / "index.lock").write_text("")
    (project.top / ".git" / "covgate" / "tmp").mkdir(exist_ok=True)
    (project.top / ".git" / "covgate" / "tmp" / "left").write_text("x")
    done = project.covgate("check", "--no-cache", "HEAD~1")
    assert done.status == 0, done.text
    assert "PASS" in done
    assert project.git("fsck", "--no-dangling") is not None


def test_settrace_measures_low(project: Project) -> None:
    project.push()
    project.write("tests/test_mod.py", "import sys\n\nsys.settrace(None)\n" + calls("a", "b", "c"))
    project.commit()
    done = project.push(COVERAGE_CORE="pytrace")
    assert done.status != 0 or "WARNING" in done


FORGERIES = {
    "through coverage": "c = coverage.Coverage()\nc.get_data().add_lines(LINES)\nc.save()\n",
    "beside the tests": (
        "for name in ('.coverage', '.coverage.other'):\n"
        "    data = coverage.CoverageData(name)\n    data.add_lines(LINES)\n    data.write()\n"
        'pathlib.Path(\'coverage.json\').write_text(\'{"files": {}, "totals": {"percent_covered": 100}}\')\n'
    ),
    "by erasing": "c = coverage.Coverage.current()\nc.stop()\nc.erase()\n",
}


@pytest.mark.parametrize("how", list(FORGERIES))
def test_coverage_that_the_tests_write_themselves_does_not_count(project: Project, how: str) -> None:
    project.push()
    code = FORGERIES[how].replace("LINES", "{os.path.abspath('pkg/mod.py'): range(1, 99)}")
    body = "".join(f"    {line}\n" for line in code.splitlines())
    project.write("tests/conftest.py", f"import coverage, os, pathlib\n\n\ndef pytest_sessionfinish(session):\n{body}")
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit()
    done = project.push()
    assert done.status != 0, done.text
    assert "is below the baseline of 83.33%" in done


def test_pushes_that_are_not_measured_are_counted(project: Project) -> None:
    for last in ("this push was not measured;", "this push was not measured, the 2nd in a row;"):
        project.git("commit", "--quiet", "--allow-empty", "-m", "more")
        done = project.push(COVGATE_PYTHON="nowhere/python")
        assert done.status == 0, done.text
        line = next(each for each in reversed(done.text.splitlines()) if each.startswith("covgate:"))
        assert line == f"covgate: WARNING {last} `covgate doctor` shows what it needs"
    why = "the last 2 pushes from this clone were not measured: python = 'nowhere/python'"
    assert why in project.covgate("status")
    assert why in project.covgate("doctor")
    assert why in project.covgate("log")
    status = json.loads(project.covgate("status", "--format", "json").text)
    assert status["unmeasured"]["pushes"] == 2
    project.git("commit", "--quiet", "--allow-empty", "-m", "more")
    assert "not measured" not in project.push()
    assert "not measured" not in project.covgate("status")
