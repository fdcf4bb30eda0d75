"""Notes as git alone shows them, without covgate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from helpers.sealed import run


def read_notes(repository: Path, environ: Mapping[str, str], ref: str = "coverage") -> dict[str, str]:
    """Annotated commit -> what its note says, in the order of `git notes list`; {} where there is no such ref."""
    listed = run(["git", "notes", f"--ref={ref}", "list"], repository, environ)
    assert listed.status == 0 and "error" not in listed, listed.text
    blobs = {commit: blob for blob, commit in map(str.split, listed.text.splitlines())}
    # One process for all of them. Each answer is a line with the object's size in bytes, then the object.
    answer = run(
        ["git", "cat-file", "--batch"], repository, environ, input="".join(f"{each}\n" for each in blobs.values())
    )
    rest = answer.text.encode()
    notes = {}
    for commit, blob in blobs.items():
        head, _, rest = rest.partition(b"\n")
        name, kind, size = head.decode().split()
        assert (name, kind) == (blob, "blob"), answer.text
        notes[commit] = rest[: int(size)].decode()
        rest = rest[int(size) + 1 :]
    return notes
