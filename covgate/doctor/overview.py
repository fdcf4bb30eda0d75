"""`covgate doctor`: what would be measured here and why, and what is wrong, each problem with its fix.

It changes nothing, here or on the remote. Anything missing or broken is a finding, never a failure of doctor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from covgate.config import Config
from covgate.doctor import (
    check_branches,
    check_commit,
    check_component,
    check_documented,
    check_hooks,
    check_notes,
    check_project,
    check_remote,
    check_sources,
)
from covgate.doctor.findings import Checkout, Fact, Finding, Results, Severity
from covgate.errors import CovgateError
from covgate.formats.json_data import FORMAT
from covgate.formats.paint import Paint, plain
from covgate.gate.context import Session
from covgate.git.repository import Repository

_NAME_WIDTH = 12

Check = Callable[[Checkout], Results]


def doctor(repository: Repository, environ: Mapping[str, str], paint: Paint | None = None) -> tuple[str, Any]:
    """Check everything that a push needs; a text, and the same as JSON data."""
    # That covgate is switched off is a finding; what would be measured without the switch is still worth knowing.
    enabled = {name: value for name, value in environ.items() if name != "COVGATE_DISABLE"}
    session = Session(repository=repository, environ=enabled)
    head, remote = repository.commit("HEAD"), check_remote.push_remote(repository)
    with check_remote.ask_remote(repository, remote, head) as query:
        checkout, results = _read_checkout(session, head, remote)
        for check in _checks(environ, query, parts=checkout.config.components):
            results += _run_check(check, checkout)
    for part in checkout.config.components:
        results += _examine(checkout, part)
    facts = [each for each in results if isinstance(each, Fact)]
    findings = [each for each in results if isinstance(each, Finding)]
    findings.sort(key=lambda each: each.severity is Severity.WARNING)
    return _text(facts, findings, paint or Paint()), _data(facts, findings)


def _read_checkout(session: Session, head: str, remote: str) -> tuple[Checkout, list[Fact | Finding]]:
    """What the checks need to know, and findings about what couldn't be found out."""
    config, project, results = Config(), None, list[Fact | Finding]()
    try:
        config = check_commit.checkout_config(session)
    except CovgateError as error:
        # It decides the rules, the interpreter and the command: none of them can be checked until it is valid.
        results.append(_invalid_configuration(error))
    is_valid = not results
    aside = check_commit.why_aside(session, config, head)
    if is_valid and not config.components:
        project, findings = check_project.find_project(session, config, aside)
        results += findings
    checkout = Checkout(
        session=session,
        head=head,
        aside=aside,
        config=config,
        is_valid=is_valid,
        remote=remote,
        project=project,
        is_measured=_is_measured(session, config, head),
    )
    return checkout, results


def _examine(checkout: Checkout, part: Config) -> list[Fact | Finding]:
    """What is found in the component with the configuration ``part``."""
    session, results = checkout.session, list[Fact | Finding]()
    of_part = replace(checkout, config=part, project=None)
    absent = check_component.find_directory(of_part)
    if absent is not None:
        results.append(absent)
    else:
        try:
            project, findings = check_project.find_project(session, part, checkout.aside)
        except CovgateError as error:
            project, findings = None, [_unchecked(error.message, error.hint)]
        is_measured = _is_measured(session, part, checkout.head)
        of_part = replace(of_part, project=project, is_measured=is_measured)
        for check in (check_component.check_inputs, *_OF_PROJECT):
            results += _run_check(check, of_part)
        results += findings
    return [replace(each, component=part.component) for each in results]


_OF_PROJECT: tuple[Check, ...] = (
    check_project.check_interpreter,
    check_project.check_command,
    check_documented.check_documented,
    check_sources.check_sources,
    check_project.check_imports,
)


def _checks(environ: Mapping[str, str], query: check_remote.RemoteQuery | None, parts: Sequence[Config]) -> list[Check]:
    """All checks of the repository, in the order of the output. The project is checked in each of its ``parts``."""
    return [
        check_commit.check_commit,
        lambda checkout: check_commit.check_rules(checkout, environ),
        check_commit.check_pushes,
        *(() if parts else _OF_PROJECT),
        check_hooks.check_hooks,
        lambda checkout: _check_exchange(checkout, query),
        check_notes.check_changes,
        check_notes.check_refspecs,
        check_notes.check_history,
    ]


