"""What covgate prints before it looks at a repository: help, versions, usage errors, the names of the library."""

from __future__ import annotations

import re

from golden_run.project import Project
from golden_run.sandbox import Sandbox

COMMANDS = ("init", "check", "ratchet", "baseline", "log", "badge", "status", "sync", "audit", "doctor", "demo")
# Each public name, and what it is; a name that can't be loaded fails.
_NAMES = (
    "import covgate\nfor name in sorted(covgate.__all__):\n    print(name, type(getattr(covgate, name)).__name__)\n"
)


def record(sandbox: Sandbox) -> None:
    project = Project.create(sandbox, "manual", "manual")
    project.record("covgate", "covgate", "covgate --help", "covgate --version")
    for command in COMMANDS:
        project.record(f"help-{command}", f"covgate {command} --help")
    project.record("help-hooks", "covgate-pre-push --help", "covgate-post-merge --help")
    project.record(
        "usage-errors",
        "covgate nonsense",
        "covgate check --format xml",
        "covgate ratchet --format markdown",
        "covgate check --fail-open --fail-closed",
        "covgate check one two",
        "covgate badge --of nothing",
        "covgate check nowhere",
        "covgate check --base nowhere",
        "covgate ratchet nowhere",
        "covgate baseline one two",
        "covgate log extra",
    )
    python = str(sandbox.python)
    done = sandbox.run([python, "-I", "-c", _NAMES])
    sandbox.write("manual/names.txt", f"exit status {done.status}\n{done.stdout}{done.stderr}")
    done = sandbox.run([python, "-I", "-m", "covgate", "check", "--help"])
    sandbox.write("manual/module.txt", f"exit status {done.status}\n{done.stdout}{done.stderr}")
    _places(sandbox)
    demo = sandbox.run(["covgate", "demo"])
    # Its commits are made now, so their ids differ each time.
    text = re.sub(r"\b(?:[0-9a-f]{40}|[0-9a-f]{10}|[0-9a-f]{7})\b", "<oid>", demo.stdout + demo.stderr)
    sandbox.write("manual/demo.txt", f"exit status {demo.status}\n{text}")


def _places(sandbox: Sandbox) -> None:
    """Directories in which there is nothing to gate."""
    every = ("check", "ratchet", "baseline", "log", "badge", "status", "audit", "doctor", "sync", "init")
    plain = sandbox.directory / "plain"
    plain.mkdir()
    project = Project(sandbox, "manual", plain, plain)
    project.record("no-repository", *(f"covgate {each}" for each in every if each != "doctor"))
    project.git("init", "--quiet", "--bare")
    project.record("bare-repository", *(f"covgate {each}" for each in every))
    empty = sandbox.directory / "empty"
    empty.mkdir()
    project = Project(sandbox, "manual", empty, empty)
    project.git("init", "--quiet")
    project.record("no-commit", *(f"covgate {each}" for each in every if each != "init"))
