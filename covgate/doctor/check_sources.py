"""`covgate doctor` on what is measured: the sources, and where coverage's configuration contradicts covgate's."""

from __future__ import annotations

import contextlib
from fractions import Fraction
from pathlib import Path

from covgate.doctor.findings import Checkout, Fact, Finding, Project, Results, Severity, listed
from covgate.measure.coverage_config import FILES, read_coverage_config
from covgate.measure.probe import CoverageFacts
from covgate.model.numbers import format_exact
from covgate.model.policy import parse_decimal


def check_sources(checkout: Checkout) -> Results:
    """Which sources would be measured, what configures them, and what contradicts it."""
    project = checkout.project
    if project is None or project.probe is None:
        return
    facts, names = project.probe.coverage, _configuration_files(checkout.place)
    if facts.file in names and len(names) > 1:
        yield Finding(
            name="coverage-configured-twice",
            what=f"{listed([each for each in names if each != facts.file])} configures coverage, too, and is not read:"
            f" {facts.file} comes first",
            why="these settings are ignored, by covgate and by coverage itself",
            fix=f"move them into {facts.file}, or delete them",
            severity=Severity.WARNING,
        )
    if project.program is None:
        yield from _check_unused_source(checkout)
        return
    if facts.refused:
        yield Finding(
            name="coverage-configuration",
            what=f"coverage refuses its configuration: {facts.refused}",
            why=f"nothing can be measured: {checkout.if_unmeasured}",
            fix=f"correct it in {facts.file or listed(names) or 'the file that it names'}",
        )
        return
    if not project.probe.versions["coverage"]:
        return
    above = [] if facts.file or not checkout.config.directory else _configuration_files(checkout.top)
    if above:
        yield Finding(
            name="coverage-configured-above",
            what=f"{above[0]} at the top configures coverage, and is not read in {checkout.config.directory}",
            why="coverage looks where it is started: branches, omit and exclusions that are set there don't count",
            fix=f"set what this component needs in {checkout.config.directory}, too",
            severity=Severity.WARNING,
        )
    if facts.file:
        yield Fact(name="coverage", value=f"configured in {facts.file}")
    yield Fact(name="sources", value=_describe_sources(checkout, project, facts))
    yield from _check_nothing_measured(checkout, project, facts)
    yield from _check_second_source(checkout, facts)
    yield from _check_fail_under(checkout, project, facts)


def _configuration_files(place: Path) -> list[str]:
    """The files in ``place`` that configure coverage; coverage reads the first."""
    found = []
    for name in FILES:
        with contextlib.suppress(OSError):
            data = (place / name).read_bytes()
            if name.startswith(".coveragerc") or read_coverage_config({name: data}).sections:
                found.append(name)
    return found


def _describe_sources(checkout: Checkout, project: Project, facts: CoverageFacts) -> str:
    if not facts.source and facts.include:
        return f"include = {', '.join(facts.include)} (coverage's configuration), as far as it is executed"
    origin = facts.origin or ("covgate's source" if checkout.config.source else "found")
    files = {None: "", 1: ", 1 file"}.get(facts.files, f", {facts.files} files")
    branch = facts.branch or (project.uses_pytest_cov and project.pytest.cov_branch)
    tests = project.tests_left_out if not facts.origin else 0
    without = f", without the {tests} test file{'s' if tests > 1 else ''} in it" if tests else ""
    narrows = checkout.config.is_part and checkout.config.source and facts.origin
    own = f"; what is in {', '.join(checkout.config.source)} counts" if narrows else ""
    return f"{', '.join(facts.source)} ({origin}){files}{without}{', with branches' if branch else ''}{own}"


