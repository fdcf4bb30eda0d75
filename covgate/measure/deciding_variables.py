"""Environment variables that change what a test run executes or counts, beside covgate's own."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

# Options of pytest that change what it prints, or how the same tests are distributed.
_HARMLESS_OPTION = re.compile(
    r"-[vqslx]+|-r\w*|--(verbose|quiet|showlocals|exitfirst|no-header|no-summary)|-n\w+|-p=?no:(cacheprovider|sugar)"
    r"|--(color|code-highlight|tb|durations|durations-min|verbosity|show-capture|capture|maxfail|junit-?xml"
    r"|numprocesses|maxprocesses|dist|basetemp)=.*"
)
_HARMLESS_WITH_VALUE = frozenset(
    {"-r", "-n", "--color", "--tb", "--durations", "--maxfail", "--numprocesses", "--maxprocesses", "--dist"}
    | {"--junitxml", "--junit-xml", "--basetemp", "--capture", "--show-capture", "--code-highlight", "--verbosity"}
)


def deciding_variables(environ: Mapping[str, str], roots: Sequence[Path]) -> tuple[str, ...]:
    """The names of the variables in ``environ`` that have an effect; ``roots`` are the checkouts of the repository."""
    return tuple(name for name, decides in DECIDING.items() if environ.get(name) and decides(environ[name], roots))


def _always(value: str, roots: Sequence[Path]) -> bool:
    return bool(value.strip())


def _selects(value: str, roots: Sequence[Path]) -> bool:
    """Whether options of pytest do more than change its output."""
    import shlex

    try:
        words = shlex.split(value)
    except ValueError:
        return True
    while words:
        word = words.pop(0)
        following = "".join(words[:1])
        takes_next = word in _HARMLESS_WITH_VALUE or (word == "-p" and _HARMLESS_OPTION.fullmatch(f"-p{following}"))
        if words and takes_next:
            words.pop(0)
        elif not _HARMLESS_OPTION.fullmatch(word):
            return True
    return False


def _leads_outside(value: str, roots: Sequence[Path]) -> bool:
    """Whether a search path has a directory outside the repository; directories inside belong to the commit."""
    tops = [os.path.realpath(root) for root in roots]
    entries = [os.path.realpath(roots[0] / each) for each in value.split(os.pathsep) if each]
    return not all(any(each == top or each.startswith(top + os.sep) for top in tops) for each in entries)


def _optimizes(value: str, roots: Sequence[Path]) -> bool:
    return value.strip() not in ("", "0")


# The name of each variable, and whether a value of it has an effect.
DECIDING: dict[str, Callable[[str, Sequence[Path]], bool]] = {
    "COVERAGE_CORE": _always,
    "COVERAGE_RCFILE": _always,
    "PYTEST_ADDOPTS": _selects,
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": _always,
    "PYTEST_PLUGINS": _always,
    "PYTHONOPTIMIZE": _optimizes,
    "PYTHONPATH": _leads_outside,
}
