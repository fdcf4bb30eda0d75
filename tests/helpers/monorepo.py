"""A repository in three languages for the tests: two Python packages, one of JavaScript, and a C library."""

from __future__ import annotations

import os
import shutil
import venv
from pathlib import Path

import pytest

from helpers.project import Project
from helpers.sealed import link_packages, run

API = "def f(x):\n    if x:\n        return 1\n    return 2\n\n\ndef g():\n    return 3\n"
API_TEST = "from {name} import f\n\n\ndef test_f():\n    assert f(1) == 1\n    assert f(0) == 2\n"
PYPROJECT = '[project]\nname = "{name}"\nversion = "1"\n[tool.pytest.ini_options]\npythonpath = ["src"]\n'
SCRIPT = """'use strict';

function add(a, b) {
  return a + b;
}

function sign(x) {
  if (x < 0) {
    return -1;
  }
  return 1;
}

module.exports = { add, sign };
"""
SCRIPT_TEST = """const test = require('node:test');
const assert = require('node:assert');
const { add, sign } = require('../src/index.js');
test('add', () => { assert.equal(add(1, 2), 3); });
test('sign', () => { assert.equal(sign(-2), -1); assert.equal(sign(2), 1); });
"""
PACKAGE = '{"name": "web", "private": true, "scripts": {"test": "node --test test/"}, "devDependencies": {"c8": "*"}}\n'
LIBRARY = "int twice(int x)\n{\n  return 2 * x;\n}\n\nint never(void)\n{\n  return 0;\n}\n"
LIBRARY_TEST = "int twice(int);\n\nint main(void)\n{\n  return twice(2) == 4 ? 0 : 1;\n}\n"
MAKEFILE = """\
coverage:
\tgcc --coverage -O0 -o run_tests src/twice.c tests/test_twice.c
\t./run_tests
\tlcov --quiet --capture --directory . -o coverage.info
"""
IGNORED = "__pycache__/\n.pytest_cache/\n.venv/\nnode_modules\ncoverage/\n*.gcda\n*.gcno\ncoverage.info\nrun_tests\n"


def require_tools() -> str:
    """A PATH with node, npm, c8, make, gcc and lcov; the test is skipped if one of them is not installed.

    They are looked for as in `helpers.report_tools`.
    """
    path = os.pathsep.join(filter(None, [os.environ.get("COVGATE_TEST_TOOLS"), os.environ["PATH"]]))
    for name in ("node", "npm", "npx", "c8", "make", "gcc", "lcov"):
        if shutil.which(name, path=path) is None:
            pytest.skip(f"{name} is not installed")
    return path


class Monorepo(Project):
    """The packages api and billing, web, engine, and schemas, which several of them read."""

    @classmethod
    def build(cls, directory: Path, environ: dict[str, str]) -> Monorepo:
        path = require_tools()
        repo = cls(directory / "work", directory / "origin.git", environ)
        repo.environ["PATH"] = os.pathsep.join([repo.environ["PATH"], path])
        run(["git", "init", "--quiet", "--bare", str(repo.remote)], directory, environ)
        run(["git", "init", "--quiet", str(repo.top)], directory, environ)
        repo.git("remote", "add", "origin", str(repo.remote))
        for name in ("api", "billing"):
            repo.write(f"packages/{name}/pyproject.toml", PYPROJECT.format(name=name))
            repo.write(f"packages/{name}/src/{name}/__init__.py", API)
            repo.write(f"packages/{name}/tests/test_{name}.py", API_TEST.format(name=name))
        repo.write("web/package.json", PACKAGE)
        repo.write("web/src/index.js", SCRIPT)
        repo.write("web/test/index.test.js", SCRIPT_TEST)
        repo.write("engine/Makefile", MAKEFILE)
        repo.write("engine/src/twice.c", LIBRARY)
        repo.write("engine/tests/test_twice.c", LIBRARY_TEST)
        repo.write("schemas/order.json", "{}\n")
        repo.write(".gitignore", IGNORED)
        repo.commit("begin")
        repo.add_environments(path)
        return repo

    def add_environments(self, path: str) -> None:
        """What is installed beside the sources, and ignored: a virtual environment, and packages of Node."""
        venv.create(self.top / ".venv", symlinks=True)
        link_packages(self.top / ".venv", "coverage", "pytest")
        program = Path(shutil.which("c8", path=path) or "").absolute()
        (self.top / "web/node_modules").symlink_to(program.parent.parent)
