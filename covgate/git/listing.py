"""What a remote lists: its branches, and which of them is its default branch (git-ls-remote(1), ``--symref``)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

_HEADS = "refs/heads/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The answer of a remote.

    ``heads``: branch -> oid. ``named``: the branches that it names as its default branch: one, none if its HEAD leads
    to no branch, several if it contradicts itself. ``head``: the oid that HEAD leads to. ``others``: other refs that
    were asked for -> oid. ``size``: the number of all its refs. ``problem``: why there is no answer, "" if there is
    one; ``timed_out``: it took too long.
    """

    heads: Mapping[str, str] = field(default_factory=dict)
    named: tuple[str, ...] = ()
    head: str = ""
    others: Mapping[str, str] = field(default_factory=dict)
    size: int = 0
    problem: str = ""
    timed_out: bool = False

    @property
    def candidates(self) -> frozenset[str]:
        """The branches that can be the default branch: those at the oid of HEAD, else all of them."""
        return frozenset(name for name, oid in self.heads.items() if oid == self.head) or frozenset(self.heads)


def parse_listing(text: str, wanted: Collection[str] = ()) -> Listing:
    """The listing in the output of `git ls-remote --symref`; of the refs that are no branches, those ``wanted``."""
    heads: dict[str, str] = {}
    others: dict[str, str] = {}
    named: dict[str, None] = {}
    head, size = "", 0
    for line in text.split("\n"):  # str.splitlines would also split at characters that a branch's name may have
        value, tab, ref = line.partition("\t")
        if not tab:
            continue
        size += 1
        if value.startswith("ref: "):
            target = value.removeprefix("ref: ")
            if ref == "HEAD" and target.startswith(_HEADS):
                named[target.removeprefix(_HEADS)] = None
        elif ref == "HEAD":
            head = value
        elif ref.startswith(_HEADS):
            heads[ref.removeprefix(_HEADS)] = value
        elif ref in wanted:
            others[ref] = value
    return Listing(heads=heads, named=tuple(named), head=head, others=others, size=size)
