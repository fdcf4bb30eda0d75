"""What decides a project's number on its command lines only, so that covgate doesn't know it. No I/O."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from covgate.model.source_files import is_test_directory

_RCFILE = re.compile(r"(--rcfile|--cov-config)[= ]['\"]?([^\s'\"]+)")
_BRANCH = re.compile(r"(--cov-branch)\b|\bcoverage3? run\b.*\s(--branch)\b")
_SOURCE = re.compile(r"--cov[= ]['\"]?([^\s'\"\\-][^\s'\"\\]*)")
_PLACE = re.compile(r"^(?:\{(?:toxinidir|tox_root)\}/|\./)+")
# The files that coverage reads unless an option names another one.
_FOUND = frozenset({".coveragerc", ".coveragerc.toml", "setup.cfg", "tox.ini", "pyproject.toml"})


class Unread(NamedTuple):
    """An option that ``file`` gives to coverage or pytest-cov, and what to do so that covgate measures with it."""

    file: str
    option: str
    fix: str


def unread_options(
    files: Mapping[str, str],
    is_file: Callable[[str], bool],
    *,
    rcfile: str,
    branch: bool,
    sources: Collection[str] = (),
) -> list[Unread]:
    """The options in ``files``, which are texts by their names, that covgate's own run lacks.

    ``rcfile`` is the configuration that this run names, "" for none. ``branch`` is whether it counts branches, and
    ``sources`` are those that are configured.
    ``is_file`` says whether there is a file of that name.
    """
    found: dict[str, Unread] = {}
    for file, text in files.items():
        lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
        named = list(dict.fromkeys(value for line in lines for value in _SOURCE.findall(line)))
        tests = [each for each in named if is_test_directory(each.rstrip("/")) and each not in sources]
        if tests:
            run = " ".join(["pytest", *(f"--cov={each}" for each in named)])
            found.setdefault("source", Unread(file, f"--cov {tests[0]}", f'set command = "{run}"'))
        for line in lines:
            for option, value in _RCFILE.findall(line):
                name = posixpath.normpath(_PLACE.sub("", value))
                if name not in _FOUND and name != rcfile and is_file(name):
                    run = f"coverage run --rcfile={name} -m pytest"
                    run = run if option == "--rcfile" else f"pytest --cov --cov-config={name}"
                    found.setdefault(name, Unread(file, f"{option} {name}", f'set command = "{run}"'))
            counts = _BRANCH.search(line)
            if counts and not branch:
                option = counts[1] or counts[2]
                found.setdefault("branch", Unread(file, option, "set branch = true in coverage's configuration"))
    return list(found.values())
