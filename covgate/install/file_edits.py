"""Edits of the user's files: prepared first, then written all or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from covgate.errors import UsageError
from covgate.files import usual_mode, write_atomically


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEdit:
    """A change of one file. ``before`` None: the file is new. ``after`` None: the file is removed."""

    path: Path
    before: bytes | None
    after: bytes | None
    summary: str


def read_text(top: Path, name: str) -> str | None:
    """The text of the file ``name`` in ``top``; None if there is none. Raises UsageError if it can't be edited."""
    path = top / name
    if path.is_symlink() and not path.resolve().is_relative_to(top.resolve()):
        raise UsageError(f"{name} is a link out of the repository, to {path.resolve()}", hint="edit that file by hand")
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise UsageError(f"{name} is not UTF-8", hint="save it as UTF-8") from None
    except OSError as error:
        raise UsageError(f"{name} can't be read: {error.strerror}", hint="check its permissions") from None


def prepare(top: Path, name: str, before: str | None, after: str | None, summary: str) -> FileEdit:
    """The edit of the file ``name`` in ``top``; a link within the repository stays a link."""
    return FileEdit(
        path=(top / name).resolve(),
        before=None if before is None else before.encode(),
        after=None if after is None else after.encode(),
        summary=f"{name}: {summary}",
    )


def write_all(edits: Sequence[FileEdit], report: Callable[[str], None]) -> None:
    """Write all ``edits`` and report each. If one fails, those before it are undone. Raises UsageError."""
    done: list[FileEdit] = []
    try:
        for edit in edits:
            _replace(edit.path, edit.after)
            done.append(edit)
    except BaseException as error:
        for edit in reversed(done):
            _replace(edit.path, edit.before)
        if isinstance(error, OSError):
            raise UsageError(
                f"{edits[len(done)].path} can't be written: {error.strerror}; nothing was changed",
                hint="check the permissions there",
            ) from None
        raise
    for edit in edits:
        report(edit.summary)


def _replace(path: Path, data: bytes | None) -> None:
    if data is None:
        path.unlink(missing_ok=True)
    else:
        write_atomically(path, data, mode=usual_mode(path))
