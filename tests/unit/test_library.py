"""The library's front door."""

from __future__ import annotations

import subprocess
import sys

import pytest

import covgate


def test_every_public_name_is_there() -> None:
    names = {name: getattr(covgate, name) for name in covgate.__all__}
    assert all(value is not None for value in names.values())
    assert covgate.judge(84.7, 85.0, covgate.Policy()).status is covgate.Status.FAIL
    with pytest.raises(AttributeError, match="nonsense"):
        covgate.nonsense  # noqa: B018


def test_the_library_is_imported_without_git() -> None:
    code = "import covgate; [getattr(covgate, name) for name in covgate.__all__]; print('fine')"
    done = subprocess.run([sys.executable, "-c", code], env={"PATH": "/nowhere"}, capture_output=True, text=True)
    assert done.stdout == "fine\n", done.stderr
