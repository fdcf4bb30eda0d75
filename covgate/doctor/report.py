"""`covgate doctor`: what would be measured here and why, and what is wrong, each with its mend.

It changes nothing, here or on the remote, and whatever is missing is a finding, never a failure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from covgate.config import Config
from covgate.doctor import check_commit, check_hooks, check_notes, check_project, check_remote, check_sources
from covgate.doctor.findings import Fact, Finding, Found, Here, Severity
from covgate.errors import CovgateError
from covgate.formats.json_data import FORMAT
from covgate.formats.paint import Paint, plain
from covgate.gate.context import Session
from covgate.git.repository import Repository

_WIDTH = 12


def doctor(repository: Repository, environ: Mapping[str, str], paint: Paint | None = None) -> tuple[str, Any]:
    """Look at everything that a push would need: a text, and the same as data."""
    # A switch is a finding, and what would be measured without it is still worth knowing.
    session = Session(
        repository=repository, environ={name: value for name, value in environ.items() if name != "COVGATE_DISABLE"}
    )
    head = repository.commit("HEAD")
    name = check_remote.push_remote(repository)
    with check_remote.asked(repository, name, head) as remote:
        found: list[Fact | Finding] = []
        config, measuring = Config(), None
        try:
            config = check_commit.checkout_config(session)
        except CovgateError as error:
            # Which rules, which interpreter, which command: nobody knows until it is valid.
            found.append(_invalid(error))
        aside = check_commit.why_aside(session, config, head)
        is_valid = not found
        if is_valid:
            measuring, more = check_project.find_project(session, config, aside)
            found += more
        here = Here(
            session=session,
            head=head,
            aside=aside,
            config=config,
            is_valid=is_valid,
            remote=name,
            project=measuring,
            is_measured=_is_measured(session, config, head),
        )
        for look in (
            check_commit.look_at_commit,
            partial(check_commit.look_at_rules, environ=environ),
            check_project.look_at_interpreter,
            check_project.look_at_command,
            check_sources.look_at_sources,
            check_project.look_at_imports,
            check_hooks.look_at_hooks,
            lambda here: _at_the_remote(here, remote),
            check_notes.look_at_refspecs,
            check_notes.look_at_history,
        ):
            found += _seen(look, here)
    facts = [each for each in found if isinstance(each, Fact)]
    findings = [each for each in found if isinstance(each, Finding)]
    findings.sort(key=lambda each: each.severity is Severity.WARNING)
    return _text(facts, findings, paint or Paint()), _data(facts, findings)


def _invalid(error: CovgateError) -> Finding:
    return Finding(
        name="configuration",
        what=error.message,
        why="every push is blocked until it is valid",
        mend="correct what is listed; what stands in a file holds once it is committed",
    )


def _is_measured(session: Session, config: Config, head: str) -> bool:
    try:
        return bool(head) and session.measurer.cached(head, config) is not None
    except CovgateError:
        return False  # which the look at the interpreter tells


def _at_the_remote(here: Here, remote: check_remote.Remote | None) -> Found:
    answer = remote.answer() if remote else None
    yield from check_remote.look_at_remote(here, answer)
    yield from check_notes.look_at_notes(here, answer)


def _seen(look: Callable[[Here], Found], here: Here) -> list[Fact | Finding]:
    """What ``look`` finds; what keeps it from looking is a finding, too."""
    found: list[Fact | Finding] = []
    try:
        found.extend(look(here))
    except CovgateError as error:
        found.append(_unseen(error.message, error.hint))
    except OSError as error:
        found.append(
            _unseen(f"{error.filename or 'a file'} can't be read: {error.strerror}", "see the permissions there")
        )
    return found


def _unseen(what: str, hint: str) -> Finding:
    why = "what depends on it was not looked at"
    return Finding(name="unseen", what=what, why=why, mend=hint or "git fsck tells whether the repository is whole")


def _text(facts: list[Fact], findings: list[Finding], paint: Paint) -> str:
    lines = [f"{each.name:<{_WIDTH}}  {plain(each.value)}" for each in facts]
    for each in findings:
        word = each.severity.value.upper()
        code = "1;31" if each.severity is Severity.PROBLEM else "1;33"
        what = ("\n" + " " * (len(word) + 2)).join(map(plain, each.what.split("\n")))
        lines += ["", f"{paint(word, code)}  {what}", f"  why:   {plain(each.why)}", f"  mend:  {plain(each.mend)}"]
    return "\n".join([*lines, "", _summary(findings)]) + "\n"


def _summary(findings: list[Finding]) -> str:
    problems = sum(each.severity is Severity.PROBLEM for each in findings)
    warnings = len(findings) - problems
    told = [_counted(problems, "problem")] + ([_counted(warnings, "warning")] if warnings else [])
    return f"{', '.join(told)} found"


def _counted(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'s' if number > 1 else ''}"


def _data(facts: list[Fact], findings: list[Finding]) -> dict[str, Any]:
    values: dict[str, str] = {}
    for each in facts:  # two lines of one name are one value
        values[each.name] = f"{values[each.name]}; {each.value}" if each.name in values else each.value
    return {
        "format": FORMAT,
        "facts": values,
        "problems": [
            {
                "name": each.name,
                "severity": each.severity.value,
                "problem": each.what,
                "why": each.why,
                "mend": each.mend,
            }
            for each in findings
        ],
    }
