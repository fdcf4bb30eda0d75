"""The notes over time: where the baseline rose, and what each annotated commit measured, in the order of history."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from covgate.git.repository import Repository
from covgate.model.history import Read, Step, annotated_commit
from covgate.model.record import DEFAULT_COMPONENT
from covgate.model.series import Point, Rise, interleave, points_by_component, recording_order, rises
from covgate.notes.annotated import main_tips, on_main, on_other_branches
from covgate.notes.records import Notes
from covgate.notes.steps import note_reader, read_steps


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitOrder:
    """The annotated commits: each with whether it is on another branch. ``known``: those that are in this clone."""

    commits: Sequence[tuple[str, bool]]
    known: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The notes as they are now, ``entries`` (commit -> blob), and the notes commits that led there, ``steps``.

    ``components``: those to show, all of them if it is empty.
    """

    repository: Repository
    entries: Mapping[str, str]
    steps: Sequence[Step]
    read: Read
    components: Collection[str] = ()

    def rises(self) -> list[Rise]:
        """Each rise of a baseline and each override, the oldest first."""
        return [each for each in rises(self.steps, self.read) if self._shows(each.component)]

    def order(self) -> CommitOrder:
        """The annotated commits, ancestors first as far as git knows them here, else in the order of their notes."""
        heads, places = main_tips(self.repository), recording_order(self.steps)
        line = on_main(self.repository, heads, self.entries)
        known = [*line, *on_other_branches(self.repository, heads, self.entries.keys() - line)]
        hidden = hidden_ancestors(line, known, self.entries, places, shallow=self.repository.shallow)
        line = [*(commit for commit, _ in interleave((), hidden, places)), *line]
        return CommitOrder(commits=interleave(line, self.entries.keys() - line, places), known=known)

    def points(self, order: CommitOrder) -> dict[str, list[Point]]:
        """What was measured at each commit, by component; that of a repository without components comes first."""
        found = points_by_component(order.commits, lambda commit: self.read(self.entries[commit]))
        shown = sorted(filter(self._shows, found), key=lambda name: (name != DEFAULT_COMPONENT, name))
        return {name: found[name] for name in shown}

    def _shows(self, component: str) -> bool:
        return not self.components or component in self.components

    def unreadable(self) -> int:
        """How many notes have content that is ignored."""
        return sum(1 for blob in self.entries.values() if self.read(blob).problems)


def read_timeline(repository: Repository, components: Collection[str] = ()) -> Timeline:
    """The notes of ``repository`` and their history, about ``components`` (all of them if it is empty).

    Raises ToolError if git can't read them.
    """
    notes = Notes(repository)
    tip = notes.tip()
    history = read_steps(repository, tip) if tip else []
    entries = {commit: blob for commit, blob in notes.entries(tip).items() if annotated_commit(commit)}
    read = note_reader(repository, history)
    return Timeline(repository=repository, entries=entries, steps=history, read=read, components=components)


def hidden_ancestors(
    line: Sequence[str],
    known: Collection[str],
    annotated: Collection[str],
    places: Mapping[str, int],
    *,
    shallow: bool,
) -> set[str]:
    """Those of the ``annotated`` commits that are shown as ancestors of ``line``, though git doesn't show them so.

    A shallow clone hides ancestors: of the commits that aren't ``known`` here, those that were recorded before all of
    ``line`` may be some. If no commit of ``line`` is annotated, all are shown as one line. ``places``: as
    `recording_order` returns them.
    """
    if not line:
        return set(annotated)
    if not shallow:
        return set()
    first = min(places.get(commit, len(places)) for commit in line)
    return {commit for commit in set(annotated).difference(known) if places.get(commit, len(places)) < first}
