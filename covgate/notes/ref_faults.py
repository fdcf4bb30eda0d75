"""A broken notes ref: it leads to a branch, a tag, a file, a commit of code, or nowhere.

Somebody pushed, fetched or wrote it by mistake, or a machine was switched off. Such a ref has no notes. covgate must
not write through it: a symbolic ref may lead to a branch of the user.
"""

from __future__ import annotations

from dataclasses import dataclass

from covgate.errors import ToolError
from covgate.notes.ref import NotesRef

_FORMAT = "%(refname)%00%(objectname)%00%(objecttype)%00%(symref)"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefFault:
    """Why a ref is not a notes ref: ``what`` is a phrase that follows its name.

    ``oid`` is the object it points to, "" if that can't be read. ``tip`` is the notes commit that it still leads to.
    """

    what: str
    oid: str = ""
    tip: str = ""


def find_fault(notes: NotesRef) -> RefFault | None:
    """What is wrong with the ref of ``notes``; None if nothing is, or if there is none."""
    repository = notes.repository
    # It fails if the object is not there.
    listed = repository.text("for-each-ref", f"--format={_FORMAT}", notes.ref)
    fields = next((line.split("\0") for line in listed.splitlines() if line.startswith(f"{notes.ref}\0")), None)
    if fields is None:
        return _find_unreadable(notes)
    _, oid, kind, symref = fields
    tip = repository.commit(oid)
    tip = tip if tip and has_notes(notes, tip) else ""
    if symref:
        what = f"is a symbolic ref to {symref}"
    elif kind != "commit":
        what = f"leads to a {kind}, not to a notes commit"
    elif not tip:
        what = f"leads to {oid[:10]}, a commit without notes"
    else:
        return None
    return RefFault(what=what, oid=oid, tip=tip)


def has_notes(notes: NotesRef, tip: str) -> bool:
    """Whether ``tip`` is a notes commit. Its notes may all have been removed, but then it contains nothing else."""
    return bool(notes.entries(tip)) or not notes.repository.run("ls-tree", tip)


def replace_faulty(notes: NotesRef, fault: RefFault, tip: str) -> None:
    """Point the ref at the notes commit ``tip``, or delete it if that is "". Raises ToolError if git can't."""
    if not fault.oid:
        path = notes.repository.common_dir / notes.ref
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ToolError(f"{path} can't be deleted: {error.strerror}", hint="may you write to .git/refs?") from None
    if tip:
        notes.move(fault.oid, tip)
    elif fault.oid:
        notes.repository.run("update-ref", "--no-deref", "-d", notes.ref, fault.oid)


def _find_unreadable(notes: NotesRef) -> RefFault | None:
    path = notes.repository.common_dir / notes.ref
    try:
        text = path.read_text(encoding="utf-8", errors="replace").strip()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None
    except OSError as error:
        raise ToolError(f"{path} can't be read: {error.strerror}", hint="may you read .git/refs?") from None
    # An interrupted write leaves an empty file; a lost object leaves an oid that leads nowhere.
    return RefFault(what=f"leads nowhere (its file says {text[:60]!r})")
