"""The reports of real tools, made here and now: our totals are the tool's own. A tool that is not installed is skipped.

`tests/helpers/report_tools.py` says where tools are looked for. c8, nyc, jest, vitest and @vitest/coverage-v8 come from
npm, and gcovr from pip. On Debian, lcov, clang, libclang-rt-dev and llvm are packages.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from covgate.measure.reports import parse
from helpers.project import Project
from helpers.report_tools import Tools, counts
from helpers.sealed import run

ISTANBUL = ["lcovonly", "cobertura", "clover", "json", "json-summary"]  # what Istanbul can write

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
VITEST_TEST = """import { test, expect } from 'vitest';
import sample from '../src/index.js';
test('adds', () => { expect(sample.add(1)).toBe(3); expect(sample.pick(true)).toBe('yes'); });
"""
# A macro, a template with two instances, and one function inside of another one.
CPP_PROGRAM = """#include <cstdio>
#define BOTH(a, b) ((a) && (b))
#define EITHER(a, b) (BOTH(a, a) || (b))

template <typename T> T pick(T a, T b)
{
  if (a > b)
    return a;
  return b;
}

#ifdef NEVER
int skipped() { return 1; }
#endif

int main(int argc, char **argv)
{
  auto twice = [](int x) {
    return x > 5 ? x : 2 * x;
  };
  for (int i = 0; i < 3; i++) { if (BOTH(i, argc)) printf("%d", pick(i, 1)); }
  if (EITHER(argc > 7, argc > 8))
    return twice(argc);
  printf("%f", pick(0.5, 1.5)); return twice(2) - 4;
}
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


@pytest.fixture
def tools(project: Project) -> Tools:
    project.write("src/index.js", SCRIPT)
    project.write("src/unused.js", "exports.unused = function () {\n  return 1;\n};\n")
    project.write("check/node.test.js", NODE_TEST)
    project.write("check/plain.js", PLAIN_TEST)
    project.write("check/index.spec.js", JEST_TEST)
    project.write("check/index.vitest.mjs", VITEST_TEST)
    project.write("src/main.c", PROGRAM)
    project.write("src/program.cpp", CPP_PROGRAM)
    project.write("package.json", '{"name": "sample", "version": "1.0.0", "private": true}\n')
    project.write(".gitignore", "/out/\n/node_modules\n")
    project.commit()
    (project.top / "out").mkdir()
    return Tools(project)


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
    reporters = (*(f"--reporter={each}" for each in ISTANBUL), "--report-dir=out")
    tools.run(tool, "--all", "--include=src/**", *reporters, "node", "check/plain.js")
    assert counts(tools.judged("out/lcov.info")) == lcov_totals(tools.read("out/lcov.info"))
    _judge_istanbul(tools)


def test_jest(tools: Tools) -> None:
    reporters = (*(f"--coverageReporters={each}" for each in ISTANBUL), "--coverageDirectory=out")
    tools.run("jest", "--testMatch=**/*.spec.js", "--coverage", "--collectCoverageFrom=src/**/*.js", *reporters)
    assert counts(tools.judged("out/lcov.info")) == lcov_totals(tools.read("out/lcov.info"))
    _judge_istanbul(tools)


def test_jest_in_a_checkout_that_differs_from_the_commit(tools: Tools) -> None:
    """Jest finds no tests in covgate's own worktree. That is no reason to tell the user to fix them."""
    project = tools.project
    command = "jest --testMatch=**/*.spec.js --coverage --coverageReporters=lcovonly"
    tools.find("jest")
    parts = "".join(f'[tool.covgate.components.{each}]\ndirectory = "{each}"\n' for each in ("src", "other"))
    project.configure(f'command = "{command}"\nreport = "coverage/lcov.info"\n{parts}')
    for each in ("src", "other"):
        project.write(f"{each}/package.json", "{}")
        project.write(f"{each}/index.spec.js", JEST_TEST.replace("../src/", "./"))
    project.write("other/index.js", SCRIPT)
    project.write(".gitignore", "coverage/\n")
    project.commit()
    done = project.covgate("check", "--jobs", "2", PATH=tools.path)
    assert done.text.count("PASS") == 2, done.text
    project.write("not in the commit.txt", "")
    done = project.covgate("check", "--no-cache", "--fail-closed", PATH=tools.path)
    told = done.text.count("BLOCKED not measured"), done.text.count("Jest finds no tests below a directory")
    assert (done.status, *told) == (3, 2, 2), done.text


