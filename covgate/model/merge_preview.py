"""Which merge was measured instead of a commit."""

from __future__ import annotations

from typing import NamedTuple


class Preview(NamedTuple):
    """The merge of a commit with its target: the branch ``target``, at ``commit``. ``tree`` is that of the merge."""

    target: str
    commit: str
    tree: str
