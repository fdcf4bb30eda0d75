"""`covgate doctor` on the remote: what it answers, whether it takes pushes, and how long it lets one wait.

It is asked while the rest is looked at. Nothing prompts, no hook runs, nothing is written, here or there.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from covgate.doctor.findings import Fact, Finding, Found, Here, Severity, listed, shell
from covgate.git.remote import without_credentials
from covgate.git.repository import Repository
from covgate.measure.cache import Cache
from covgate.notes.publish import reason_in
from covgate.notes.records import Notes
from covgate.notes.ref import NOTES_REF

_PATIENCE = 20.0  # seconds
# Above this, a connection that nothing goes over is known to be dropped by some servers and routers.
_IDLE = 90.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``notes``: the oid of the remote's notes, "" for none. ``unreadable``, ``refused``: why it can't be read, and
    why nothing may be pushed there, "" where it can. What a server's own hooks and rules say, no dry run finds out.
    """

    notes: str = ""
    unreadable: str = ""
    refused: str = ""


class Remote:
    """A remote that is being asked."""

    def __init__(self, reading: subprocess.Popen[bytes], pushing: subprocess.Popen[bytes] | None) -> None:
        self._reading = reading
        self._pushing = pushing

    def answer(self) -> Answer:
        """What it said; waits for it."""
        status, out, err = _collect(self._reading)
        if status:
            return Answer(unreadable=reason_in(err))
        status, _, err = _collect(self._pushing) if self._pushing else (0, "", "")
        return Answer(notes=(out.split() or [""])[0], refused=reason_in(err) if status else "")


@contextlib.contextmanager
def asked(repository: Repository, name: str, head: str) -> Iterator[Remote | None]:
    """The remote ``name``, being asked; None for no name."""
    if not name:
        yield None
        return
    processes = [repository.start("ls-remote", "--", name, NOTES_REF)]
    source = Notes(repository).tip() or head
    if source:
        # Forced, since it is not about what is there; a dry run, since it is not about what is pushed.
        options = ("--dry-run", "--no-verify", "--no-recurse-submodules")
        processes.append(repository.start("push", *options, "--", name, f"+{source}:{NOTES_REF}"))
    try:
        yield Remote(processes[0], processes[1] if source else None)
    finally:
        for each in processes:
            if each.returncode is None:
                each.kill()
                each.communicate()


def push_remote(repository: Repository) -> str:
    """Where a plain `git push` goes; "" where that is not told."""
    branch = repository.current_branch()
    configured = repository.config(f"branch.{branch}.pushRemote") if branch else ""
    return configured or repository.config("remote.pushDefault") or repository.default_remote(branch)


def look_at_remote(here: Here, answer: Answer | None) -> Found:
    """Whether there is a remote, which one, whether it answers, and whether its connection lasts."""
    repository = here.session.repository
    if answer is None:
        yield _no_remote(repository)
        return
    url = repository.text("remote", "get-url", "--push", "--", here.remote) or here.remote
    yield Fact(name="remote", value=f"{here.remote_shown}, {without_credentials(url)}")
    if answer.unreadable:
        yield Finding(
            name="remote-unreadable",
            what=f"{here.remote_shown} can't be read: {answer.unreadable}",
            why="pushes are judged by the notes that are here, and theirs stay here",
            mend=shell("git", "ls-remote", here.remote_shown),
            severity=Severity.WARNING,
        )
    elif answer.refused:
        yield Finding(
            name="remote-read-only",
            what=f"{here.remote_shown} takes no push from here: {answer.refused}",
            why="pushes are judged in full, but what they record stays here",
            mend="nothing, where CI publishes (covgate ratchet); else get the right to push refs/notes/coverage",
            severity=Severity.WARNING,
        )
    yield from _idle(here, url)


def _no_remote(repository: Repository) -> Finding:
    remotes, branch = repository.remotes(), repository.current_branch()
    if not remotes:
        return Finding(
            name="no-remote",
            what="there is no remote",
            why="nothing is pushed, so nothing is gated, and no baseline travels",
            mend="git remote add origin URL",
        )
    key = f"branch.{branch}.remote" if branch else "remote.pushDefault"
    return Finding(
        name="no-remote",
        what=f"none of the remotes {listed(remotes)} is the one: no branch is followed, and none is called origin",
        why="by hand and after a merge, covgate does not know whose notes count",
        mend=shell("git", "config", key, remotes[0]),
    )


def _idle(here: Here, url: str) -> Found:
    """git opens the connection before the hook runs: while the tests run, nothing goes over it."""
    host = ssh_host(url, here.top)
    seconds = Cache(here.session.repository.state_dir).last_duration()
    if not host or seconds < _IDLE or here.is_measured:
        return
    alive = _keep_alive(host, here.session.repository)
    if alive:
        value = f"over SSH, kept alive every {alive} s (ServerAliveInterval)"
        yield Fact(name="connection", value=f"{value}; the last run took {seconds:.0f} s")
        return
    yield Finding(
        name="idle-ssh",
        what=f"{here.remote_shown} is reached over SSH, and the last run of the tests took {seconds:.0f} s",
        why="git connects before the hook runs: a server that drops idle connections ends the push after the gate has"
        " passed. What is measured before the push is a look-up; `ServerAliveInterval 30` under"
        f" `Host {host.rpartition('@')[2]}` in ~/.ssh/config keeps most connections up",
        mend="covgate check",
        severity=Severity.WARNING,
    )


def ssh_host(url: str, top: Path) -> str:
    """``user@host`` where ``url`` leads over SSH, as git tells it; "" where it does not."""
    found = re.match(r"(?:git\+ssh|ssh\+git|ssh)://([^/]+)", url)
    if found:
        return re.sub(r":\d*$", "", found[1])
    found = re.match(r"((?:[^/:@]+@)?(?:[^/:@\[]+|\[[^\]]+\])):(?!//)", url)
    if not found or re.match(r"[A-Za-z]:[\\/]", url) or (top / url).exists():
        return ""
    return found[1]


def _keep_alive(host: str, repository: Repository) -> int:
    """After how many idle seconds the user's own ssh says something to ``host``; 0 for never, or not to be told.

    It is the one that covgate gives to git (store/ssh.py): GIT_SSH_COMMAND, core.sshCommand, GIT_SSH, or plain ssh.
    """
    environ = repository.environ
    command = environ.get("GIT_SSH_COMMAND") or shlex.quote(environ.get("GIT_SSH") or "ssh")
    try:
        words = shlex.split(command)
        if Path(words[0]).name not in ("ssh", "ssh.exe"):
            return 0
        told = subprocess.run(
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
    found = re.search(r"(?m)^serveraliveinterval (\d+)$", told)
    return int(found[1]) if found else 0


def _collect(process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
    try:
        out, err = process.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return 1, "", f"no answer within {_PATIENCE:.0f} seconds"
    return process.returncode, os.fsdecode(out), err.decode(errors="replace")
