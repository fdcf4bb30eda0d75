"""What a push of a measured tree costs, counted: the git processes that it starts, the modules that it loads.

`tests/benchmarks/known_push.py` shows both with their times.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from helpers.project import Project, calls
from helpers.sealed import script

pytestmark = [pytest.mark.end_to_end, pytest.mark.known_trees]

_IMPORTED = re.compile(r"import time: +\d+ \| +\d+ \| +(\S+)")
# Each takes a few milliseconds; a push needs them only if it blocks, measures, or meets something rare.
_LATE = {
    *("argparse", "base64", "filelock", "jinja2", "random", "shutil", "tempfile", "yaml"),
    *("covgate.git.diff", "covgate.git.worktree", "covgate.notes.settle", "covgate.gate.like_with_like"),
    *("covgate.measure.coverage_config", "covgate.measure.packaging", "covgate.measure.run", "covgate.measure.sources"),
    *("covgate.model.changes", "covgate.model.detail", "covgate.model.explanation", "covgate.model.patch"),
}
_ALWAYS = ["cat-file", "config", "diff-tree", "fetch", "ls-remote", "ls-tree", "rev-parse"]
# A record is written and published.
_RECORDS = ["fast-import", "push", "update-ref", "update-ref", "var"]


class Cost(NamedTuple):
    """The git commands that a hook has started itself, sorted, and the modules that it has loaded."""

    commands: list[str]
    modules: set[str]


@pytest.fixture
def pushed(project: Project) -> Project:
    """A project with a baseline, and a topic branch whose tests cover more, which is pushed."""
    assert project.push().status == 0
    project.git("checkout", "--quiet", "-b", "topic")
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.write("tests/test_more.py", "")
    project.commit()
    assert "PASS" in project.push("topic")
    return project


def test_a_push_of_a_published_commit(pushed: Project, tmp_path: Path) -> None:
    for repository, ref in ((pushed.top, "refs/remotes/origin/topic"), (pushed.remote, "refs/heads/topic")):
        pushed.git("update-ref", ref, pushed.git("rev-parse", "main"), cwd=repository)
    cost = _cost(pushed, tmp_path)
    assert cost.commands == _ALWAYS
    assert "covgate.notes.publish" not in cost.modules
    _check_modules(cost.modules)


def test_a_push_of_a_new_commit_with_a_measured_tree(pushed: Project, tmp_path: Path) -> None:
    pushed.git("commit", "--quiet", "--allow-empty", "--message", "the same tree")
    cost = _cost(pushed, tmp_path)
    assert cost.commands == sorted([*_ALWAYS, *_RECORDS])
    _check_modules(cost.modules)


def _cost(project: Project, directory: Path) -> Cost:
    """Push topic, and trace the hook."""
    traced, imported = directory / "traced", directory / "imported"
    (project.top / ".git/hooks/pre-push").write_text(
        f'#!/bin/sh\nGIT_TRACE2_EVENT="{traced}" PYTHONPROFILEIMPORTTIME=1'
        f' exec "{script("covgate-pre-push")}" "$@" 2>"{imported}"\n'
    )
    done = project.push("topic")
    assert done.status == 0 and "PASS" in done, done.text
    # What site loads, such as a coverage that measures these tests, comes before the hook.
    modules = _IMPORTED.findall(imported.read_text().partition("covgate_hooks\n")[2])
    return Cost(sorted(_commands(traced)), set(modules))


def _commands(traced: Path) -> list[str]:
    found = []
    for line in traced.read_text().splitlines():
        event = json.loads(line)
        if event["event"] == "start" and "/" not in event["sid"]:  # not what git itself has started
            argv = re.sub(r"^\S+( -c \S+| --no-\S+)*", "", " ".join(event["argv"]))
            found.append(argv.split()[0])
    return found


def _check_modules(modules: set[str]) -> None:
    assert sorted(modules & _LATE) == []
    own = {name for name in modules if name.startswith("covgate")}
    classes = [
        each
        for name in own
        for each in vars(importlib.import_module(name)).values()
        if isinstance(each, type) and each.__module__ == name and dataclasses.is_dataclass(each)
    ]
    # To define a dataclass takes up to a millisecond, a NamedTuple a tenth of that.
    assert len(classes) <= 26
    assert len(own) <= 107
