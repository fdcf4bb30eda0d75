"""Catch up with merges that no hook saw: the next hook ratchets them, as post-merge would have done.

git runs no hook for a merge that is committed after a conflict, for a fast-forward by `git fetch`, and for
`git pull --rebase` without local commits (githooks(5)). The reflog of each ratchet branch lists them. A bookmark says
how far it was followed.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection
from pathlib import Path

from covgate.config import Config
from covgate.errors import CovgateError, Interrupted
from covgate.files import write_atomically
from covgate.gate.bar import Bar
from covgate.gate.context import Session
from covgate.gate.decisions import arrivals
from covgate.git.remote import Remote
from covgate.git.repository import Repository
from covgate.model.numbers import format_percent
from covgate.model.outcome import Outcome
from covgate.model.ref_update import HEADS, matches
from covgate.streams import say

_REFLOG_ENTRIES = 50
# Each may run all tests while somebody waits. CI ratchets the rest.
_MEASURED = 3


def behind(config: Config, remote: Remote) -> dict[str, str]:
    """The local ratchet branches that have moved since a hook last looked: name -> tip."""
    repository = remote.repository
    names = [remote.default_branch()]
    if config.ratchet_branches is not None:
        listed = repository.text("for-each-ref", "--format=%(refname)", HEADS).splitlines()
        names = [name for each in listed if matches(name := each.removeprefix(HEADS), config.ratchet_branches)]
    bookmarks = _read_bookmarks(repository)
    tips = {name: repository.commit(HEADS + name) for name in names if name}
    return {name: tip for name, tip in tips.items() if tip and bookmarks.get(name) != tip}


def catch_up(session: Session, branches: dict[str, str], remote: Remote, *, skip: Collection[str] = ()) -> list[str]:
    """Ratchet what arrived unseen on ``branches`` (see `behind`), by the notes that are here. Returns notices.

    ``skip`` has the commits that the calling hook ratchets itself. Of many arrivals the newest few are measured, the
    others only if their tree is cached.
    """
    bookmarks = _read_bookmarks(session.repository)
    notices = []
    for branch, tip in branches.items():
        arrived = _find_arrivals(remote, branch, tip, bookmarks.get(branch, ""))
        unseen = [commit for commit in arrived if commit not in skip]
        for commit in unseen:
            notices += _ratchet(session, branch, commit, remote, may_measure=commit in unseen[-_MEASURED:])
    return notices


def save_bookmarks(repository: Repository, branches: dict[str, str]) -> None:
    """Move the bookmarks to ``branches`` (name -> tip) once the calling hook has handled all of them.

    What failed is not tried again: post-merge would not have tried twice.
    """
    if branches:
        path = _bookmark_file(repository)
        with contextlib.suppress(OSError):  # then the next hook looks once more
            write_atomically(path, json.dumps({**_read_bookmarks(repository), **branches}).encode())


def _ratchet(session: Session, branch: str, commit: str, remote: Remote, *, may_measure: bool) -> list[str]:
    """Ratchet ``commit``. Returns notices, none if nothing is new."""
    from covgate.gate.components import judge_components
    from covgate.gate.order import Order

    try:
        config = session.config_at(commit)
        if not config.enabled:
            return []
        known = (session.notes.baseline([commit], each.component).baseline for each in config.parts)
        if all(baseline is None for baseline in known):
            return []  # there is nothing to raise: the first push sets the baseline
        bars = [Bar(config=each, remote=remote) for each in config.parts]
        order = Order(ratchets=True, may_measure=False, trusts_record=True)
        outcome = judge_components(session, commit, bars, [], order)
        if may_measure and any(each.numbers is None and not each.error for each in outcome.each):
            say(f"no hook saw {commit[:10]} arrive on {branch}: its tests run first")
            outcome = judge_components(session, commit, bars, [], order._replace(may_measure=True))
    except Interrupted:
        raise
    except CovgateError as error:
        return [f"caught up on {branch} {commit[:10]}: not measured: {error.message}"]
    found = [*outcome.notices]
    for each in outcome.each:
        if became := _what_became(each, may_measure=may_measure):
            of = f" ({each.component})" if outcome.parts else ""
            found.append(f"caught up on {branch} {commit[:10]}{of}, which no hook saw arrive: {became}")
    return found


def _what_became(outcome: Outcome, *, may_measure: bool) -> str:
    if outcome.raised is not None:
        return f"the baseline rises to {format_percent(outcome.raised.percent)}%"
    if outcome.failed:
        return f"does not pass: {outcome.verdict.reason}"
    return "" if outcome.cached or not may_measure else outcome.verdict.reason


def _find_arrivals(remote: Remote, branch: str, tip: str, seen: str) -> list[str]:
    """The commits that ``branch`` was merged or forwarded to since ``seen`` ("" for never), the oldest first.

    Of a branch without a bookmark only the tip counts: what came before covgate is not ratcheted.
    """
    repository = remote.repository
    count = _REFLOG_ENTRIES if seen else 1
    listed = repository.text("log", "-g", "--format=%H %gs", f"--max-count={count}", HEADS + branch)
    published = repository.commit(remote.tracking(branch))
    return arrivals(
        listed.splitlines(),
        seen,
        is_published=lambda commit: bool(published) and repository.is_ancestor(commit, published),
        is_in_branch=lambda commit: repository.is_ancestor(commit, tip),
    )


def _bookmark_file(repository: Repository) -> Path:
    return repository.state_dir / "caught-up.json"


def _read_bookmarks(repository: Repository) -> dict[str, str]:
    """Branch -> the tip that a hook last looked at; empty if the file is missing or damaged."""
    try:
        data = json.loads(_bookmark_file(repository).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return {str(name): str(oid) for name, oid in data.items()} if isinstance(data, dict) else {}
