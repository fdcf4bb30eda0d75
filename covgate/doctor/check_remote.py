"""`covgate doctor` on the remote: whether it answers, accepts pushes, and keeps a connection long enough.

The remote is asked in the background, while the other checks run. Nothing prompts, no hook runs, and nothing is
written, here or there.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from covgate.doctor.findings import Checkout, Fact, Finding, Results, Severity, listed, shell
from covgate.git.ask import PATIENCE, Question, asking
from covgate.git.execute import end_group
from covgate.git.listing import Listing
from covgate.git.messages import error_line
from covgate.git.remote import Remote, without_credentials
from covgate.git.repository import Repository
from covgate.measure.cache import Cache
from covgate.notes.records import Notes
from covgate.notes.ref import NOTES_REF

# Some servers and routers drop a connection that is idle for longer than this.
_IDLE_LIMIT = 90.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the remote answered.

    ``listing``: its branches and its default branch. ``refused``: why it accepts no push, "" if it does, as far as a
    dry run shows: it doesn't run the server's hooks and rules.
    """

    listing: Listing = field(default_factory=Listing)
    refused: str = ""

    @property
    def notes(self) -> str:
        """The oid of its notes; "" for none."""
        return self.listing.others.get(NOTES_REF, "")

    @property
    def unreadable(self) -> str:
        """Why it can't be read; "" if it can."""
        return self.listing.problem


class RemoteQuery:
    """The questions to a remote, running in the background."""

    def __init__(self, question: Question, pushing: subprocess.Popen[bytes] | None) -> None:
        self._question = question
        self._pushing = pushing

    def answer(self) -> Answer:
        """Wait for the answer."""
        listing = self._question.listing()
        if listing.problem or self._pushing is None:
            return Answer(listing=listing)
        status, err = _collect(self._pushing)
        return Answer(listing=listing, refused=error_line(err) if status else "")


@contextlib.contextmanager
def ask_remote(repository: Repository, name: str, head: str) -> Iterator[RemoteQuery | None]:
    """Ask the remote ``name`` in the background, until the end of the block; None without a name."""
    if not name:
        yield None
        return
    pushing = None
    with asking(Remote(repository, name), NOTES_REF, always=True) as question:
        source = Notes(repository).tip() or head
        if source:
            # A forced dry run: the question is whether a push is accepted, not what it would change.
            options = ("--dry-run", "--no-verify", "--no-recurse-submodules")
            pushing = repository.start("push", *options, "--", name, f"+{source}:{NOTES_REF}", own_group=True)
        try:
            yield RemoteQuery(question, pushing)
        finally:
            if pushing is not None:
                end_group(pushing)


def push_remote(repository: Repository) -> str:
    """The remote that a plain `git push` goes to; "" if none is configured."""
    branch = repository.current_branch()
    configured = repository.config(f"branch.{branch}.pushRemote") if branch else ""
    return configured or repository.config("remote.pushDefault") or repository.default_remote(branch)


def check_remote(checkout: Checkout, answer: Answer | None) -> Results:
    """Which remote a push goes to, whether it answers, and whether the connection lasts until the tests are done."""
    repository = checkout.session.repository
    if answer is None:
        yield _no_remote(repository)
        return
    url = repository.text("remote", "get-url", "--push", "--", checkout.remote) or checkout.remote
    yield Fact(name="remote", value=f"{checkout.remote_shown}, {without_credentials(url)}")
    if answer.unreadable:
        yield Finding(
            name="remote-unreadable",
            what=f"{checkout.remote_shown} can't be read: {answer.unreadable}",
            why="pushes are judged by the notes here, and their own notes stay here",
            fix=shell("git", "ls-remote", checkout.remote_shown),
            severity=Severity.WARNING,
        )
    elif answer.refused:
        yield Finding(
            name="remote-read-only",
            what=f"{checkout.remote_shown} accepts no push from here: {answer.refused}",
            why="pushes are judged in full, but what they record stays here",
            fix="nothing if CI publishes the notes (covgate ratchet); else get permission to push refs/notes/coverage",
            severity=Severity.WARNING,
        )
    yield from _check_connection(checkout, url)


def _no_remote(repository: Repository) -> Finding:
    remotes, branch = repository.remotes(), repository.current_branch()
    if not remotes:
        return Finding(
            name="no-remote",
            what="there is no remote",
            why="nothing is pushed, so nothing is gated, and no baseline is shared",
            fix="git remote add origin URL",
        )
    key = f"branch.{branch}.remote" if branch else "remote.pushDefault"
    return Finding(
        name="no-remote",
        what=f"covgate can't choose between {listed(remotes)}: the branch follows no remote, and none is called origin",
        why="after a merge, and when called by hand, covgate doesn't know which remote's notes to use",
        fix=shell("git", "config", key, remotes[0]),
    )


def _check_connection(checkout: Checkout, url: str) -> Results:
    """Whether an SSH connection survives the tests: git opens it before the hook runs, and then it is idle."""
    host = ssh_host(url, checkout.top)
    seconds = Cache(checkout.session.repository.state_dir).last_duration()
    if not host or seconds < _IDLE_LIMIT or checkout.is_measured:
        return
    alive = _keep_alive(host, checkout.session.repository)
    if alive:
        value = f"over SSH, kept alive every {alive} s (ServerAliveInterval)"
        yield Fact(name="connection", value=f"{value}; the last run took {seconds:.0f} s")
        return
    yield Finding(
        name="idle-ssh",
        what=f"{checkout.remote_shown} is reached over SSH, and the last run of the tests took {seconds:.0f} s",
        why="git connects before the hook runs: a server that drops idle connections ends the push after the gate has"
        " passed. A commit that is measured before needs no test run at its push. `ServerAliveInterval 30` under"
        f" `Host {host.rpartition('@')[2]}` in ~/.ssh/config keeps most connections open",
        fix="covgate check",
        severity=Severity.WARNING,
    )


def ssh_host(url: str, top: Path) -> str:
    """``user@host`` if git reaches ``url`` over SSH, else ""."""
    found = re.match(r"(?:git\+ssh|ssh\+git|ssh)://([^/]+)", url)
    if found:
        return re.sub(r":\d*$", "", found[1])
    found = re.match(r"((?:[^/:@]+@)?(?:[^/:@\[]+|\[[^\]]+\])):(?!//)", url)
    if not found or re.match(r"[A-Za-z]:[\\/]", url) or (top / url).exists():
        return ""
    return found[1]


def _keep_alive(host: str, repository: Repository) -> int:
    """The user's ServerAliveInterval for ``host``, in seconds; 0 for none, or if it can't be found out.

    Asks the ssh that git uses (git/ssh.py): GIT_SSH_COMMAND, core.sshCommand, GIT_SSH, or plain ssh.
    """
    environ = repository.environ
    command = environ.get("GIT_SSH_COMMAND") or shlex.quote(environ.get("GIT_SSH") or "ssh")
    try:
        words = shlex.split(command)
        if Path(words[0]).name not in ("ssh", "ssh.exe"):
            return 0
        settings = subprocess.run(
            [*words, "-G", "--", host],
            cwd=repository.top,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=5,
        ).stdout
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r"(?m)^serveraliveinterval (\d+)$", settings)
    return int(found[1]) if found else 0


def _collect(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """The exit status of ``process``, and its messages."""
    try:
        err = process.communicate(timeout=PATIENCE)[1]
    except subprocess.TimeoutExpired:
        return 1, f"no answer within {PATIENCE:.0f} seconds"
    return process.returncode, err.decode(errors="replace")
