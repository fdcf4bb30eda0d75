"""What can change the number of a component: its measurement is cached and recorded by these contents.

For a whole repository that is the tree of the commit. For a component it is what `paths` names, else its directory; its
sources; and the configuration around it. The keys of covgate's own table count only as far as they decide what is run.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from covgate.compat import parse_toml
from covgate.config import Config
from covgate.config.component_tables import is_inside, rooted
from covgate.git.contents import Entry, entries_of
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


class InputsOf:
    """Finds the inputs of components of ``repository``; each tree is listed once."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._entries: dict[str, list[Entry]] = {}
        self._found: dict[tuple[str, tuple[object, ...]], Inputs] = {}

    def find(self, commit: str, config: Config) -> Inputs:
        """The inputs of the component that ``config`` describes. Raises ToolError if git can't read the commit."""
        tree = self._repository.tree(commit)
        if not (config.directory or config.paths):
            return Inputs(oid=tree)
        key = tree, _deciding(config)
        if key not in self._found:
            if tree not in self._entries:
                self._entries[tree] = entries_of(self._repository, tree)
            self._found[key] = self._hash(self._entries[tree], config, is_long=len(tree) == 64)
        return self._found[key]

    def _hash(self, entries: Iterable[Entry], config: Config, *, is_long: bool) -> Inputs:
        digest = hashlib.new("sha256" if is_long else "sha1", usedforsecurity=False)
        digest.update(json.dumps(_deciding(config), default=str).encode())
        globs = {each: re.compile(glob_regex(each)).fullmatch for each in config.paths}
        places = [rooted(config.directory, each) for each in config.source]
        if not (config.paths and config.source):
            places.append(config.directory)
        unmatched, files = dict.fromkeys(config.paths), 0
        for entry in entries:
            matching = [each for each, matches in globs.items() if matches(entry.path)]
            for each in matching:
                unmatched.pop(each, None)
            if matching or any(is_inside(entry.path, each) for each in places) or _configures(entry.path, config):
                oid = self._without_own_table(entry) if entry.path == _OWN_TABLE else entry.oid
                digest.update(f"{entry.mode} {oid}\t{entry.path}\0".encode("utf-8", "surrogateescape"))
                files += 1
        return Inputs(oid=digest.hexdigest(), files=files, unmatched=tuple(unmatched))

    def _without_own_table(self, entry: Entry) -> str:
        """The contents of pyproject.toml without covgate's table: the floor of one component decides no number."""
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
        *(config.directory, config.source, config.paths, config.others, config.command, config.report),
        *(config.report_paths, config.python, config.setup, config.coverage_config, config.base_product),
    )


def _configures(path: str, config: Config) -> bool:
    """Whether the file at ``path`` configures tools that run in the directory of the component."""
    directory, _, name = path.rpartition("/")
    return name in _CONFIGURATION and is_inside(config.directory, directory)


def glob_regex(glob: str) -> str:
    """A glob of paths from the top as a regular expression. `*` stays in one directory, `**` doesn't.

    What matches a directory matches everything in it, as in .gitignore (gitignore(5)).
    """
    parts = re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?)", glob.strip("/").removeprefix("./"))
    known = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "(?:" + "".join(known.get(part, re.escape(part)) for part in parts) + ")(?:/.*)?"
