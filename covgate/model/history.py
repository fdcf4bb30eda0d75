"""The history of the notes ref, as values: its commits, and what each changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from covgate.model.baseline import Baseline
from covgate.model.numbers import format_percent
from covgate.model.record import Note

_COMMIT = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})")
# The paths of a notes tree that changed, each with the blob that it holds now; "" if it was removed.
Changes = Mapping[str, str]
# Reads the note in a blob.
Read = Callable[[str], Note]


class Step(NamedTuple):
    """One commit of the notes ref.

    ``changes`` has one entry for each parent; a root has one, against an empty tree. ``date`` is in ISO 8601.
    """

    oid: str
    parents: tuple[str, ...] = ()
    author: str = ""
    email: str = ""
    date: str = ""
    changes: tuple[Changes, ...] = ({},)


def annotated_commit(path: str) -> str:
    """The commit whose note is at ``path`` in a notes tree, with any fan-out; "" for a file that is not a note."""
    commit = path.replace("/", "")
    return commit if _COMMIT.fullmatch(commit) else ""


def baselines_in(note: Note) -> dict[str, Baseline]:
    """The baselines in ``note``, by component."""
    return {each.component: each.baseline for each in note.records if each.baseline is not None}


def is_lower(after: Baseline | None, before: Baseline) -> bool:
    """Whether ``after`` is below ``before``, or gone."""
    return after is None or after.level < before.level


def why_lower(before: Baseline, after: Baseline | None) -> str:
    """What happened to the baseline ``before`` if ``after``, which is lower, was written in its place."""
    if after is None:
        return "the baseline was taken out"
    if after.epoch < before.epoch:
        return f"the baseline went back to epoch {after.epoch}"
    return "the baseline was lowered without an override"


def shown_change(before: Baseline | None, after: Baseline | None) -> str:
    """``before`` and ``after`` as text: "85.00% -> 70.00%"; with the epochs if there are several or higher ones."""
    epochs = {each.epoch for each in (before, after) if each is not None}

    def shown(baseline: Baseline | None) -> str:
        if baseline is None:
            return "none"
        return f"{format_percent(baseline.percent)}%" + (f" (epoch {baseline.epoch})" if epochs != {0} else "")

    return f"{shown(before)} -> {shown(after)}"


def lowered_notes(now: Mapping[str, str], earlier: Mapping[str, str], read: Read) -> list[str]:
    """The commits of which the notes ``earlier`` (commit -> blob) have a higher baseline than the notes ``now``."""
    lowered = []
    for commit, blob in earlier.items():
        if now.get(commit) != blob:
            known = baselines_in(read(now[commit])) if commit in now else {}
            if any(is_lower(known.get(name), before) for name, before in baselines_in(read(blob)).items()):
                lowered.append(commit)
    return lowered
