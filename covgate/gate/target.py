"""Where a push goes: notices for when the default branch is unknown, or when no push raises a baseline."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from covgate.config import Config
from covgate.git.remote import Remote
from covgate.model.default_branch import How
from covgate.model.ref_update import matches


def default_branch_notices(remote: Remote, config: Config) -> list[str]:
    """A notice if ``remote`` was asked for its default branch and did not name exactly one."""
    listing, default = remote.listing, remote.default
    if listing is None or default.how is How.NAMED:
        return []
    taken = f"{default.name} is taken, {default.how.value}" if default.name else "none is known"
    if listing.timed_out:  # the notes were given up, too
        notes = ": judged by the notes that are here, and nothing is published" if config.sync else ""
        return [f"WARNING: {remote.shown} gave {listing.problem}{notes}; for its default branch, {taken}"]
    if listing.problem:
        return [f"WARNING: {remote.shown} could not be asked for its default branch: {listing.problem}; {taken}"]
    if listing.named:
        several = ", ".join(listing.named)
        return [f"WARNING: {remote.shown} names {len(listing.named)} default branches ({several}); {taken}"]
    # An empty remote has none yet. Where ratchet_branches is set, only the base's rules depend on it.
    if not listing.heads or config.ratchet_branches is not None:
        return []
    return [
        f"WARNING: {remote.shown} names no default branch (its HEAD leads to no branch): {taken};"
        " set it there, or set ratchet_branches"
    ]


def ratchet_notices(
    remote: Remote, config: Config, branches: Sequence[str], has_baseline: Callable[[], bool]
) -> list[str]:
    """A notice if no push raises the baseline, or if none has yet and a push to ``branches`` does not.

    ``has_baseline`` says whether any commit has one.
    """
    if not config.policy.kind.uses_baseline or not remote:
        return []
    configured, default = config.ratchet_branches, remote.default.name
    there = {*remote.answer.heads, *branches} if remote.answer else set()
    if configured is not None and there and not any(matches(each, configured) for each in there):
        return [
            f"WARNING: no push raises the baseline: ratchet_branches = {_toml(configured)} matches no branch of"
            f" {remote.shown}, which has {_some(sorted(there))}"
        ]
    if has_baseline():
        return []
    if configured is None and not default:
        return [
            f"WARNING: there is no baseline, and no push sets one: the default branch of {remote.shown} is unknown."
            f" Name the branch whose coverage must not fall, in covgate's configuration:"
            f" ratchet_branches = {_toml(branches)}"
        ]
    ratchets = configured or (default,)
    if any(matches(each, ratchets) for each in branches):
        return []  # this push sets it, unless it was blocked or its tests are flaky
    first = default if configured is None else _toml(configured)
    said = "WARNING: there is no baseline yet, so nothing was compared, and a push to"
    if configured is None and not matches(default, config.branches):
        return [f"{said} {first} sets none: branches = {_toml(config.branches)} leaves it out"]
    how = f" (git push {remote.shown} {default})" if configured is None else ""
    return [f"{said} {_some(branches)} sets none: the first push to {first} does{how}"]


def why_no_ratchet_branch(remote: Remote, branch: str, config: Config) -> str:
    """Why a merge into ``branch``, which is no ratchet branch, raises no baseline."""
    if not branch:
        return "no branch is checked out"
    if config.ratchet_branches is None and remote and not remote.default.name:
        return f"{branch} may be the default branch, but that of {remote.shown} is unknown (set ratchet_branches)"
    return f"{branch} is no ratchet branch"


def _toml(values: Sequence[str]) -> str:
    return json.dumps(list(values), ensure_ascii=False)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
