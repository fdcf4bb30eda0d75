"""`covgate doctor` on the notes: whether they travel, what puts others over them, and the baseline they lead to."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from covgate.doctor.check_remote import Answer
from covgate.doctor.findings import Fact, Finding, Found, Here, Severity, shell
from covgate.model.numbers import format_percent
from covgate.notes import refusal
from covgate.notes.fetch import tracking_ref
from covgate.notes.records import Notes
from covgate.notes.ref import FILES_REF, NOTES_REF

_SCOPES = {"global": ("--global",), "system": ("--system",), "worktree": ("--worktree",)}


def look_at_notes(here: Here, answer: Answer | None) -> Found:
    """Whether the notes that are here are on the remote, and the other way round."""
    if answer is None or answer.unreadable:
        return
    repository, remote = here.session.repository, here.remote_shown
    notes = Notes(repository)
    by_hand = "" if here.config.sync else "; sync = false: only `covgate sync` moves them"
    yield Fact(name="notes", value=_compared(here, notes, answer) + by_hand)
    if notes.tip() in ("", answer.notes) or answer.refused:
        return
    stay = _unpublished(here, notes, answer)
    said = refusal.last(repository, here.remote, NOTES_REF)
    if said:
        yield Finding(
            name="notes-refused",
            what=f"{remote} did not take the notes when covgate last published them: {said}",
            why="the baseline stays in this clone: others, and CI, judge without it",
            mend=f"let {remote} take pushes to refs/notes/*, then {shell('covgate', 'sync', remote)}",
        )
    elif stay and here.config.sync:
        yield Finding(
            name="notes-unpublished",
            what=f"the notes of {stay} commit{'s' if stay > 1 else ''} that {remote} has are only here",
            why="others, and CI, judge without them",
            mend=shell("covgate", "sync", remote),
            severity=Severity.WARNING,
        )


def look_at_refspecs(here: Here) -> Found:
    """Whether git itself is configured to fetch notes over those that are here."""
    told = here.session.repository.text("config", "--show-scope", "-z", "--get-regexp", r"^remote\..*\.fetch$")
    scopes = told.split("\0")
    for scope, entry in zip(scopes[::2], scopes[1::2], strict=False):
        key, _, value = entry.partition("\n")
        target = value.partition(":")[2]
        if value.startswith("^") or not any(fnmatchcase(ref, target) for ref in (NOTES_REF, FILES_REF)):
            continue
        forced = value.startswith("+")
        yield Finding(
            name="refspec",
            what=f"git is configured to fetch {value} from {key.removeprefix('remote.').removesuffix('.fetch')}",
            why="every fetch puts the notes of the remote over those here, and what was not published is lost"
            if forced
            else "`git pull` fails as soon as the notes here and there differ",
            mend=shell("git", "config", *_SCOPES.get(scope, ()), "--fixed-value", "--unset-all", key, value),
            severity=Severity.PROBLEM if forced else Severity.WARNING,
        )


def look_at_history(here: Here) -> Found:
    """How much of history is here, and what baseline it leads to."""
    repository, notes = here.session.repository, Notes(here.session.repository)
    if repository.shallow and here.remote:
        yield Finding(
            name="shallow",
            what="this clone is shallow: ancestors whose records decide may lie beyond its edge",
            why="covgate fetches them as they are needed; where it can't, every record that is known judges a push,"
            " other branches' too",
            mend=shell("git", "fetch", "--unshallow", here.remote_shown),
            severity=Severity.WARNING,
        )
    if not here.head:
        return
    lookup = notes.baseline([here.head])
    told = "none here yet"
    if here.config.policy.kind.uses_baseline:
        told += ": the first push that passes sets it, unless the notes that it fetches have one"
    if lookup.baseline is not None:
        origin = notes.origin([here.head], lookup.baseline)
        told = f"{format_percent(lookup.baseline.percent)}% from {origin[:10] or 'a commit that is not here'}"
    yield Fact(name="baseline", value=told)
    for problem in lookup.problems:
        found = re.match(r"the note of ([0-9a-f]+) ", problem)
        yield Finding(
            name="note",
            what=problem,
            why="it counts as absent: the baseline may be lower than it was"
            + (", and blocks every push" if here.config.fail_closed else ""),
            mend=shell("git", "notes", "--ref=coverage", "remove", found[1] if found else "COMMIT"),
        )


def _compared(here: Here, notes: Notes, answer: Answer) -> str:
    repository, remote = here.session.repository, here.remote_shown
    ours, theirs = notes.tip(), answer.notes
    if not theirs:
        return f"not on {remote} yet" + ("" if ours else ", nor here: the first push that passes begins them")
    if ours == theirs:
        return f"on {remote}, the same as here"
    if not ours:
        return f"on {remote}, not here yet: the next push fetches them"
    if repository.commit(theirs) and repository.is_ancestor(theirs, ours):
        return f"on {remote}, and newer ones here"
    return f"on {remote}, some of them not here yet: the next push fetches them"


def _unpublished(here: Here, notes: Notes, answer: Answer) -> int:
    """How many commits of the remote's branches have a note here that the remote lacks, as far as that is known."""
    repository = here.session.repository
    theirs = answer.notes
    if theirs and not repository.commit(theirs):
        theirs = repository.commit(tracking_ref(here.remote))
        if not theirs:
            return 0
    known = notes.entries(theirs) if theirs else {}
    new = [commit for commit, blob in notes.entries(notes.tip()).items() if known.get(commit) != blob]
    # The commits that no branch of the remote has, with their own ancestors.
    lines = "".join(f"{each}\n" for each in new)
    argv = ("rev-list", "--ignore-missing", "--stdin", "--not", f"--remotes={here.remote}")
    status, out, _ = repository.attempt(*argv, input=lines.encode())
    return 0 if status else len({each for each in new if repository.commit(each)} - set(out.decode().split()))
