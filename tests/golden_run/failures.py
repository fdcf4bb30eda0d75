"""Runs that are no measurement, configurations that are invalid, notes that can't be read or published."""

from __future__ import annotations

from golden_run.project import NOTE, Project, calls
from golden_run.pushes import MORE
from golden_run.sandbox import Sandbox, make_environment

# (name, the configuration, more files): each run ends in a tool error.
_NOT_MEASURED: list[tuple[str, str, dict[str, str]]] = [
    ("interpreter-missing", 'python = "nowhere/bin/python"\n', {}),
    ("command-missing", 'command = ["no-such-program"]\nreport = "coverage.json"\n', {}),
    ("command-without-data", 'command = ["python", "-c", "import pkg.mod"]\n', {}),
    ("command-killed", 'command = ["sh", "-c", "kill -9 $$"]\n', {}),
    ("command-fails", "command = \"python -c 'raise SystemExit(4)'\"\n", {}),
    ("timeout", 'command = ["python", "-c", "import signal; signal.pause()"]\ntimeout = 1\n', {}),
    ("setup-fails", 'setup = ["sh", "-c", "echo no; exit 7"]\nisolation = "worktree"\n', {}),
    ("report-without-command", 'report = "coverage.xml"\n', {}),
    ("report-not-new", 'command = ["true"]\nreport = "report.json"\n', {}),
    ("report-unreadable", 'command = ["cp", "given", "report.json"]\nreport = "report.json"\n', {"given": "{}"}),
    ("conftest-import", "", {"tests/conftest.py": "import nowhere\n"}),
    ("exit-at-import", "", {"tests/conftest.py": "import sys\n\nsys.exit(0)\n"}),
    (
        "tests-change-the-code",
        "",
        {
            "tests/test_changes.py": "import pathlib\n\n\ndef test_changes():\n"
            "    pathlib.Path('pkg/mod.py').write_text('A = 1\\n')\n"
        },
    ),
    ("usage-of-pytest", "", {"pytest.ini": "[pytest]\naddopts = --no-such-option\n"}),
]
# Interrupts covgate, which started it.
INTERRUPTING = "import os, signal\n\n\ndef test_slow():\n    os.kill(os.getppid(), signal.SIGINT)\n    signal.pause()\n"
REFUSING = '#!/bin/sh\ncase "$1" in refs/notes/*) echo "notes are not for you" >&2; exit 1;; esac\n'


def record(sandbox: Sandbox) -> None:
    _configurations(sandbox)
    _not_measured(sandbox)
    _tools(sandbox)
    _remotes(sandbox)
    _notes(sandbox)
    _unwritable(sandbox)


def _configurations(sandbox: Sandbox) -> None:
    project = Project.create(sandbox, "failures", "configuration")
    everywhere = ("git push origin main", "covgate check", "covgate ratchet", "covgate status", "covgate doctor")
    many = 'flor = 3\nfloor = 101\nepsilon = "x"\nbranches = "main"\npolicy = "all"\ntimeout = 0\ncomponents = {}\n'
    project.configure(many)
    project.commit("many errors")
    project.record("configuration-many", *everywhere, "covgate status --format json")
    project.write("pyproject.toml", "[tool.covgate\n")
    project.commit("not TOML")
    project.record("configuration-not-toml", *everywhere)
    project.record("configuration-disabled", "covgate check", COVGATE_DISABLE="1")
    project.configure("")
    project.write(".covgate.toml", "")
    project.commit("twice")
    project.record("configuration-twice", "git push origin main", "covgate doctor --format json")
    project.remove(".covgate.toml")
    project.commit("once")
    project.record("configuration-environment", "git push origin main", COVGATE_FLOOR="many", COVGATE_RETRIES="10")


def _not_measured(sandbox: Sandbox) -> None:
    project = Project.create(sandbox, "failures", "not-measured")
    project.write(".gitignore", "__pycache__/\n.pytest_cache/\nreport.json\n")
    project.commit("ignore the report")
    for name, config, files in _NOT_MEASURED:
        project.branch(name)
        project.configure(config)
        for path, text in files.items():
            project.write(path, text)
        project.commit(name)
        if name == "report-not-new":
            project.write("report.json", "{}")
        project.record(name, f"git push origin {name}", NOTE)
    project.branch("fail-closed")
    project.configure('command = ["no-such-program"]\nfail_closed = true\n')
    project.commit("fail closed")
    project.record(
        "fail-closed",
        "git push origin fail-closed",
        "covgate check",
        "covgate check --fail-open",
        "covgate ratchet",
        "covgate check --format json",
    )
    project.branch("interrupted")
    project.write("tests/test_slow.py", INTERRUPTING)
    project.commit("interrupted")
    project.record("interrupted", "covgate check", "git status --porcelain")
    project.branch("dirty")
    project.configure('isolation = "in-place"\n')
    project.commit("in place")
    project.write("README", "untracked\n")
    project.record("not-in-place", "git push origin dirty")
    project.branch("outside")
    project.write("../site/pkg/__init__.py", "")
    project.write("../site/pkg/mod.py", MORE)
    project.write("tests/conftest.py", "import os, sys\n\nsys.path.insert(0, os.environ['ELSEWHERE'])\n")
    project.commit("outside")
    project.environ = {"ELSEWHERE": str(project.top.parent / "site")}
    project.record("measured-outside", "git push origin outside")
    project.record("bad-state-directory", "sh -c 'rm -r .git/covgate && echo >.git/covgate'", "git push origin main")


