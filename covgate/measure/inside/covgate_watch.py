"""How pytest or unittest ended in a ``coverage run`` that a test command started. PYTEST_DONT_REWRITE: no assertions.

A program that ends itself with success while it imports the tests, or a shell that ignores failing tests, would look
like tests that passed. Standard library only, Python 3.6 and newer; pytest is not imported: coverage starts first.
"""

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Optional

_PLUGINS = "PYTEST_PLUGINS"
_state: "Dict[str, Any]" = {"directory": "", "plugins": None, "stopped": False}


def watch_pytest(directory: str) -> None:
    """Let the pytest of this process load this module as a plugin; it writes to a file in ``directory``."""
    before: "Optional[str]" = os.environ.get(_PLUGINS)
    _state.update(directory=directory, plugins=before)
    os.environ[_PLUGINS] = ",".join(([before] if before else []) + [__name__])


def watch_unittest(ended: "Callable[[Any], Any]") -> None:
    """Call ``ended`` with the result when unittest has run its tests.

    An import or setUpModule that calls sys.exit(0) ends it as if all of them had passed.
    """
    import unittest

    run_tests = unittest.TestProgram.runTests

    def watched(program: "Any") -> None:
        try:
            run_tests(program)
        finally:
            result = getattr(program, "result", None)
            if result is not None:
                ended(result)

    unittest.TestProgram.runTests = watched  # type: ignore[assignment,method-assign]


def whether_unittest_ran() -> "Callable[[], bool]":
    """Whether unittest has run its tests, to be asked when it has ended."""
    ended: "List[Any]" = []
    watch_unittest(ended.append)
    return lambda: bool(ended)


def pytest_addhooks() -> None:
    """The plugin is loaded: a pytest that the tests start must not look for it."""
    if _state["plugins"] is None:
        os.environ.pop(_PLUGINS, None)
    else:
        os.environ[_PLUGINS] = _state["plugins"]


def pytest_keyboard_interrupt() -> None:
    """Note that pytest was stopped: by a key, or by pytest.exit(), which may give any exit status."""
    _state["stopped"] = True


def pytest_sessionfinish(session: "Any", exitstatus: int) -> None:
    """Report how the session ended, unless it was stopped and says that all is well."""
    if exitstatus or not _state["stopped"]:
        write_end(_state["directory"], int(exitstatus), getattr(session, "testscollected", 0))


def write_end(directory: str, status: int, collected: int) -> None:
    """Write how the tests ended to the file of this process in ``directory``."""
    path = os.path.join(directory, "finished-%d" % os.getpid())
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump({"status": status, "collected": collected}, file)
    os.replace(path + ".new", path)
