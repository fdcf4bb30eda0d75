"""`covgate doctor` on what is measured: the sources, and where coverage's configuration contradicts covgate's."""

from __future__ import annotations

import contextlib
from fractions import Fraction

from covgate.doctor.findings import Fact, Finding, Found, Here, Project, Severity, listed
from covgate.measure.coverage_config import FILES, read_coverage_config
from covgate.measure.probe import CoverageFacts
from covgate.model.numbers import format_exact
from covgate.model.policy import parse_decimal


def look_at_sources(here: Here) -> Found:
    """What would be measured, who says so, whether anything is left of it, and what contradicts it."""
    project = here.project
    if project is None or project.probe is None:
        return
    told, names = project.probe.coverage, _configuring(here)
    if told.file in names and len(names) > 1:
        yield Finding(
            name="coverage-configured-twice",
            what=f"{listed([each for each in names if each != told.file])} configures coverage, too, and is not read:"
            f" {told.file} comes first",
            why="what is set there holds for nobody, neither for covgate nor for coverage run by hand",
            mend=f"move it into {told.file}, or delete the other",
            severity=Severity.WARNING,
        )
    if project.program is None:
        yield from _sources_of_nobody(here)
        return
    if told.refused:
        yield Finding(
            name="coverage-configuration",
            what=f"coverage refuses its configuration: {told.refused}",
            why=f"nothing can be measured: {here.otherwise}",
            mend=f"correct it in {told.file or listed(names) or 'the file that it names'}",
        )
        return
    if not project.probe.versions["coverage"]:
        return
    if told.file:
        yield Fact(name="coverage", value=f"configured in {told.file}")
    yield Fact(name="sources", value=_sources(here, project, told))
    yield from _nothing(here, project, told)
    yield from _two_sources(here, told)
    yield from _two_floors(here, project, told)


def _configuring(here: Here) -> list[str]:
    """The files that configure coverage, the one that counts first."""
    found = []
    for name in FILES:
        with contextlib.suppress(OSError):
            data = (here.top / name).read_bytes()
            if name.startswith(".coveragerc") or read_coverage_config({name: data}).sections:
                found.append(name)
    return found


def _sources(here: Here, project: Project, told: CoverageFacts) -> str:
    if not told.source and told.include:
        return f"include = {', '.join(told.include)} (coverage's configuration), what is executed of it"
    origin = told.origin or ("covgate's source" if here.config.source else "found")
    files = {None: "", 1: ", 1 file"}.get(told.files, f", {told.files} files")
    branch = told.branch or (project.through_pytest_cov and project.pytest.cov_branch)
    return f"{', '.join(told.source)} ({origin}){files}{', with branches' if branch else ''}"


def _nothing(here: Here, project: Project, told: CoverageFacts) -> Found:
    """Sources that are not there, or of which nothing is left."""
    assert project.probe is not None
    absent = list(project.probe.absent)
    if absent:
        setting = f"coverage's source, in {told.file},"
        if told.origin == "--cov":
            setting = "--cov in pytest's options"
        elif not told.origin:
            setting = "covgate's source" if here.config.source else "what covgate finds by itself"
        yield Finding(
            name="source-absent",
            what=f"{setting} names {listed(absent)}, and this checkout has nothing of that name",
            why="what is not there is not measured, and coverage only mentions it",
            mend="name directories of the repository, or packages that it holds",
        )
    elif told.files == 0:
        omitted = f", of which omit = {listed(told.omit)} leaves nothing" if told.omit else ""
        yield Finding(
            name="nothing-measured",
            what=f"no file would be measured: the sources are {listed(told.source)}{omitted}",
            why="a gate over nothing passes everything",
            mend=f"take what is too wide out of `omit` in {told.file}"
            if told.omit
            else "name the directory that the code is in, or give it an __init__.py",
        )


def _sources_of_nobody(here: Here) -> Found:
    if here.config.source:
        yield Finding(
            name="source-unused",
            what=f"source is set ({', '.join(here.config.source)}), and `command` measures by itself",
            why="covgate's source is never used: what the command measures counts",
            mend=f"take `source` out of {here.table}, and commit it",
            severity=Severity.WARNING,
        )


def _two_sources(here: Here, told: CoverageFacts) -> Found:
    if not here.config.source or not (told.origin or told.include):
        return
    theirs = "--cov in pytest's options" if told.origin == "--cov" else f"coverage's configuration in {told.file}"
    yield Finding(
        name="source-twice",
        what=f"source is set for covgate ({', '.join(here.config.source)}) and by {theirs}"
        f" ({', '.join(told.source or told.include)})",
        why="the second counts, and covgate's source is never used",
        mend=f"take `source` out of {here.table}, and commit it",
        severity=Severity.WARNING,
    )


def _two_floors(here: Here, project: Project, told: CoverageFacts) -> Found:
    policy = here.config.policy
    floor = policy.floor if policy.kind.uses_floor else Fraction(0)
    asked = [(f"fail_under in {told.file}", Fraction(str(told.fail_under)))]
    if project.pytest.cov_fail_under:
        with contextlib.suppress(ValueError):  # pytest-cov says so
            asked.append(("--cov-fail-under in pytest's options", parse_decimal(project.pytest.cov_fail_under)))
    for where, value in asked:
        if value > floor:
            kind = "" if policy.kind.uses_floor else 'policy = "both" and '
            yield Finding(
                name="fail-under",
                what=f"{where} is {format_exact(value)}, but a push is judged by "
                + (f"the floor of {format_exact(floor)}%" if policy.kind.uses_floor else "the baseline alone"),
                why="covgate does not look at fail_under: a push may pass below it",
                mend=f"set {kind}floor = {format_exact(value)} in {here.table}, and commit it",
                severity=Severity.WARNING,
            )
