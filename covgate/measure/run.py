"""Measure a checked-out tree: run its tests under coverage, analyse what they executed, check where that was."""

from __future__ import annotations

import posixpath
from dataclasses import replace

from covgate.errors import NothingMeasured, ToolError
from covgate.measure.analyser import Analyser, choose_analyser
from covgate.measure.analysis import analyse, data_of, default_analyser, left_out_notices, nothing_executed
from covgate.measure.ending import failures_of, without_retried
from covgate.measure.facts import read_started
from covgate.measure.inside.covgate_programs import UNITTEST
from covgate.measure.job import Job, TestsFailed
from covgate.measure.outside import Copies, check_checkouts, check_outside, from_other_checkout
from covgate.measure.replaced import check_coverage, replaced_coverage
from covgate.measure.reports import DataFile, Report, parse, parse_report, read_bytes
from covgate.measure.reports.located import report_at_commit
from covgate.measure.reports.names import Naming
from covgate.measure.skipped import LINES as SKIPPED_LINES
from covgate.measure.skipped import skipped_notices
from covgate.measure.suite import SuiteRun, run_suite, set_up
from covgate.measure.workspace import Workspace
from covgate.model.measurement import Measurement
from covgate.model.numbers import total

# How a notice begins if covgate has guessed how the tests run.
GUESSED = "pytest is not installed for this project: its tests ran with python -m unittest"


def measure(job: Job) -> Measurement | TestsFailed:
    """The measurement of the job's tree, or how its tests failed.

    Raises ToolError if the tree can't be measured, and Interrupted if covgate is asked to stop.
    """
    workspace = Workspace(job)
    if job.setup is not None and job.isolated:
        set_up(workspace, job.setup)
    stamp = _report_stamp(job)
    suite = run_suite(workspace)
    ending = suite.ending
    if not ending.passed:
        return _failed(workspace, suite)
    check_checkouts(job.scratch)
    check_coverage(suite.runs, workspace.output())
    report = _written_report(workspace, stamp) if job.report else None
    copies = Copies(job.tree, job.package_roots)
    analyser = choose_analyser(suite.runs, default_analyser(workspace, suite.rcfile))
    if report is None:
        report = _analysed_report(workspace, suite, analyser, copies)
        check_outside(report)
    copies.check(report, job.scratch)
    report = replace(report, files=tuple(each for each in report.files if job.counts(each.path)))
    numbers = total(each.numbers for each in report.files)
    if ending.executed and not numbers.executable:
        hint = "name what is to be measured: `source` in the configuration of coverage or of covgate"
        if job.report:
            hint = f"look into {job.report}: it has no line of a file of this commit"
        raise NothingMeasured("the tests ran, but no statement was measured", hint=hint)
    return Measurement(
        tree=job.tree_oid,
        numbers=numbers,
        files=report.files,
        toolchain=replace(analyser.toolchain, coverage=report.coverage_version or analyser.toolchain.coverage),
        seconds=workspace.seconds,
        tests_collected=ending.executed,
        notices=(
            *job.interpreter.notices,
            *_about_the_command(suite, workspace),
            *analyser.notices,
            *left_out_notices(report.left_out),
            *report.notices,
        ),
        complete=not suite.measures_itself and not report.left_out,
    )


def _failed(workspace: Workspace, suite: SuiteRun) -> TestsFailed:
    """How the tests failed, and what else may be the reason."""
    summary = f"{suite.ending.reason} (exit status {suite.ending.status}){failures_of(suite.runs)}"
    wrong = from_other_checkout(workspace.job.scratch)
    if wrong:
        summary += f"; they imported {wrong}, from another checkout of this repository, and not the commit's"
    replaced = replaced_coverage(suite.runs)
    if replaced:
        summary += f"; {replaced} was replaced while they ran"
    summary += _other_command(workspace, suite)
    return TestsFailed(summary=summary, output=workspace.output())


