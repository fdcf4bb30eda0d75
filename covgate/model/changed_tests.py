"""Changed tests and test configuration: if coverage was lost, they are the likeliest reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from covgate.model.source_files import is_test_file

_CONFIGURATION = frozenset({"pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg", ".coveragerc"})


class HowChanged(Enum):
    """What happened to the file; the value is the word for it."""

    DELETED = "deleted"
    MOVED = "moved"  # perhaps to a place where pytest no longer collects it
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedTest:
    """A test, or a file that configures tests. ``now`` is where it was moved to; "" if it was not."""

    path: str
    change: HowChanged
    now: str = ""


def changed_tests(entries: Iterable[tuple[str, str, str]]) -> tuple[ChangedTest, ...]:
    """The tests among ``entries``, those that are gone first.

    An entry is the letter of git's status (D, M or T, R; any other one is ignored), the old and the new path.
    """
    found = []
    for status, old, new in entries:
        if status == "D" and (is_test_file(old) or old in _CONFIGURATION):
            found.append(ChangedTest(path=old, change=HowChanged.DELETED))
        elif status == "R" and is_test_file(old):
            found.append(ChangedTest(path=old, change=HowChanged.MOVED, now=new))
        elif status in ("M", "T") and (is_test_file(new) or new in _CONFIGURATION):
            found.append(ChangedTest(path=new, change=HowChanged.CHANGED))
    order = list(HowChanged)
    return tuple(sorted(found, key=lambda each: (order.index(each.change), each.path)))