def _tools(sandbox: Sandbox) -> None:
    """An environment that lacks something."""
    project = Project.create(sandbox, "failures", "tools")
    for name, packages in (("coverage", []), ("pytest", ["coverage"])):
        environment = make_environment(sandbox.directory / f"without-{name}", *packages)
        project.environ = {"VIRTUAL_ENV": str(environment), "PATH": f"{environment}/bin:{sandbox.environ['PATH']}"}
        project.record(
            f"without-{name}",
            f"git push origin main:without-{name}",
            "covgate check --fail-closed",
            "covgate ratchet --fail-closed",
            "covgate check --format json",
            "covgate doctor",
        )
    project.environ = {}
    environment = make_environment(sandbox.directory / "with-pytest-cov", "pytest-cov")
    project.configure('python = "../../with-pytest-cov"\n', '[tool.pytest.ini_options]\naddopts = "--cov=pkg"\n')
    project.commit("pytest-cov")
    project.record("with-pytest-cov", "git push origin main", NOTE, "covgate doctor --format json")


def _remotes(sandbox: Sandbox) -> None:
    project = Project.create(sandbox, "failures", "remotes")
    project.write("../origin.git/hooks/update", REFUSING, mode=0o755)
    project.record("notes-refused", "git push origin main", "covgate sync", "covgate doctor", "git ls-remote origin")
    project.record("notes-refused-ratchet", "covgate ratchet", "covgate ratchet --fail-closed")
    project.remove("../origin.git/hooks/update")
    project.write("README", "more\n")
    project.commit("more")
    project.record("notes-accepted", "git push origin main", "git ls-remote origin")
    project.git("remote", "set-url", "origin", str(project.remote) + "-gone")
    commands = ("check", "ratchet", "sync", "status", "doctor")
    project.record("unreachable", *(f"covgate {each}" for each in commands))
    project.record("unreachable-url", "covgate sync https://ada:s3cret@127.0.0.1:9/x")
    project.git("remote", "remove", "origin")
    project.record("no-remote", "covgate check", "covgate ratchet", "covgate sync", "covgate doctor")


def _notes(sandbox: Sandbox) -> None:
    project = Project.create(sandbox, "failures", "notes")
    project.record("notes-before", "git push origin main")
    project.commit("a note that is prose")
    project.git("notes", "--ref=coverage", "add", "-m", "hello")
    project.record("note-of-the-commit", "git push origin main", NOTE, "covgate check --format json")
    project.write("README", "more\n")
    project.commit("more")
    project.git("notes", "--ref=coverage", "add", "-m", "---\nformat: 2\ncomponent: default\n---")
    project.write("README", "and more\n")
    project.commit("and more")
    project.record(
        "note-of-an-ancestor",
        "git push origin main",
        "covgate check",
        "covgate check --fail-closed",
        "covgate baseline",
        "covgate baseline --format json",
        "covgate status",
        "covgate audit",
        "covgate doctor",
    )
    project.write("pkg/mod.py", MORE)
    project.commit("a regression")
    project.git("notes", "--ref=coverage", "add", "-m", "---\nformat: 1\nbaseline_ratio: .nan\n---")
    project.record("note-and-regression", "git push origin main", NOTE)


def _unwritable(sandbox: Sandbox) -> None:
    """What keeps the notes ref from being written or read."""
    project = Project.create(sandbox, "failures", "unwritable")
    project.record("unwritable-before", "git push origin main")
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.commit("unwritable")
    log = ".git/logs/refs/notes/coverage"
    project.remove(log)
    project.write(f"{log}/x", "in the way of the log")
    project.record(
        "notes-unwritable",
        "covgate check",
        "covgate ratchet",
        "covgate ratchet --fail-closed",
        "covgate baseline set 50 --reason why",
        "git push origin main:aside",
    )
    project.remove(log)
    project.write(".git/refs/notes/coverage", "")
    project.record("notes-broken", "git push origin main", "covgate check --fail-closed", "covgate baseline")
