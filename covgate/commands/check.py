"""`covgate check` and `covgate ratchet`: the two stories by hand and in CI."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from covgate.boundary import paint_for
from covgate.config import Config
from covgate.errors import EXIT_TOOL_ERROR, ToolError, UsageError
from covgate.files import write_output
from covgate.gate.bar import bar_of, fork_point
from covgate.gate.context import Session
from covgate.gate.judge import Order, Outcome, exit_code, judge_commit, shown
from covgate.gate.push import ratchet_commit, synchronised
from covgate.git.repository import Repository
from covgate.model.measurement import Measurement, Toolchain
from covgate.model.numbers import total
from covgate.model.record import record_of, render_note
from covgate.model.verdict import Status, not_applicable

if TYPE_CHECKING:
    from covgate.formats.paint import Paint
    from covgate.formats.shown import Shown


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
    _print(told, environ, format)
    return exit_code([outcome])


def raise_baseline(
    repository: Repository,
    environ: Mapping[str, str],
    *,
    commit: str,
    use_cache: bool,
    fail_closed: bool | None,
    format: str,
) -> int:
    """Raise the baseline at ``commit``; exit code 1 where what it measures does not pass.

    Under fail-closed it is an error, too, that it can't be written down or published: CI has no other use for it.
    """
    session = Session(repository=repository, environ=environ, use_cache=use_cache, fail_closed=fail_closed)
    config = session.config_at(commit)
    if config.enabled:
        remote = repository.default_remote(repository.current_branch())
        outcome = ratchet_commit(session, commit, config, remote)
    else:
        outcome = Outcome(verdict=not_applicable("disabled"), commit=commit)
    _print(shown(outcome, session.notices), environ, format)
    code = exit_code([outcome])
    lost = session.unrecorded or session.unpublished
    return EXIT_TOOL_ERROR if not code and lost and session.blocks_on_error(config) else code


def _print(told: Shown, environ: Mapping[str, str], format: str) -> None:
    paint = paint_for(environ)
    sys.stdout.write(paint.encodable(_rendered(told, paint, format)))
    sys.stdout.flush()


def _rendered(told: Shown, paint: Paint, format: str) -> str:
    if format == "json":
        from covgate.formats.json_data import verdict_json

        return verdict_json(told)
    if format == "markdown":
        from covgate.formats.markdown import markdown

        return markdown(told)
    if format == "github":
        from covgate.formats.github import github

        return github(told, paint)
    if format == "sarif":
        from covgate.formats.sarif import sarif_json

        return sarif_json(told)
    from covgate.formats.text import check_text

    return check_text(told, paint)


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
    from covgate.measure.reports import combine
    from covgate.measure.runner import read_report

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
