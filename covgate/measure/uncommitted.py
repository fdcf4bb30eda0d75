"""Files that the commit does not have, but that may take part in a test run: what they mean for the measurement."""

from __future__ import annotations

import contextlib

from covgate.git.repository import Repository
from covgate.git.worktree import Checkout, has_checked_out, in_place
from covgate.measure.pytest_config import FILES as PYTEST_FILES

_CONFIGURATION = frozenset({".coveragerc", ".coveragerc.toml", *PYTEST_FILES})


def why_aside(repository: Repository, commit: str) -> str:
    """Why ``commit`` can't be measured in the user's checkout, as a clause; "" if it can.

    Raises GitError if git can't tell.
    """
    if not has_checked_out(repository, commit):
        return "another commit is checked out"
    with contextlib.closing(in_place(repository, commit)) as checkout:
        return why_not_in_place(checkout)


def why_not_in_place(checkout: Checkout) -> str:
    """What is in the user's checkout that its commit doesn't have, and that may decide the number; "" for nothing."""
    difference = checkout.difference()
    if difference:
        return difference
    if checkout.others.uncommitted:
        return f"{checkout.others.uncommitted[0]} is not in the commit"
    ignored = next((path for path in checkout.others.ignored if decides(path)), "")
    return f"{ignored} is not in the commit (git ignores it)" if ignored else ""


def decides(path: str) -> bool:
    """Whether a file decides the number by its name alone: pytest or coverage would use it."""
    *directories, name = path.split("/")
    return is_test_module(name) or (not directories and name in _CONFIGURATION)


def is_test_module(name: str) -> bool:
    """Whether pytest takes a file of this ``name`` for tests, or for a part of them."""
    return name == "conftest.py" or (name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py")))
