"""Which files took part in a test run: tests, configuration, imported modules.

Standard library only, Python 3.8 and newer. It runs in the process of the tests.
"""

import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterator, List

# Directories of installed packages, which may be in the tree.
INSTALLED = frozenset({"site-packages", "dist-packages", "__pypackages__"})


def write(directory: str, tree: str, session: "Any" = None) -> None:
    """Write what this process has seen to ``directory``; ``session`` is pytest's, None without pytest.

    Files in ``tree`` are named by their path in it, others by their absolute path.
    """
    seen: "Dict[str, List[str]]" = {"tests": [], "configuration": [], "modules": []}
    if session is not None:
        seen["tests"] = shown(tree, [*tests(session), *conftests(session.config)])
        seen["configuration"] = shown(tree, configuration(session.config))
    seen["modules"] = [each for each in shown(tree, modules()) if not os.path.isabs(each)]
    path = os.path.join(directory, "seen-%d" % os.getpid())
    with open(path + ".new", "w", encoding="utf-8", errors="surrogateescape") as file:
        json.dump(seen, file)
    os.replace(path + ".new", path)


def shown(tree: str, files: "Iterator[str] | List[str]") -> "List[str]":
    """``files`` as they are named for covgate, without those of an environment; sorted."""
    prefixes = [os.path.realpath(each) + os.sep for each in {sys.prefix, sys.base_prefix}]
    environments = tuple(each for each in prefixes if each.startswith(tree + os.sep))
    found = set()
    for each in files:
        real = os.path.realpath(each)
        inside = real.startswith(tree + os.sep)
        parts = (os.path.relpath(real, tree) if inside else real).split(os.sep)
        if not is_installed(parts) and not (environments and real.startswith(environments)):
            found.add("/".join(parts) if inside else real)
    return sorted(found)


def is_installed(parts: "List[str]") -> bool:
    """Whether a path with these ``parts`` leads into an environment, or to an egg."""
    return any(each in INSTALLED or each.endswith(".egg") for each in parts)


def tests(session: "Any") -> "Iterator[str]":
    """The files of the collected tests. A source with examples in its docstrings is no test."""
    for item in getattr(session, "items", None) or []:
        path = str(getattr(item, "path", None) or getattr(item, "fspath", ""))
        if path and not (type(item).__name__ == "DoctestItem" and path.endswith(".py")):
            yield path


def conftests(config: "Any") -> "Iterator[str]":
    """The conftest files that pytest has loaded."""
    for plugin in config.pluginmanager.get_plugins():
        file = getattr(plugin, "__file__", None)
        if isinstance(file, str) and os.path.basename(file) == "conftest.py":
            yield file


def configuration(config: "Any") -> "Iterator[str]":
    """The file that configures pytest, if there is one."""
    found = getattr(config, "inipath", None) or getattr(config, "inifile", None)
    if found:
        yield str(found)


def modules() -> "Iterator[str]":
    """The files of all imported modules."""
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and os.path.isabs(file):
            yield file
