"""The pre-push hook: reads what pre-commit says in the environment, or git on stdin, and calls the gate."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from covgate.boundary import guarded, leave
from covgate.config import switched_off_by
from covgate.errors import EXIT_PASSED, UsageError
from covgate.git.repository import Repository
from covgate.install.hook_place import called_by_hand, gates_natively
from covgate.model.ref_update import HEADS, RefUpdate, parse_pre_push_lines, why_not_gated


def main(argv: Sequence[str] | None = None) -> int:
    """Gate the push; the exit code is what git and pre-commit look at."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    return guarded(lambda: _main(arguments, os.environ), os.environ, gate=True, on_unmeasured=_unmeasured)


def run() -> None:
    leave(main())


def _unmeasured(reason: str) -> str:
    from .last_lines import unmeasured_by_error

    return unmeasured_by_error(os.environ, reason)


def _main(argv: list[str], environ: Mapping[str, str]) -> int:
    from .refs import all_updates, push_above
    from .report import report_push

    if "--help" in argv or "-h" in argv:
        print("covgate-pre-push: the pre-push hook of covgate; git and pre-commit call it. See covgate --help.")
        return 0
    switch = switched_off_by(environ)
    if switch:  # before anything that can fail: COVGATE_DISABLE must always work
        print(f"covgate: not applicable: disabled by {switch}")
        return EXIT_PASSED
    if "covgate-pre-push" in environ.get("SKIP", "").replace(" ", "").split(","):  # pre-commit checks SKIP itself
        print("covgate: skipped, as SKIP says")
        return EXIT_PASSED
    repository = Repository.discover(Path.cwd(), environ)
    try:
        if gates_natively(repository, "pre-push", environ):
            print("covgate: the native pre-push hook judges this push")
            return EXIT_PASSED
        command = push_above(repository)
        if environ.get("PRE_COMMIT"):
            updates, remote = _from_pre_commit(repository, environ)
            if environ.get("PRE_COMMIT_REMOTE_NAME"):
                updates = all_updates(repository, command, updates[0], remote)
        else:
            updates, remote = _from_git(argv)  # a native hook is shown every ref
        pushes = not called_by_hand("pre-push", environ) and not (command and command.dry_run)
        return report_push(repository, environ, updates, remote, pushes=pushes)
    finally:
        repository.close()


def _from_pre_commit(repository: Repository, environ: Mapping[str, str]) -> tuple[list[RefUpdate], str]:
    """The one update that pre-commit shows, and the remote.

    It names no commits if the root commit is pushed, and the updated ref only by its name.
    """
    local = environ.get("PRE_COMMIT_TO_REF") or environ.get("PRE_COMMIT_LOCAL_BRANCH") or "HEAD"
    commit = repository.commit(local)
    # `pre-commit run --hook-stage pre-push` shows nothing: judge the branch at HEAD.
    remote_ref = environ.get("PRE_COMMIT_REMOTE_BRANCH") or HEADS + (repository.current_branch() or "HEAD")
    before = repository.commit(environ.get("PRE_COMMIT_FROM_REF", ""))
    remote = environ.get("PRE_COMMIT_REMOTE_NAME") or repository.default_remote(repository.current_branch())
    update = RefUpdate(
        local_ref=local,
        local_oid=commit or local,
        remote_ref=remote_ref,
        remote_oid="" if before == commit else before,
        certain=False,
    )
    if not commit and not why_not_gated(update, ["*"]):
        raise UsageError(f"{local!r} leads to no commit", hint="commit something before you push")
    return [update], remote


def _from_git(argv: Sequence[str]) -> tuple[list[RefUpdate], str]:
    """Every update, from the lines that git writes to a pre-push hook, and the remote."""
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("covgate-pre-push reads git's pre-push lines on stdin", hint="by hand: covgate check")
    text = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
    try:
        updates = parse_pre_push_lines(text.split("\n"))
    except ValueError as error:
        raise UsageError(str(error), hint="git writes these lines; does another hook read them first?") from None
    return list(updates), argv[0] if argv else ""


if __name__ == "__main__":
    from covgate_hooks import pre_push  # as a module of its package

    pre_push.run()
