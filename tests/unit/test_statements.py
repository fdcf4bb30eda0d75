"""Which lines belong to one statement: the same as in coverage.py, by an interpreter that can parse them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import warnings
from collections.abc import Mapping
from pathlib import Path

import coverage.env
import pytest
from coverage.parser import PythonParser
from coverage.python import get_python_source
from hypothesis import given
from hypothesis import strategies as st

from covgate.errors import ToolError
from covgate.measure.inside.covgate_statements import multi_line_statements
from covgate.measure.interpreter import Interpreter
from covgate.measure.statements import first_lines

NEWER = b"def first[T](\n    a: T,\n) -> T:\n    return a\n"  # Python 3.12
GENERIC = {2: 1, 3: 1}


def none_is_needed() -> Interpreter:
    raise AssertionError("covgate's own interpreter can read this")


def first(source: bytes, name: str = "mod.py") -> Mapping[int, int]:
    return first_lines({name: source}, none_is_needed, Path.cwd(), os.environ)[name]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"", {}),
        (b"a = 1\nb = 2\n", {}),
        (b"call(\n    1,\n    # why\n    2,\n)\nb = 2\n", {2: 1, 3: 1, 4: 1, 5: 1}),
        (b"a = 1 + \\\n    2\n", {2: 1}),
        (b'"""Doc\n\nstring."""\nx = """a\nb""" + \\\n"c"\n', {2: 1, 3: 1, 5: 4, 6: 4}),
        (b"@decorate(\n    1\n)\ndef f(\n    a,\n): return (\n    a)\n", {2: 1, 3: 1, 5: 4, 6: 4, 7: 4}),
        (b"if (\n    a and\n    b\n):\n    c()\n", {2: 1, 3: 1, 4: 1}),
        (b"def f():\n    # note\n\n    return [\n        1,\n    ]", {5: 4, 6: 4}),
        (b"a = [\r\n    1,\r\n]\r\nb = 2\r\n", {2: 1, 3: 1}),
        (b"a = [\r1,\r]\r", {2: 1, 3: 1}),
        (b"\xef\xbb\xbfa = [\n1]\n", {2: 1}),
        (b"# -*- coding: latin-1 -*-\na = [\n'\xff']\n", {3: 2}),
        (b"\x0ca = [\n1]\n\x0c\nb = [\n2]\n", {2: 1, 5: 4}),
        (b"a = 1; b = [\n1]; c = (\n2)\n", {2: 1, 3: 1}),
    ],
)
def test_later_lines(source: bytes, expected: Mapping[int, int]) -> None:
    assert first(source) == expected


def standard_library() -> list[Path]:
    """A slice of it: about twenty files."""
    found = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("[a-z]*.py"))
    return found[:: max(1, len(found) // 20)]


def test_coverage_has_the_same_first_lines() -> None:
    # Before 7.11, coverage maps line 1 to the first statement of a module, even from a comment.
    line_1_may_be_mapped = hasattr(coverage.env.PYBEHAVIOR, "module_firstline_1")
    compared = 0
    for path in standard_library():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parser = PythonParser(text=get_python_source(str(path)) or "\n")
            parser.parse_source()
        own = first(path.read_bytes())
        lines = path.read_bytes().count(b"\n")
        compare = range(1 + line_1_may_be_mapped, lines + 1)
        assert {n: parser.first_line(n) for n in compare} == {n: own.get(n, n) for n in compare}
        compared += len(own)
    assert compared > 300


@given(st.lists(st.sampled_from(["a = (", ")", "1,", "b = 2", '"""', "\\", "if x:", "    c = [", "]", "# d", ""])))
def test_what_coverage_reads_is_read_alike(lines: list[str]) -> None:
    text = "\n".join(lines) + "\n"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        own = multi_line_statements(text.encode())
        parser = PythonParser(text=text)
        try:
            parser.parse_source()
        except Exception:
            assert own is None
            return
    assert own is not None
    known = {line: begin for begin, end in own for line in range(begin, end + 1)}
    assert [known.get(n, n) for n in range(1, 40)] == [parser.first_line(n) for n in range(1, 40)]


@pytest.mark.parametrize(
    "source",
    [
        b"def (:\n",
        b"a = (\n",
        b"\0\n",
        b"# coding: no-such\n",
        b"# coding: utf-8\na = '\xff'\n",
        b"(" * 9999,
        b"\t \n  x\n",
    ],
)
def test_what_no_interpreter_can_read_has_no_such_lines(source: bytes) -> None:
    def same() -> Interpreter:
        return Interpreter(path=sys.executable)

    assert first_lines({"mod.py": source}, same, Path.cwd(), os.environ) == {"mod.py": {}}