@pytest.mark.parametrize("provider", ["v8", "istanbul"])
def test_vitest(tools: Tools, provider: str) -> None:
    modules = Path(tools.find("vitest")).parent.parent
    if not (modules / f"@vitest/coverage-{provider}").is_dir():
        pytest.skip(f"@vitest/coverage-{provider} is not installed beside vitest")
    (tools.project.top / "node_modules").symlink_to(modules)
    coverage = f"provider: '{provider}', include: ['src/**'], reporter: {json.dumps(ISTANBUL)}, reportsDirectory: 'out'"
    config = f"export default {{ test: {{ include: ['check/*.vitest.mjs'], coverage: {{ {coverage} }} }} }};\n"
    (tools.project.top / "out/vitest.config.mjs").write_text(config, encoding="utf-8")
    tools.run("vitest", "run", "--root", ".", "--config", "out/vitest.config.mjs", "--coverage")
    assert counts(tools.judged("out/lcov.info")) == lcov_totals(tools.read("out/lcov.info"))
    _judge_istanbul(tools)


def _judge_istanbul(tools: Tools) -> None:
    """Its JSON and its Clover have the totals of its own summary.

    Its Cobertura lacks branches of lines that have no statement: the lines are its own, the difference is told.
    """
    judged = tools.judged("out/cobertura-coverage.xml")
    told = cobertura_totals(tools.read("out/cobertura-coverage.xml"))
    assert counts(judged)[:2] == told[:2]
    assert (counts(judged) == told) == (not any("as its own totals say" in each for each in judged["notices"]))
    total = json.loads(tools.read("out/coverage-summary.json"))["total"]
    own = tuple(total[kind][count] for kind in ("lines", "branches") for count in ("covered", "total"))
    for report in ("out/coverage-final.json", "out/clover.xml"):
        judged = tools.judged(report)
        assert counts(judged) == own
        assert not any(report in each for each in judged["notices"])


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


def test_llvm_covs_json(tools: Tools) -> None:
    """Our counts are those of its report, and our lines those of its LCOV, where macros and templates are, too."""
    tools.run("llvm-cov", "--version")
    options = ("-fprofile-instr-generate", "-fcoverage-mapping", "-O0")
    tools.run("clang++", *options, "-o", "out/app", "src/program.cpp")
    tools.run(str(tools.project.top / "out/app"), LLVM_PROFILE_FILE="out/app.profraw")
    tools.run("llvm-profdata", "merge", "-o", "out/app.profdata", "out/app.profraw")
    exported = ("llvm-cov", "export", "out/app", "-instr-profile=out/app.profdata")
    report, lcov = (tools.run(*exported, f"-format={kind}") for kind in ("text", "lcov"))
    (tools.project.top / "out/llvm.json").write_text(report, encoding="utf-8")
    judged = tools.judged("out/llvm.json")
    printed = tools.run("llvm-cov", "report", "out/app", "-instr-profile=out/app.profdata").splitlines()
    columns = dict(zip(re.split(r"\s{2,}", printed[0])[1:], printed[-1].split()[1:], strict=True))
    told = [(int(columns[kind]), int(columns[f"Missed {kind}"])) for kind in ("Lines", "Branches")]
    assert counts(judged) == tuple(n for count, missed in told for n in (count - missed, count))
    assert not any("llvm.json" in each for each in judged["notices"])
    (ours,), (theirs,) = (parse(each.encode(), "r").files.values() for each in (report, lcov))
    assert ours.statements == theirs.statements
    assert len(ours.branches) == told[1][0]


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