def _check_exchange(checkout: Checkout, query: check_remote.RemoteQuery | None) -> Results:
    """What depends on the remote's answer, which is waited for here."""
    answer = query.answer() if query else None
    yield from check_remote.check_remote(checkout, answer)
    yield from check_branches.check_branches(checkout, answer)
    yield from check_notes.check_notes(checkout, answer)


def _run_check(check: Check, checkout: Checkout) -> list[Fact | Finding]:
    """The results of ``check``; an error that ends it is a finding, too."""
    results: list[Fact | Finding] = []
    try:
        results.extend(check(checkout))
    except CovgateError as error:
        results.append(_unchecked(error.message, error.hint))
    except OSError as error:
        what = f"{error.filename or 'a file'} can't be read: {error.strerror}"
        results.append(_unchecked(what, "check the permissions there"))
    return results


def _is_measured(session: Session, config: Config, head: str) -> bool:
    try:
        return bool(head) and session.measurer.cached(head, config) is not None
    except CovgateError:
        return False  # check_interpreter reports it


def _invalid_configuration(error: CovgateError) -> Finding:
    return Finding(
        name="configuration",
        what=error.message,
        why="every push is blocked until it is valid",
        fix="fix what is listed; changes in a file apply once they are committed",
    )


def _unchecked(what: str, hint: str) -> Finding:
    return Finding(
        name="unseen",
        what=what,
        why="what depends on it was not checked",
        fix=hint or "run git fsck to check the repository",
    )


def _text(facts: list[Fact], findings: list[Finding], paint: Paint) -> str:
    lines = [f"{each.name:<{_NAME_WIDTH}}  {plain(each.value)}" for each in facts if not each.component]
    for name, of_component in _by_component(facts).items():
        lines += ["", paint(f"component {name}", "1")]
        lines += [f"  {each.name:<{_NAME_WIDTH}}{plain(each.value)}" for each in of_component]
    for each in findings:
        word = each.severity.value.upper() + (f" [{each.component}]" if each.component else "")
        code = "1;31" if each.severity is Severity.PROBLEM else "1;33"
        what = ("\n" + " " * (len(word) + 2)).join(map(plain, each.what.split("\n")))
        lines += ["", f"{paint(word, code)}  {what}", f"  why:  {plain(each.why)}", f"  fix:  {plain(each.fix)}"]
    return "\n".join([*lines, "", _summary(findings)]) + "\n"


def _by_component(facts: Sequence[Fact]) -> dict[str, list[Fact]]:
    found: dict[str, list[Fact]] = {}
    for each in facts:
        if each.component:
            found.setdefault(each.component, []).append(each)
    return found


def _summary(findings: list[Finding]) -> str:
    problems = sum(each.severity is Severity.PROBLEM for each in findings)
    warnings = len(findings) - problems
    counts = [_count(problems, "problem")] + ([_count(warnings, "warning")] if warnings else [])
    return f"{', '.join(counts)} found"


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'s' if number > 1 else ''}"


def _data(facts: list[Fact], findings: list[Finding]) -> dict[str, Any]:
    of_components = {name: {"facts": _values(each)} for name, each in _by_component(facts).items()}
    return {
        "format": FORMAT,
        "facts": _values([each for each in facts if not each.component]),
        **({"components": of_components} if of_components else {}),
        "problems": [
            {
                "name": each.name,
                **({"component": each.component} if each.component else {}),
                "severity": each.severity.value,
                "problem": each.what,
                "why": each.why,
                "mend": each.fix,
            }
            for each in findings
        ],
    }


def _values(facts: Sequence[Fact]) -> dict[str, str]:
    """Facts of the same name become one value."""
    values: dict[str, str] = {}
    for each in facts:
        values[each.name] = f"{values[each.name]}; {each.value}" if each.name in values else each.value
    return values
