"""The lines of a commit that was measured before: in the notes, or in the cache of this clone."""

from __future__ import annotations

from collections.abc import Collection

from covgate.gate.bar import Bar
from covgate.gate.context import Session
from covgate.measure.cache import Cache
from covgate.model.measurement import Measurement
from covgate.notes.fetch import SyncError
from covgate.notes.join import fetch_notes
from covgate.notes.ref import FILES_REF


def names_of_inputs(session: Session, bar: Bar, commit: str) -> tuple[str, ...]:
    """The names that the inputs of the component of ``bar`` at ``commit`` may have in records and lines.

    That is the one by the commit's own configuration. If a base enforces more now, it may have done so then, too.
    """
    configs = (session.own_config(commit, bar.config), bar.config)
    return tuple(dict.fromkeys(session.measurer.tree(commit, each) for each in configs))


def lines_in_notes(
    session: Session, bar: Bar, commit: str, trees: Collection[str], notices: list[str]
) -> Measurement | None:
    """The lines of the component of ``bar`` that are published with the notes, fetched if this clone has none.

    ``trees``: the names of the inputs that they may be about. ``notices`` gets what is wrong with them.
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
    return known if known is not None and known.tree in trees else None


def lines_in_cache(
    session: Session, bar: Bar, commit: str, trees: Collection[str], notices: list[str]
) -> Measurement | None:
    """The lines that were measured here, under any circumstances. The arguments are those of `lines_in_notes`."""
    cache = Cache(session.repository.state_dir)
    return next(filter(None, map(cache.any_of, trees)), None)


def lines_at_base(session: Session, bar: Bar) -> Measurement | None:
    """The lines of the base of ``bar``, if this clone knows them: from its cache, else from the notes."""
    trees = names_of_inputs(session, bar, bar.base)
    cached = lines_in_cache(session, bar, bar.base, trees, [])
    if cached is not None:
        return cached
    try:
        noted = session.line_notes.read(bar.base).get(bar.config.component)
    except ValueError:
        return None
    return noted if noted is not None and noted.tree in trees else None
