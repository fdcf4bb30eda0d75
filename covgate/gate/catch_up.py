"""Merges that no hook saw: ratcheted by the next hook, as the post-merge hook would have done.

git fires none for a merge that is concluded after a conflict, for a fast-forward by `git fetch`, and for
`git pull --rebase` without anything to rewrite (githooks(5)). The reflog of each ratchet branch remembers them; a
bookmark remembers how far it was followed.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from covgate.config import Config
from covgate.errors import CovgateError, Interrupted
from covgate.files import write_atomically
from covgate.gate.bar import Bar
from covgate.gate.context import Session
from covgate.git.repository import Repository
from covgate.model.numbers import format_percent
from covgate.model.ref_update import HEADS, matches

# How a reflog names what came by a merge. A reset counts where it leads to what the remote has.
_ARRIVED = ("pull", "merge ", "commit (merge)", "fetch")
_MAYBE_ARRIVED = "reset: "
_FOLLOWED = 50
# Each may be a run of all tests that somebody waits for; CI ratchets what is left.
_MEASURED = 3


def behind(repository: Repository, config: Config, remote: str) -> dict[str, str]:
    """The local ratchet branches that have moved since a hook last looked, and their tips."""
    names = [repository.default_branch(remote)]
    if config.ratchet_branches is not None:
        listed = repository.text("for-each-ref", "--format=%(refname)", HEADS).splitlines()
        names = [name for each in listed if matches(name := each.removeprefix(HEADS), config.ratchet_branches)]
    seen = _read(_bookmarks(repository))
    tips = {name: repository.commit(HEADS + name) for name in names if name}
    return {name: tip for name, tip in tips.items() if tip and seen.get(name) != tip}


def catch_up(session: Session, branches: dict[str, str], remote: str, *, leave: Collection[str] = ()) -> None:
    """Ratchet what arrived on ``branches`` (name -> tip, see `behind`) unseen; the notes of ``remote`` are here.

    ``leave``: commits that the calling hook looks at itself. What fails here is a notice. Of many arrivals the newest
    few are measured, the others only where their tree is known.
    """
    repository = session.repository
    seen = _read(_bookmarks(repository))
    for branch, tip in branches.items():
        unseen = [each for each in _unseen(repository, branch, tip, seen.get(branch, ""), remote) if each not in leave]
        for commit in unseen:
            _ratchet(session, branch, commit, remote, may_measure=commit in unseen[-_MEASURED:])


def remember(repository: Repository, branches: dict[str, str]) -> None:
    """Move the bookmarks to ``branches`` (name -> tip), once the calling hook is through with all of them.

    What failed is not tried again: a post-merge hook would not have tried twice.
    """
    if branches:
        path = _bookmarks(repository)
        with contextlib.suppress(OSError):  # then they are looked at once more
            write_atomically(path, json.dumps({**_read(path), **branches}).encode())


def _ratchet(session: Session, branch: str, commit: str, remote: str, *, may_measure: bool) -> None:
    from covgate.gate.judge import Order, judge_commit
    from covgate.notes.records import Notes

    if Notes(session.repository).baseline([commit]).baseline is None:
        return  # there is nothing to raise: the first push begins
    try:
        config = session.config_at(commit)
        if not config.enabled:
            return
        bar, order = Bar(config=config, remote=remote), Order(ratchets=True, may_measure=False, believes_record=True)
        outcome = judge_commit(session, commit, bar, [], order)
        if may_measure and outcome.numbers is None and outcome.error is None:
            print(
                f"covgate: no hook saw {commit[:10]} arrive on {branch}: its tests run first",
                file=sys.stderr,
                flush=True,
            )
            outcome = judge_commit(session, commit, bar, [], replace(order, may_measure=True))
    except Interrupted:
        raise
    except CovgateError as error:
        session.notices.append(f"caught up on {branch} {commit[:10]}: not measured: {error.message}")
        return
    if outcome.raised is not None:
        became = f"the baseline rises to {format_percent(outcome.raised.percent)}%"
    elif outcome.blocked:
        became = f"does not pass: {outcome.verdict.reason}"
    elif outcome.cached or not may_measure:
        return  # nothing new: not worth a line
    else:
        became = outcome.verdict.reason
    session.notices.append(f"caught up on {branch} {commit[:10]}, which no hook saw arrive: {became}")


def _unseen(repository: Repository, branch: str, tip: str, seen: str, remote: str) -> list[str]:
    """The commits that ``branch`` was merged or forwarded to since ``seen`` ("" for never), the oldest first.

    A branch that was never looked at counts by its tip alone: what came before covgate is none of its business.
    """
    listed = repository.text("log", "-g", "--format=%H %gs", f"--max-count={_FOLLOWED if seen else 1}", HEADS + branch)
    published = repository.commit(f"refs/remotes/{remote}/{branch}")
    found: dict[str, None] = {}
    for line in listed.splitlines():
        commit, _, how = line.partition(" ")
        if commit == seen:
            break
        arrived = how.startswith(_ARRIVED) or (
            how.startswith(_MAYBE_ARRIVED) and bool(published) and repository.is_ancestor(commit, published)
        )
        # What was merged and taken back is no part of the branch.
        if arrived and repository.is_ancestor(commit, tip):
            found[commit] = None
    return list(reversed(found))


def _bookmarks(repository: Repository) -> Path:
    return repository.state_dir / "caught-up.json"


def _read(path: Path) -> dict[str, str]:
    """Branch -> the tip that was looked at last; nothing where the file is gone or spoilt."""
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return {str(name): str(oid) for name, oid in data.items()} if isinstance(data, dict) else {}
