"""Installed copies of what is to be measured: tools such as tox install the tree, and the tests import the copy.

Standard library only, Python 3.8 and newer.
"""

import importlib.util
import os

from covgate_configured import from_here
from covgate_seen import INSTALLED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Tuple


def default_sources(spec: "Dict[str, Any]") -> "Tuple[List[str], List[str]]":
    """``source`` and ``omit`` for coverage in the current directory, made from those of ``spec``.

    The ones of ``spec`` are relative to its place in the tree. Installed copies of the packages that they cover are
    added.
    """
    tree, place = spec["tree"], spec["place"]
    source, omit = from_here(place, spec["source"]), from_here(place, spec["omit"])
    sources = [os.path.normpath(os.path.join(place, each)) for each in spec["source"]]
    omitted = [os.path.relpath(os.path.join(place, each), tree) for each in spec["omit"]]
    more: "List[str]" = []
    patterns: "List[str]" = []
    for root in spec["roots"]:
        for name in packages(os.path.join(tree, root) if root else tree, sources):
            copy = installed_at(name)
            if copy and is_copy(copy, os.path.join(tree, root, name)):
                # Coverage imports a name that is not a directory here.
                more.append(copy if os.path.isdir(copy) else name)
                patterns += moved(omitted, root, os.path.dirname(copy))
    return source + more, omit + sorted(set(patterns))


def packages(directory: str, sources: "List[str]") -> "List[str]":
    """The names of the packages and modules in ``directory`` that one of ``sources`` concerns."""
    found = []
    for name in sorted(os.listdir(directory)) if os.path.isdir(directory) else []:
        path = os.path.join(directory, name)
        stem, ending = os.path.splitext(name)
        is_module = ending == ".py" and os.path.isfile(path)
        if not stem.isidentifier() or not (is_module or os.path.isdir(path)):
            continue
        if any((path + os.sep).startswith(each + os.sep) or each.startswith(path + os.sep) for each in sources):
            found.append(stem)
    return found


def installed_at(name: str) -> str:
    """The directory or file that ``name`` is imported from, if that is in an environment; else ""."""
    try:
        spec = importlib.util.find_spec(name)
    except Exception:  # a finder that fails
        return ""
    if spec is None:
        return ""
    places = list(spec.submodule_search_locations or []) or [spec.origin or ""]
    return places[0] if INSTALLED.intersection(places[0].split(os.sep)) else ""


def is_copy(place: str, original: str) -> bool:
    """Whether something at ``place`` is the same as in the package or module ``original``."""
    if not os.path.isdir(place):
        return same(place, original + ".py")
    for directory, _, files in os.walk(place):
        relative = os.path.relpath(directory, place)
        for each in files:
            if each.endswith(".py") and same(os.path.join(directory, each), os.path.join(original, relative, each)):
                return True
    return False


def same(one: str, other: str) -> bool:
    """Whether both files can be read, are not empty, and have the same bytes."""
    try:
        with open(one, "rb") as first, open(other, "rb") as second:
            content = first.read()
            return bool(content.strip()) and content == second.read()
    except OSError:
        return False


def moved(patterns: "List[str]", root: str, place: str) -> "List[str]":
    """The ``patterns`` of ``omit`` about the directory ``root`` of the tree, as patterns about ``place``."""
    prefix = root + "/" if root else ""
    plain = [each[2:] if each.startswith("./") else each for each in patterns if not os.path.isabs(each)]
    return [place + "/" + each[len(prefix) :] for each in plain if each.startswith(prefix)]
