"""Why a remote last refused the notes. Only a real push finds out, so the reason is kept for `covgate doctor`."""

from __future__ import annotations

import contextlib
from pathlib import Path

from covgate.files import write_atomically
from covgate.git.remote import Remote
from covgate.notes.fetch import tracking_ref


def save(remote: Remote, ref: str, reason: str) -> None:
    """Keep ``reason`` until something is published to ``remote``. A file that can't be written is ignored."""
    with contextlib.suppress(OSError):
        write_atomically(_file(remote, ref), reason.encode(errors="replace"))


def clear(remote: Remote, ref: str) -> None:
    """Drop the reason: the notes were published."""
    with contextlib.suppress(OSError):
        _file(remote, ref).unlink(missing_ok=True)


def last(remote: Remote, ref: str) -> str:
    """The reason, of at most 500 characters; "" if the last publication succeeded or there was none."""
    try:
        return _file(remote, ref).read_text(encoding="utf-8")[:500].strip()
    except (OSError, ValueError):
        return ""


def _file(remote: Remote, ref: str) -> Path:
    name = tracking_ref(remote, ref).removeprefix("refs/covgate/remotes/").replace("/", "-")
    return remote.repository.state_dir / f"refused-{name}"
