"""What can change the number of a component: its measurement is cached and recorded by these contents.

For a whole repository that is the tree of the commit. For a component it is its directory and its sources, or only its
sources if it has `paths`, too; what `paths` names; and the configuration around it. The keys of covgate's own table
count only as far as they decide what is run.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import posixpath
import re
from dataclasses import dataclass

from covgate.compat import parse_toml
from covgate.config import Config
from covgate.config.component_tables import is_inside, is_outside, rooted
from covgate.git.contents import LINK, Entry, entries_of
from covgate.git.repository import Repository
from covgate.measure.coverage_config import FILES as COVERAGE_FILES
from covgate.measure.packaging import FILES as BUILD_FILES
from covgate.measure.pytest_config import FILES as PYTEST_FILES

_OWN_TABLE = "pyproject.toml"
# In the directories above a component: pytest and builds look there, too.
_CONFIGURATION = frozenset({*COVERAGE_FILES, *PYTEST_FILES, *BUILD_FILES, "conftest.py"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What decides the number of a component at a commit.

    ``oid`` is equal for equal contents, in every clone. ``files``: how many they are, 0 if they are those of the whole
    tree. ``unmatched`` are the globs that match no file.
    """

    oid: str
    files: int = 0
    unmatched: tuple[str, ...] = ()


class Files:
    """The files of a tree, in git's order: what is in a directory stands together."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.all = range(len(entries))
        self._places: dict[str, range] = {}
        for place, entry in enumerate(entries):
            path = entry.path
            while path:
                self._places[path] = range(self._places.get(path, range(place, place)).start, place + 1)
                path = path.rpartition("/")[0]
        # By the directory of a file that configures tools.
        self.configuring = [
            (place, directory)
            for place, (directory, _, name) in enumerate(each.path.rpartition("/") for each in entries)
            if name in _CONFIGURATION
        ]

    def at(self, path: str) -> range:
        """The places of the file ``path``, or of all files in that directory; "" is the top."""
        return self._places.get(path, range(0)) if path else self.all

    def choose(self, config: Config) -> tuple[list[Entry], tuple[str, ...]]:
        """The files that can change the number of the component, in git's order, and the globs that match none."""
        directories = [rooted(config.directory, each) for each in config.source]
        if not (config.paths and config.source and all(map(self.at, directories))):
            directories.append(config.directory)  # also if a source is the name of a package, wherever that is
        chosen: set[int] = set()
        for directory in directories:
            others = [self.at(each) for each in config.others if not is_inside(directory, each)]
            chosen |= set(self.at(directory)).difference(*others)
        chosen.update(place for place, directory in self.configuring if is_inside(config.directory, directory))
        unmatched = []
        for glob in dict.fromkeys(config.paths):
            matches = re.compile(glob_regex(glob)).fullmatch
            matching = [place for place in self.at(_fixed_part(glob)) if matches(self.entries[place].path)]
            chosen.update(matching)
            if not matching:
                unmatched.append(glob)
        return [self.entries[place] for place in sorted(chosen)], tuple(unmatched)


class InputsOf:
    """Finds the inputs of components of ``repository``; each tree is listed once."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._files: dict[str, Files] = {}
        self._found: dict[tuple[str, tuple[object, ...]], Inputs] = {}
        self._own_table: dict[str, str] = {}

    def find(self, commit: str, config: Config) -> Inputs:
        """The inputs of the component that ``config`` describes. Raises ToolError if git can't read the commit."""
        tree = self._repository.tree(commit)
        if not config.is_part:
            return Inputs(oid=tree)
        key = tree, _deciding(config)
        if key not in self._found:
            if tree not in self._files:
                self._files[tree] = Files(entries_of(self._repository, tree))
            self._found[key] = self._hash(self._files[tree], config, is_long=len(tree) == 64)
        return self._found[key]

    def _hash(self, files: Files, config: Config, *, is_long: bool) -> Inputs:
        digest = hashlib.new("sha256" if is_long else "sha1", usedforsecurity=False)
        digest.update(json.dumps(_deciding(config), default=str).encode())
        chosen, unmatched = files.choose(config)
        chosen = self._with_targets(files, chosen)
        for entry in chosen:
            oid = self._without_own_table(entry) if entry.path == _OWN_TABLE else entry.oid
            digest.update(f"{entry.mode} {oid}\t{entry.path}\0".encode("utf-8", "surrogateescape"))
        return Inputs(oid=digest.hexdigest(), files=len(chosen), unmatched=unmatched)

    def _with_targets(self, files: Files, chosen: list[Entry]) -> list[Entry]:
        """``chosen`` with what the links among them lead to: the tests see that as if it were in their directory.

        A link to a directory that it is in adds nothing: it is there for programs that want a certain path.
        """
        links = [each for each in chosen if each.mode == LINK]
        found = {each.path for each in chosen}
        while links:
            link = links.pop()
            target = self._repository.object(link.oid)
            path = posixpath.join(posixpath.dirname(link.path), os.fsdecode(target.data if target else b""))
            path = posixpath.normpath(path)
            if is_outside(path) or path == "." or is_inside(link.path, path):
                continue
            more = [files.entries[place] for place in files.at(path) if files.entries[place].path not in found]
            found.update(each.path for each in more)
            links += (each for each in more if each.mode == LINK)
        return [each for each in files.entries if each.path in found] if len(found) > len(chosen) else chosen

    def _without_own_table(self, entry: Entry) -> str:
        """The contents of pyproject.toml without covgate's table: the floor of one component decides no number."""
        if entry.oid not in self._own_table:
            self._own_table[entry.oid] = self._other_tables(entry)
        return self._own_table[entry.oid]

    def _other_tables(self, entry: Entry) -> str:
        found = self._repository.object(entry.oid)
        try:
            values = parse_toml((found.data if found else b"").decode("utf-8"))
        except (ValueError, RecursionError):
            return entry.oid
        tool = values.pop("tool", None)
        if isinstance(tool, dict):
            tool.pop("covgate", None)
        if tool:
            values["tool"] = tool
        return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()


def _deciding(config: Config) -> tuple[object, ...]:
    """The values of a component that decide what is run and counted."""
    return (
        *(
            config.directory,
            config.source,
            config.paths,
            config.others,
            config.command,
            config.report,
            config.report_format,
        ),
        *(config.report_paths, config.python, config.setup, config.coverage_config, config.base_product),
    )


def _fixed_part(glob: str) -> str:
    """The file or directory that whatever ``glob`` matches is or is in; "" for the top."""
    parts = _plain(glob).split("/")
    return "/".join(itertools.takewhile(lambda each: not set("*?") & set(each), parts))


def _plain(glob: str) -> str:
    return glob.strip("/").removeprefix("./")


def glob_regex(glob: str) -> str:
    """A glob of paths from the top as a regular expression. `*` stays in one directory, `**` doesn't.

    What matches a directory matches everything in it, as in .gitignore (gitignore(5)).
    """
    parts = re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?)", _plain(glob))
    known = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "(?:" + "".join(known.get(part, re.escape(part)) for part in parts) + ")(?:/.*)?"
