"""The post-merge and post-rewrite hook: raises the baseline where history has grown."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from covgate.boundary import guarded, leave
from covgate.config import switched_off_by
from covgate.errors import EXIT_PASSED
from covgate.git.repository import Repository
from covgate.install.hook_place import called_by_hand, gates_natively


def main(argv: Sequence[str] | None = None) -> int:
    """Raise the baseline. git ignores the exit code; pre-commit shows the output."""
    return guarded(lambda: _main(sys.argv[1:] if argv is None else list(argv), os.environ), os.environ, gate=True)


def run() -> None:
    leave(main())


def _main(argv: list[str], environ: Mapping[str, str]) -> int:
    from .report import report_ratchet

    if "--help" in argv or "-h" in argv:
        print("covgate-post-merge: the post-merge hook of covgate; git and pre-commit call it. See covgate --help.")
        return 0
    switch = switched_off_by(environ)
    if switch:  # before anything that can fail: COVGATE_DISABLE must always work
        print(f"covgate: not applicable: disabled by {switch}")
        return EXIT_PASSED
    repository = Repository.discover(Path.cwd(), environ)
    try:
        rewritten = bool(environ.get("PRE_COMMIT_REWRITE_COMMAND")) or argv[:1] in (["amend"], ["rebase"])
        hook = "post-rewrite" if rewritten else "post-merge"
        if gates_natively(repository, hook, environ):
            print(f"covgate: the native {hook} hook ratchets this merge")
            return EXIT_PASSED
        if environ.get("PRE_COMMIT_IS_SQUASH_MERGE") == "1" or (not environ.get("PRE_COMMIT") and argv[:1] == ["1"]):
            print("covgate: a squash merge: nothing is committed yet, so nothing is ratcheted")
            return 0
        return report_ratchet(repository, environ, rewritten=rewritten, by_hand=called_by_hand(hook, environ))
    finally:
        repository.close()


if __name__ == "__main__":
    from covgate_hooks import post_merge  # as a module of its package

    post_merge.run()
