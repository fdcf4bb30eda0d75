"""A push of some refs, without force and without hooks, and what became of each ref."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from covgate.git.messages import error_line
from covgate.git.remote import Remote

# Somebody else was faster, or a transfer broke off because somebody else was faster.
_LOST_RACE = re.compile(
    r"fetch first|non-fast-forward|cannot lock ref|failed to lock|failed to update ref"
    r"|incorrect old value|unpacker error|remote unpack failed|unable to migrate|reference already exists"
)
# The same reasons are given by a remote that can't be written. Its messages tell the difference.
_PERMANENT = re.compile(
    r"insufficient permission|permission denied|operation not permitted|no space left|read-only file system"
    r"|temporary object directory|exists; cannot create|non-directory in the way|reference broken",
    re.I,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushResult:
    """What became of a push.

    ``refused``: the refs that the remote did not take, each with git's reason. ``messages``: what git wrote to stderr.
    """

    refused: Mapping[str, str] = field(default_factory=dict)
    messages: str = ""

    @property
    def retryable(self) -> bool:
        """Whether all was refused for a reason that passes: after another fetch the push may succeed."""
        if _PERMANENT.search(self.messages):
            return False
        return all(_LOST_RACE.search(reason) for reason in self.refused.values())

    def explanations(self) -> dict[str, str]:
        """For each refused ref, the line to show: what the remote wrote, else git's reason."""
        messages = re.sub(r"(?m)^error: failed to push some refs.*$", "", self.messages)
        return {
            ref: error_line(f"{messages}\n! {reason}" if reason != self.messages else reason)
            for ref, reason in self.refused.items()
        }


def push_refs(remote: Remote, tips: Mapping[str, str]) -> PushResult:
    """Push ``tips`` (ref -> oid). The remote takes each ref only if that is a fast-forward."""
    refspecs = [f"{tip}:{ref}" for ref, tip in tips.items()]
    argv = ("push", "--quiet", "--porcelain", "--no-verify", "--", remote.name, *refspecs)
    status, out, err = remote.repository.transfer(*argv)
    if not status:
        return PushResult(messages=err)
    taken, refused = parse_push_report(out.decode(errors="replace"))
    # The report is missing if the connection failed: then nothing was taken, for the reason in git's messages.
    return PushResult(refused={ref: refused.get(ref, err) for ref in tips if ref not in taken}, messages=err)


def parse_push_report(report: str) -> tuple[set[str], dict[str, str]]:
    """The refs that the remote took, and the refused ones with git's reasons, from `git push --porcelain`.

    The line of a ref has a flag, its two names, and a summary, separated by tabs.
    """
    taken: set[str] = set()
    refused: dict[str, str] = {}
    for line in report.splitlines():
        if line.count("\t") == 2:
            flag, names, summary = line.split("\t")
            ref = names.partition(":")[2]
            if flag == "!":
                refused[ref] = summary
            else:
                taken.add(ref)
    return taken, refused
