"""The command line: ``covgate COMMAND``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from covgate.boundary import guarded
from covgate.errors import EXIT_PASSED, ToolError, UsageError
from covgate.version import __version__

if TYPE_CHECKING:
    from covgate.git.repository import Repository

_DESCRIPTION = "A coverage gate at git push, with a baseline that only goes up, kept in git notes."
_EPILOG = """\
examples:
  covgate init                 set up this repository: hooks, configuration
  covgate check                measure HEAD and judge it, as a push would
  covgate baseline             the height that a push has to hold
  covgate baseline set 84.5 --reason "legacy module removed"
  covgate log                  how the baseline came to be
  covgate audit                who lowered a baseline, or left a note that can't be believed
  covgate doctor               what would be measured here, and what is wrong

exit codes: 0 passed, 1 blocked, 2 usage or configuration, 3 tool error, 130 interrupted
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in ``argv`` (default: the process's) and give its exit code."""
    parser = _parser()
    arguments, more = parser.parse_known_args(argv)
    if more and arguments.command == "baseline" and not any(each.startswith("--") for each in more):
        # argparse takes no positional after an option: `covgate baseline set --reason TEXT 84.5`.
        arguments.words += more
    elif more:
        parser.error(f"unrecognized arguments: {' '.join(more)}")
    if arguments.command is None:
        parser.print_help()
        return EXIT_PASSED
    gate = arguments.command in ("check", "ratchet")
    return guarded(lambda: _run(arguments, os.environ), os.environ, gate=gate)


def run() -> None:
    raise SystemExit(main())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="covgate",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"covgate {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, help: str, example: str) -> argparse.ArgumentParser:
        return commands.add_parser(
            name,
            help=help,
            description=help[0].upper() + help[1:] + ".",
            epilog=f"examples:\n{example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    init = command(
        "init",
        "set up this repository: hooks and configuration",
        "  covgate init\n  covgate init --native\n  covgate init --remove",
    )
    init.add_argument("--repo", help="where pre-commit finds covgate (default: where this one came from)")
    init.add_argument("--rev", help="the tag or commit of covgate to pin")
    init.add_argument("--native", action="store_true", help="install plain git hooks, without pre-commit")
    init.add_argument("--remove", action="store_true", help="take away what init wrote")

    check = command(
        "check",
        "measure a commit and judge it, as a push would",
        "  covgate check\n  covgate check HEAD~1 --format json\n"
        "  covgate check --report coverage.json --fail-closed\n"
        '  covgate check --format markdown >> "$GITHUB_STEP_SUMMARY"\n  covgate check --html covgate-html',
    )
    check.add_argument("rev", nargs="?", default="HEAD", metavar="REV", help="the commit (default: HEAD)")
    check.add_argument(
        "--base", metavar="REV", help="what it goes onto (default: the upstream, else the default branch)"
    )
    check.add_argument(
        "--report",
        action="append",
        default=[],
        metavar="FILE",
        help="judge this report instead of running tests (coverage data file, coverage JSON, Cobertura, LCOV)",
    )
    check.add_argument("--output", metavar="FILE", help="also write the record as a report")
    check.add_argument("--no-cache", action="store_true", help="run the tests even if this tree was measured")
    check.add_argument(
        "--format",
        choices=["text", "json", "markdown", "github", "sarif"],
        default="text",
        help="default: text; github annotates lines in GitHub Actions",
    )
    check.add_argument("--html", metavar="DIR", help="also write pages with the touched files, line by line")
    ratchet = command(
        "ratchet",
        "raise the baseline at a commit, as a merge would",
        "  covgate ratchet\n  covgate ratchet main",
    )
    ratchet.add_argument("rev", nargs="?", default="HEAD", metavar="REV", help="the commit (default: HEAD)")
    ratchet.add_argument("--no-cache", action="store_true", help="run the tests even if this tree was measured")
    ratchet.add_argument("--format", choices=["text", "json"], default="text", help="default: text")
    for each in (check, ratchet):
        closed = each.add_mutually_exclusive_group()
        closed.add_argument("--fail-closed", action="store_true", default=None, help="what can't be measured blocks")
        closed.add_argument("--fail-open", dest="fail_closed", action="store_false", help="it passes with a warning")

    baseline = command(
        "baseline",
        "show the baseline at a commit, or set it on purpose",
        '  covgate baseline\n  covgate baseline v1.0\n  covgate baseline set 84.5 --reason "legacy module removed"',
    )
    baseline.add_argument("words", nargs="*", metavar="[REV] | set VALUE [REV]", help="default: HEAD")
    baseline.add_argument("--reason", default="", help="why the baseline is set by hand; kept in the history")
    baseline.add_argument("--format", choices=["text", "json"], default="text", help="default: text")

    log = command(
        "log",
        "show how the baseline came to be",
        "  covgate log\n  covgate log --format json\n  covgate log --format html --output coverage-history.html",
    )
    log.add_argument(
        "--format",
        choices=["text", "json", "html"],
        default="text",
        help="default: text; html is one page with a chart of every measured commit",
    )
    log.add_argument("--output", metavar="FILE", help="write it to this file")
    badge = command(
        "badge",
        "print an SVG badge of the baseline, or of the coverage",
        "  covgate badge > badge.svg\n  covgate badge --of coverage --output badge.svg\n  covgate badge v1.0",
    )
    badge.add_argument("rev", nargs="?", default="HEAD", metavar="REV", help="the commit (default: HEAD)")
    badge.add_argument(
        "--of",
        choices=["baseline", "coverage"],
        default="baseline",
        help="the height that a push has to hold (the default), or what was measured last",
    )
    badge.add_argument("--component", default="default", metavar="NAME", help="of this part of the repository")
    badge.add_argument("--output", metavar="FILE", help="write it to this file")
    status = command("status", "show policy, baseline and coverage", "  covgate status --format json")
    status.add_argument("--format", choices=["text", "json"], default="text", help="default: text")
    sync = command("sync", "fetch, join and publish the notes", "  covgate sync\n  covgate sync upstream")
    sync.add_argument("remote", nargs="?", default="", metavar="REMOTE", help="default: the branch's, else origin")
    audit = command(
        "audit",
        "walk the history of the notes for baselines that fell and records that can't be believed",
        "  covgate audit\n  covgate audit --format json",
    )
    audit.add_argument("--format", choices=["text", "json"], default="text", help="default: text")
    doctor = command(
        "doctor",
        "tell what would be measured here and why, and what is wrong, each with its mend",
        "  covgate doctor\n  covgate doctor --format json\n\n"
        "It changes nothing. The exit code is 0 whatever it finds: scripts read `problems` in the JSON.",
    )
    doctor.add_argument("--format", choices=["text", "json"], default="text", help="default: text")
    demo = command("demo", "show it all on a throw-away repository", "  covgate demo")
    demo.add_argument("--keep", action="store_true", help="leave the repository there to look at")
    return parser


def _run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    if arguments.command == "demo":
        from covgate.commands.demo import demo

        return demo(say=print, keep=arguments.keep)
    if arguments.command == "status":
        from covgate.commands.inspection import status

        return _print(arguments.format, *status(Path.cwd(), environ))
    from covgate.git.repository import Repository

    repository = Repository.discover(Path.cwd(), environ)
    try:
        if arguments.command == "init":
            return _init(arguments, repository)
        handlers: dict[str, Callable[[argparse.Namespace, Repository, Mapping[str, str]], int]] = {
            "check": _check,
            "ratchet": _ratchet,
            "baseline": _baseline,
            "log": _log,
            "badge": _badge,
            "sync": _sync,
            "audit": _audit,
            "doctor": _doctor,
        }
        return handlers[arguments.command](arguments, repository, environ)
    finally:
        repository.close()


def _init(arguments: argparse.Namespace, repository: Repository) -> int:
    from covgate.install import native
    from covgate.install.pre_commit import configure, init, remove

    top = repository.top
    if arguments.native and (arguments.repo or arguments.rev):
        raise UsageError("--repo and --rev are pre-commit's, plain git hooks have none", hint="covgate init --native")
    if arguments.remove:
        native.remove(repository, say=print)
        remove(top, say=print)
    elif arguments.native:
        native.check(repository)
        configure(top, say=print)
        native.install(repository, say=print)
        print("done: `git push` is gated; `covgate doctor` tells what will be measured")
    else:
        init(top, repo=arguments.repo, rev=arguments.rev, say=print)
    return EXIT_PASSED


def _check(arguments: argparse.Namespace, repository: Repository, environ: Mapping[str, str]) -> int:
    from covgate.commands.check import check

    return check(
        repository,
        environ,
        commit=_commit(repository, arguments.rev),
        base=_base(repository, arguments.base) if arguments.base else "",
        reports=[Path(each) for each in arguments.report],
        output=Path(arguments.output) if arguments.output else None,
        html=Path(arguments.html) if arguments.html else None,
        use_cache=not arguments.no_cache,
        fail_closed=arguments.fail_closed,
        format=arguments.format,
    )


def _ratchet(arguments: argparse.Namespace, repository: Repository, environ: Mapping[str, str]) -> int:
    from covgate.commands.check import raise_baseline

    return raise_baseline(
        repository,
        environ,
        commit=_commit(repository, arguments.rev),
        use_cache=not arguments.no_cache,
        fail_closed=arguments.fail_closed,
        format=arguments.format,
    )


def _baseline(arguments: argparse.Namespace, repository: Repository, environ: Mapping[str, str]) -> int:
    from covgate.commands.inspection import baseline
    from covgate.gate.context import Session
    from covgate.gate.push import set_baseline
    from covgate.model.numbers import format_exact

    words: list[str] = arguments.words
    if words[:1] != ["set"]:
        if arguments.reason:
            raise UsageError("--reason goes with `covgate baseline set VALUE`")
        if len(words) > 1:
            raise UsageError(f"one commit at a time, not {' '.join(words)}", hint="covgate baseline [REV]")
        return _print(arguments.format, *baseline(repository, _commit(repository, (words or ["HEAD"])[0])))
    if len(words) not in (2, 3):
        raise UsageError("give the new baseline", hint="covgate baseline set VALUE --reason TEXT")
    session = Session(repository=repository, environ=environ)
    remote = repository.default_remote(repository.current_branch())
    commit = _commit(repository, (words[2:] or ["HEAD"])[0])
    opened = set_baseline(session, commit, words[1], arguments.reason, remote)
    print(
        f"covgate: the baseline at {commit[:10]} is {format_exact(opened.percent)}% from now on (epoch {opened.epoch})"
    )
    for notice in session.notices:
        print(f"covgate: {notice}")
    return EXIT_PASSED


def _log(arguments: argparse.Namespace, repository: Repository, environ: Mapping[str, str]) -> int:
    import shutil

    from covgate.boundary import paint_for
    from covgate.commands.log import log_lines, log_page, log_rows
    from covgate.formats.paint import Paint

    if arguments.format == "html":
        text = log_page(repository)
    elif arguments.format == "json":
        text = json.dumps(log_rows(repository), indent=2) + "\n"
    else:
        file = bool(arguments.output)
        paint = Paint() if file else paint_for(environ)
        width = shutil.get_terminal_size().columns
        text = log_lines(repository, paint, width=width, unicode=paint.utf8)
    return _deliver(text, arguments.output)


def _badge(arguments: argparse.Namespace, repository: Repository, environ: Mapping[str, str]) -> int:
    from covgate.commands.inspection import badge

    svg, told = badge(repository, _commit(repository, arguments.rev), arguments.of, arguments.component)
    for each in told:
        print(f"covgate: {each}", file=sys.stderr)
    return _deliver(svg, arguments.output)


def _sync(arguments: argparse.Namespace, repository: Repository, environ: Mapping[str, str]) -> int:
    from covgate.git.remote import without_credentials
    from covgate.notes.publish import SyncError, fetch_notes, publish
    from covgate.notes.ref import FILES_REF, NOTES_REF

    remote = arguments.remote or repository.default_remote(repository.current_branch())
    if not remote:
        raise UsageError("this repository has no remote", hint="git remote add origin URL")
    for ref in (NOTES_REF, FILES_REF):
        fetch_notes(repository, remote, ref)
    try:
        pushes = publish(repository, remote, NOTES_REF, FILES_REF)
    except SyncError as error:
        raise ToolError(error.message, hint="what was fetched is joined and judges here all the same") from None
    did = "published" if pushes else "nothing to publish"
    print(f"covgate: notes fetched from {without_credentials(remote)}; {did}")
    return EXIT_PASSED


def _audit(arguments: argparse.Namespace, repository: Repository, environ: Mapping[str, str]) -> int:
    from covgate.commands.audit import audit_notes

    status, text, data = audit_notes(repository)
    _print(arguments.format, text, data)
    return status


def _doctor(arguments: argparse.Namespace, repository: Repository, environ: Mapping[str, str]) -> int:
    from covgate.boundary import paint_for
    from covgate.doctor.report import doctor

    return _print(arguments.format, *doctor(repository, environ, paint_for(environ)))


def _base(repository: Repository, name: str) -> str:
    """The commit that ``name`` leads to: here, else as a branch of the remote, which a CI checkout doesn't have."""
    commit = repository.commit(name)
    remote = "" if commit else repository.default_remote(repository.current_branch())
    if remote:
        from covgate.notes.deepen import ask_tip

        commit = ask_tip(repository, remote, f"refs/heads/{name}")
    return commit or _commit(repository, name)


def _commit(repository: Repository, name: str) -> str:
    commit = repository.commit(name)
    if not commit:
        empty = not repository.commit("HEAD")
        raise UsageError(
            "this repository has no commit yet" if empty and name == "HEAD" else f"{name!r} leads to no commit",
            hint="commit something first" if empty else "git log --oneline --all shows what there is",
        )
    return commit


def _print(format: str, text: str, data: Any) -> int:
    if format == "json":
        print(json.dumps(data, indent=2))
    else:
        sys.stdout.write(text)
    return EXIT_PASSED


def _deliver(text: str, output: str | None) -> int:
    """To the file ``output``, else to the terminal: what that can't show must not end the command."""
    if output is not None:
        from covgate.files import write_output

        write_output(output, text)
    else:
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    return EXIT_PASSED
