"""How a JavaScript or TypeScript package measures itself, as its package.json says. No I/O."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from covgate.measure.parts.part import Files, Setting
from covgate.model.source_files import is_test_file

# The scripts that may run the tests, the likeliest to measure coverage first.
_SCRIPTS = ("coverage", "test:coverage", "test:cov", "test-coverage", "cov", "coverage:test", "test", "test:unit")
_INSTALLS = {
    "package-lock.json": "npm ci",
    "pnpm-lock.yaml": "pnpm install --frozen-lockfile",
    "yarn.lock": "yarn install --frozen-lockfile",
}
_NO_TESTS = re.compile(r"\becho\b.*\b(no test|not implemented|todo)\b.*|exit 1|true|", re.I | re.S)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*")
_SHELL = frozenset("|&;<>$`()*?{}~")
_CODE = re.compile(r"\.[cm]?[jt]sx?$")
_SETTINGS = re.compile(r"(^|/)(\.[^/]*|[^/]*\.config\.[a-z]+)$")
_REPORT = "coverage/lcov.info"
_WRITES_LCOV = "--reporter=lcovonly"
# The first reporter is for people: with the second alone, a failing test would leave no output.
_NODE = (
    "--experimental-test-coverage",
    *("--test-reporter=spec", "--test-reporter-destination=stdout"),
    *("--test-reporter=lcov", "--test-reporter-destination=lcov.info"),
)


def has_tests(package: Mapping[str, Any]) -> bool:
    """Whether a script of package.json runs tests: npm's own placeholder for one doesn't."""
    return any(not _NO_TESTS.fullmatch(line.strip()) for line in _scripts(package).values())


def load(text: str) -> dict[str, Any]:
    """The values of a package.json; empty if it can't be read."""
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def measured(files: Files) -> Setting:
    """How the package in ``files`` is measured."""
    package, top = load(files.text("package.json")), load(files.read("package.json"))
    installed = dependencies(package) | dependencies(top)
    setup = files.above(_INSTALLS)
    more = {"setup": setup} if setup and installed else {}
    scripts = _scripts(package)
    for name, line in scripts.items():
        command = _measuring(name, line, installed)
        if command:
            return Setting({"command": command, "report": _REPORT, **more})
    name = "test" if "test" in scripts else next(iter(scripts))
    for tool in ("c8", "nyc"):
        if tool in installed:
            all_files = "--all " if tool == "c8" or "--all" not in scripts[name] else ""
            return Setting(
                {"command": f"npx {tool} {all_files}{_WRITES_LCOV} npm {_run(name)}", "report": _REPORT, **more}
            )
    words = _words(scripts[name])
    if words[:2] == ["node", "--test"]:
        others = _without(words[2:], "--test-reporter", "--test-reporter-destination")
        own = [each for each in others if each not in _NODE]
        command = shlex.join([*words[:2], *_NODE, *own])
        return Setting({**_product(files), "command": command, "report": "lcov.info", **more})
    todo = f'npm install --save-dev c8, then command = "npx c8 --all {_WRITES_LCOV} npm {_run(name)}"'
    if "vitest" in scripts[name]:
        todo = f'npm install --save-dev @vitest/coverage-v8, then command = "{_vitest(name)}"'
    return Setting(more, f'no tool that measures coverage: {todo} and report = "{_REPORT}"')


def _product(files: Files) -> dict[str, tuple[str, ...]]:
    """The one directory with the code of a package, as its source: before version 22, Node counts the tests, too."""
    code = (
        path for path in files.paths if _CODE.search(path) and not is_test_file(path) and not _SETTINGS.search(path)
    )
    tops = {path.partition("/")[0] if "/" in path else "" for path in code}
    return {"source": tuple(tops)} if len(tops) == 1 and "" not in tops else {}


def _measuring(name: str, line: str, installed: frozenset[str]) -> str:
    """The command that runs the script ``name``, which is ``line``, so that it writes LCOV; "" if it can't."""
    last = re.split(r"&&|;", line)[-1]
    words = _without_environment(_words(last, of_shell=True))
    tool = words[0] if words else ""
    if tool == "jest" or words[:2] == ["react-scripts", "test"]:
        watch = " --watchAll=false" if tool == "react-scripts" else ""
        return f"npm {_run(name)} --{watch} --coverage --coverageReporters=lcovonly --coverageDirectory=coverage"
    if tool == "vitest" and any(each.startswith("@vitest/coverage-") for each in installed):
        return _vitest(name)
    if tool in ("c8", "nyc"):
        own = _words(line)
        if own[:1] == [tool]:
            return shlex.join(["npx", tool, _WRITES_LCOV, *_without_reporters(own[1:])])
        if re.search(r"(--reporter|-r)[= ]lcov", line) and "-dir" not in line:
            return f"npm {_run(name)}"
    return ""


def _vitest(name: str) -> str:
    options = "--coverage.enabled --coverage.reporter=lcovonly --coverage.reportsDirectory=coverage"
    return f"npm {_run(name)} -- --run {options}"


def _without_reporters(arguments: Sequence[str]) -> list[str]:
    """Options of c8 and nyc without what decides the form, the place and the lowest total of a report.

    The command that they measure, and what follows it, is kept as it is.
    """
    kept: list[str] = []
    rest = list(arguments)
    while rest and rest[0].startswith("-"):
        word = rest.pop(0)
        option, has_value, _ = word.partition("=")
        if option in ("--reporter", "-r", "--report-dir", "--reports-dir", "-o"):
            if not has_value and rest:
                rest.pop(0)
        elif option not in ("--check-coverage", "--100"):
            kept.append(word)
    return kept + rest


def _without(words: Sequence[str], *options: str) -> list[str]:
    """``words`` without these options and their values."""
    kept: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        option, has_value, _ = word.partition("=")
        if option not in options:
            kept.append(word)
        elif not has_value and rest:
            rest.pop(0)
    return kept


def _scripts(package: Mapping[str, Any]) -> dict[str, str]:
    """Those scripts of a package that may run its tests."""
    scripts = package.get("scripts")
    found = {name: scripts.get(name) for name in _SCRIPTS} if isinstance(scripts, dict) else {}
    return {name: line for name, line in found.items() if isinstance(line, str) and not _NO_TESTS.fullmatch(line)}


def dependencies(package: Mapping[str, Any]) -> frozenset[str]:
    """The packages that a package.json names, for whatever purpose."""
    tables = [package.get(key) for key in ("dependencies", "devDependencies", "peerDependencies")]
    return frozenset(name for table in tables if isinstance(table, dict) for name in table)


def _words(line: str, *, of_shell: bool = False) -> list[str]:
    """The words of a command line; none if only a shell can run it, unless it is ``of_shell`` anyway."""
    try:
        return [] if not of_shell and _SHELL & set(line) else shlex.split(line)
    except ValueError:
        return []


def _without_environment(words: Sequence[str]) -> list[str]:
    rest = list(words)
    while rest and (_ASSIGNMENT.fullmatch(rest[0]) or rest[0] in ("cross-env", "env", "npx")):
        rest.pop(0)
    return rest


def _run(script: str) -> str:
    return "test" if script == "test" else f"run {script}"
