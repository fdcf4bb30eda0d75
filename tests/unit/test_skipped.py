"""What tox and nox say that they skipped."""

from __future__ import annotations

import pytest

from covgate.measure.skipped import skipped_notices, skipped_parts

NOX = """\
nox > Running session tests-3.7
nox > Session tests-3.7 skipped: Python interpreter 3.7 not found (took a second).
nox > Ran 2 sessions in 3 seconds:
nox > * tests-3.9: success, took a second
nox > * tests-3.7: skipped (Python interpreter 3.7 not found), took a second
nox > * tests-3.8(django='4'): skipped
"""
TOX = """\
py37: skipped because could not find python interpreter with spec(s): py37
  py312: OK (0.69=setup[0.66]+cmd[0.03] seconds)
  py37: SKIP (2.76 seconds)
  congratulations :) (3.61 seconds)
"""


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (NOX, ("tests-3.7", "tests-3.8(django='4')")),
        ("nox > Session tests skipped: no database.\n", ("tests",)),
        (TOX, ("py37",)),
        ("  \x1b[32mpy312: OK\x1b[0m\n\x1b[33m  py37: SKIP (2.76 seconds)\x1b[0m\n", ("py37",)),
        ("SKIPPED:  py37: InterpreterNotFound: python3.7\n  py38: commands succeeded\n", ("py37",)),
        ("tests/test_a.py::test_a SKIPPED (why)\n1 skipped in 0.1s\nSKIPPED [1] tests/test_a.py:3: why\n", ()),
        ("nox > Session tests was successful.\n", ()),
        ("", ()),
    ],
)
def test_what_was_skipped(output: str, expected: tuple[str, ...]) -> None:
    assert skipped_parts(output) == expected
    assert bool(skipped_notices(output)) == bool(expected)


def test_a_long_list_is_cut() -> None:
    output = "".join(f"  py{number}: SKIP (1 second)\n" for number in range(30, 37))
    [notice] = skipped_notices(output)
    assert "py30, py31, py32, py33, py34 and 2 more: " in notice
