"""Which output of pytest says that the code of the commit is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from covgate.measure.broken import broken_code

STANDARD = "/usr/lib/python3.12/importlib/__init__.py"
PYTEST = "/usr/lib/python3/dist-packages/_pytest/config/__init__.py"
IN_A_HOOK = """\
INTERNALERROR> Traceback (most recent call last):
INTERNALERROR>   File "{pytest}", line 329, in wrap_session
INTERNALERROR>     config._do_configure()
INTERNALERROR>   File "{tree}/tests/conftest.py", line 2, in pytest_configure
INTERNALERROR>     json.loads("")
INTERNALERROR>   File "{standard}", line 337, in decode
INTERNALERROR> json.decoder.JSONDecodeError: Expecting value
"""
BY_PYTEST = """\
INTERNALERROR>   File "{tree}/tests/conftest.py", line 2, in pytest_configure
INTERNALERROR>   File "{pytest}", line 9, in addinivalue_line
INTERNALERROR> ValueError: unknown configuration value: 'no'
"""
FILTER = """\
ERROR: while parsing the following warning configuration:

  error::pkg.mod.Old

Traceback (most recent call last):
  File "{pytest}", line 2425, in parse_warning_filter
  File "{standard}", line 126, in import_module
  File "<frozen importlib._bootstrap>", line 241, in _call_with_frames_removed
  File "{tree}/pkg/mod.py", line 1
    def x(:
          ^
SyntaxError: invalid syntax
"""
NO_NAME = """\
Traceback (most recent call last):
  File "{pytest}", line 2474, in _resolve_warning_category
AttributeError: module 'pkg.mod' has no attribute 'Old'

The above exception was the direct cause of the following exception:

UsageError: while parsing the following warning configuration: module 'pkg.mod' has no attribute 'Old'
"""
PLUGIN = 'Error while loading plugin "pkg.mod".\npkg/mod.py:1: in <module>\n    1/0\nE   ZeroDivisionError: x\n'
MISSING_PLUGIN = """ERROR: Error importing plugin "{name}": No module named '{name}'\n"""


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("", ""),
        ("ERROR: unrecognized arguments: --no-such-option\n", ""),
        (IN_A_HOOK, "json.decoder.JSONDecodeError in tests/conftest.py"),
        (BY_PYTEST, ""),
        (FILTER, "SyntaxError in pkg/mod.py"),
        (FILTER.replace("{tree}/pkg", "{tree}/.venv/lib/python3.12/site-packages/pkg"), ""),
        (FILTER.replace("{tree}/pkg", "/elsewhere/pkg"), ""),
        (NO_NAME, "pkg.mod can't be imported as configured"),
        (NO_NAME.replace("pkg.mod", "other.mod"), ""),
        (PLUGIN, "ZeroDivisionError in pkg/mod.py"),
        (MISSING_PLUGIN.replace("{name}", "pkg.gone"), "pkg.gone can't be imported as configured"),
        (MISSING_PLUGIN.replace("{name}", "lib.gone"), "lib.gone can't be imported as configured"),
        (MISSING_PLUGIN.replace("{name}", "xdist.plugin"), ""),
    ],
)
def test_what_is_broken(tmp_path: Path, output: str, expected: str) -> None:
    installed = ".venv/lib/python3.12/site-packages/pkg/mod.py"
    for name in ("pkg/mod.py", "src/lib/mod.py", "tests/conftest.py", installed):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    text = output.format(tree=tmp_path, pytest=PYTEST, standard=STANDARD)
    assert broken_code(text, str(tmp_path.resolve()), str(tmp_path), ["", "src"]) == expected
