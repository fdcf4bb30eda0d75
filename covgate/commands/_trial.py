"""`covgate init` measures the project once: a problem should show up now, not at the first push."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from covgate.commands._components import taken_from_top
from covgate.config import Config
from covgate.doctor.check_commit import checkout_config
from covgate.errors import CovgateError, Interrupted, ToolError
from covgate.formats.paint import one_line, tail
from covgate.gate.context import Session
from covgate.git.others import left_behind
from covgate.git.repository import Repository
from covgate.install.file_edits import FileEdit
from covgate.install.pre_commit import Setup, is_configured
from covgate.install.toml_table import NOTHING, Taken
from covgate.measure.documented import Documented, documented_command, options_not_read
from covgate.measure.run import GUESSED
from covgate.model.measurement import Measurement
from covgate.model.numbers import Numbers, format_percent
from covgate.model.record import DEFAULT_COMPONENT

_UNTIL_THEN = "until this is fixed, pushes pass unmeasured, with a WARNING (`fail_closed = true` blocks them)"


def plan_and_try(
    repository: Repository,
    environ: Mapping[str, str],
    plan: Callable[[Taken], Setup],
    taken: Taken,
    *,
    has_components: bool,
    measures: bool,
) -> tuple[Setup, list[str]]:
    """What ``plan`` makes of ``taken``, and the result of measuring with it, as lines; none without ``measures``.

    In a repository of another language than Python, a new configuration says what measures it, as far as its files do.
    If one for Python can't measure, or only by a guess, and the command that the project documents can, the plan has
    that command. Raises Interrupted if the user stops the tests.
    """
    configured, _ = is_configured(repository)
    is_whole = not configured and not has_components
    other = taken_from_top(repository, environ) if is_whole else NOTHING
    if other is not NOTHING:
        taken = replace(other, fail_under=taken.fail_under)
    setup = plan(taken)
    if not measures:
        return setup, []
    if other.to_do:
        return setup, [f"WARNING: this repository can't be measured yet: {other.to_do}", f"  {_UNTIL_THEN}"]
    works, lines = try_measuring(repository, environ, setup.edits)
    works = works and not any(GUESSED in line for line in lines)
    is_python = is_whole and other is NOTHING
    found = documented_command(repository.top) if is_python and not works else None
    if found is None or found.is_pytest or not (found.command + found.origin).isprintable():
        return setup, lines
    print(f"{lines[0]}\n  trying the command that {found.origin} runs: {found.command}", file=sys.stderr, flush=True)
    documented = plan(replace(taken, keys={"command": found.command}, origin=found.origin))
    works, measured = try_measuring(repository, environ, documented.edits)
    if works:
        return documented, measured
    return setup, [*lines, f"  with {found.setting}, init tried that: {measured[0]}"]


def try_measuring(
    repository: Repository, environ: Mapping[str, str], edits: Sequence[FileEdit]
) -> tuple[bool, list[str]]:
    """Measure HEAD with the configuration that the checkout has after ``edits``.

    Returns whether each component has a number, and the result as lines.
    Raises Interrupted if the user stops the tests.
    """
    session = Session(repository=repository, environ=environ)
    head = repository.commit("HEAD")
    if not head:
        return False, ["not measured: nothing is committed yet"]
    try:
        config = checkout_config(session, edits)
    except CovgateError as error:
        return False, _not_measured(error)
    if not config.enabled:
        return False, ["not measured: covgate is switched off (enabled = false)"]
    lines: list[str] = []
    works = True
    for part in config.parts:
        measured, found = _measure(session, head, part)
        works = works and measured
        lines += found if part.component == DEFAULT_COMPONENT else [f"[{part.component}] {found[0]}", *found[1:]]
    return works, lines


def _measure(session: Session, head: str, config: Config) -> tuple[bool, list[str]]:
    """Whether one component has a number at ``head``; and its coverage, or why there is none, as lines for the user."""
    notices: list[str] = []
    documented = None
    if config.command is None and not config.directory:
        documented = documented_command(session.repository.top)
    try:
        interpreter = session.measurer.interpreter(config)
        of = "" if config.component == DEFAULT_COMPONENT else f"{config.component} at "
        print(
            f"measuring {of}{head[:10]} once, as a push would (Ctrl-C stops it, and --no-measure skips it)",
            file=sys.stderr,
            flush=True,
        )
        result = session.measurer.cached(head, config) or session.measurer.measure(head, config, notices.append)
    except Interrupted:
        raise
    except CovgateError as error:
        lines = _not_measured(error, config)
        return False, [*lines, *_unsaid(documented, lines)]
    # A command that writes a report need not be about Python at all.
    ran = [] if config.report else [f"  by {interpreter.path} ({interpreter.origin})"]
    if not isinstance(result, Measurement):
        return False, [
            f"WARNING: the tests fail at {head[:10]}: {one_line(result.summary)}",
            *ran,
            *(f"  | {line}" for line in tail(result.output)),
            "  a push is blocked until they pass",
            *_unsaid(documented, [result.summary]),
        ]
    notices += result.notices
    shown = format_percent(result.numbers.percent)
    if not shown:
        return False, [
            f"WARNING: nothing was measured at {head[:10]}: the tests pass, but no statement was counted",
            *ran,
        ]
    files = f"{len(result.files)} file{'' if len(result.files) == 1 else 's'}"
    counted = f"{files}, as {config.report} has them"
    if ran:
        counted = f"{ran[0].lstrip()} with {result.toolchain}; {files}"
    return True, [
        f"the coverage of {head[:10]} is {shown}% ({_counts(result.numbers)}), measured in {result.seconds:.0f} s",
        f"  {counted}; `covgate doctor` shows more",
        *(f"  {one_line(each)}" for each in notices),
        *_unignored(session.repository, config),
        *_unread(session, config, branch=bool(result.numbers.branches)),
        *_unsaid(documented, notices),
    ]


def _unignored(repository: Repository, config: Config) -> list[str]:
    """A line about the directory of the report if git doesn't ignore it."""
    found = left_behind(repository, posixpath.join(config.directory, config.report)) if config.report else ""
    return [f"  git doesn't ignore {found}, where the report is written: add /{found}/ to .gitignore"] if found else []


def _unread(session: Session, config: Config, *, branch: bool) -> list[str]:
    """A line for each option with which the project measures, and covgate doesn't."""
    if config.command is not None or config.directory or config.report:
        return []
    return [
        f"  {each.file} measures with {each.option}, and covgate doesn't: {each.fix}"
        for each in options_not_read(session.repository.top, session.environ, branch=branch)
    ]


def _unsaid(found: Documented | None, said: Sequence[str]) -> list[str]:
    """A line about the project's own test command; none if covgate runs the same, or if the lines ``said`` name it."""
    if found is None or found.is_plain_pytest or any(found.setting in line for line in said):
        return []
    return [f"  {found.origin} runs `{found.command}`: to measure that, set {found.setting} in covgate's configuration"]


def _not_measured(error: CovgateError, config: Config | None = None) -> list[str]:
    output = error.output if isinstance(error, ToolError) else ""
    what = "this repository" if config is None or config.component == DEFAULT_COMPONENT else "it"
    return [
        f"WARNING: {what} can't be measured: {one_line(error.message)}",
        *([f"  {one_line(error.hint)}"] if error.hint else []),
        *(f"  | {line}" for line in tail(output)),
        f"  {_UNTIL_THEN}",
    ]


def _counts(numbers: Numbers) -> str:
    statements = f"{numbers.executed_statements} of {numbers.statements} statements"
    return statements + (f", {numbers.executed_branches} of {numbers.branches} branches" if numbers.branches else "")
