"""After a block, name tests and sources that are not committed: the user may think that they were measured."""

from __future__ import annotations

from collections.abc import Mapping

from covgate.git.checkout_edits import uncommitted_files
from covgate.git.repository import Repository
from covgate.model.source_files import uncommitted_notice


def uncommitted_notices(repository: Repository, environ: Mapping[str, str]) -> tuple[str, ...]:
    """A notice that names them, as a sequence; empty if all is committed."""
    notice = uncommitted_notice(uncommitted_files(repository, environ))
    return (notice,) if notice else ()
