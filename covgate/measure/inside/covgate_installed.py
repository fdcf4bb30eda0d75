"""What is installed for this interpreter, and whether it is recent enough. Nothing of it is imported here.

Standard library only, Python 3.8 and newer.
"""

import hashlib
import importlib.util
import json
import os
import subprocess
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Tuple

OLDEST_COVERAGE = (7, 2)
OLDEST_PYTEST = (6, 2)


def is_installed(module: str) -> bool:
    """Whether ``module`` can be imported; it is not imported."""
    return importlib.util.find_spec(module) is not None


def version(distribution: str) -> str:
    """The version of an installed distribution; "" if it is unknown."""
    from importlib import metadata

    try:
        return metadata.version(distribution) or ""
    except Exception:  # an unpacked copy, or one with damaged metadata
        return ""


def release(text: str) -> "Tuple[int, ...]":
    """The first two numbers of a version, to compare; very large if it is unknown, as with a checkout."""
    numbers = []
    for part in text.split(".")[:2]:
        digits = "".join(letter for letter in part if letter.isdigit())
        numbers.append(int(digits or 0))
    return tuple(numbers) or (9999,)


def code_in(directory: str) -> str:
    """A hash of the code in a package's ``directory``: it changes if a file is edited, added or removed."""
    found = hashlib.sha256()
    for parent, directories, files in os.walk(directory):
        directories.sort()
        for name in sorted(files):
            if name.endswith((".py", ".so", ".pyd")):
                found.update(os.path.join(os.path.relpath(parent, directory), name).encode("utf-8", "surrogateescape"))
                try:
                    with open(os.path.join(parent, name), "rb") as file:
                        found.update(hashlib.sha256(file.read()).digest())
                except OSError:  # it is being replaced
                    found.update(b"-")
    return found.hexdigest()


def why_not_unittest() -> str:
    """Why ``python -m unittest`` can't take the place of pytest: "no tests", or "pytest" is needed; "" if it can."""
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "covgate_discover.py")
    done = subprocess.run(
        [sys.executable, program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    try:
        answer = json.loads(done.stdout.decode().splitlines()[-1])
    except (ValueError, IndexError):
        return "pytest"
    if not answer["tests"]:
        return "pytest" if answer["files"] else "no tests"
    return "pytest" if answer["pytest"] else ""
