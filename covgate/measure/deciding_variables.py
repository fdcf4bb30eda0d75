"""Environment variables that affect what a test run executes or counts, beside covgate's own.

A variable either decides, like an option that selects tests: then nothing is recorded. Or it is a circumstance, like
an installed package: then it is named, and it is part of the cache key.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path, PurePath
from typing import NamedTuple

# These patterns are compiled when a variable is set that needs them.
# Options of pytest that change what it prints, how the same tests are distributed, or what happens after a failure.
_HARMLESS_OPTION = (
    r"-[vqslx]+|-r\w+|-n\w+|-p=?no:(cacheprovider|sugar)"
    r"|--(verbose|quiet|showlocals|exitfirst|no-header|no-summary|full-trace|disable-(pytest-)?warnings)"
    r"|--(strict|strict-markers|strict-config|instafail|force-sugar)"
)
# The same, of options with a value: `--tb=short` or `--tb short`.
_HARMLESS_WITH_VALUE = (
    r"-[rn]|--(color|code-highlight|tb|durations|durations-min|verbosity|show-capture|capture|maxfail"
    r"|junit-?xml|junit-prefix|numprocesses|maxprocesses|dist|basetemp|timeout|timeout-method|reruns|reruns-delay"
    r"|log-[a-z-]+|cov-report)"
)
_HARMLESS_SETTING = (
    r"(?s)(log_\w+|junit_\w+|console_output_style|faulthandler_timeout|verbosity_\w+|truncation_limit_\w+|cache_dir)=.*"
)
_SETS = frozenset({"-o", "--override-ini"})
# What make sets for the commands that it starts, and options that leave the result the same: jobs, output.
_HARMLESS_TO_MAKE = r"-?[swSkr]*(j\d*)?|-[jlO]\S*|--(jobserver-\S+|(no-)?print-directory|silent|jobs\S*)|--"


class Effect(Enum):
    """What a variable does to a measurement."""

    NONE = "none"
    CIRCUMSTANCE = "circumstance"
    DECIDES = "decides"


class Run(NamedTuple):
    """A test run: ``roots`` are the checkouts of the repository, ``command`` is the configured test command."""

    roots: Sequence[Path]
    command: Sequence[str] = ()

    def arguments_of(self, *tools: str) -> list[str] | None:
        """The arguments of the first of ``tools`` that the command names, also in a line for a shell; None without."""
        words = re.split(r"[\s;&|()]+", " ".join(self.command))
        # `pytest tests/tox` doesn't run tox; `.venv/bin/tox` does.
        programs = (PurePath(each).name if "bin" in PurePath(each).parts else each for each in words)
        start = next((count for count, each in enumerate(programs, 1) if each in tools), None)
        return None if start is None else words[start:]

    def leaves_choice(self, *tools: str, options: frozenset[str] = frozenset()) -> bool:
        """Whether the command starts one of ``tools`` without any of ``options``, which beat the variables."""
        arguments = self.arguments_of(*tools)
        return arguments is not None and not any(each.partition("=")[0] in options for each in arguments)


def deciding_variables(
    environ: Mapping[str, str], roots: Sequence[Path], command: Sequence[str] | None = None
) -> tuple[str, ...]:
    """The names of the variables in ``environ`` that change what ``command`` runs, or what is counted."""
    return _with_effect(Effect.DECIDES, environ, Run(roots=roots, command=command or ()))


def circumstances(
    environ: Mapping[str, str], roots: Sequence[Path], command: Sequence[str] | None = None
) -> tuple[str, ...]:
    """The names of the variables in ``environ`` that belong to the environment, like an installed package."""
    return _with_effect(Effect.CIRCUMSTANCE, environ, Run(roots=roots, command=command or ()))


def key_values(environ: Mapping[str, str], roots: Sequence[Path], command: Sequence[str] | None) -> dict[str, str]:
    """The variables that are part of the cache key, with their values."""
    run = Run(roots=roots, command=command or ())
    named = {name for effect in (Effect.DECIDES, Effect.CIRCUMSTANCE) for name in _with_effect(effect, environ, run)}
    return {name: environ.get(name, "") for name in VARIABLES if name in named or name in _ALWAYS_IN_KEY}


def _with_effect(effect: Effect, environ: Mapping[str, str], run: Run) -> tuple[str, ...]:
    return tuple(
        name for name, find in VARIABLES.items() if environ.get(name, "").strip() and find(environ[name], run) is effect
    )


def _decides(value: str, run: Run) -> Effect:
    return Effect.DECIDES


def _circumstance(value: str, run: Run) -> Effect:
    return Effect.CIRCUMSTANCE


def _pytest_options(value: str, run: Run) -> Effect:
    """Whether options of pytest do more than change its output."""
    import shlex

    try:
        words = shlex.split(value)
    except ValueError:
        return Effect.DECIDES
    while words:
        word = words.pop(0)
        option, equals, given = word.partition("=")
        if word in _SETS or word == "-p" or (re.fullmatch(_HARMLESS_WITH_VALUE, word) and words):
            given, option = words.pop(0) if words else "", word
        elif word.startswith("-o"):
            option, given = "-o", word[2:]
        elif re.fullmatch(_HARMLESS_OPTION, word) or (equals and re.fullmatch(_HARMLESS_WITH_VALUE, option)):
            continue
        elif option not in _SETS:
            return Effect.DECIDES
        if option in _SETS and not re.fullmatch(_HARMLESS_SETTING, given):
            return Effect.DECIDES
        if option == "-p" and not re.fullmatch(_HARMLESS_OPTION, f"-p{given}"):
            return Effect.DECIDES
    return Effect.NONE


def _search_path(value: str, run: Run) -> Effect:
    """Directories in the repository belong to the commit, those outside to the environment."""
    tops = [os.path.realpath(root) for root in run.roots]
    entries = [os.path.realpath(run.roots[0] / each) for each in value.split(os.pathsep) if each]
    inside = all(any(each == top or each.startswith(top + os.sep) for top in tops) for each in entries)
    return Effect.NONE if inside else Effect.CIRCUMSTANCE


def _optimizes(value: str, run: Run) -> Effect:
    return Effect.NONE if value.strip() == "0" else Effect.DECIDES


def _coverage_file(value: str, run: Run) -> Effect:
    """A relative path names a file of the commit: a run that uses one that is not committed is reported by itself."""
    top = run.roots[0].resolve()
    path = (top / value).resolve()
    there = path.is_relative_to(top) and path.is_file() and not Path(value).is_absolute()
    return Effect.CIRCUMSTANCE if there else Effect.DECIDES


def _tox(value: str, run: Run) -> Effect:
    chosen = frozenset({"-e", "--env", "-m", "-f"})
    return Effect.DECIDES if run.leaves_choice("tox", options=chosen) else Effect.NONE


def _tox_settings(value: str, run: Run) -> Effect:
    return Effect.DECIDES if run.leaves_choice("tox") else Effect.NONE


def _nox(value: str, run: Run) -> Effect:
    chosen = frozenset({"-s", "-e", "--session", "--sessions", "-t", "--tags", "-k", "--keywords"})
    return Effect.DECIDES if run.leaves_choice("nox", options=chosen) else Effect.NONE


def _make(value: str, run: Run) -> Effect:
    harmless = all(re.fullmatch(_HARMLESS_TO_MAKE, each) for each in value.split())
    return Effect.DECIDES if run.leaves_choice("make", "gmake") and not harmless else Effect.NONE


# The name of each variable, and what a value of it does.
VARIABLES: dict[str, Callable[[str, Run], Effect]] = {
    "COVERAGE_CORE": _circumstance,
    "COVERAGE_RCFILE": _coverage_file,
    "DJANGO_SETTINGS_MODULE": _circumstance,
    "HYPOTHESIS_PROFILE": _circumstance,
    "MAKEFLAGS": _make,
    "NOXSESSION": _nox,
    "PYTEST_ADDOPTS": _pytest_options,
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": _decides,
    "PYTEST_PLUGINS": _decides,
    "PYTHONOPTIMIZE": _optimizes,
    "PYTHONPATH": _search_path,
    "TOXENV": _tox,
    "TOX_OVERRIDE": _tox_settings,
    "TOX_SKIP_ENV": _tox_settings,
}
# Their value matters even if it only leads to files of the commit.
_ALWAYS_IN_KEY = frozenset({"PYTHONPATH"})
