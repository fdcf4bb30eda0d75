"""What changed between two commits: files, hunks, and the lines that each adds and removes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LineSet(Collection[int]):
    """A set of line numbers, kept as ascending ranges."""

    spans: tuple[range, ...] = ()

    def __iter__(self) -> Iterator[int]:
        for span in self.spans:
            yield from span

    def __len__(self) -> int:
        return sum(len(span) for span in self.spans)

    def __contains__(self, line: object) -> bool:
        if not isinstance(line, int):
            return False
        at = bisect_right(self.spans, line, key=lambda span: span.start) - 1
        return at >= 0 and line in self.spans[at]

    def __and__(self, other: LineSet) -> LineSet:
        found: list[range] = []
        mine, theirs = list(reversed(self.spans)), list(reversed(other.spans))
        while mine and theirs:
            both = range(max(mine[-1].start, theirs[-1].start), min(mine[-1].stop, theirs[-1].stop))
            if both:
                found.append(both)
            (mine if mine[-1].stop <= theirs[-1].stop else theirs).pop()
        return LineSet(tuple(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """``removed`` lines from ``old`` on were replaced by ``added`` lines from ``new`` on, as in the header of a hunk.

    If no line was removed, ``old`` is the line before; if none was added, ``new`` is.
    """

    old: int
    removed: int
    new: int
    added: int

    @property
    def before(self) -> range:
        """The old numbers of the removed lines; if none was removed, an empty range where they would be."""
        start = self.old + (not self.removed)
        return range(start, start + self.removed)

    @property
    def after(self) -> range:
        """The new numbers of the added lines; if none was added, an empty range where they would be."""
        start = self.new + (not self.added)
        return range(start, start + self.added)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """What changed in one file. ``old_path`` is "" for a new file, ``path`` is "" for a deleted one.

    A renamed file is one change, with the hunks of its other changes. A copied one is new.
    Raises ValueError if the hunks overlap or don't fit together.
    """

    old_path: str
    path: str
    hunks: tuple[Hunk, ...] = ()

    def __post_init__(self) -> None:
        old = new = 1
        for hunk in self.hunks:
            unchanged = hunk.before.start - old
            if unchanged < 0 or hunk.after.start - new != unchanged:
                raise ValueError(f"the hunks of {self.path or self.old_path} don't follow one another")
            old, new = hunk.before.stop, hunk.after.stop

    @property
    def added(self) -> LineSet:
        """The new numbers of the added lines."""
        return LineSet(tuple(hunk.after for hunk in self.hunks if hunk.added))

    @property
    def removed(self) -> LineSet:
        """The old numbers of the removed lines."""
        return LineSet(tuple(hunk.before for hunk in self.hunks if hunk.removed))

    def now_at(self, line: int) -> int | None:
        """The new number of the old ``line``; None if it was removed."""
        if not self.path:
            return None
        at = bisect_right(self.hunks, line, key=lambda hunk: hunk.before.start) - 1
        if at < 0:
            return line
        hunk = self.hunks[at]
        return None if line in hunk.before else line - hunk.before.stop + hunk.after.stop

    def was_at(self, line: int) -> int | None:
        """The old number of the new ``line``; None if it was added."""
        if not self.old_path:
            return None
        at = bisect_right(self.hunks, line, key=lambda hunk: hunk.after.start) - 1
        if at < 0:
            return line
        hunk = self.hunks[at]
        return None if line in hunk.after else line - hunk.after.stop + hunk.before.stop
