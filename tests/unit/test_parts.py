"""The parts of a repository, as its files show them: which are proposed as components, and how each is measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from covgate.measure.parts import Found, find_parts

PYPROJECT = '[project]\nname = "x"\n'


def found(files: Mapping[str, str], *programs: str) -> Found:
    return find_parts(files, lambda path: files.get(path, ""), lambda program: program in programs)


def python(directory: str = "", manifest: str = PYPROJECT) -> dict[str, str]:
    start = f"{directory}/" if directory else ""
    return {f"{start}pyproject.toml": manifest, f"{start}src/x.py": "x = 1", f"{start}tests/test_x.py": "import x"}


def package(script: str, *dependencies: str, name: str = "test", **more: Any) -> str:
    return json.dumps({"scripts": {name: script}, "devDependencies": dict.fromkeys(dependencies, "*"), **more})


def javascript(directory: str, text: str = "") -> dict[str, str]:
    return {f"{directory}/package.json": text or package("mocha", "c8"), f"{directory}/index.js": "1"}


C = {"engine/Makefile": "test:\n\t./run\n", "engine/a.c": "int a;"}
GO = {"srv/go.mod": "module x", "srv/a.go": "package x", "srv/a_test.go": "package x"}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, []),
        (python(), []),
        (python("a") | python("libs/b"), ["a", "libs/b"]),
        (python("a") | javascript("web") | C | GO, ["a", "engine", "srv", "web"]),
        ({"Cargo.toml": "[workspace]"} | {f"{at}/Cargo.toml": "[package]" for at in "ab"}, ["a", "b"]),
        ({f"{at}/pom.xml": "" for at in "ab"} | {f"{at}/src/test/java/T.java": "" for at in "ab"}, ["a", "b"]),
        # A workspace is none of its members.
        ({"package.json": package("npm test -ws", workspaces=["a"])} | javascript("a") | javascript("b"), ["a", "b"]),
        ({"pyproject.toml": "[tool.uv.workspace]\nmembers = ['*']"} | python("a") | python("b"), ["a", "b"]),
        # What belongs to a package: examples, fixtures, documentation, and other people's code.
        (
            python()
            | javascript("docs")
            | javascript("docs/theme")
            | python("examples/a")
            | python("tests/data/project")
            | javascript("node_modules/left-pad")
            | C
            | {f"vendor/{path}": text for path, text in GO.items()}
            | javascript("templates/new"),
            ["engine"],
        ),
        (python() | python("plugins/a") | python("plugins/b"), []),
        (python("a") | javascript("a/frontend") | python("a/sub") | python("b"), ["a", "b"]),
        # Without a build: a web application beside its pages. Requirements of several packages are none of a part.
        (
            {"back/requirements.txt": "", "back/app.py": "", "back/tests/test_app.py": ""} | javascript("front"),
            ["back", "front"],
        ),
        (
            python("libs/a") | python("libs/b") | {"libs/requirements.txt": "", "libs/a/sub/pytest.ini": ""},
            ["libs/a", "libs/b"],
        ),
        # Of two languages in one directory, the one that has tests.
        ({"a/package.json": package("true")} | python("a") | python("b"), ["a", "b"]),
        (python("a") | {"b/package.json": package("mocha", "c8"), "b/setup.cfg": ""}, ["a", "b"]),
        # Without tests.
        (python("a") | {"b/setup.py": "", "b/x.py": ""}, ["a"]),
        (python("a") | javascript("web", package("echo 'no test' && exit 1")), ["a"]),
        (python("a") | {"srv/go.mod": "", "srv/a.go": ""} | {"lib/Makefile": "all:\n", "lib/a.c": ""}, ["a"]),
        (python("a") | {"web/package.json": "{", "web2/package.json": "[]"}, ["a"]),
        (python("a") | {"c/Cargo.toml": "=", "d/setup.cfg": ""}, ["a"]),
    ],
)
def test_which_directories_are_parts(files: Mapping[str, str], expected: list[str]) -> None:
    assert [each.directory for each in found(files).parts] == expected


def test_a_product_at_the_top_is_a_part_too() -> None:
    assert found(python("a") | python("b")).top is None
    assert found({"pyproject.toml": "[tool.ruff]", "tasks.py": "", "tests/test_all.py": ""} | python("a")).top is None
    top = found(python() | javascript("web") | GO).top
    assert top is not None
    assert (top.kind, top.directory) == ("Python", "")


def test_what_is_left_out_is_named() -> None:
    notices = found(
        python("a")
        | javascript("a/web")
        | {"b/setup.py": "", "c/go.mod": "", "app/Package.swift": "", "tools/Makefile": "x:\n"}
        | {f"js{number}/package.json": "{}" for number in range(9)}
    ).notices
    assert notices == (
        "in no component: a/web (JavaScript): inside of another part, so no component of its own",
        "in no component: b, c, js0, js1, js2 and 6 more: without tests that covgate finds",
        "in no component: app (Swift): in a language that covgate can't set up",
    )


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"lib/x/one.py": "", "lib/two.py": "", "app.py": "", "packages/lone/y/z.c": ""}, "lib, app.py, packages/lone"),
        # Tests, tools, what is no code, what is named already, and what the part at the top has.
        ({"tests/test_all.py": "", "scripts/a.py": "", "setup.py": "", "data/a.csv": "", "docs/conf.py": ""}, ""),
        ({"b/setup.py": "", "b/y.py": "", "ruby/Gemfile": "", "ruby/x.rb": ""}, ""),
        (javascript("packages/web") | python() | {"lib/one.py": ""}, ""),
    ],
)
def test_code_outside_of_all_parts_is_named(files: dict[str, str], named: str) -> None:
    notices = found(python("packages/api") | files).notices
    expected = f"in no component: {named}: source code outside of all parts, so nothing measures it"
    assert [each.partition(" (")[0] for each in notices if "outside of all" in each] == ([expected] if named else [])


NODE = (
    "--experimental-test-coverage --test-reporter=spec --test-reporter-destination=stdout"
    " --test-reporter=lcov --test-reporter-destination=lcov.info"
)
JEST = "--coverage --coverageReporters=lcovonly --coverageDirectory=coverage"
VITEST = "--run --coverage.enabled --coverage.reporter=lcovonly --coverage.reportsDirectory=coverage"


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (package("node --test", "c8"), "npx c8 --all --reporter=lcovonly npm test"),
        (package("mocha && echo done", "nyc"), "npx nyc --all --reporter=lcovonly npm test"),
        (package("ava", "c8", name="test:unit"), "npx c8 --all --reporter=lcovonly npm run test:unit"),
        (package("node --test test/"), f"node --test {NODE} test/"),
        (package(f"node --test {NODE} test/"), f"node --test {NODE} test/"),
        (package("node --test --test-reporter spec --test-only"), f"node --test {NODE} --test-only"),
        (package("jest", "jest"), f"npm test -- {JEST}"),
        (package("tsc && cross-env CI=1 jest --ci", "jest"), f"npm test -- {JEST}"),
        (package("react-scripts test"), f"npm test -- --watchAll=false {JEST}"),
        (package("vitest", "vitest", "@vitest/coverage-v8"), f"npm test -- {VITEST}"),
        (package("c8 --100 -r text --lines=9 mocha -r x"), "npx c8 --reporter=lcovonly --lines=9 mocha -r x"),
        (package("nyc --all --reporter=html --report-dir=out mocha"), "npx nyc --reporter=lcovonly --all mocha"),
        (package("npm run build && c8 -r lcov mocha", name="coverage"), "npm run coverage"),
    ],
)
def test_how_a_javascript_package_is_measured(text: str, command: str) -> None:
    [part] = found({"web/package.json": text}).parts
    assert part.keys["command"] == command
    assert part.keys["report"] == ("lcov.info" if NODE in command else "coverage/lcov.info")
    assert part.missing == ""


@pytest.mark.parametrize(
    ("files", "source"),
    [
        (["src/a.js", "src/b/c.ts", "test/a.js", "src/a.test.js", "eslint.config.js", ".prettierrc.js"], ("src",)),
        (["lib/a.mjs", "README.md"], ("lib",)),
        (["src/a.js", "index.js"], None),
        (["src/a.js", "lib/a.js"], None),
        (["a.test.js"], None),
    ],
)
def test_node_counts_no_tests_if_the_code_has_a_directory(files: list[str], source: tuple[str, ...] | None) -> None:
    texts = {"web/package.json": package("node --test"), "package.json": "{}"}
    [part] = found(texts | {f"web/{path}": "" for path in files}).parts
    assert part.keys.get("source") == source
    assert part.keys["paths"] == (("web/**", "package.json") if source else ("package.json",))


def test_what_installs_a_javascript_package() -> None:
    files = {"package-lock.json": "{}", "package.json": '{"workspaces": ["web"]}'} | javascript("web")
    assert found(files).parts[0].keys["setup"] == "npm ci"
    assert found(files).parts[0].keys["paths"] == ("package.json", "package-lock.json")
    assert found(files | {"web/yarn.lock": "x"}).parts[0].keys["setup"] == "yarn install --frozen-lockfile"
    assert "setup" not in found(files | {"web/package.json": package("node --test")}).parts[0].keys


def poetry(name: str, *needs: str) -> str:
    return f'[tool.poetry]\nname = "{name}"\n[tool.poetry.dependencies]\n' + "".join(
        f'{each} = "*"\n' for each in needs
    )


@pytest.mark.parametrize(
    ("manifests", "expected"),
    [
        # By name, also by way of another part, and by way of a directory without tests, which is no part.
        (
            {
                "api/pyproject.toml": '[project]\nname = "api"\ndependencies = ["My_Core >= 1", "requests"]',
                "core/pyproject.toml": '[project]\nname = "my-core"\noptional-dependencies.test = ["base"]',
                "base/setup.py": 'setup(name="base")',
            },
            {"api": ("base/**", "core/**"), "core": ("base/**",)},
        ),
        (
            {"a/pyproject.toml": poetry("a", "b"), "b/pyproject.toml": poetry("b", "a")},
            {"a": ("b/**",), "b": ("a/**",)},
        ),
        (
            {
                "a/pyproject.toml": '[project]\nname="a"\n[dependency-groups]\ndev = ["b"]',
                "b/setup.cfg": "[metadata]\nname = b",
            },
            {"a": ("b/**",)},
        ),
        (
            {"a/setup.py": 'setup(name="a", install_requires=["b>=1"])', "b/setup.py": "setup(name='b')"},
            {"a": ("b/**",)},
        ),
        ({"a/setup.cfg": "[options]\ninstall_requires =\n  b", "b/setup.cfg": "[metadata]\nname: b"}, {"a": ("b/**",)}),
        (
            {"a/setup.py": "", "a/requirements.txt": "x\n-e ../libs/b[test]  # ours\n", "libs/b/setup.py": ""},
            {"a": ("libs/b/**",)},
        ),
        ({"a/setup.cfg": "[", "a/pyproject.toml": "[", "b/pyproject.toml": "project = 1"}, {}),
        (
            {
                "a/package.json": package("jest", "jest", name="test", dependencies={"@x/b": "workspace:*"}),
                "b/package.json": package("jest", "jest")[:-1] + ', "name": "@x/b"}',
            },
            {"a": ("b/**",)},
        ),
        (
            {
                "a/go.mod": "module x/a\nrequire (\n\tx/b v0.0.0 // indirect\n)\n",
                "b/go.mod": "module x/b\nrequire x/other v1.0.0",
            },
            {"a": ("b/**",)},
        ),
        (
            {
                "a/Cargo.toml": '[package]\nname = "a"\n[dev-dependencies]\nc = { path = "../b", package = "b" }',
                "b/Cargo.toml": '[package]\nname = "b"',
            },
            {"a": ("b/**",)},
        ),
        # The directory inside of its own is no input that it doesn't have.
        ({"a/pyproject.toml": '[project]\nname="a"\ndependencies=["b"]', "a/b/setup.py": 'setup(name="b")'}, {}),
    ],
)
def test_what_a_part_needs_of_others_decides_its_number(
    manifests: Mapping[str, str], expected: Mapping[str, tuple[str, ...]]
) -> None:
    tests = {
        f"{directory}/{name}": "x"
        for directory in ("a", "b", "libs/b", "api", "core")
        for name in ("x.py", "test_x.py", "x_test.go")
    }
    parts = found({**manifests, **tests}).parts
    assert {each.directory: each.keys["paths"] for each in parts if "paths" in each.keys} == expected


def test_a_command_over_several_lines_or_that_only_a_shell_can_run() -> None:
    [part] = found({"web/package.json": package("mocha 'open")}).parts
    assert "command" not in part.keys


MAKE = """\
OUT = out/coverage.info
test:
\t./run
cov-report: test
\tlcov --capture --directory . -o $(OUT)
\tgenhtml $(OUT)
"""


@pytest.mark.parametrize(
    ("files", "keys"),
    [
        (python("a") | {"a/tox.ini": "[testenv]\ncommands = python -m unittest\n"}, {"command": "python -m unittest"}),
        (python("a") | {"a/tox.ini": "[testenv]\ncommands = pytest tests\n"}, {}),
        (python("a") | {"uv.lock": "x"}, {"paths": ("uv.lock",)}),
        (GO, {"command": "go test -coverpkg=./... -coverprofile=coverage.out ./...", "report": "coverage.out"}),
        ({"a/Makefile": MAKE, "a/x.c": ""}, {"command": "make cov-report", "report": "out/coverage.info"}),
        (
            {"a/Makefile": "coverage:\n\tgcovr --cobertura=cov.xml\n", "a/x.cpp": ""},
            {"command": "make coverage", "report": "cov.xml"},
        ),
    ],
)
def test_how_other_parts_are_measured(files: Mapping[str, str], keys: Mapping[str, object]) -> None:
    [part] = found(files).parts
    assert (part.keys, part.missing) == (keys, "")


@pytest.mark.parametrize(
    ("files", "missing"),
    [
        ({"a/package.json": package("mocha")}, "npm install --save-dev c8, then command"),
        ({"a/package.json": package("vitest")}, "npm install --save-dev @vitest/coverage-v8, then command"),
        ({"a/CMakeLists.txt": "enable_testing()\n", "a/x.c": ""}, "`report` to what it writes"),
        ({"a/meson.build": "test('x', x)\n", "a/x.c": ""}, "`report` to what it writes"),
        ({"a/Makefile": "coverage:\n\t./run $(OUT)\n", "a/x.c": ""}, "`report` to what it writes"),
        ({"a/pom.xml": "", "a/src/test/java/T.java": ""}, "JaCoCo"),
        ({"a/Cargo.toml": "[package]\n"}, "cargo install cargo-llvm-cov"),
    ],
)
def test_what_the_user_has_to_add(files: Mapping[str, str], missing: str) -> None:
    [part] = found(files).parts
    assert missing in part.missing
    assert "command" not in part.keys


def test_cargo_measures_with_a_program_that_is_installed() -> None:
    [part] = found({"a/Cargo.toml": "[package]\n"}, "cargo-llvm-cov").parts
    assert part.keys == {"command": "cargo llvm-cov --lcov --output-path lcov.info", "report": "lcov.info"}
