"""How parts of other languages than JavaScript are measured, as their own files say. No I/O."""

from __future__ import annotations

import re

from covgate.compat import toml_tables
from covgate.measure.documented import documented_commands
from covgate.measure.documented.project_files import FILES as DOCUMENTED
from covgate.measure.documented.project_files import recipes
from covgate.measure.parts.part import Files, Setting
from covgate.model.source_files import is_test_file, suffix

NATIVE_SUFFIXES = frozenset({".c", ".cc", ".cpp", ".cxx", ".m", ".mm"})
_MEASURES = re.compile(r"cov", re.I)  # in the name of a target
_TOOL = re.compile(r"\b(lcov|gcovr|geninfo)\b")
_WRITTEN = re.compile(r"""(?:^|[\s=])["']?([\w./-]+\.(?:info|xml|json))["']?(?=\s|$)""")
_TESTS_OF_CMAKE = re.compile(r"^\s*(enable_testing|add_test|include\s*\(\s*CTest|catch_discover|gtest_discover)", re.M)


def python(files: Files) -> Setting | None:
    """A Python package that has tests: pytest finds them by itself, unless another command is documented."""
    code = [path for path in files.paths if path.endswith(".py")]
    tests = [path for path in code if is_test_file(path)]
    if not tests or not set(code) - set(tests) - {"setup.py", "noxfile.py"}:
        return None
    texts = {name: text for name in DOCUMENTED if (text := files.text(name))}
    found = next(iter(documented_commands(texts)), None)
    return Setting({} if found is None or found.is_pytest else {"command": found.command})


def go(files: Files) -> Setting | None:
    if not any(path.endswith("_test.go") for path in files.paths):
        return None
    return Setting({"command": "go test -coverpkg=./... -coverprofile=coverage.out ./...", "report": "coverage.out"})


def rust(files: Files) -> Setting | None:
    if "package" not in toml_tables(files.text("Cargo.toml")):
        return None
    keys = {"command": "cargo llvm-cov --lcov --output-path lcov.info", "report": "lcov.info"}
    if files.installed("cargo-llvm-cov"):
        return Setting(keys)
    todo = ", ".join(f'{name} = "{value}"' for name, value in keys.items())
    return Setting({}, f"cargo-llvm-cov is not installed: cargo install cargo-llvm-cov, then {todo}")


def java(files: Files) -> Setting | None:
    if not any(path.startswith("src/test/") for path in files.paths):
        return None
    report = "target/site/jacoco/jacoco.xml" if "pom.xml" in files.paths else "build/reports/jacoco/test/*.xml"
    return Setting({}, f"set `command` to what runs the tests with JaCoCo, and `report` to its XML ({report})")


def native(files: Files) -> Setting | None:
    """A library or program in C or C++ that has tests: what its Makefile measures them with."""
    if not any(suffix(path) in NATIVE_SUFFIXES for path in files.paths):
        return None
    targets = recipes(files.text("Makefile"))
    for name, lines in targets.items():
        report = _written(lines) if _MEASURES.search(name) else ""
        if report:
            return Setting({"command": f"make {name}", "report": report})
    tested = {"test", "tests", "check"} & set(targets) or any(_MEASURES.search(each) for each in targets)
    described = _TESTS_OF_CMAKE.search(files.text("CMakeLists.txt")) or "test(" in files.text("meson.build")
    if not (tested or described or any(is_test_file(path) for path in files.paths)):
        return None
    return Setting(
        {},
        "set `command` to what builds with --coverage and runs the tests, and `report` to what it writes"
        " (lcov's coverage.info, or gcovr's --cobertura coverage.xml)",
    )


def _written(lines: list[str]) -> str:
    """The last report that a recipe writes with lcov or gcovr; "" if it writes none."""
    found = [match for line in lines if _TOOL.search(line) for match in _WRITTEN.findall(line)]
    return found[-1] if found else ""
