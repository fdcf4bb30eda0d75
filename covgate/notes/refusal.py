"""What a remote said when it last refused the notes: only a real push finds out, so that of the hooks is remembered."""

from __future__ import annotations

import contextlib
from pathlib import Path

from covgate.files import write_atomically
from covgate.git.remote import Remote
from covgate.notes.fetch import tracking_ref


def remember(remote: Remote, ref: str, message: str) -> None:
    """Keep ``message`` until something is published to ``remote``; forgetting it costs an explanation, no more."""
    with contextlib.suppress(OSError):
        write_atomically(_file(remote, ref), message.encode(errors="replace"))


def forget(remote: Remote, ref: str) -> None:
    with contextlib.suppress(OSError):
        _file(remote, ref).unlink(missing_ok=True)


def last(remote: Remote, ref: str) -> str:
    """The message; "" where the last publishing worked, or none was tried."""
    try:
        return _file(remote, ref).read_text(encoding="utf-8")[:500].strip()
    except (OSError, ValueError):
        return ""


def _file(remote: Remote, ref: str) -> Path:
    name = tracking_ref(remote, ref).removeprefix("refs/covgate/remotes/").replace("/", "-")
    return remote.repository.state_dir / f"refused-{name}"
