"""How pytest or unittest ended in a ``coverage run`` that a test command started. PYTEST_DONT_REWRITE: no assertions.

A program that ends itself with success while it imports the tests, or a shell that ignores failing tests, would look
like tests that passed. Standard library only, Python 3.6 and newer; pytest is not imported: coverage starts first.
"""

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Optional

_PLUGINS = "PYTEST_PLUGINS"
_state: "Dict[str, Any]" = {"directory": "", "plugins": None, "stopped": False}


def watch_pytest(directory: str) -> None:
    """Let the pytest of this process load this module as a plugin; it writes to a file in ``directory``."""
    before: "Optional[str]" = os.environ.get(_PLUGINS)
    _state.update(directory=directory, plugins=before)
    os.environ[_PLUGINS] = ",".join(([before] if before else []) + [__name__])


def watch_unittest(directory: str) -> None:
    """Write to a file in ``directory`` whether the tests of unittest passed."""
    import unittest

    _state["directory"] = directory
    run_tests = unittest.TestProgram.runTests

    def watched(program: "Any") -> None:
        try:
            run_tests(program)
        finally:
            result = getattr(program, "result", None)
            if result is not None:
                write_end(0 if result.wasSuccessful() else 1, result.testsRun)

    unittest.TestProgram.runTests = watched  # type: ignore[assignment,method-assign]


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
        write_end(int(exitstatus), getattr(session, "testscollected", 0))


def write_end(status: int, collected: int) -> None:
    """Write how the tests ended to the file of this process."""
    path = os.path.join(_state["directory"], "finished-%d" % os.getpid())
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump({"status": status, "collected": collected}, file)
    os.replace(path + ".new", path)
