"""Ask a remote for its branches and its default branch: in the background, and never for long."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from covgate.git.execute import end_group
from covgate.git.listing import Listing, parse_listing
from covgate.git.messages import error_line
from covgate.git.remote import Remote

# Don't wait longer than this for a remote, because the user is waiting for the push.
PATIENCE = 20.0  # seconds


class Question:
    """The question to ``remote``, running in the background. Use `asking`."""

    def __init__(self, remote: Remote, process: subprocess.Popen[bytes] | None, refs: Sequence[str]) -> None:
        self._remote = remote
        self._process = process
        self._refs = refs
        self._asked = time.monotonic()

    def answered(self) -> Remote:
        """Wait for the answer, until 20 seconds after the question. Keeps the default branch that it names.

        Returns the remote with its answer.
        """
        if self._process is None:
            return replace(self._remote, spared=True)
        remote = replace(self._remote, listing=self.listing())
        remote.keep_default_branch()
        return remote

    def listing(self) -> Listing:
        """Wait for the answer, until 20 seconds after the question, and keep nothing of it."""
        if self._process is None:
            return Listing()
        try:
            # An answer that is there already needs a moment, too: it is read from a pipe.
            patience = max(self._asked + PATIENCE - time.monotonic(), PATIENCE / 10)
            out, err = self._process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            return Listing(problem=f"no answer within {PATIENCE:.0f} seconds", timed_out=True)
        if self._process.returncode:
            return Listing(problem=error_line(err.decode(errors="replace")))
        return parse_listing(os.fsdecode(out), self._refs)


@contextlib.contextmanager
def asking(remote: Remote, *refs: str, always: bool = False) -> Iterator[Question]:
    """Ask ``remote`` while the block runs, also for ``refs``. The processes that it started end with the block.

    ``always``: ask even if the last answer is recent enough.
    """
    if not always and remote.kept.suffices:
        yield Question(remote, None, refs)
        return
    # Without patterns: git transfers all refs in any case. In its own process group: otherwise the ssh that git starts
    # would outlive git and keep the pipes open.
    process = remote.repository.start("ls-remote", "--symref", "--", remote.name, own_group=True)
    try:
        yield Question(remote, process, refs)
    finally:
        end_group(process)


def ask(remote: Remote) -> Remote:
    """``remote`` with its answer; itself if it has no name or was asked already."""
    if not remote or remote.listing is not None:
        return remote
    with asking(remote) as question:
        return question.answered()
