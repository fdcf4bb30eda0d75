"""How many tests ``python -m unittest`` would find, without running one: prints a JSON object as its last line.

"tests" counts them; "pytest" is whether one needs pytest; "files" is whether there are files that pytest would collect.
Standard library only, Python 3.8 and newer.
"""

import fnmatch
import json
import os
import sys
import unittest

_SKIPPED = frozenset({"node_modules", "site-packages", "build", "dist", "venv", "env", "__pycache__"})


def main() -> None:
    """Print the answer."""
    sys.path[0] = os.getcwd()
    loader = unittest.TestLoader()
    try:
        found = loader.discover(".").countTestCases() - len(loader.errors)
    except Exception:  # a test module may do anything
        found = 0
    needs_pytest = any("No module named 'pytest'" in str(each) for each in loader.errors)
    # What can't be imported counts: unittest reports it as a failing test.
    tests = found + len(loader.errors)
    sys.stdout.write("\n" + json.dumps({"tests": tests, "pytest": needs_pytest, "files": has_test_files(".")}) + "\n")


def has_test_files(top: str) -> bool:
    """Whether a file below ``top`` has a name that pytest looks for."""
    for directory, names, files in os.walk(top):
        names[:] = [each for each in names if each not in _SKIPPED and not each.startswith(".")]
        names[:] = [each for each in names if not os.path.exists(os.path.join(directory, each, "pyvenv.cfg"))]
        if fnmatch.filter(files, "test_*.py") or fnmatch.filter(files, "*_test.py"):
            return True
    return False


if __name__ == "__main__":
    main()