def _check_nothing_measured(checkout: Checkout, project: Project, facts: CoverageFacts) -> Results:
    """Sources that don't exist, or of which no file is left."""
    assert project.probe is not None
    absent = list(project.probe.absent)
    if absent:
        setting = f"coverage's source, in {facts.file},"
        if facts.origin == "--cov":
            setting = "--cov in pytest's options"
        elif not facts.origin:
            setting = "covgate's source" if checkout.config.source else "what covgate finds by itself"
        yield Finding(
            name="source-absent",
            what=f"{setting} names {listed(absent)}, which this checkout doesn't have",
            why="what doesn't exist isn't measured, and coverage only prints a warning",
            fix="name directories or packages of the repository",
        )
    elif facts.files == 0:
        yield _no_file(checkout, facts)


def _no_file(checkout: Checkout, facts: CoverageFacts) -> Finding:
    """Why coverage finds no file by itself: `omit`, a missing ``__init__.py``, or because there is no file."""
    sources = listed(facts.source)
    if not facts.omitted and any(any((checkout.place / each).rglob("*.py")) for each in facts.source):
        return Finding(
            name="only-imported",
            what=f"coverage finds no file in {sources} by itself: their directories have no __init__.py",
            why="only what a test imports is measured: code without any test is not counted",
            fix="set include_namespace_packages = true in the section [report] of coverage's configuration",
            severity=Severity.WARNING,
        )
    if checkout.config.directory and checkout.config.command is None and not any(checkout.place.rglob("*.py")):
        return Finding(
            name="no-command",
            what=f"{checkout.config.directory} has no Python code, and no `command` says how it is measured",
            why=f"nothing can be measured: {checkout.if_unmeasured}",
            fix=f"set `command` and `report` in {checkout.table}",
        )
    omitted = f", and omit = {listed(facts.omit)} excludes all of them" if facts.omitted else ""
    return Finding(
        name="nothing-measured",
        what=f"no file would be measured: the sources are {sources}{omitted}",
        why="if nothing is measured, no push has a verdict",
        fix=f"narrow `omit` in {facts.file}" if facts.omitted else "set `source` to the directory of the code",
    )


def _check_unused_source(checkout: Checkout) -> Results:
    if checkout.config.source and not checkout.config.is_part:
        yield Finding(
            name="source-unused",
            what=f"source is set ({', '.join(checkout.config.source)}), but `command` measures by itself",
            why="covgate's source is ignored: the command decides what is measured",
            fix=f"remove `source` from {checkout.table}, and commit it",
            severity=Severity.WARNING,
        )


def _check_second_source(checkout: Checkout, facts: CoverageFacts) -> Results:
    if not checkout.config.source or checkout.config.is_part or not (facts.origin or facts.include):
        return  # of what is measured for a component, its sources count
    theirs = "--cov in pytest's options" if facts.origin == "--cov" else f"coverage's configuration in {facts.file}"
    yield Finding(
        name="source-twice",
        what=f"source is set for covgate ({', '.join(checkout.config.source)}) and by {theirs}"
        f" ({', '.join(facts.source or facts.include)})",
        why="the second is used, and covgate's source is ignored",
        fix=f"remove `source` from {checkout.table}, and commit it",
        severity=Severity.WARNING,
    )


def _check_fail_under(checkout: Checkout, project: Project, facts: CoverageFacts) -> Results:
    policy = checkout.config.policy
    floor = policy.floor if policy.kind.uses_floor else Fraction(0)
    asked = [(f"fail_under in {facts.file}", Fraction(str(facts.fail_under)))]
    if project.pytest.cov_fail_under:
        with contextlib.suppress(ValueError):  # pytest-cov reports it
            asked.append(("--cov-fail-under in pytest's options", parse_decimal(project.pytest.cov_fail_under)))
    for where, value in asked:
        if value > floor:
            kind = "" if policy.kind.uses_floor else 'policy = "both" and '
            yield Finding(
                name="fail-under",
                what=f"{where} is {format_exact(value)}, but a push is judged by "
                + (f"the floor of {format_exact(floor)}%" if policy.kind.uses_floor else "the baseline alone"),
                why="covgate ignores fail_under: a push may pass below it",
                fix=f"set {kind}floor = {format_exact(value)} in {checkout.table}, and commit it",
                severity=Severity.WARNING,
            )
