"""The layers: who may import whom, and what the hook of a known push may load at all."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import covgate_hooks
import pytest

import covgate

HOMES = {"covgate": Path(covgate.__file__).parent, "covgate_hooks": Path(covgate_hooks.__file__).parent}
# Runs in the project's interpreter, alone: it is data to covgate.
INSIDE = "covgate.measure.inside"

# The layers, from the ground up. A part may import itself and every part of a lower layer, nothing beside it or above.
LAYERS = [
    {"covgate.compat", "covgate.version"},
    {"covgate.errors", "covgate.streams"},
    {"covgate.files", "covgate.model"},
    {"covgate.config", "covgate.git"},
    {"covgate.measure", "covgate.notes", "covgate.formats", "covgate.install"},
    {"covgate.boundary", "covgate.gate"},
    {"covgate.doctor", "covgate_hooks"},
    {"covgate.commands"},
    {"covgate.cli"},
    {"covgate", "covgate.__main__"},  # the library's front door, and the program's
]
LAYER_OF = {part: number for number, layer in enumerate(LAYERS) for part in layer}
# What would make a decision depend on more than its arguments.
_OUTSIDE = {
    "asyncio", "git", "importlib", "io", "logging", "os", "pathlib", "platform", "random", "shutil", "signal", "socket",
    "subprocess", "sys", "tempfile", "threading", "time", "datetime", "uuid", "urllib",
}  # fmt: skip


def modules() -> dict[str, Path]:
    found = {}
    for package, home in HOMES.items():
        for path in sorted(home.rglob("*.py")):
            parts = (package, *path.relative_to(home).with_suffix("").parts)
            found[".".join(parts).removesuffix(".__init__")] = path
    return found


MODULES = modules()
LAYERED = [name for name in MODULES if not (name + ".").startswith(INSIDE + ".")]


def part_of(module: str) -> str:
    """The package or top-level module that ``module`` belongs to."""
    return module if module == "covgate" else ".".join(module.split(".")[: 1 if module.startswith("covgate_") else 2])


def imports(tree: ast.Module) -> Iterator[str]:
    """Every module that is imported anywhere in ``tree``, late imports included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # Only the hooks' own imports are relative: type checkers know their directory by another name.
            home = "covgate_hooks." if node.level else ""
            assert node.module is not None
            for alias in node.names:
                full = f"{home}{node.module}.{alias.name}"
                yield full if full in MODULES else f"{home}{node.module}"


def imports_of(module: str) -> set[str]:
    return set(imports(ast.parse(MODULES[module].read_bytes())))


def test_the_walk_sees_the_modules() -> None:
    assert {"covgate.gate.push", "covgate.model.record", "covgate.notes.records", "covgate_hooks.pre_push"} <= set(
        MODULES
    )
    assert "covgate.model.record" in imports_of("covgate.notes.records")
    assert "covgate.measure.cache" in imports_of("covgate.measure.commit")  # a late one


@pytest.mark.parametrize("module", LAYERED)
def test_imports_point_down(module: str) -> None:
    part = part_of(module)
    assert part in LAYER_OF, f"{module} is in no layer"
    own = {part_of(each) for each in imports_of(module) if each.split(".")[0] in HOMES} - {part}
    assert {each for each in own if LAYER_OF[each] >= LAYER_OF[part]} == set()


@pytest.mark.parametrize("module", [name for name in LAYERED if part_of(name) == "covgate.model"])
def test_decisions_see_nothing_of_the_world(module: str) -> None:
    tree = ast.parse(MODULES[module].read_bytes())
    assert {each.split(".")[0] for each in imports(tree)} & _OUTSIDE == set()
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert called & {"open", "print", "input", "eval", "exec", "__import__"} == set()


def test_only_the_demo_imports_gitpython() -> None:
    assert {name for name in MODULES if "git" in {each.split(".")[0] for each in imports_of(name)}} <= {
        "covgate.commands.demo",  # makes the repositories that it shows
    }


@pytest.mark.parametrize("module", sorted(MODULES))
def test_modules_can_be_read_in_one_sitting(module: str) -> None:
    """At most 260 lines, functions of at most 50 lines, and at most 6 parameters: more belong into a value."""
    text = MODULES[module].read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 260
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 50, node.name
            parameters = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            assert len([each for each in parameters if each.arg not in ("self", "cls")]) <= 6, node.name


def test_no_two_modules_have_one_name() -> None:
    """Except for a command that shows what a module is about: `covgate baseline`."""
    names = [name.rpartition(".")[2] for name in MODULES if MODULES[name].name != "__init__.py"]
    assert sorted({name for name in names if names.count(name) > 1}) == ["baseline"]


def test_only_a_few_modules_stand_at_the_top() -> None:
    tops = {name for name in MODULES if name.count(".") == 1 and MODULES[name].name != "__init__.py"}
    assert {name.removeprefix("covgate.") for name in tops if name.startswith("covgate.")} == {
        "__main__", "boundary", "cli", "compat", "errors", "files", "streams", "version",
    }  # fmt: skip


@pytest.mark.parametrize(
    "module", ["covgate", "covgate.model.note_text", "covgate_hooks.pre_push", "covgate_hooks.post_merge"]
)
def test_what_a_hook_loads_first_is_light(module: str) -> None:
    program = (
        f"import sys, {module}\n"
        "heavy = {'git', 'yaml', 'coverage', 'pytest', 'filelock', 'jinja2', 'pre_commit', 'argparse'}\n"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    # Outside a checkout and without site customisation of a coverage run, which would load coverage by itself.
    path = [str(home.parent) for home in HOMES.values()]
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {path!r}\n{ALIAS}{program}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


# An editable install finds covgate_hooks by a finder that -S leaves out.
ALIAS = (
    "import importlib.util\n"
    f"spec = importlib.util.spec_from_file_location('covgate_hooks', {str(covgate_hooks.__file__)!r},"
    f" submodule_search_locations=[{str(HOMES['covgate_hooks'])!r}])\n"
    "sys.modules['covgate_hooks'] = importlib.util.module_from_spec(spec)\n"
)
