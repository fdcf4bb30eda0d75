"""`covgate check`: measure a commit and judge it, as a push would."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from covgate.commands._shared import add_fail_closed, find_commit, open_repository
from covgate.commands._verdict import print_verdict
from covgate.config import Config
from covgate.errors import ToolError, UsageError
from covgate.files import write_output
from covgate.gate.bar import bar_of, fork_point
from covgate.gate.context import Session
from covgate.gate.judge import Order, Outcome, exit_code, judge_commit, shown
from covgate.gate.push import synchronised
from covgate.git.repository import Repository
from covgate.model.measurement import Measurement, Toolchain
from covgate.model.note_text import render_note
from covgate.model.numbers import total
from covgate.model.record import record_of
from covgate.model.verdict import Status, not_applicable
from covgate.notes.deepen import ask_tip

HELP = "measure a commit and judge it, as a push would"
EXAMPLES = """\
  covgate check
  covgate check HEAD~1 --format json
  covgate check --report coverage.json --fail-closed
  covgate check --format markdown >> "$GITHUB_STEP_SUMMARY"
  covgate check --html covgate-html
"""
# An error that leaves no verdict passes with a warning, unless fail_closed is set.
IS_GATE = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rev", nargs="?", default="HEAD", metavar="REV", help="the commit (default: HEAD)")
    parser.add_argument(
        "--base", metavar="REV", help="what it goes onto (default: the upstream, else the default branch)"
    )
    parser.add_argument(
        "--report",
        action="append",
        default=[],
        metavar="FILE",
        help="judge this report instead of running tests (coverage data file, coverage JSON, Cobertura, LCOV)",
    )
    parser.add_argument("--output", metavar="FILE", help="also write the record as a report")
    parser.add_argument("--no-cache", action="store_true", help="run the tests even if this tree was measured")
    parser.add_argument(
        "--format",
        choices=["text", "json", "markdown", "github", "sarif"],
        default="text",
        help="default: text; github annotates lines in GitHub Actions",
    )
    parser.add_argument("--html", metavar="DIR", help="also write pages with the touched files, line by line")
    add_fail_closed(parser)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with open_repository(environ) as repository:
        return check(
            repository,
            environ,
            commit=find_commit(repository, arguments.rev),
            base=_find_base(repository, arguments.base) if arguments.base else "",
            reports=[Path(each) for each in arguments.report],
            output=Path(arguments.output) if arguments.output else None,
            html=Path(arguments.html) if arguments.html else None,
            use_cache=not arguments.no_cache,
            fail_closed=arguments.fail_closed,
            format=arguments.format,
        )


def check(
    repository: Repository,
    environ: Mapping[str, str],
    *,
    commit: str,
    base: str,
    reports: Sequence[Path],
    output: Path | None,
    html: Path | None,
    use_cache: bool,
    fail_closed: bool | None,
    format: str,
) -> int:
    """Judge ``commit`` as a push would; ``reports`` are judged instead of a test run."""
    if html is not None:
        from covgate.formats.html_files import may_write_pages

        may_write_pages(html)
    session = Session(repository=repository, environ=environ, use_cache=use_cache, fail_closed=fail_closed)
    branch = repository.current_branch()
    # What a push from here would replace is judged by, too: the upstream of the branch.
    here = branch if commit == repository.commit("HEAD") else ""
    tip = base or (here and repository.commit("@{upstream}"))
    remote = repository.default_remote(branch)
    bar = bar_of(session, commit, tip or fork_point(repository, commit, remote), remote, here)
    session.notices += bar.said
    config = bar.config
    if not config.enabled:
        outcome = Outcome(verdict=not_applicable("disabled"), commit=commit)
    else:
        synchronised(session, config, remote, commit, tip)
        measured = None
        if reports:
            measured = lambda: _from_reports(repository, environ, session, config, commit, reports)  # noqa: E731
        order = Order(ratchets=False, measured=measured, explains=format != "text" or html is not None)
        outcome = judge_commit(session, commit, bar, [tip], order)
    if output is not None:
        _write_report(output, outcome)
    told = shown(outcome, session.notices)
    if format == "sarif" or html is not None:
        from covgate.formats.html_files import with_sources, write_pages

        told = with_sources(told, repository)
        if html is not None:
            write_pages(html, told)
    print_verdict(told, environ, format)
    return exit_code([outcome])


def _find_base(repository: Repository, name: str) -> str:
    """The commit that ``name`` leads to: here, else as a branch of the remote, which a CI checkout doesn't have."""
    commit = repository.commit(name)
    remote = "" if commit else repository.default_remote(repository.current_branch())
    if remote:
        commit = ask_tip(repository, remote, f"refs/heads/{name}")
    return commit or find_commit(repository, name)


def _write_report(path: Path, outcome: Outcome) -> None:
    """The record as a report whose front matter holds the status; without a measurement, one that never says PASS."""
    if outcome.numbers is not None:
        record = record_of(outcome.verdict, outcome.numbers, outcome.tree, outcome.toolchain, outcome.verdict.baseline)
        text = render_note([record])
    else:
        status = Status.FAIL.value if outcome.blocked else ""
        text = f"---\nformat: 1\ncomponent: default\ncoverage_status: {status}".rstrip() + "\n---\n"
        text += outcome.verdict.reason + "\n"
    write_output(str(path), text)


def _from_reports(
    repository: Repository,
    environ: Mapping[str, str],
    session: Session,
    config: Config,
    commit: str,
    paths: Sequence[Path],
) -> Measurement:
    """The measurement that ``paths`` hold, several combined."""
    from covgate.measure.analysis import read_report
    from covgate.measure.reports import combine

    parts = []
    for path in paths:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}", hint="give --report a file that exists") from None
        parts.append(read_report(data, str(path), repository.top, session.interpreter(config), environ))
    report = combine(parts)
    if report.outside:
        raise ToolError(
            f"the report is about files outside of {repository.top}: {report.outside[0]}",
            hint="make it in this checkout, or map its paths ([tool.coverage.paths])",
        )
    listed = repository.run("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit)
    known = set(listed.decode(errors="replace").split("\0"))
    if report.files and not any(each.path in known for each in report.files):
        raise ToolError(
            f"no file of the report is in {commit[:10]} (the first is {report.files[0].path})",
            hint="make the report at the top of the repository",
        )
    return Measurement(
        tree=repository.tree(commit),
        numbers=total(each.numbers for each in report.files),
        files=report.files,
        toolchain=Toolchain(coverage=report.coverage_version),
    )
