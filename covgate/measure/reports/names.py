"""Which file of a commit each name in a report means. This module works on texts only, without I/O.

Names are relative to the top of the repository, to the directory of the report, or to a directory that the report
names; or they are absolute, here or on the machine where the report was made. If none of this gives a file of the
commit, covgate guesses, as long as only one file fits. Users configure the rest in `report_paths`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile

from covgate.measure.reports.guess import Guess, by_ending, by_prefix
from covgate.measure.reports.paths import TOP, below, is_absolute, is_below, join, moved, normal

_DEEP = 100  # directories in each other


class Ambiguous(Exception):
    """A name that may mean each of ``files``."""

    def __init__(self, name: str, files: Iterable[str]) -> None:
        super().__init__(name)
        self.name = name
        self.files = tuple(sorted(files))


@dataclass(frozen=True, kw_only=True)
class Tree:
    """The files of a commit, and the absolute paths of the directories that it is checked out in."""

    files: frozenset[str]
    roots: tuple[str, ...] = ()

    @cached_property
    def _backwards(self) -> list[str]:
        """The paths from their ends: those with the same ending are neighbours."""
        return sorted(path[::-1] for path in self.files)

    def ending_with(self, ending: str) -> list[str]:
        """The files whose paths end with ``ending``, sorted. This takes the time of the answer, not of all files."""
        ending = ending[::-1]
        start = bisect_left(self._backwards, ending)
        following = (self._backwards[each] for each in range(start, len(self._backwards)))
        return sorted(path[::-1] for path in takewhile(lambda path: path.startswith(ending), following))

    def inside(self, path: str) -> str | None:
        """The absolute ``path`` relative to the tree; None if it is relative, or elsewhere."""
        for root in self.roots:
            if path.startswith(root.rstrip("/") + "/"):
                return path[len(root.rstrip("/")) + 1 :]
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """How a report names files: ``sources`` are the directories that names may be relative to, as the report says.

    ``report_paths``: prefix of a name -> directory of the repository; the prefix "." is for all relative names.
    ``directory`` is where the report lies in the repository; "." for the top, or for a report from elsewhere.
    ``modules``: like ``report_paths``, but as files of the repository say it.
    """

    sources: tuple[str, ...] = ()
    report_paths: Mapping[str, str]
    directory: str = TOP
    modules: Mapping[str, str] = field(default_factory=dict)

    @property
    def bases(self) -> list[str]:
        """The directories that relative names may be relative to, from the top down to that of the report."""
        parts = [part for part in self.directory.split("/") if part not in ("", TOP)]
        return [TOP, *("/".join(parts[:count]) for count in range(1, min(len(parts), _DEEP) + 1))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """``paths``: name -> file of the commit. ``absent``: names in the repository, but not in the commit.

    ``outside``: names of files elsewhere. ``guessed``: prefixes and their directories, where only the files show it.
    ``unused``: the prefixes in `report_paths` that no name begins with.
    """

    paths: Mapping[str, str]
    absent: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    guessed: tuple[Guess, ...] = ()
    unused: tuple[str, ...] = ()


def locate(names: Iterable[str], tree: Tree, naming: Naming) -> Located:
    """Where in ``tree`` the files are that a report calls ``names``. Raises Ambiguous."""
    search = _Search(tree, naming)
    paths: dict[str, str] = {}
    absent: list[str] = []
    rest: dict[str, list[str]] = {}
    for name in names:
        places = search.places(name)
        certain = search.certain(name, places)
        if certain in tree.files:
            paths[name] = certain
        elif certain:
            absent.append(name)
        else:
            rest[name] = places
    guessed = _by_prefix(rest, paths, tree) if search.is_foreign and not paths else ()
    search.near(_without(rest, paths), paths)
    rest = _without(rest, paths)
    inside = {name for name, places in rest.items() if any(map(tree.inside, places))}
    guessed += _guess(_without(rest, inside), paths, tree, several=len(naming.sources) > 1)
    rest = _without(rest, paths)
    outside = {name for name, places in rest.items() if name not in inside and not is_below(places[-1])}
    return Located(
        paths=paths,
        absent=(*absent, *_without(rest, outside)),
        outside=tuple(name for name in rest if name in outside),
        guessed=tuple(dict.fromkeys(guessed)),
        unused=tuple(prefix for prefix in naming.report_paths if normal(prefix) not in search.used),
    )


def same_ending(name: str, tree: Tree) -> list[str]:
    """The files of the commit that are called ``name``, whatever it may be relative to."""
    name = normal(name)
    return sorted([*([name] if name in tree.files else []), *tree.ending_with("/" + name)])


def _guess(rest: Mapping[str, list[str]], paths: dict[str, str], tree: Tree, *, several: bool) -> tuple[Guess, ...]:
    """Add guessed files to ``paths``. ``several``: names are relative to several directories."""
    found = _by_prefix(rest, paths, tree) if not paths else ()
    below = {name: places[-1] for name, places in _without(rest, paths).items() if is_below(places[-1])}
    if paths:
        # A file at the top that the commit doesn't have is not one of the same name somewhere below.
        below = {name: place for name, place in below.items() if "/" in place}
    found += tuple(_accept(by_ending(below, tree.files, vote=not several), paths))
    if not paths:
        found += tuple(_accept(by_prefix({name: [places[-1]] for name, places in rest.items()}, tree.files), paths))
    return found


def _by_prefix(rest: Mapping[str, list[str]], paths: dict[str, str], tree: Tree) -> tuple[Guess, ...]:
    """Add the files that absolute names of another machine mean to ``paths``."""
    absolute = {name: [each for each in places if is_absolute(each)] for name, places in rest.items()}
    return tuple(_accept(by_prefix(absolute, tree.files), paths))


def _without(rest: Mapping[str, list[str]], names: Container[str]) -> dict[str, list[str]]:
    return {name: places for name, places in rest.items() if name not in names}


def _accept(guesses: Iterable[tuple[str, Mapping[str, Guess]]], paths: dict[str, str]) -> Iterator[Guess]:
    """Add unambiguous guesses to ``paths`` and yield how each was made. Raises Ambiguous for the first other one."""
    for name, files in guesses:
        if len(files) > 1:
            raise Ambiguous(name, files)
        for path, guess in files.items():
            paths[name] = path
            yield guess


class _Search:
    """Where files are according to the user and to the report. ``used``: the prefixes that fit a name."""

    def __init__(self, tree: Tree, naming: Naming) -> None:
        self.used: set[str] = set()
        self._tree = tree
        self._naming = naming
        self._sources = [normal(each) for each in naming.sources]
        self._report_paths = {normal(prefix): normal(place) for prefix, place in naming.report_paths.items()}

    @property
    def is_foreign(self) -> bool:
        """Whether names are relative to directories of another machine: then a match at the top is only chance."""
        return bool(self._sources) and all(
            is_absolute(each) and each not in self._tree.roots and not self._tree.inside(each) for each in self._sources
        )

    def places(self, name: str) -> list[str]:
        """The paths that ``name`` may stand for, as it is last."""
        own = name if name in self._tree.files else normal(name)
        if is_absolute(own):
            return [own]
        return list(dict.fromkeys([*(join(source, own) for source in self._sources), own]))

    def certain(self, name: str, places: Sequence[str]) -> str:
        """The path that the user, an absolute name or a module gives; "" if none does. The commit may not have it."""
        mapped = list(filter(None, map(self._mapped, places)))
        inside = [path for place in places if (path := self._tree.inside(place)) in self._tree.files and path]
        found = list(dict.fromkeys([path for path in mapped if path in self._tree.files] if mapped else inside))
        if len(found) > 1:
            raise Ambiguous(name, found)
        return (found or mapped or [moved(places[-1], self._naming.modules)])[0]

    def near(self, rest: Mapping[str, Sequence[str]], paths: dict[str, str]) -> None:
        """Add the files of relative names to ``paths``: relative to the top, or to where the report lies."""
        found: dict[str, dict[str, str]] = {}
        votes = dict.fromkeys(self._naming.bases, 0)
        for name, places in rest.items():
            for base in votes:
                hits = [path for each in places if (path := join(base, each)) in self._tree.files]
                if len(hits) > 1 and hits[-1] == join(base, places[-1]):
                    hits.pop()  # the name as it is, where a source of the report fits, too
                if len(hits) > 1:
                    raise Ambiguous(name, hits)
                if hits:
                    votes[base] += 1
                    found.setdefault(name, {})[base] = hits[0]
        for name, by_base in found.items():
            most = max(votes[base] for base in by_base)
            files = {path for base, path in by_base.items() if votes[base] == most}
            if len(files) > 1:
                raise Ambiguous(name, files)
            paths[name] = files.pop()

    def _mapped(self, place: str) -> str:
        """Where `report_paths` says that ``place`` is; "" if it doesn't."""
        self.used.update(prefix for prefix in self._report_paths if below(place, prefix) is not None)
        return moved(place, self._report_paths)
