"""The floors of the house: who may import whom, and what the hook of a known push may load at all."""

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

_WORDS = ["covgate", "covgate.errors", "covgate.files"]
_MODEL = [*_WORDS, "covgate.model"]
_CONFIG = [*_MODEL, "covgate.config"]
_SESSION = [*_CONFIG, "covgate.measure", "covgate.store", "covgate.show", "covgate.session"]
_GATE = [*_SESSION, "covgate.bar", "covgate.evidence", "covgate.judgement", "covgate.gate"]
_SIDE = [
    "report", "on_block", "all_refs", "audit", "log", "pages", "commands", "inspection", "doctor", "boundary",
    "native_hooks", "setup_repository", "setup_text", "demo", "diagnosis",
]  # fmt: skip
_NATIVE = ["covgate.native_script", "covgate.native_place"]
_COMMANDS = [*_GATE, *_NATIVE, *(f"covgate.{each}" for each in _SIDE)]
# A part, and what it may import besides itself. Read from the ground up.
FLOORS = {
    "covgate": _GATE,  # the library's front door: all of it opened late, see the last test
    "covgate.errors": [],
    "covgate.files": ["covgate.errors"],
    "covgate.model": ["covgate.errors"],
    "covgate.measure": _MODEL,
    "covgate.store": _MODEL,
    "covgate.show": _MODEL,
    "covgate.config": ["covgate.errors", "covgate.model"],
    "covgate.session": _SESSION,
    "covgate.bar": _SESSION,
    "covgate.evidence": [*_SESSION, "covgate.bar"],
    "covgate.judgement": [*_SESSION, "covgate.bar", "covgate.evidence"],
    "covgate.catch_up": [*_SESSION, "covgate.bar", "covgate.judgement"],
    "covgate.gate": [*_SESSION, "covgate.bar", "covgate.judgement", "covgate.catch_up"],
    "covgate.native_script": [],
    "covgate.native_place": ["covgate.errors", "covgate.native_script", "covgate.store"],
    **{f"covgate.{each}": _COMMANDS for each in _SIDE},
    "covgate.cli": _COMMANDS,
    "covgate.__main__": ["covgate.cli"],
    "covgate_hooks": _COMMANDS,
}
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
FLOOR_MODULES = [name for name in MODULES if not (name + ".").startswith(INSIDE + ".")]


def part_of(module: str) -> str:
    """The part of the house that ``module`` belongs to."""
    if module.startswith("covgate_hooks"):
        return "covgate_hooks"
    return ".".join(module.split(".")[:2])


def imports(tree: ast.Module) -> Iterator[str]:
    """Every module that is imported anywhere in ``tree``, late imports included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            assert node.module is not None
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES else node.module


def imports_of(module: str) -> set[str]:
    return set(imports(ast.parse(MODULES[module].read_bytes())))


def test_the_walk_sees_the_house() -> None:
    assert {"covgate.gate", "covgate.model.record", "covgate.store.notes", "covgate_hooks.pre_push"} <= set(MODULES)
    assert "covgate.model.record" in imports_of("covgate.store.notes")
    assert "covgate.store.checkout" in imports_of("covgate.session")  # a late one


@pytest.mark.parametrize("module", FLOOR_MODULES)
def test_floors(module: str) -> None:
    part = part_of(module)
    assert part in FLOORS, f"{module} stands on no floor yet"
    own = {each for each in imports_of(module) if each.split(".")[0] in HOMES}
    allowed = {part, *FLOORS[part]}
    assert {each for each in own if part_of(each) not in allowed} == set()


@pytest.mark.parametrize("module", [name for name in FLOOR_MODULES if part_of(name) == "covgate.model"])
def test_decisions_see_nothing_of_the_world(module: str) -> None:
    tree = ast.parse(MODULES[module].read_bytes())
    assert {each.split(".")[0] for each in imports(tree)} & _OUTSIDE == set()
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert called & {"open", "print", "input", "eval", "exec", "__import__"} == set()


def test_only_one_module_runs_git() -> None:
    assert {name for name in MODULES if "git" in {each.split(".")[0] for each in imports_of(name)}} <= {
        "covgate.store.repository",
        "covgate.demo",  # makes the repositories that it shows
    }


@pytest.mark.parametrize("module", sorted(MODULES))
def test_modules_stay_readable(module: str) -> None:
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= 450


@pytest.mark.parametrize(
    "module", ["covgate", "covgate.model.record", "covgate_hooks.pre_push", "covgate_hooks.post_merge"]
)
def test_what_a_hook_loads_first_is_light(module: str) -> None:
    program = (
        f"import sys, {module}\n"
        "print(*sorted({'git', 'yaml', 'coverage', 'pytest', 'filelock', 'pre_commit', 'argparse'} & set(sys.modules)))"
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
