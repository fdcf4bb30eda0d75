"""Measurements of the trees that most tests commit, for tests of what covgate makes of a measurement."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from covgate.compat import tomllib
from helpers.project import Project, calls, functions

MEASUREMENTS = ".git/covgate/measurements"

# The functions of pkg.mod, and those that the tests call.
_SUITES = [
    ("abc", "ab"),
    ("abc", "b"),
    ("abc", "abc"),
    ("abcd", "ab"),
    ("abcd", "abc"),
    ("abcd", "abd"),
    ("abcd", "abcd"),
]
_KNOWN = {(functions(*names), calls(*called)): f"{names}-{called}" for names, called in _SUITES}
# Keys of [tool.covgate] that decide what follows from a measurement, and not what is measured.
_POLICY = {
    *("policy", "floor", "epsilon", "patch_floor", "patch_min_lines", "removed_code", "enabled", "branches"),
    *("ratchet_branches", "fail_closed", "sync", "retries", "on_block", "python", "preview_merge"),
}
_DECIDES = {".py", ".toml", ".cfg", ".ini"}


class KnownTrees:
    """Each of these trees is measured by covgate itself when it is first needed, in a project under ``directory``."""

    def __init__(self, directory: Path, environ: Mapping[str, str]) -> None:
        self.directory = directory
        self.environ = environ

    def remember(self, project: Project) -> None:
        """Put the measurement of the commit that is checked out into the project's cache, if its tree is a known one.

        A tree is known if it measures what one of the table measures: the same code, the same tests, and no
        configuration of the run.
        """
        name = self._name(project)
        if name is None:
            return
        tree = project.git("rev-parse", "HEAD^{tree}")
        for entry in self._measured(name).glob("*.json"):
            data = json.loads(entry.read_bytes())
            known, _, circumstances = entry.name.partition("-")
            assert data["tree"] == known
            target = project.top / MEASUREMENTS / f"{tree}-{circumstances}"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(json.dumps({**data, "tree": tree}))

    def _name(self, project: Project) -> str | None:
        files = {}
        for path in project.top.rglob("*"):
            name = path.relative_to(project.top)
            ignored = {".git", "__pycache__", ".pytest_cache"} & set(name.parts)
            if path.is_file() and not ignored and (len(name.parts) > 1 or path.suffix in _DECIDES):
                files[name.as_posix()] = path.read_text(encoding="utf-8", errors="replace")
        config = tomllib.loads(files.pop("pyproject.toml", ""))
        if set(config) != {"tool"} or set(config["tool"]) != {"covgate"} or set(config["tool"]["covgate"]) - _POLICY:
            return None
        if config["tool"]["covgate"].get("python") != project.python or (project.top / ".coveragerc").exists():
            return None
        if set(files) != {"pkg/__init__.py", "pkg/mod.py", "tests/test_mod.py"} or files["pkg/__init__.py"]:
            return None
        return _KNOWN.get((files["pkg/mod.py"], files["tests/test_mod.py"]))

    def _measured(self, name: str) -> Path:
        """The cache of a project whose tree is this one."""
        cache = self.directory / f"{name}.measurements"
        if not cache.exists():
            [(code, tests)] = [texts for texts, each in _KNOWN.items() if each == name]
            project = Project.create(self.directory / name, self.environ, hooks="none")
            project.write("pkg/mod.py", code)
            project.write("tests/test_mod.py", tests)
            project.commit()
            done = project.covgate("check")
            assert done.status == 0 and "PASS" in done, done.text
            shutil.copytree(project.top / MEASUREMENTS, cache)
        return cache
