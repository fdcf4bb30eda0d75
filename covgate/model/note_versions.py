"""The versions of a note: what each notes commit made of it, and which version each came from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from covgate.model.baseline import Baseline, join
from covgate.model.epochs import Epochs
from covgate.model.history import Read, Step, annotated_commit, is_lower
from covgate.model.numbers import format_percent
from covgate.model.record import Judgement, Note, Record, join_records, lasting_excuse, lasting_judgement

# A component and an epoch of it.
Epoch = tuple[str, int]


class Version:
    """A note of one commit between two changes.

    ``known``: its baselines; for a note that was removed or damaged, those that it last had. ``closed``: the components
    and epochs of its baselines that are not trusted. ``kept``: the records that the note should have, by component,
    because only an override lowers one. ``merged``: git merged the note as text.
    """

    __slots__ = ("blob", "came_from", "closed", "files", "kept", "known", "merged", "number")

    def __init__(self, number: int, came_from: Sequence[Version], files: dict[str, str]) -> None:
        self.number = number
        self.came_from = came_from
        self.files = files
        # If a tree has two files for one commit, its readers use the last one.
        self.blob = files[max(files)] if files else ""
        self.known = join_known(came_from)
        self.kept: dict[str, Record] = {}
        for version in came_from:
            for component, record in version.kept.items():
                known = self.kept.get(component)
                self.kept[component] = join_records(known, record) if known else record
        self.closed: frozenset[Epoch] = frozenset()
        self.merged = False

    def keep(self, note: Note, epochs: Epochs) -> None:
        """Merge ``note``, the version's own, into ``kept``.

        Nothing that lowers a baseline is added, and no other judgement than the one that was recorded with it.
        """
        for record in note.records:
            component, before = record.component, self.kept.get(record.component)
            record = _believed(record, epochs)
            if before is not None and self.merged:
                record = join_records(before, record)
            elif before is not None:
                if before.baseline and is_lower(record.baseline, before.baseline):
                    record = replace(record, baseline=before.baseline)
                stays = lasting_judgement(before, record.baseline, record.judgement)
                judgement = stays or record.judgement or before.judgement
                # A version of covgate that doesn't know excuses leaves them out. An excuse may be for another tree than
                # the judgement, if a base enforces other sources than the commit names.
                trees = {each.tree for each in (judgement, record.excuse) if each is not None}
                excuse = lasting_excuse(trees, before.excuse, record.excuse)
                record = replace(record, judgement=judgement, excuse=excuse)
            if not record.is_empty:
                self.kept[component] = record


def believed(note: Note, epochs: Epochs) -> Note:
    """``note`` without the baselines whose epochs are not open, and without records that are empty then."""
    records = [_believed(each, epochs) for each in note.records]
    return replace(note, records=tuple(each for each in records if not each.is_empty))


def _believed(record: Record, epochs: Epochs) -> Record:
    if record.baseline is None or epochs.is_open(record.component, record.baseline):
        return record
    return replace(record, baseline=None)


class State:
    """The notes after one step: the version of each, by commit, and how many have each epoch that is not trusted."""

    def __init__(self) -> None:
        self.versions: dict[str, Version] = {}
        self.closed: Counter[Epoch] = Counter()

    def copy(self) -> State:
        """An independent copy."""
        other = State()
        other.versions, other.closed = self.versions.copy(), self.closed.copy()
        return other

    def put(self, commit: str, version: Version) -> None:
        """Replace the note of ``commit``."""
        before = self.versions.get(commit)
        if before is not None:
            self.closed.subtract(before.closed)
        self.closed.update(version.closed)
        self.versions[commit] = version


def changed_files(step: Step) -> dict[str, dict[str, str]]:
    """By annotated commit, the files that differ from the first parent (path -> blob); none if only others differ."""
    changed: dict[str, dict[str, str]] = {}
    for number, changes in enumerate(step.changes):
        for path, blob in changes.items():
            commit = annotated_commit(path)
            if commit:
                files = changed.setdefault(commit, {})
                if number == 0:
                    files[path] = blob
    return changed


def newest(versions: Iterable[Version]) -> list[Version]:
    """The versions that no other of them came from: several if sides changed a note independently."""
    unique = list(dict.fromkeys(versions))
    if len(unique) < 2:
        return unique
    return [each for each in unique if not any(_led_to(each, other) for other in unique if other is not each)]


def _led_to(version: Version, later: Version) -> bool:
    todo, seen = [later], set()
    while todo:
        each = todo.pop()
        if each is version:
            return True
        if each.number > version.number and each.number not in seen:
            seen.add(each.number)
            todo.extend(each.came_from)
    return False


def join_known(versions: Sequence[Version]) -> dict[str, Baseline]:
    """The baselines that ``versions`` know together; of several versions, those that were removed don't count."""
    if len(versions) == 1:
        return versions[0].known
    known: dict[str, Baseline] = {}
    for version in versions:
        for component, baseline in version.known.items() if version.blob else ():
            known[component] = join(known.get(component), baseline) or baseline
    return known


def highest_of(versions: Iterable[Version]) -> Baseline | None:
    """The highest baseline that any of ``versions`` knows, of any component."""
    return join(*(join(*each.known.values()) for each in versions))


def notes_to_repair(state: State, read: Read) -> dict[str, Note]:
    """By commit, the note that should replace the one in ``state``; one without records means that none should exist.

    A note that git merged is always included. A note of another format never is: see `left_to_others`.
    """
    repairs = {}
    for commit, version in state.versions.items():
        note = read(version.blob) if version.blob else Note()
        kept = tuple(version.kept[name] for name in sorted(version.kept))
        differs = note.records != kept or (version.merged and version.blob)
        if differs and not note.other_format and (kept or not note.problems):
            repairs[commit] = Note(records=kept)
    return repairs


def left_to_others(state: State, read: Read) -> dict[str, Note]:
    """By commit, the records that apply beside a note of another format; the version that wrote it has to repair it."""
    beside = {}
    for commit, version in state.versions.items():
        note = read(version.blob) if version.blob else Note()
        missing = [version.kept[name] for name in sorted(version.kept) if note.record(name) != version.kept[name]]
        if note.other_format and missing:
            beside[commit] = Note(records=tuple(missing))
    return beside


def changed_judgements(kept: Mapping[str, Record], note: Note) -> Iterator[tuple[str, str]]:
    """The components whose judgement in ``note`` is another one than in ``kept``, although the baseline is still there.

    Each comes with the reason. covgate itself never makes such a change.
    """
    for component, before in kept.items():
        after = note.record(component)
        if after is None or after.baseline is None:
            continue
        stays = lasting_judgement(before, after.baseline, after.judgement)
        if stays is not None and stays != after.judgement:
            change, percent = _shown_change(stays, after.judgement), format_percent(after.baseline.percent)
            yield component, f"the judgement was changed although the baseline of {percent}% stayed: {change}"


def _shown_change(before: Judgement, after: Judgement | None) -> str:
    """``before`` and ``after`` as text: "PASS, 80 of 100 -> PASS, 90 of 100"."""

    def shown(judgement: Judgement) -> str:
        numbers = judgement.numbers
        return f"{judgement.status.value}, {numbers.executed} of {numbers.executable}"

    if after is None:
        return f"{shown(before)} -> none"
    if shown(after) == shown(before):
        return f"{shown(before)}, with other details"
    return f"{shown(before)} -> {shown(after)}"
