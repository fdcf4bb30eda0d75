"""Record what was judged: the records of a commit, and the lines of the components that reached their baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from covgate.errors import ToolError
from covgate.gate.context import Session
from covgate.gate.decisions import reaches
from covgate.git.repository import Repository
from covgate.model.baseline import Baseline, ratchet
from covgate.model.measurement import Measurement
from covgate.model.record import DEFAULT_COMPONENT, Judgement, Note, Record, merge_record, record_of
from covgate.model.verdict import Status, Verdict


class _Waiting(NamedTuple):
    """A record to write, and the lines to keep with it, if any."""

    record: Record
    lines: Measurement | None


class Recorded(NamedTuple):
    """The result of recording: the baseline if it was ``raised``, and whether the note could not be written."""

    raised: Baseline | None = None
    unrecorded: bool = False
    notices: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Recorder:
    """Collects the records of the components of ``commit``, so that one notes commit has them all.

    ``at_once``: there is only one component, and its record is written when it is added.
    """

    session: Session
    commit: str
    at_once: bool = False
    _waiting: list[_Waiting] = field(default_factory=list)

    def add(
        self,
        component: str,
        verdict: Verdict,
        measurement: Measurement,
        seen: Baseline | None,
        *,
        raises: bool,
        carried: Judgement | None = None,
    ) -> Recorded:
        """Add the record of ``component``, and its lines if it reached the baseline.

        ``seen`` is the baseline that its ancestors reached. ``raises``: the baseline rises to what was measured.
        ``carried``: the judgement of an older commit that is carried forward as it is.
        """
        stands = ratchet(seen, measurement.numbers) if raises else seen
        # A blocked push doesn't replace the remote tip, so don't record the baseline of that tip here.
        passed = verdict.status is Status.PASS
        kept = stands if passed else self.session.notes.baseline([self.commit], component).seen
        if carried is not None:
            record = Record(component=component, baseline=kept, judgement=carried)
        else:
            toolchain = str(measurement.toolchain)
            record = record_of(verdict, measurement.numbers, measurement.tree, toolchain, kept, component=component)
        lines = measurement if raises and reaches(measurement, stands) else None
        self._waiting.append(_Waiting(record=record, lines=lines))
        written, notices = self.write() if self.at_once else (True, [])
        raised = stands if written and stands != seen else None
        return Recorded(raised=raised, unrecorded=not written, notices=tuple(notices))

    def write(self) -> tuple[bool, list[str]]:
        """Write what was collected. Returns whether that worked, and notices. The verdicts don't change if it fails."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return True, []
        try:
            self.session.notes.update(
                self.commit, lambda note: self._merged(note, waiting), _message(self.commit, waiting)
            )
        except ToolError as error:
            hint = f" ({error.hint})" if error.hint else ""
            return False, [f"WARNING: nothing was recorded: {error.message}{hint}"]
        lines = {each.record.component: each.lines for each in waiting if each.lines is not None}
        return True, keep_lines(self.session.repository, self.commit, lines)

    def _merged(self, note: Note, waiting: list[_Waiting]) -> Note:
        for each in waiting:
            note = merge_record(note, each.record, self._contents(each.record.component))
        return note

    def _contents(self, component: str) -> str:
        """The name of the inputs by the commit's own configuration; "" if it has no such component."""
        own = self.session.part_at(self.commit, component)
        return self.session.measurer.tree(self.commit, own) if own is not None else ""


def _message(commit: str, waiting: list[_Waiting]) -> str:
    """The message of the notes commit: the status of the only component, or that of all."""
    judgements = [each.record.judgement for each in waiting if each.record.judgement is not None]
    failed = any(each.status is Status.FAIL for each in judgements)
    status = Status.FAIL.value if failed else Status.PASS.value if judgements else ""
    names = [each.record.component for each in waiting]
    what = "" if names == [DEFAULT_COMPONENT] else f" {names[0]}" if len(names) == 1 else f" {len(names)} components"
    return f"covgate: {status} {commit[:10]}{what}"


def keep_lines(repository: Repository, commit: str, measurements: Mapping[str, Measurement]) -> list[str]:
    """Store all lines of a commit that reached a baseline, by component: later pushes are compared with them.

    Returns notices.
    """
    known = {component: each for component, each in measurements.items() if each.files}
    if not known:
        return []
    from covgate.notes.line_notes import DetailNotes  # late: slow to load, and most pushes reach no new baseline

    try:
        DetailNotes(repository).add(commit, known)
    except ToolError as error:
        return [f"the lines of {commit[:10]} were not kept: {error.message}"]
    return []
