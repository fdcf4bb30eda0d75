"""The ref updates of a push, and which of them are gated."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

_OID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
HEADS = "refs/heads/"
_REVIEW = ("refs/for/", "refs/drafts/", "refs/draft/", "refs/publish/")
# Other refs of git and its hosts: prefix -> what they are.
_NO_BRANCH = {
    "refs/tags/": "a tag",
    "refs/notes/": "notes",
    "refs/stash/": "stashed work",
    "refs/remotes/": "a copy of a branch that was fetched",
    "refs/prefetch/": "a copy of a branch that was fetched",
    "refs/replace/": "the replacement of an object",
    "refs/meta/": "the configuration of a server",
    "refs/covgate/": "covgate's own",
    "refs/original/": "a backup of git's own",
    "refs/bisect/": "git's own",
    "refs/rewritten/": "git's own",
    "refs/worktree/": "git's own",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RefUpdate:
    """One line of git's pre-push input: ``remote_ref`` is moved from ``remote_oid`` to ``local_oid``.

    An oid is full hexadecimal, or "" if git gives all zeros: ``local_oid`` of a deletion, ``remote_oid`` of a new ref.
    ``certain``: whether ``remote_oid`` comes from git; pre-commit gives an ancestor instead if the ref is new.
    ``target``: the branch that a commit for review is meant for (`review_target`), "" if it is unknown.
    """

    local_ref: str
    local_oid: str
    remote_ref: str
    remote_oid: str = ""
    certain: bool = True
    target: str = ""

    @property
    def branch(self) -> str:
        """The short name of the remote branch; "" if the ref is not a branch."""
        return self.remote_ref.removeprefix(HEADS) if self.remote_ref.startswith(HEADS) else ""

    @property
    def gated_as(self) -> str:
        """The branch whose rules apply: the updated branch, or the target of a review; "" if that is unknown."""
        return self.branch or self.target

    @property
    def shown(self) -> str:
        """The short name of the branch, or the whole ref."""
        return self.branch or self.remote_ref


def parse_pre_push_lines(lines: Iterable[str]) -> tuple[RefUpdate, ...]:
    """Parse what git writes to a pre-push hook (githooks(5)): ``local-ref local-oid remote-ref remote-oid``.

    Raises ValueError with the number of a line that is not valid: a truncated line must not let its ref through.
    """
    updates = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        # Fields are separated by ASCII spaces; a local ref may contain some, as it was typed (HEAD^{/two words}).
        fields = line.rstrip("\r\n").rsplit(" ", 3)
        oids = [bool(_OID.fullmatch(field)) for field in fields]
        glued = any(_OID.fullmatch(word) for word in fields[0].split(" ")[1:])
        if oids[1:] != [True, False, True] or not all(fields) or glued:
            raise ValueError(f"line {number} of pre-push's input is not 'ref oid ref oid': {line.strip()!r}")
        local_ref, local_oid, remote_ref, remote_oid = fields
        updates.append(
            RefUpdate(
                local_ref=local_ref,
                local_oid=_or_none(local_oid),
                remote_ref=remote_ref,
                remote_oid=_or_none(remote_oid),
            )
        )
    return tuple(updates)


def why_not_gated(update: RefUpdate, branches: Sequence[str]) -> str:
    """Why ``update`` is not gated; "" if it is. ``branches`` are globs of remote branch names.

    A ref that is neither a branch nor known to be something else may be for review: it is gated.
    """
    if not update.local_oid:
        return f"deletion of {update.remote_ref}"
    for prefix, what in _NO_BRANCH.items():
        if f"{update.remote_ref}/".startswith(prefix):
            return f"{update.remote_ref} is no branch, but {what}"
    if update.local_oid == update.remote_oid:
        return f"{update.shown} brings nothing new"
    if update.gated_as and not matches(update.gated_as, branches):
        return f"{update.gated_as} is outside branches = {list(branches)}"
    return ""


def review_target(remote_ref: str, heads: Collection[str], default: str) -> str:
    """The target branch of a commit that is pushed to ``remote_ref``, which is not a branch; "" if it is unknown.

    ``heads`` are the branches of the remote. Gerrit takes refs/for/BRANCH%options (and refs/drafts, refs/publish), AGit
    refs/for/BRANCH/topic. Other refs, such as refs/changes/34/1234 or refs/merge-requests/5/head, don't name a branch:
    ``default`` is assumed.
    """
    for prefix in _REVIEW:
        if remote_ref.startswith(prefix):
            parts = remote_ref.removeprefix(prefix).partition("%")[0].removeprefix(HEADS).split("/")
            names = ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]
            return next((name for name in names if name in heads), default)
    return default


def matches(name: str, globs: Sequence[str]) -> bool:
    """Whether branch ``name`` matches one of ``globs`` (``*`` also crosses ``/``)."""
    return any(fnmatchcase(name, glob) for glob in globs)


def _or_none(oid: str) -> str:
    return "" if set(oid) == {"0"} else oid
