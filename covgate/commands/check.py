"""`covgate check`: measure a commit and judge it, as a push would."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from covgate.boundary import decided, paint_for
from covgate.commands._outcome import print_outcome
from covgate.commands._reports import add_report_options, given_reports
from covgate.commands._shared import add_components, add_fail_closed, add_jobs, find_commit, open_repository
from covgate.config import Config
from covgate.errors import UsageError, as_notice, keeping_notices
from covgate.files import may_write_output, write_output
from covgate.formats import FORMATS, Context
from covgate.formats.html_files import source_reader
from covgate.gate.after_block import uncommitted_notices
from covgate.gate.bar import Bar, bars_of, lands_on
from covgate.gate.components import chosen, judge_components
from covgate.gate.context import Session
from covgate.gate.decisions import choose_bases
from covgate.gate.exchange import deepen, fetch, syncs
from covgate.gate.new_code import with_new_code
from covgate.gate.order import Order
from covgate.gate.preview import Target, default_target, find_merge, merged_by_service
from covgate.git.remote import Remote
from covgate.git.repository import Repository
from covgate.measure.report_files import find_reports, measurement_from_reports, of_component
from covgate.measure.unmeasured import reset_unmeasured
from covgate.model.measurement import Measurement
from covgate.model.note_text import render_note
from covgate.model.outcome import Outcome
from covgate.model.record import Excuse, record_of
from covgate.model.verdict import Status, not_applicable

HELP = "measure a commit and judge it, as a push would"
EXAMPLES = """\
  covgate check
  covgate check HEAD~1 --format json
  covgate check --report coverage.json --fail-closed
  covgate check --report lcov.info --report-path /app=.
  covgate check --report "reports/*.xml" --expect 3
  covgate check --format markdown >> "$GITHUB_STEP_SUMMARY"
  covgate check --html covgate-html
