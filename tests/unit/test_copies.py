"""Installed copies of the measured tree: which they are, and what they count for."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from covgate.errors import ToolError
from covgate.measure.inside import covgate_configured, covgate_seen
from covgate.measure.outside import Copies
from covgate.measure.reports import Report
from covgate.model.measurement import FileResult
from covgate.model.numbers import Numbers

FILES = {
    "src/pkg/__init__.py": "",
    "src/pkg/mod.py": "A = 1\n",
    "src/pkg/other.py": "B = 1\n",
    "top.py": "C = 1\n",
    ".tox/py/lib/python3.12/site-packages/pkg/__init__.py": "",
    ".tox/py/lib/python3.12/site-packages/pkg/mod.py": "A = 1\n",
    ".tox/py/lib/python3.12/site-packages/pkg/other.py": "B = 2\n",
    ".tox/py/lib/python3.12/site-packages/pkg/more.py": "D = 1\n",
    ".tox/py/lib/python3.12/site-packages/top.py": "C = 1\n",
}
SITE = ".tox/py/lib/python3.12/site-packages"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / name).write_text(text)
    return Path(os.path.realpath(tmp_path / "tree"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (f"{SITE}/pkg/mod.py", "src/pkg/mod.py"),
        (f"{SITE}/pkg/__init__.py", "src/pkg/__init__.py"),
        (f"{SITE}/top.py", "top.py"),
        (f"{SITE}/pkg/other.py", None),  # another content
        (f"{SITE}/pkg/more.py", None),  # not in the tree
        (f"{SITE}/pkg/gone.py", None),
        ("src/pkg/mod.py", None),  # no copy
        ("/elsewhere/pkg/mod.py", None),
    ],
)
def test_what_a_file_is_a_copy_of(tree: Path, name: str, expected: str | None) -> None:
    assert Copies(tree, ("", "src")).place(str(tree / name)) == expected


@pytest.mark.parametrize(
    ("module", "is_counted", "error"),
    [
        ("mod", True, ""),
        ("__init__", False, ""),  # nothing in it to measure
        ("mod", False, "pkg/mod.py was imported for src/pkg/mod.py"),  # what ran was not measured
        ("other", True, "pkg/other.py was imported for src/pkg/other.py"),  # another content ran
    ],
)
def test_only_the_same_code_may_run_from_outside(
    tree: Path, tmp_path: Path, module: str, is_counted: bool, error: str
) -> None:
    copies = Copies(tree, ("src",))
    file = str(tree / SITE / "pkg" / f"{module}.py")
    if is_counted:
        copies.place(file)
    report = Report(files=(FileResult(path=f"src/pkg/{module}.py", numbers=Numbers(statements=1)),))
    (tmp_path / "seen-1").write_text(json.dumps({"copies": [[file, f"src/pkg/{module}.py"]]}))
    if not error:
        copies.check(report, tmp_path)
        return
    with pytest.raises(ToolError, match=error):
        copies.check(report, tmp_path)


@pytest.mark.parametrize(
    ("source", "omit", "more", "patterns"),
    [
        (["src"], [], ["pkg"], []),
        (["src/pkg"], ["src/**/tests/*", "./src/pkg/x.py", "docs/*"], ["pkg"], ["**/tests/*", "pkg/x.py"]),
        (["."], ["./setup.py"], ["top", "pkg"], ["setup.py"]),
        (["other"], [], [], []),
    ],
)
def test_the_copies_of_the_default_sources_are_measured_too(
    tree: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: list[str],
    omit: list[str],
    more: list[str],
    patterns: list[str],
) -> None:
    # The programs inside import each other by their names.
    monkeypatch.setitem(sys.modules, "covgate_seen", covgate_seen)
    monkeypatch.setitem(sys.modules, "covgate_configured", covgate_configured)
    from covgate.measure.inside.covgate_copies import default_sources

    monkeypatch.chdir(tree)
    monkeypatch.syspath_prepend(str(tree / SITE))
    spec: dict[str, object] = {"tree": str(tree), "place": str(tree), "roots": ["", "src"]}
    found, omitted = default_sources({**spec, "source": source, "omit": omit})
    site = str(tree / SITE)
    assert found == source + [name if name == "top" else f"{site}/{name}" for name in more]
    assert omitted == omit + [f"{site}/{each}" for each in patterns]
