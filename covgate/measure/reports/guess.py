"""Guess which files a report means by comparing the ends of its paths with those of the commit's files.

A guess is for the whole report: the directory that fits most of its names. It takes one pass through the names and one
through the files, however many there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

_MANY = 20  # files of one name: other names must show where they are


class Guess(NamedTuple):
    """A prefix of the names in a report ("." for relative names), and the directory of the repository it stands for."""

    prefix: str
    directory: str


def by_ending(
    names: Mapping[str, str], files: Collection[str], *, vote: bool
) -> Iterator[tuple[str, Mapping[str, Guess]]]:
    """For names that are relative to an unknown directory of the repository, a guess of the files that they may mean.

    ``names``: name -> the relative path it stands for. ``vote``: if a name fits several files, the directory that fits
    most names decides. Names that fit no file are left out.
    """
    fitting = {name: found for name, found in _with_endings(names, files).items() if found}
    votes = Counter(directory for found in fitting.values() for directory in found.values()) if vote else Counter()
    for name, found in fitting.items():
        most = max(votes[each] for each in found.values())
        yield name, {path: Guess(".", each) for path, each in found.items() if votes[each] == most}


def by_prefix(
    names: Mapping[str, Collection[str]], files: Collection[str]
) -> Iterator[tuple[str, Mapping[str, Guess]]]:
    """For names that begin with an unknown prefix, such as the directory of a container, the files they may mean.

    ``names``: name -> the paths it may stand for. One prefix and one directory are used for all: those that fit most
    names. Other names are left out.
    """
    known = frozenset(files)
    same_name = _by_last_component(files, {path.rpartition("/")[2] for paths in names.values() for path in paths})
    votes: Counter[Guess] = Counter()
    for paths in names.values():
        votes.update({difference(path, file) for path in paths for file in _possible(path, same_name, known)})
    most = max(votes.values(), default=0)
    best = [each for each, count in votes.items() if count == most]
    if len(best) > _MANY:
        return  # each name shows another directory
    likely = {guess for guess in best if _is_likely(guess, names, known)}
    for name, paths in names.items():
        fitting = {file: guess for guess in best for path in paths if (file := _moved(path, guess)) in known}
        if len(fitting) > 1 or not likely.isdisjoint(fitting.values()):
            yield name, fitting


def _by_last_component(files: Iterable[str], wanted: Collection[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for file in files:
        last = file.rpartition("/")[2]
        if last in wanted:
            found.setdefault(last, []).append(file)
    return found


def _possible(path: str, same_name: Mapping[str, list[str]], known: Collection[str]) -> Iterable[str]:
    """The files that ``path`` may mean. If many have the same name, only those that it ends with."""
    parts = path.split("/")
    found = same_name.get(parts[-1], [])
    if len(found) <= _MANY:
        return found
    return [file for count in range(1, min(len(parts), _MANY) + 1) if (file := "/".join(parts[-count:])) in known]


def _is_likely(guess: Guess, names: Mapping[str, Collection[str]], known: Collection[str]) -> bool:
    """Whether at least half of the names with this prefix are files of the commit, and not only by their last part."""
    moved = [file for paths in names.values() for path in paths if (file := _moved(path, guess))]
    fitting = [file for file in moved if file in known]
    if 2 * len(fitting) < len(moved):
        return False
    below = len(guess.directory) + 1
    return guess.directory == "." or (len(fitting) > 1 and any("/" in file[below:] for file in fitting))


def _with_endings(names: Mapping[str, str], files: Collection[str]) -> dict[str, dict[str, str]]:
    """For each name, the files that end with its path, and the directory that it would be relative to."""
    by_length: dict[int, dict[str, list[str]]] = {}
    for name, place in names.items():
        by_length.setdefault(place.count("/") + 1, {}).setdefault(place, []).append(name)
    found: dict[str, dict[str, str]] = {name: {} for name in names}
    for file in files:
        parts = file.split("/")
        for length, wanted in by_length.items():
            if length < len(parts):
                for name in wanted.get("/".join(parts[-length:]), ()):
                    found[name][file] = "/".join(parts[:-length])
    return found


def difference(path: str, file: str) -> Guess:
    """What ``path`` and ``file`` begin with, up to where they are the same to the end."""
    mine, theirs = path.split("/"), file.split("/")
    while mine and theirs and mine[-1] == theirs[-1]:
        mine.pop()
        theirs.pop()
    prefix = "/".join(mine) or ("/" if path.startswith("/") else ".")
    return Guess(prefix, "/".join(theirs) or ".")


def _moved(path: str, guess: Guess) -> str:
    """Where ``path`` is by ``guess``; "" if it doesn't begin with its prefix."""
    prefix = "" if guess.prefix == "." else guess.prefix.rstrip("/") + "/"
    if not path.startswith(prefix):
        return ""
    rest = path[len(prefix) :]
    return rest if guess.directory == "." else f"{guess.directory}/{rest}"
