"""`covgate doctor` on the notes: whether they are shared, what could overwrite them, and the baseline they give."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from covgate.config import Config
from covgate.doctor.check_remote import Answer
from covgate.doctor.findings import Checkout, Fact, Finding, Results, Severity, shell
from covgate.git.remote import Remote
from covgate.model.numbers import format_percent
from covgate.notes import refusal
from covgate.notes.fetch import tracking_ref
from covgate.notes.records import Lookup, Notes
from covgate.notes.ref import FILES_REF, NOTES_REF
from covgate.notes.repair import changes_to_repair

_SCOPES = {"global": ("--global",), "system": ("--system",), "worktree": ("--worktree",)}


def check_changes(checkout: Checkout) -> Results:
    """Changes made to the local notes by hand that are not repaired yet."""
    lines = changes_to_repair(Notes(checkout.session.repository))
    if lines:
        yield Finding(
            name="notes-changed",
            what="\n".join(lines),
            why="only an override lowers a baseline: covgate accepts no other change, and the next push repairs it",
            fix=shell("covgate", "sync", checkout.remote_shown) if checkout.remote else shell("covgate", "status"),
            severity=Severity.WARNING,
        )


def check_notes(checkout: Checkout, answer: Answer | None) -> Results:
    """Whether the notes here are on the remote, and the other way round."""
    if answer is None or answer.unreadable:
        return
    repository, remote = checkout.session.repository, checkout.remote_shown
    notes = Notes(repository)
    by_hand = "" if checkout.config.sync else "; sync = false: only `covgate sync` exchanges them"
    yield Fact(name="notes", value=_compare(checkout, notes, answer) + by_hand)
    if notes.tip() in ("", answer.notes) or answer.refused:
        return
    unpublished = _unpublished(checkout, notes, answer)
    reason = refusal.last(Remote(repository, checkout.remote), NOTES_REF)
    if reason:
        yield Finding(
            name="notes-refused",
            what=f"{remote} did not take the notes when covgate last published them: {reason}",
            why="the baseline stays in this clone: the others, and CI, judge without it",
            fix=f"allow pushes to refs/notes/* on {remote}, then {shell('covgate', 'sync', remote)}",
        )
    elif unpublished and checkout.config.sync:
        yield Finding(
            name="notes-unpublished",
            what=f"the notes of {unpublished} commit{'s' if unpublished > 1 else ''} that {remote} has are only here",
            why="the others, and CI, judge without them",
            fix=shell("covgate", "sync", remote),
            severity=Severity.WARNING,
        )


def check_refspecs(checkout: Checkout) -> Results:
    """Whether git itself is configured to overwrite the notes here when it fetches."""
    listing = checkout.session.repository.text("config", "--show-scope", "-z", "--get-regexp", r"^remote\..*\.fetch$")
    words = listing.split("\0")
    for scope, entry in zip(words[::2], words[1::2], strict=False):
        key, _, value = entry.partition("\n")
        target = value.partition(":")[2]
        if value.startswith("^") or not any(fnmatchcase(ref, target) for ref in (NOTES_REF, FILES_REF)):
            continue
        forced = value.startswith("+")
        yield Finding(
            name="refspec",
            what=f"git is configured to fetch {value} from {key.removeprefix('remote.').removesuffix('.fetch')}",
            why="every fetch overwrites the notes here with those of the remote, and unpublished ones are lost"
            if forced
            else "`git pull` fails as soon as the notes here and there differ",
            fix=shell("git", "config", *_SCOPES.get(scope, ()), "--fixed-value", "--unset-all", key, value),
            severity=Severity.PROBLEM if forced else Severity.WARNING,
        )


def check_history(checkout: Checkout) -> Results:
    """How much of the history is here, and which baseline it gives."""
    repository, notes = checkout.session.repository, Notes(checkout.session.repository)
    if repository.shallow and checkout.remote:
        yield Finding(
            name="shallow",
            what="this clone is shallow: it may lack ancestors whose records decide",
            why="covgate fetches them when it needs them; if it can't, a push is judged by every record here, those of"
            " other branches included",
            fix=shell("git", "fetch", "--unshallow", checkout.remote_shown),
            severity=Severity.WARNING,
        )
    if not checkout.head:
        return
    lookups = [_baseline(checkout, notes, each) for each in checkout.config.parts]
    yield from (fact for _, fact in lookups)
    for problem in dict.fromkeys(problem for lookup, _ in lookups for problem in lookup.problems):
        commit = re.match(r"the note of ([0-9a-f]+) ", problem)
        yield Finding(
            name="note",
            what=problem,
            why="the note is ignored: the baseline may be lower than it was"
            + (", and blocks every push" if checkout.config.fail_closed else ""),
            fix=shell("git", "notes", "--ref=coverage", "remove", commit[1] if commit else "COMMIT"),
        )


def _compare(checkout: Checkout, notes: Notes, answer: Answer) -> str:
    repository, remote = checkout.session.repository, checkout.remote_shown
    ours, theirs = notes.tip(), answer.notes
    if not theirs:
        return f"not on {remote} yet" + ("" if ours else ", nor here: the first push that passes creates them")
    if ours == theirs:
        return f"on {remote}, the same as here"
    if not ours:
        return f"on {remote}, not here yet: the next push fetches them"
    if repository.commit(theirs) and repository.is_ancestor(theirs, ours):
        return f"on {remote}, and newer ones here"
    return f"on {remote}, some of them not here yet: the next push fetches them"


def _unpublished(checkout: Checkout, notes: Notes, answer: Answer) -> int:
    """How many commits on the remote's branches have a note here that the remote lacks, as far as is known here."""
    repository = checkout.session.repository
    theirs = answer.notes
    if theirs and not repository.commit(theirs):
        theirs = repository.commit(tracking_ref(Remote(repository, checkout.remote)))
        if not theirs:
            return 0
    known = notes.entries(theirs) if theirs else {}
    new = [commit for commit, blob in notes.entries(notes.tip()).items() if known.get(commit) != blob]
    # The new ones, and their ancestors, that are on no branch of the remote.
    lines = "".join(f"{each}\n" for each in new)
    argv = ("rev-list", "--ignore-missing", "--stdin", "--not", f"--remotes={checkout.remote}")
    status, out, _ = repository.attempt(*argv, input=lines.encode())
    return 0 if status else len({each for each in new if repository.commit(each)} - set(out.decode().split()))


def _baseline(checkout: Checkout, notes: Notes, part: Config) -> tuple[Lookup, Fact]:
    """The baseline of one component, and a line about it."""
    lookup = notes.baseline([checkout.head], part.component)
    value = "none here yet"
    if part.policy.kind.uses_baseline:
        value += ": the first push that passes sets it, unless the notes that it fetches have one"
    if lookup.baseline is not None:
        origin = notes.origin([checkout.head], lookup.baseline, part.component)
        value = f"{format_percent(lookup.baseline.percent)}% from {origin[:10] or 'a commit that is not here'}"
    return lookup, Fact(name="baseline", value=value, component=part.component if checkout.config.components else "")
