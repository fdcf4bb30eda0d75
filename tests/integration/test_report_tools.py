"""The reports of real tools, made here and now: our totals are the tool's own. A tool that is not installed is skipped.

Tools are looked for on PATH and in the directories of COVGATE_TEST_TOOLS, such as the `node_modules/.bin` of
`npm install c8 nyc jest`. On Debian, lcov, clang and llvm are packages; gcovr comes from pip.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from typing import Any

import pytest

from helpers.project import Project
from helpers.sealed import run

pytestmark = pytest.mark.once

SCRIPT = """'use strict';

function add(a, b = 2) {
  return a + b;
}

const pick = (flag, other) => flag ? 'yes' : other || 'none';

function never(x) {
  if (x > 1) {
    return 1;
  }
  return 2;
}

module.exports = { add, pick, never };
"""
NODE_TEST = """const test = require('node:test');
const assert = require('node:assert');
const { add, pick } = require('../src/index.js');
test('adds', () => { assert.equal(add(1), 3); assert.equal(pick(true), 'yes'); });
"""
PLAIN_TEST = (
    "const { add, pick } = require('../src/index.js');\nif (add(1) !== 3 || pick(true) !== 'yes') throw new Error();\n"
)
JEST_TEST = """const { add, pick } = require('../src/index.js');
test('adds', () => { expect(add(1)).toBe(3); expect(pick(true)).toBe('yes'); });
"""
PROGRAM = """#include <stdio.h>

static int never(int x)
{
  if (x > 1 && x < 5)
    return 1;
  return 0;
}

int main(int argc, char **argv)
{
  if (argc > 3)
    return never(argc);
  printf("%s\\n", argv[0]);
  return 0;
}
"""


class Tools:
    """Runs tools in a project; a tool that is absent skips the test."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.path = os.pathsep.join(filter(None, [os.environ.get("COVGATE_TEST_TOOLS"), os.environ["PATH"]]))

    def run(self, *argv: str, **environ: str) -> str:
        """What the tool prints; the last line may be its summary."""
        program = shutil.which(argv[0], path=self.path)
        if program is None:
            pytest.skip(f"{argv[0]} is not installed")
        done = run([program, *argv[1:]], self.project.top, {**self.project.environ, "PATH": self.path, **environ})
        assert done.status == 0, done.text
        return done.text

    def read(self, name: str) -> str:
        return (self.project.top / name).read_text(encoding="utf-8")

    def judged(self, report: str, *options: str) -> dict[str, Any]:
        done = self.project.covgate("check", "--report", report, *options, "--format", "json")
        assert done.status == 0, done.text
        data: dict[str, Any] = json.loads(done.text)
        assert data["numbers"] is not None, done.text
        return data


@pytest.fixture
def tools(project: Project) -> Tools:
    project.write("src/index.js", SCRIPT)
    project.write("src/unused.js", "exports.unused = function () {\n  return 1;\n};\n")
    project.write("check/node.test.js", NODE_TEST)
    project.write("check/plain.js", PLAIN_TEST)
    project.write("check/index.spec.js", JEST_TEST)
    project.write("src/main.c", PROGRAM)
    project.write("package.json", '{"name": "sample", "version": "1.0.0", "private": true}\n')
    project.write(".gitignore", "/out/\n")
    project.commit()
    (project.top / "out").mkdir()
    return Tools(project)


def counts(data: Mapping[str, Any]) -> tuple[int, int, int, int]:
    numbers = data["numbers"]
    return (
        numbers["executed_statements"],
        numbers["statements"],
        numbers["executed_branches"],
        numbers["branches"],
    )


def lcov_totals(text: str) -> tuple[int, int, int, int]:
    """What the tool itself has added up."""
    lh, lf, brh, brf = (sum(map(int, re.findall(rf"^{key}:(\d+)$", text, re.M))) for key in ("LH", "LF", "BRH", "BRF"))
    return lh, lf, brh, brf


def cobertura_totals(text: str) -> tuple[int, int, int, int]:
    names = ("lines-covered", "lines-valid", "branches-covered", "branches-valid")
    first, second, third, fourth = (int(re.search(rf'{name}="(\d+)"', text)[1]) for name in names)  # type: ignore[index]
    return first, second, third, fourth


def test_node(tools: Tools) -> None:
    options = ("--experimental-test-coverage", "--test-reporter=lcov", "--test-reporter-destination=out/lcov.info")
    tools.run("node", "--test", *options, "check/node.test.js")
    assert counts(tools.judged("out/lcov.info")) == lcov_totals(tools.read("out/lcov.info"))


@pytest.mark.parametrize("tool", ["c8", "nyc"])
def test_c8_and_nyc(tools: Tools, tool: str) -> None:
    reporters = ("--reporter=lcovonly", "--reporter=cobertura", "--report-dir=out")
    tools.run(tool, "--all", "--include=src/**", *reporters, "node", "check/plain.js")
    assert counts(tools.judged("out/lcov.info")) == lcov_totals(tools.read("out/lcov.info"))
    _judge_istanbul(tools)


