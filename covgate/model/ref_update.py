"""The ref updates of a push, and which of them are gated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

_OID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
HEADS = "refs/heads/"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefUpdate:
    """One line of git's pre-push input: ``remote_ref`` is moved from ``remote_oid`` to ``local_oid``.

    An oid is full hexadecimal, or "" if git gives all zeros: ``local_oid`` of a deletion, ``remote_oid`` of a new ref.
    ``certain``: whether ``remote_oid`` comes from git; pre-commit gives an ancestor instead if the ref is new.
    """

    local_ref: str
    local_oid: str
    remote_ref: str
    remote_oid: str = ""
    certain: bool = True

    @property
    def branch(self) -> str:
        """The short name of the remote branch; "" if the ref is not a branch."""
        return self.remote_ref.removeprefix(HEADS) if self.remote_ref.startswith(HEADS) else ""


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
    """Why ``update`` is not gated; "" if it is. ``branches`` are globs of remote branch names."""
    if not update.local_oid:
        return f"deletion of {update.remote_ref}"
    if not update.branch:
        return f"{update.remote_ref} is no branch"
    if update.local_oid == update.remote_oid:
        return f"{update.branch} brings nothing new"
    if not matches(update.branch, branches):
        return f"{update.branch} is outside branches = {list(branches)}"
    return ""


def matches(name: str, globs: Sequence[str]) -> bool:
    """Whether branch ``name`` matches one of ``globs`` (``*`` also crosses ``/``)."""
    return any(fnmatchcase(name, glob) for glob in globs)


def _or_none(oid: str) -> str:
    return "" if set(oid) == {"0"} else oid
