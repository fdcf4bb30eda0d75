"""`covgate doctor` on the branches: where the baseline rises, and whether any push raises it."""

from __future__ import annotations

import json

from covgate.doctor.check_remote import Answer
from covgate.doctor.findings import Checkout, Fact, Finding, Results, Severity
from covgate.git.remote import Remote
from covgate.model.default_branch import How
from covgate.model.ref_update import matches


def check_branches(checkout: Checkout, answer: Answer | None) -> Results:
    """The ratchet branches, and why no push would raise the baseline."""
    if not checkout.is_valid or answer is None:
        return
    repository = checkout.session.repository
    branch = repository.current_branch()
    remote = Remote(repository, checkout.remote, answer.listing)
    configured = checkout.config.ratchet_branches
    if configured is not None:
        yield Fact(name="ratchet", value=", ".join(configured))
        heads = {*answer.listing.heads, branch}
        if remote.answer is not None and not any(matches(each, configured) for each in heads):
            yield Finding(
                name="no-ratchet-branch",
                what=f"ratchet_branches = {json.dumps(list(configured))} matches no branch of {checkout.remote_shown}",
                why="no push raises the baseline, so nothing is ever compared",
                fix=f"name the branch whose coverage must not fall in {checkout.table}, and commit it",
            )
        return
    default = remote.default
    yield Fact(name="ratchet", value=default.name or "no branch is known")
    if not default.name:
        yield Finding(
            name="no-ratchet-branch",
            what=f"the default branch of {checkout.remote_shown} is unknown",
            why="no push raises the baseline, so nothing is ever compared",
            fix=f'set ratchet_branches = ["{branch or "main"}"] in {checkout.table}, and commit it',
        )
    elif not matches(default.name, checkout.config.branches):
        yield Finding(
            name="ratchet-not-gated",
            what=f"branches = {json.dumps(list(checkout.config.branches))} leaves out {default.name}",
            why="the baseline rises there, but a push to it is not measured",
            fix=f"add {default.name} to branches in {checkout.table}, and commit it",
            severity=Severity.WARNING,
        )
    elif remote.answer is not None and default.how not in (How.NAMED, How.CHECKED_OUT) and answer.listing.heads:
        yield Finding(
            name="default-branch",
            what=f"{checkout.remote_shown} names no default branch: {default.name} is taken, {default.how.value}",
            why="the baseline rises on that branch only",
            fix=f'set ratchet_branches = ["{default.name}"] in {checkout.table}, and commit it',
            severity=Severity.WARNING,
        )
