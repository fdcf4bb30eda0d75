"""The lines of the commits that reached a baseline, on a notes ref of their own: large, fetched only when needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from covgate.git.repository import Repository
from covgate.model.detail import Details, join_details, parse_detail, render_detail
from covgate.model.measurement import Measurement
from covgate.notes.ref import FILES_REF, NotesRef


class DetailNotes(NotesRef):
    """The notes at ``refs/notes/coverage-files``, or at the ref that a remote's notes are fetched to."""

    def __init__(self, repository: Repository, ref: str = FILES_REF) -> None:
        super().__init__(repository, ref)
        self._parsed: dict[str, Details] = {}  # by blob: the components of a commit ask for the same

    def join_blobs(self, blobs: Sequence[bytes]) -> bytes | None:
        try:
            return render_detail(join_details([parse_detail(each) for each in blobs]))
        except ValueError:
            return None

    def read(self, commit: str) -> Details:
        """The measurements of ``commit`` by component; empty without a note. Raises ValueError if that is not valid."""
        blob = self.entries().get(commit)
        if not blob or blob in self._parsed:
            return self._parsed.get(blob or "", {})
        found = self.repository.object(blob)
        if found:
            self._parsed[blob] = parse_detail(found.data)
        return self._parsed.get(blob, {})

    def add(self, commit: str, measurements: Mapping[str, Measurement]) -> None:
        """Join ``measurements``, by component, into the note of ``commit``: of each the better one stays.

        An invalid note is replaced. Raises ToolError if the note can't be written.
        """
        new = render_detail(measurements)

        def changed_notes(entries: Mapping[str, str]) -> dict[str, bytes]:
            blob = entries.get(commit)
            before = self.repository.object(blob) if blob else None
            after = (self.join_blobs([before.data, new]) if before else None) or new
            return {} if before and before.data == after else {commit: after}

        self.write(changed_notes, f"covgate: lines of {commit[:10]}")