"""
# An error that leaves no verdict passes with a warning, unless fail_closed is set.
IS_GATE = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rev", nargs="?", default="HEAD", metavar="REV", help="the commit (default: HEAD)")
    parser.add_argument(
        "--base", metavar="REV", help="compare with this commit (default: the upstream, else the default branch)"
    )
    add_report_options(parser)
    parser.add_argument("--output", metavar="FILE", help="also write the record to this file")
    parser.add_argument("--no-cache", action="store_true", help="run the tests even if this tree was measured")
    parser.add_argument(
        "--format",
        choices=list(FORMATS),
        default="text",
        help="default: text; github annotates lines in GitHub Actions",
    )
    parser.add_argument("--html", metavar="DIR", help="also write pages with the touched files, line by line")
    add_components(parser, "judge")
    add_jobs(parser)
    add_fail_closed(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    if arguments.expect and not arguments.report:
        raise UsageError("--expect is given, but no --report", hint="add --report FILE")
    with open_repository(environ) as repository:
        return _check(arguments, repository, environ)


def _check(arguments: argparse.Namespace, repository: Repository, environ: Mapping[str, str]) -> int:
    """Judge the commit as a push would, and write what was asked for. Returns the exit code."""
    html = Path(arguments.html) if arguments.html else None
    if html is not None:
        from covgate.formats.html_files import may_write_pages

        may_write_pages(html)
    if arguments.output:
        may_write_output(arguments.output)
    session = Session(
        repository=repository,
        environ=environ,
        use_cache=not arguments.no_cache,
        fail_closed=arguments.fail_closed,
    )
    outcome = _judge(arguments, session)
    notices = list(outcome.notices)
    with as_notice(notices, "some facts about this clone could not be found"):
        if outcome.numbers is not None and not arguments.report:
            reset_unmeasured(repository.state_dir)  # pushes can be measured again
        if outcome.failed:
            notices += uncommitted_notices(repository, environ)
    outcome = replace(outcome, notices=tuple(notices))
    context = Context(paint=paint_for(environ), source=source_reader(repository, outcome.files_at))
    steps = [partial(print_outcome, outcome, arguments.format, context)]
    if arguments.output:
        steps.append(partial(write_report, arguments.output, outcome))
    if html is not None:
        from covgate.formats.html_files import write_pages

        steps.append(partial(write_pages, html, outcome, context.source))
    return decided(outcome.exit_code, *steps)


def _judge(arguments: argparse.Namespace, session: Session) -> Outcome:
    """The outcome of the commit, against the base that was named, else the upstream, else the default branch."""
    repository = session.repository
    commit = find_commit(repository, arguments.rev)
    branch = repository.current_branch()
    remote = Remote(repository, repository.default_remote(branch))
    here = branch if commit == repository.commit("HEAD") else ""
    upstream = repository.commit("@{upstream}") if here else ""  # what a push from here would replace
    if session.switched_off:
        disabled = not_applicable(f"disabled by {session.switched_off}")
        return Outcome(verdict=disabled, commit=commit, tree=repository.tree(commit))
    config = session.config_at(commit)
    remote, before = fetch(config, remote, [commit])
    with keeping_notices(before):
        tip = _find_base(remote, arguments.base) if arguments.base else upstream
    before += deepen(remote, [[tip]]) if tip and syncs(config, remote) else []
    lands = _lands(session, remote) if here else False
    parts = chosen(config, arguments.component)

    def bars_at(commit: str) -> tuple[Bar, ...]:
        bases: tuple[str, ...] = (tip,)
        if not arguments.base:
            bases = choose_bases(replaced=upstream, fork_point=lambda: remote.fork_point(commit), lands=lands, named="")
        found = bars_of(session, commit, bases, remote, here)
        names = arguments.component or [each.config.component for each in found]
        return tuple(replace(bar, lands=lands) for bar in found if bar.config.component in names)

    bars = bars_at(commit)
    bar = bars[0]
    if not bar.config.enabled:
        disabled = not_applicable("disabled: enabled = false")
        notices = (*bar.notices, *before)
        return Outcome(verdict=disabled, commit=commit, tree=repository.tree(commit), notices=notices)
    about = parts[0] if len(parts) == 1 else config
    order, judged, merge = _order(arguments, session, commit, about), commit, None
    if bar.config.preview_merge and not lands:
        target = Target(arguments.base, tip) if arguments.base else default_target(remote)
        never = "a report is about this commit alone, not about a merge" if arguments.report else ""
        merge = merged_by_service(session, commit, target, bars) if not here else None
        merge = merge or find_merge(session, commit, target, bars_at, before, never=never)
    if merge is not None:
        judged, bars, order = merge.commit, merge.bars, merge.order(order, commit)
    outcome = judge_components(session, judged, bars, [tip], order)
    with as_notice(before, "new files that are not measured could not be listed"):
        outcome = with_new_code(session, outcome, bars)
    if merge is not None:
        outcome = merge.outcome_of(commit, outcome)
    own = bars[0].notices if not outcome.parts else ()
    return replace(outcome, notices=tuple(dict.fromkeys([*own, *before, *outcome.notices])))


def _order(arguments: argparse.Namespace, session: Session, commit: str, config: Config) -> Order:
    """How to judge the commit: by the reports that were given, if any, which are read as ``config`` says."""
    measured: Callable[[Config], Measurement] | None = None
    if arguments.report:
        reports = find_reports(given_reports(arguments), arguments.expect or 0)
        whole = cache(partial(measurement_from_reports, session.measurer, config, commit, reports))
        measured = lambda part: of_component(whole(), session.measurer.tree(commit, part), part)  # noqa: E731
    explains = arguments.format != "text" or bool(arguments.html)
    return Order(ratchets=False, measured=measured, jobs=arguments.jobs, explains=explains)


def _lands(session: Session, remote: Remote) -> bool:
    """Whether a push of the branch that is checked out goes where changes land."""
    repository, prefix = session.repository, remote.tracking("")
    followed = repository.text("rev-parse", "--symbolic-full-name", "@{upstream}")
    branch = followed.removeprefix(prefix) if followed.startswith(prefix) else repository.current_branch()
    return lands_on(session, remote, branch)


def _find_base(remote: Remote, name: str) -> str:
    """The commit that ``name`` leads to: here, else as a branch of the remote, which a CI checkout doesn't have."""
    repository = remote.repository
    commit = repository.commit(name)
    return commit or remote.branch_tip(name) or find_commit(repository, name)


def write_report(name: str, outcome: Outcome) -> None:
    """The record of each component as a report whose front matter holds the status.

    What did not pass comes first, for those who read only the first front matter.
    """
    order = (Status.FAIL, Status.NOT_APPLICABLE, Status.PASS)
    parts = sorted(outcome.each, key=lambda each: order.index(each.verdict.status))
    write_output(name, "".join(map(_document, parts)))


def _document(outcome: Outcome) -> str:
    """The record of one component; without a measurement, one that never says PASS."""
    verdict, component = outcome.verdict, outcome.component
    if outcome.numbers is None:
        status = Status.FAIL.value if outcome.failed else ""
        front = f"---\nformat: 1\ncomponent: {component}\ncoverage_status: {status}".rstrip()
        return f"{front}\n---\n{verdict.reason}\n"
    tree, toolchain = outcome.tree, outcome.toolchain
    record = record_of(verdict, outcome.numbers, tree, toolchain, verdict.baseline, component=component)
    return render_note([replace(record, excuse=Excuse(tree, verdict.excuse)) if verdict.excuse else record])
