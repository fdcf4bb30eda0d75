"""`covgate init` measures the project once: a problem should show up now, not at the first push."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from covgate.config import Config
from covgate.doctor.check_commit import checkout_config
from covgate.errors import CovgateError, Interrupted, ToolError
from covgate.formats.paint import one_line, tail
from covgate.gate.context import Session
from covgate.git.repository import Repository
from covgate.install.file_edits import FileEdit
from covgate.measure.documented import documented_command
from covgate.model.measurement import Measurement
from covgate.model.numbers import Numbers, format_percent
from covgate.model.record import DEFAULT_COMPONENT

_UNTIL_THEN = "until this is fixed, pushes pass unmeasured, with a WARNING (`fail_closed = true` blocks them)"


def try_measuring(repository: Repository, environ: Mapping[str, str], edits: Sequence[FileEdit] = ()) -> list[str]:
    """Measure HEAD with the configuration that the checkout has after ``edits``. Returns the result as lines.

    Raises Interrupted if the user stops the tests.
    """
    session = Session(repository=repository, environ=environ)
    head = repository.commit("HEAD")
    if not head:
        return ["not measured: nothing is committed yet"]
    try:
        config = checkout_config(session, edits)
    except CovgateError as error:
        return _not_measured(error)
    if not config.enabled:
        return ["not measured: covgate is switched off (enabled = false)"]
    lines: list[str] = []
    for part in config.parts:
        found = _measure(session, head, part)
        lines += found if part.component == DEFAULT_COMPONENT else [f"[{part.component}] {found[0]}", *found[1:]]
    return lines


def _measure(session: Session, head: str, config: Config) -> list[str]:
    """The coverage of one component at ``head``, or why there is none, as lines for the user."""
    notices: list[str] = []
    documented = _documented(session.repository) if config.command is None and not config.directory else []
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
        return [*_not_measured(error, config), *documented]
    # A command that writes a report need not be about Python at all.
    ran = [] if config.report else [f"  by {interpreter.path} ({interpreter.origin})"]
    if not isinstance(result, Measurement):
        return [
            f"WARNING: the tests fail at {head[:10]}: {one_line(result.summary)}",
            *ran,
            *(f"  | {line}" for line in tail(result.output)),
            "  a push is blocked until they pass",
            *documented,
        ]
    notices += result.notices
    shown = format_percent(result.numbers.percent)
    if not shown:
        return [f"WARNING: nothing was measured at {head[:10]}: the tests pass, but no statement was counted", *ran]
    files = f"{len(result.files)} file{'' if len(result.files) == 1 else 's'}"
    counted = f"{files}, as {config.report} has them"
    if ran:
        counted = f"{ran[0].lstrip()} with {result.toolchain}; {files}"
    return [
        f"the coverage of {head[:10]} is {shown}% ({_counts(result.numbers)}), measured in {result.seconds:.0f} s",
        f"  {counted}; `covgate doctor` shows more",
        *(f"  {one_line(each)}" for each in notices),
        *documented,
    ]


def _documented(repository: Repository) -> list[str]:
    """A line about the project's own test command; none if covgate's default is the same, or none is documented."""
    found = documented_command(repository.top)
    if found is None or found.is_plain_pytest:
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