def _other_command(workspace: Workspace, suite: SuiteRun) -> str:
    """A clause on what else may run the tests if covgate chose the command by itself; "" if nothing suggests it."""
    if workspace.job.command is not None:
        return ""
    guessed = any(each.kind == UNITTEST for each in suite.runs)
    clause = "; pytest is not installed for this project, so they ran with python -m unittest" if guessed else ""
    return clause + _documented_command(workspace)


def _documented_command(workspace: Workspace) -> str:
    """A clause on the test command that the project documents; "" if that is none, or pytest."""
    # Late: few runs need it.
    from covgate.measure.documented import documented_command

    found = documented_command(workspace.job.place)
    if found is None or found.is_pytest:
        return ""
    return f"; {found.origin} runs `{found.command}`: to measure that, set {found.setting}"


def _about_the_command(suite: SuiteRun, workspace: Workspace) -> tuple[str, ...]:
    """What covgate chose other than pytest, and what a command repeated or left out."""
    if workspace.job.command is None:
        guessed = any(each.kind == UNITTEST for each in suite.runs)
        return (GUESSED + _documented_command(workspace),) if guessed else ()
    notices = skipped_notices(workspace.output(lines=SKIPPED_LINES))
    followed = [each for each in suite.runs if each.through or each.watched]
    if len(without_retried(followed)) < len(followed):
        notices += ("tests failed at first, and passed when the command ran them again",)
    return notices


def _written_report(workspace: Workspace, stamp: object) -> Report | None:
    """The report that the command wrote; None if it is a coverage data file, which becomes the workspace's data."""
    job = workspace.job
    path = job.place / job.report
    rooted = f"{job.directory}/{job.report}" if job.directory else job.report
    written = _report_stamp(job)
    if written is None or written == stamp:
        raise ToolError(
            f"command wrote no new report to {job.report}",
            hint="correct `report`",
            output=workspace.output(),
        )
    try:
        data = read_bytes(path, job.report)
        if job.committed is None:
            report = parse_report(data, job.tree, job.report, job.report_format)
            check_outside(report)
            return report
        parsed = parse(data, job.report, job.report_format)
        naming = Naming(
            sources=parsed.sources, report_paths=job.report_paths, directory=posixpath.dirname(rooted) or "."
        )
        return report_at_commit(parsed, job.report, job.committed(), naming)
    except OSError as error:
        raise ToolError(f"{job.report} can't be read: {error.strerror}", hint="correct `report`") from None
    except DataFile:
        workspace.data.write_bytes(data)
        return None
    finally:
        if stamp is None:
            path.unlink(missing_ok=True)


def _analysed_report(workspace: Workspace, suite: SuiteRun, analyser: Analyser, copies: Copies) -> Report:
    """The report that coverage makes of the run's data."""
    if suite.measures_itself and not data_of(workspace, suite.runs):
        raise _nothing_followed(workspace)
    report = analyse(workspace, analyser, suite.runs, copies.place) if suite.ending.executed else None
    if report is None:
        configured = any(each.source_configured for each in suite.runs)
        report = nothing_executed(workspace, analyser, source_configured=configured)
    return report


def _nothing_followed(workspace: Workspace) -> NothingMeasured:
    """The error for a command that didn't measure and didn't start a program that covgate recognises as tests."""
    started = read_started(workspace.job.scratch)
    what = f" It started: {'; '.join(started[:5])}." if started else ""
    return NothingMeasured(
        f"command left no coverage data, and started no tests that covgate knows.{what}",
        hint="set `command` to the program that runs the tests, such as: python tests/all.py; or let it measure by"
        " itself, and name what it writes in `report`; a command that empties the environment can't be followed",
        output=workspace.output(),
    )


def _report_stamp(job: Job) -> object:
    """Changes when the report file is written; None if there is none."""
    if not job.report:
        return None
    try:
        stat = (job.place / job.report).stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size