def test_jest(tools: Tools) -> None:
    reporters = ("--coverageReporters=lcovonly", "--coverageReporters=cobertura", "--coverageDirectory=out")
    tools.run("jest", "--testMatch=**/*.spec.js", "--coverage", "--collectCoverageFrom=src/**/*.js", *reporters)
    assert counts(tools.judged("out/lcov.info")) == lcov_totals(tools.read("out/lcov.info"))
    _judge_istanbul(tools)


def _judge_istanbul(tools: Tools) -> None:
    """Its Cobertura lacks branches of lines that have no statement: the lines are its own, the difference is told."""
    judged = tools.judged("out/cobertura-coverage.xml")
    told = cobertura_totals(tools.read("out/cobertura-coverage.xml"))
    assert counts(judged)[:2] == told[:2]
    assert (counts(judged) == told) == (not any("as its own totals say" in each for each in judged["notices"]))


def test_lcov(tools: Tools) -> None:
    for needed in ("lcov", "gcov"):
        tools.run(needed, "--version")
    tools.run("gcc", "--coverage", "-O0", "-o", "out/app", "src/main.c")
    tools.run(str(tools.project.top / "out/app"))
    tools.run(
        "lcov", "--quiet", "--capture", "--directory", "out", "--rc", "lcov_branch_coverage=1", "-o", "out/lcov.info"
    )
    summary = tools.run("lcov", "--summary", "out/lcov.info", "--rc", "lcov_branch_coverage=1")
    of = {
        name: tuple(map(int, found)) for name, *found in re.findall(r"(lines|branches)\S*: .*\((\d+) of (\d+)", summary)
    }
    assert counts(tools.judged("out/lcov.info")) == (*of["lines"], *of["branches"])


def test_gcovr(tools: Tools) -> None:
    tools.run("gcovr", "--version")
    tools.run("gcc", "--coverage", "-O0", "-o", "out/app", "src/main.c")
    tools.run(str(tools.project.top / "out/app"))
    tools.run("gcovr", "--cobertura", "out/gcovr.xml", "--lcov", "out/gcovr.info", "--json-summary", "out/gcovr.json")
    told = json.loads(tools.read("out/gcovr.json"))
    own = (told["line_covered"], told["line_total"], told["branch_covered"], told["branch_total"])
    assert counts(tools.judged("out/gcovr.xml")) == own
    assert counts(tools.judged("out/gcovr.info"))[:2] == own[:2]


def test_llvm_cov(tools: Tools) -> None:
    tools.run("llvm-cov", "--version")
    tools.run("clang", "-fprofile-instr-generate", "-fcoverage-mapping", "-o", "out/app", "src/main.c")
    tools.run(str(tools.project.top / "out/app"), LLVM_PROFILE_FILE="out/app.profraw")
    tools.run("llvm-profdata", "merge", "-o", "out/app.profdata", "out/app.profraw")
    exported = ("llvm-cov", "export", "out/app", "-instr-profile=out/app.profdata")
    (tools.project.top / "out/lcov.info").write_text(tools.run(*exported, "-format=lcov"), encoding="utf-8")
    (told,) = json.loads(tools.run(*exported, "-summary-only"))["data"]
    lines, branches = (told["totals"][kind] for kind in ("lines", "branches"))
    own = (lines["covered"], lines["count"], branches["covered"], branches["count"])
    assert counts(tools.judged("out/lcov.info")) == own


def test_coverage_xml_with_two_sources(project: Project) -> None:
    """A file that both sources have is lost in the XML of coverage.py: its totals count it, its classes don't."""
    project.write(".coveragerc", "[run]\nsource =\n    ./pkg\n    ./lib\n")
    project.write("lib/extra.py", "def x():\n    return 1\n")
    project.write(
        "tests/test_more.py",
        "import sys\n\nsys.path.insert(0, 'lib')\nimport extra\n\n\ndef test_x():\n    assert extra\n",
    )
    project.commit()
    out = project.top / ".git" / "out.xml"

    def measured() -> None:
        environ = {**project.environ, "COVERAGE_FILE": str(project.top / ".git/data")}
        for argv in (["run", "--branch", "-m", "pytest", "-q"], ["xml", "-o", str(out)]):
            assert run([project.python, "-m", "coverage", *argv], project.top, environ).status == 0

    measured()
    done = project.covgate("check", "--report", str(out), "--format", "json")
    assert counts(json.loads(done.text)) == cobertura_totals(out.read_text())
    project.write("lib/mod.py", "y = 1\n")
    project.commit()
    measured()
    done = project.covgate("check", "--report", str(out), "--fail-closed")
    assert done.status == 3, out.read_text()
    assert "files are missing in it, or lines of them" in done
    assert "coverage json" in done
