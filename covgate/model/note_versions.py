"""The versions of a note: what each notes commit made of it, and which version each came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from covgate.model.baseline import Baseline, join
from covgate.model.history import Step, annotated_commit


class Version:
    """A note of one commit between two changes.

    ``known``: its baselines; for a note that was removed or damaged, those that it last had.
    """

    __slots__ = ("blob", "came_from", "files", "known", "number")

    def __init__(self, number: int, came_from: Sequence[Version], files: dict[str, str]) -> None:
        self.number = number
        self.came_from = came_from
        self.files = files
        # If a tree has two files for one commit, its readers use the last one.
        self.blob = files[max(files)] if files else ""
        self.known = join_known(came_from)


# The current version of each note, by annotated commit.
State = dict[str, Version]


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
