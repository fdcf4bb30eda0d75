"""Where the baseline rises."""

from __future__ import annotations

from covgate.config import Config
from covgate.git.remote import Remote
from covgate.model.ref_update import matches


def is_ratchet_branch(config: Config, branch: str, remote: Remote) -> bool:
    """Whether the baseline rises on ``branch``: a configured ratchet branch, else the remote's default branch."""
    if config.ratchet_branches is not None:
        return matches(branch, config.ratchet_branches)
    return branch == remote.default_branch()
