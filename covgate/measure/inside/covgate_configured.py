"""Coverage's effective configuration: after its files, the environment, and its plugins.

A plugin may set any option (``Coverage.set_option`` in its ``configure``). Standard library only, Python 3.8 and newer.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List

_SOURCES = ("source", "source_pkgs", "source_dirs", "include")


def configuration(rcfile: str) -> "Any":
    """Coverage as it would be started with the configuration file ``rcfile``, "" for the one that coverage finds.

    Nothing is measured, and no data is read. Raises what coverage and its plugins raise.
    """
    import coverage

    configured = coverage.Coverage(data_file=None, config_file=rcfile or True)
    configured.get_data()  # the public function that runs the plugins' configuration; it has no other effect here
    return configured


def option(configured: "Any", name: str) -> "Any":
    """The value of an option of ``coverage run``; None if it is not set."""
    try:
        return configured.get_option("run:" + name)
    except Exception:  # this version of coverage does not have the option
        return None


def children_look_up_data_file(configured: "Any") -> bool:
    """Whether a measured process may start others that find the data file by COVERAGE_FILE.

    With the patch "subprocess", coverage itself gives them the name.
    """
    by_fork = "multiprocessing" in [str(each) for each in option(configured, "concurrency") or []]
    return by_fork or (bool(option(configured, "parallel")) and not patches_subprocesses(configured))


def patches_subprocesses(configured: "Any") -> bool:
    """Whether coverage measures every Python that a measured process starts."""
    return "subprocess" in [str(each) for each in option(configured, "patch") or []]


def names_sources(configured: "Any") -> bool:
    """Whether the configuration says what is measured."""
    return any(option(configured, name) for name in _SOURCES)


def from_here(tree: str, paths: "List[str]") -> "List[str]":
    """``paths``, which are relative to ``tree``, made valid in the current directory; names to import are unchanged."""
    if os.path.realpath(os.getcwd()) == os.path.realpath(tree):
        return list(paths)
    joined = [(each, os.path.normpath(os.path.join(tree, each))) for each in paths]
    return [path if os.path.isdir(path) or "*" in each or each.endswith(".py") else each for each, path in joined]