def test_other_languages_have_no_statements_here() -> None:
    assert first_lines({"a.js": b"f(\n1)\n", "b.html": b""}, none_is_needed, Path.cwd(), os.environ) == {}


def test_a_script_without_an_ending_may_be_python() -> None:
    assert first(b"#!/usr/bin/env python\nf(\n1)\n", "tool") == {3: 2}


def newer_interpreters() -> list[str]:
    """Interpreters on PATH that can read what is new in Python 3.12."""
    names = [f"python3.{minor}" for minor in range(12, 20)]
    found = [each for each in map(shutil.which, names) if each]
    probe = ["-c", "import sys; sys.exit(sys.version_info < (3, 12))"]
    return [each for each in found if subprocess.run([each, *probe], capture_output=True).returncode == 0]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="covgate's own interpreter can read it")
def test_newer_syntax_is_read_by_the_projects_interpreter(tmp_path: Path) -> None:
    newer = newer_interpreters()
    if not newer:
        pytest.skip("no interpreter on PATH is newer")
    sources = {"old.py": b"f(\n1)\n", "new.py": NEWER, "broken.py": b"def (:\n"}
    asked = []

    def project() -> Interpreter:
        asked.append(1)
        return Interpreter(path=newer[0])

    assert first_lines(sources, project, tmp_path, os.environ) == {"old.py": {2: 1}, "new.py": GENERIC, "broken.py": {}}
    assert asked == [1]


def test_the_answers_of_another_interpreter(tmp_path: Path) -> None:
    """What covgate can't read is asked of the project's interpreter; here a wrapper around one that knows more."""
    if sys.version_info >= (3, 12):
        pytest.skip("covgate's own interpreter can read it")
    wrapper = tmp_path / "python"
    knowing = "import sys, ast; real = ast.parse; ast.parse = lambda source: real(source.replace(b'[T]', b''))"
    program = f"{knowing}; sys.argv = sys.argv[1:]; import runpy; runpy.run_path(sys.argv[0], run_name='__main__')"
    wrapper.write_text(f'#!/bin/sh\nshift\nexec "{sys.executable}" -I -c "{program}" "$@"\n')
    wrapper.chmod(0o755)
    sources = {"new.py": NEWER, "broken.py": b"def (:\n"}
    found = first_lines(sources, lambda: Interpreter(path=str(wrapper)), tmp_path, os.environ)
    assert found == {"new.py": GENERIC, "broken.py": {}}


@pytest.mark.parametrize("answer", ["", "[]", "{}", "null", '[["a"]]', "[[[1]]]", "no json", "[null, null]", "[1]"])
def test_an_interpreter_that_answers_nonsense_tells_nothing(tmp_path: Path, answer: str) -> None:
    odd = tmp_path / "python"
    odd.write_text(f"#!/bin/sh\ncat > /dev/null\ncat <<'X'\n{answer}\nX\n")
    odd.chmod(0o755)
    source = {"mod.py": b"def (:\n"}
    assert first_lines(source, lambda: Interpreter(path=str(odd)), tmp_path, os.environ) == {"mod.py": {}}


def test_without_an_interpreter_nothing_is_told(tmp_path: Path) -> None:
    def missing() -> Interpreter:
        raise ToolError("no Python interpreter was found for this project")

    source = {"mod.py": b"def (:\n"}
    assert first_lines(source, missing, tmp_path, os.environ) == {"mod.py": {}}
    gone = Interpreter(path=str(tmp_path / "gone"))
    assert first_lines(source, lambda: gone, tmp_path, os.environ) == {"mod.py": {}}


def test_the_old_interpreters_that_projects_have_can_run_it() -> None:
    """Python 3.8 and newer, those that are on PATH."""
    program = Path(multi_line_statements.__code__.co_filename)
    found = [each for each in map(shutil.which, (f"python3.{minor}" for minor in range(8, 20))) if each]
    for python in [sys.executable, *found]:
        # "f(\n1)\n" in base64
        done = subprocess.run([python, "-I", program], input=b'["ZigKMSkK", "KA=="]', capture_output=True)
        if done.returncode and b"pyenv" in done.stderr:
            continue  # a shim of an interpreter that is not active
        assert (done.stdout, done.stderr) == (b"[[[1, 2]], null]", b""), python
