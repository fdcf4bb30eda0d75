"""The detail of ratcheted commits, on a notes ref of its own: big, for explanations, fetched when one is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from covgate.git.repository import Repository
from covgate.model.detail import Details, join_details, parse_detail, render_detail
from covgate.model.measurement import Measurement
from covgate.notes.ref import FILES_REF, NotesRef


class DetailNotes(NotesRef):
    """The notes at ``refs/notes/coverage-files``."""

    def __init__(self, repository: Repository, ref: str = FILES_REF) -> None:
        super().__init__(repository, ref)

    def join_blobs(self, blobs: Sequence[bytes]) -> bytes | None:
        try:
            return render_detail(join_details([parse_detail(each) for each in blobs]))
        except ValueError:
            return None

    def read(self, commit: str) -> Details:
        """Component -> measurement of ``commit``; empty if it has no note. Raises ValueError if the note is invalid."""
        blob = self.entries().get(commit)
        found = self.repository.object(blob) if blob else None
        return parse_detail(found.data) if found else {}

    def keep(self, commit: str, component: str, measurement: Measurement) -> None:
        """Add the detail of ``commit``; what is there and better stays."""
        new = render_detail({component: measurement})

        def changes(entries: Mapping[str, str]) -> dict[str, bytes]:
            blob = entries.get(commit)
            before = self.repository.object(blob) if blob else None
            after = (self.join_blobs([before.data, new]) if before else None) or new
            return {} if before and before.data == after else {commit: after}

        self.write(changes, f"covgate: lines of {commit[:10]}")
