"""What the path of a file says about it: a test, a tool, or a source file of a kind that is measured."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

TEST_DIRECTORIES = frozenset({"test", "tests", "testing", "doc", "docs", "examples", "example", "benchmarks"})
_TOOL_MODULES = frozenset({"setup.py", "conftest.py", "noxfile.py", "tasks.py", "fabfile.py", "__init__.py"})

_UNCOMMITTED_SHOWN = 3


def is_test_directory(name: str) -> bool:
    """Whether a directory of this ``name`` holds tests, examples or documentation, not the product."""
    return name in TEST_DIRECTORIES


def is_tool_module(name: str) -> bool:
    """Whether ``name``, a module at the top of the tree, is a test or a tool."""
    return name in _TOOL_MODULES or name.startswith("test_") or name.endswith("_test.py")


def suffix(path: str) -> str:
    """The suffix of the file's name, with its dot; "" if it has none."""
    stem, dot, ending = path.rpartition("/")[2].rpartition(".")
    return dot + ending if stem else ""


def measured_suffixes(paths: Iterable[str]) -> frozenset[str]:
    """The suffixes of the measured files; ``.py`` if there are none."""
    return frozenset(suffix(path) for path in paths) or frozenset({".py"})


def could_be_measured(path: str, suffixes: Collection[str]) -> bool:
    """Whether the file is of a measured kind: one of ``suffixes``, and neither a test nor a tool."""
    *directories, name = path.split("/")
    if suffix(path) not in suffixes or any(is_test_directory(each) for each in directories):
        return False
    return not is_tool_module(name) or (name == "__init__.py" and bool(directories))


def uncommitted_notice(files: Mapping[str, str]) -> str:
    """What somebody should know whose fix is not committed: ``files`` are path -> how it differs. "" for nothing."""
    relevant = {path: how for path, how in sorted(files.items()) if suffix(path) == ".py"}
    # A new test is the likeliest reason why somebody expected a pass.
    ordered = sorted(relevant, key=lambda path: could_be_measured(path, (".py",)))
    if not ordered:
        return ""
    shown = ", ".join(f"{path} ({relevant[path]})" for path in ordered[:_UNCOMMITTED_SHOWN])
    more = len(ordered) - _UNCOMMITTED_SHOWN
    return f"not committed, and so not measured: {shown}{f' and {more} more' if more > 0 else ''}"
