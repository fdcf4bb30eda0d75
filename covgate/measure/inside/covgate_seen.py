"""Which files took part in a test run: tests, configuration, imported modules.

Standard library only, Python 3.8 and newer. It runs in the process of the tests.
"""

import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, Iterator, List, Tuple

STANDARD_LIBRARY = os.path.dirname(os.path.realpath(os.__file__)) + os.sep
# Directories of installed packages, which may be in the tree.
INSTALLED = frozenset({"site-packages", "dist-packages", "__pypackages__"})


def write(spec: "Dict[str, Any]", session: "Any" = None) -> None:
    """Write the files that took part to the ``directory`` of ``spec``; ``session`` is pytest's, None without pytest.

    Files in the ``tree`` of ``spec`` are named by their path in it, others by their absolute path.
    """
    tree = spec["tree"]
    seen: "Dict[str, Any]" = {"tests": [], "configuration": []}
    if session is not None:
        seen["tests"] = shown(tree, [*tests(session), *conftests(session.config)])
        seen["configuration"] = shown(tree, configuration(session.config))
    files = dict(modules())
    seen["modules"] = [each for each in shown(tree, files.values()) if not os.path.isabs(each)]
    seen["elsewhere"] = elsewhere(spec, files)
    seen["copies"] = copies(spec, files)
    path = os.path.join(spec["directory"], "seen-%d" % os.getpid())
    with open(path + ".new", "w", encoding="utf-8", errors="surrogateescape") as file:
        json.dump(seen, file)
    os.replace(path + ".new", path)


def elsewhere(spec: "Dict[str, Any]", files: "Dict[str, str]") -> "List[str]":
    """Modules that came from another checkout of the repository, although their directory exists in the tree."""
    found = []
    for each in shown(spec["tree"], files.values()):
        tops = [top for top in spec.get("checkouts", ()) if each.startswith(top + os.sep)]
        relative = os.path.relpath(each, max(tops, key=len)) if tops else ""
        directory = os.path.dirname(os.path.join(spec["tree"], relative))
        if relative and not relative.startswith(".") and os.path.isdir(directory):
            found.append(each)
    return found


def copies(spec: "Dict[str, Any]", files: "Dict[str, str]") -> "List[List[str]]":
    """[file, path in the tree] of each module that the tree has, too, but that came from elsewhere."""
    tree = spec["tree"]
    found = []
    for name, file in files.items():
        real = os.path.realpath(file)
        inside = real.startswith(tree + os.sep)
        # A virtual environment in the tree has installed copies, which are not the tree's code.
        if (
            not file.endswith(".py")
            or is_standard(real)
            or (inside and not is_installed(real[len(tree) :].split(os.sep)))
        ):
            continue
        parts = name.split(".")
        if os.path.basename(file) == "__init__.py":
            parts.append("__init__")
        for root in spec.get("roots", ("src", "")):
            relative = os.path.join(root, *parts) + ".py"
            if os.path.isfile(os.path.join(tree, relative)):
                found.append([real, relative.replace(os.sep, "/")])
                break
    return found


def shown(tree: str, files: "Iterable[str]") -> "List[str]":
    """``files`` in the form that covgate reads, sorted, without those of an environment."""
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


def is_standard(file: str) -> bool:
    """Whether ``file`` is in the standard library."""
    return file.startswith(STANDARD_LIBRARY) and not is_installed(file.split(os.sep))


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


def modules() -> "Iterator[Tuple[str, str]]":
    """The name and the file of each imported module."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and os.path.isabs(file):
            yield name, file
