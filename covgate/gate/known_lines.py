"""The lines of a commit that was measured before: in the notes, or in the cache of this clone."""

from __future__ import annotations

from covgate.gate.bar import Bar
from covgate.gate.context import Session
from covgate.measure.cache import Cache
from covgate.model.measurement import Measurement
from covgate.notes.fetch import SyncError
from covgate.notes.join import fetch_notes
from covgate.notes.ref import FILES_REF


def lines_in_notes(session: Session, bar: Bar, commit: str, tree: str, notices: list[str]) -> Measurement | None:
    """The lines of the component of ``bar`` that are published with the notes, fetched if this clone has none.

    ``tree``: the name of the inputs that they must be about. ``notices`` gets what is wrong with them.
    """
    details = session.line_notes
    try:
        found = details.read(commit)
        landing = bar.remote.landing
        if not found and bar.remote and bar.config.sync and session.is_first_fetch(f"{FILES_REF} of {landing.name}"):
            fetch_notes(landing, FILES_REF)
            found = details.read(commit)
    except SyncError:
        return None
    except ValueError as error:
        notices.append(f"the lines of {commit[:10]} in {FILES_REF} are ignored: {error}")
        return None
    known = found.get(bar.config.component)
    return known if known is not None and known.tree == tree else None


def lines_in_cache(session: Session, bar: Bar, commit: str, tree: str, notices: list[str]) -> Measurement | None:
    """The lines that were measured here, under any circumstances. The arguments are those of `lines_in_notes`."""
    return Cache(session.repository.state_dir).any_of(tree)


def lines_at_base(session: Session, bar: Bar) -> Measurement | None:
    """The lines of the base of ``bar``, if this clone knows them: from its cache, else from the notes."""
    repository, commit, component = session.repository, bar.base, bar.config.component
    tree = session.measurer.tree(commit, session.part_at(commit, component) or bar.config)
    cached = Cache(repository.state_dir).any_of(tree)
    if cached is not None:
        return cached
    try:
        noted = session.line_notes.read(commit).get(component)
    except ValueError:
        return None
    return noted if noted is not None and noted.tree == tree else None
