"""Record what was judged: the commit's record, and its lines if it reached the baseline."""

from __future__ import annotations

from typing import NamedTuple

from covgate.errors import ToolError
from covgate.gate.decisions import reaches
from covgate.git.repository import Repository
from covgate.model.baseline import Baseline, ratchet
from covgate.model.measurement import Measurement
from covgate.model.record import DEFAULT_COMPONENT, Record, merge_record, record_of
from covgate.model.verdict import Status, Verdict
from covgate.notes.records import Notes


class Recorded(NamedTuple):
    """The result of recording: the baseline if it was ``raised``, and whether the note could not be written."""

    raised: Baseline | None = None
    unrecorded: bool = False
    notices: tuple[str, ...] = ()


def record_verdict(
    notes: Notes, commit: str, verdict: Verdict, measurement: Measurement, seen: Baseline | None, *, raises: bool
) -> Recorded:
    """Write the commit's record, and its lines if it reached the baseline.

    ``seen`` is the baseline that its ancestors reached. ``raises``: the baseline rises to what was measured. The
    verdict doesn't change if nothing can be written.
    """
    stands = ratchet(seen, measurement.numbers) if raises else seen
    # A blocked push doesn't replace the remote tip, so don't record the baseline of that tip here.
    kept = stands if verdict.status is Status.PASS else notes.baseline([commit]).seen
    record = record_of(verdict, measurement.numbers, measurement.tree, str(measurement.toolchain), kept)
    failed = _write(notes, commit, record)
    if failed:
        return Recorded(unrecorded=True, notices=(failed,))
    kept_lines = keep_lines(notes.repository, commit, measurement) if raises and reaches(measurement, stands) else []
    return Recorded(raised=stands if stands != seen else None, notices=tuple(kept_lines))


def _write(notes: Notes, commit: str, record: Record) -> str:
    """Merge ``record`` into the commit's note; a notice if that failed."""
    status = record.judgement.status.value if record.judgement else ""
    try:
        notes.update(commit, lambda note: merge_record(note, record), f"covgate: {status} {commit[:10]}")
    except ToolError as error:
        hint = f" ({error.hint})" if error.hint else ""
        return f"WARNING: nothing was recorded: {error.message}{hint}"
    return ""


def keep_lines(repository: Repository, commit: str, measurement: Measurement) -> list[str]:
    """Store all lines of a commit that reached the baseline: later pushes are compared with them. Returns notices."""
    from covgate.notes.line_notes import DetailNotes

    if measurement.files:
        try:
            DetailNotes(repository).add(commit, DEFAULT_COMPONENT, measurement)
        except ToolError as error:
            return [f"the lines of {commit[:10]} were not kept: {error.message}"]
    return []
