"""`covgate doctor`: what would be measured here and why, and what is wrong, each with its mend."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from covgate.config import Config
from covgate.errors import CovgateError
from covgate.measure.interpreter import Interpreter, child_environment
from covgate.measure.pytest_config import read_pytest_config
from covgate.measure.sources import default_sources
from covgate.native_hooks import look
from covgate.session import Session
from covgate.show.data import FORMAT
from covgate.store.checkout import why_not_in_place
from covgate.store.notes import Notes
from covgate.store.repository import Repository, without_local_environment

_PROBE = """
import json, platform
from importlib import util
found = {"python": platform.python_implementation() + " " + platform.python_version()}
for name in ("coverage", "pytest", "pytest_cov", "xdist"):
    found[name] = ""
    if util.find_spec(name) is not None:
        found[name] = str(getattr(__import__(name), "__version__", "installed"))
if found["coverage"]:
    import coverage
    try:
        config = coverage.Coverage()
        found["source"] = [str(s) for n in ("run:source", "run:source_pkgs") for s in config.get_option(n) or []]
        found["branch"] = bool(config.get_option("run:branch"))
    except Exception as error:
        found["configuration"] = str(error)
print(json.dumps(found))
"""


@dataclass(slots=True, kw_only=True)
class _Findings:
    facts: list[tuple[str, str]] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)

    def fact(self, name: str, value: str) -> None:
        self.facts.append((name, value))

    def problem(self, what: str, mend: str) -> None:
        self.problems.append((what, mend))


def doctor(repository: Repository, environ: Mapping[str, str]) -> tuple[str, Any]:
    """Look at everything that a push would need; never fails because something is missing."""
    session = Session(repository=repository, environ=environ)
    found = _Findings()
    head = repository.commit("HEAD")
    config = Config()
    if not head:
        found.problem("this repository has no commit yet", "commit something; a gate measures commits")
    else:
        try:
            config = session.config_at(head)
        except CovgateError as error:
            found.problem(error.message, "correct it and commit; an invalid configuration blocks every push")
        found.fact("commit", head[:10])
        why_not = why_not_in_place(repository, head)
        found.fact(
            "isolation",
            f"in covgate's own worktree: {why_not}" if why_not else "in place: the checkout is clean",
        )
    if not config.enabled:
        found.problem("covgate is switched off", "set enabled = true, and unset COVGATE_DISABLE")
    elif not config.configured:
        found.fact("configuration", "none in the commit: the defaults hold (covgate init writes one)")
    policy = config.policy
    found.fact("policy", f"{policy.kind.value}, floor {float(policy.floor):g}%, epsilon {float(policy.epsilon):g}")
    _look_at_tests(session, config, found)
    _look_at_hooks(repository, found)
    _look_at_notes(repository, config, head, found)
    width = max(len(name) for name, _ in found.facts)
    lines = [f"{name:<{width}}  {value}" for name, value in found.facts]
    lines += ["", *(f"PROBLEM  {what}\n  mend:  {mend}" for what, mend in found.problems)]
    if not found.problems:
        lines.append("no problem found")
    data = {
        "format": FORMAT,
        "facts": dict(found.facts),
        "problems": [{"problem": what, "mend": mend} for what, mend in found.problems],
    }
    return "\n".join(lines) + "\n", data


def _look_at_tests(session: Session, config: Config, found: _Findings) -> None:
    try:
        interpreter = session.interpreter(config)
    except CovgateError as error:
        found.problem(error.message, error.hint)
        return
    found.fact("interpreter", f"{interpreter.path} ({interpreter.found})")
    top = session.repository.top
    probed = _probe(interpreter, top, session.environ)
    if probed is None:
        found.problem(f"{interpreter.path} does not run", "set `python` to the project's interpreter")
        return
    found.fact(
        "toolchain",
        ", ".join(f"{k} {v}" if k != "python" else v for k, v in probed.items() if _is_version(k, v)),
    )
    install = f"{interpreter.path} -m pip install"
    if not probed["coverage"]:
        found.problem(f"coverage is not installed in {interpreter.path}", f"{install} coverage")
    if config.command is None:
        pytest = read_pytest_config(top, (), session.environ)
        through = (pytest.has_cov or pytest.distributed) and probed["pytest_cov"]
        found.fact("tests", "pytest, measured by pytest-cov" if through else "coverage run -m pytest")
        if not probed["pytest"]:
            found.problem(f"pytest is not installed in {interpreter.path}", f"{install} pytest")
        if pytest.distributed and not probed["pytest_cov"]:
            found.problem("the suite runs under pytest-xdist without pytest-cov", f"{install} pytest-cov")
    else:
        found.fact("tests", " ".join(config.command))
    if probed.get("configuration"):
        found.problem(f"coverage refuses its configuration: {probed['configuration']}", "correct it")
    source = probed.get("source") or list(config.source) or list(default_sources(top).source)
    origin = "coverage's configuration" if probed.get("source") else "source" if config.source else "found"
    found.fact("sources", f"{', '.join(source)} ({origin}){', with branches' if probed.get('branch') else ''}")
    if probed.get("source") and config.source:
        found.problem("source is set for coverage and for covgate", "coverage's own counts: remove covgate's")


def _is_version(name: str, value: object) -> bool:
    return bool(value) and isinstance(value, str) and name != "configuration"


def _probe(interpreter: Interpreter, top: Path, environ: Mapping[str, str]) -> dict[str, Any] | None:
    import json

    child = child_environment(interpreter, without_local_environment(environ))
    try:
        done = subprocess.run(
            [interpreter.path, "-c", _PROBE],
            cwd=top,
            env=child,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
        value = json.loads(done.stdout.splitlines()[-1])
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired):
        return None
    return value if isinstance(value, dict) else None


def _look_at_hooks(repository: Repository, found: _Findings) -> None:
    hooks = repository.hooks_directory()
    native, problems = look(repository, hooks)
    for problem in problems:
        found.problem(*problem)
    elsewhere = repository.config("core.hooksPath")
    if elsewhere and not native:
        found.problem(
            f"core.hooksPath is {elsewhere}: git runs the hooks there, and pre-commit refuses to install",
            "git config --unset-all core.hooksPath, then covgate init; or covgate init --native",
        )
        return
    missing = [name for name in ("pre-push", "post-merge", "post-rewrite") if not (hooks / name).is_file()]
    found.fact("hooks", "all installed" if not missing else f"missing: {', '.join(missing)}")
    if native:
        found.fact("native hooks", f"{', '.join(native)} in {hooks}")
    if missing:
        # Plain `pre-commit install` installs the pre-commit stage alone, and the push runs nothing, silently.
        found.problem(
            f"no {' and no '.join(missing)} hook is installed: a push is not gated",
            "covgate init --native"
            if native
            else "covgate init, or: pre-commit install -t pre-push -t post-merge -t post-rewrite",
        )


def _look_at_notes(repository: Repository, config: Config, head: str, found: _Findings) -> None:
    if repository.shallow:
        found.fact("history", "shallow: the ancestors whose records decide are fetched when they are needed")
    remote = repository.default_remote(repository.current_branch())
    branches = config.ratchet_branches or ([repository.default_branch(remote)] if remote else [])
    found.fact("ratchet", ", ".join(branch for branch in branches if branch) or "no branch is known yet")
    if not remote:
        found.problem("there is no remote: nothing is pushed, so nothing is gated", "git remote add origin URL")
    else:
        status, out, err = repository.attempt("ls-remote", "--", remote, "refs/notes/coverage")
        if status:
            found.problem(f"{remote} can't be read: {(err.splitlines() or ['no message'])[0]}", "git fetch tells more")
        else:
            found.fact("notes", f"on {remote}" if out.strip() else f"not on {remote} yet")
    if head:
        notes = Notes(repository)
        lookup = notes.baseline([head])
        known = lookup.baseline
        origin = notes.origin([head], known) if known else ""
        found.fact("baseline", f"{float(known.percent):.2f}% from {origin[:10]}" if known else "none yet")
        for problem in lookup.problems:
            found.problem(problem, "git notes --ref=coverage remove COMMIT takes it away")
