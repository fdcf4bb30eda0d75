"""What setuptools packages, from pyproject.toml, setup.cfg, and literal values in setup.py. Nothing is executed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from covgate.compat import parse_ini, parse_python, table_of
from covgate.measure.packaging.build_values import Declared, lines

_FIND = ("find_packages", "find_namespace_packages")


def read_table(table: Mapping[str, Any], declared: Declared) -> None:
    """Add what ``[tool.setuptools]`` declares."""
    declared.set_package_dir(table.get("package-dir"))
    packages = table.get("packages")
    if isinstance(packages, Mapping):
        declared.add_finder(table_of(packages, "find"))
    else:
        declared.add_packages(packages)
    declared.add_modules(table.get("py-modules"))


def read_cfg(data: bytes | None, declared: Declared) -> None:
    """Add what setup.cfg declares; nothing if there is none, or if it can't be parsed."""
    try:
        parser = parse_ini((data or b"").decode("utf-8"))
    except ValueError:
        return
    declared.packaged |= parser.has_section("metadata") or parser.has_section("options")
    if parser.has_section("files"):  # of pbr
        declared.add_packages(lines(parser["files"].get("packages", "")))
    options = dict(parser["options"]) if parser.has_section("options") else {}
    pairs = (line.partition("=") for line in lines(options.get("package_dir", "")))
    declared.set_package_dir({name.strip(): directory.strip() for name, _, directory in pairs} or None)
    packages = options.get("packages", "").strip()
    if packages.startswith("find"):
        found = dict(parser["options.packages.find"]) if parser.has_section("options.packages.find") else {}
        declared.add_finder({key: lines(value) for key, value in found.items()})
    else:
        declared.add_packages(lines(packages))
    declared.add_modules(lines(options.get("py_modules", "")))


def read_script(data: bytes | None, declared: Declared) -> None:
    """Add what the call of ``setup`` in setup.py declares in literal arguments."""
    try:
        tree = parse_python(data or b"")
    except ValueError:
        return
    for call in _calls(tree, ("setup",)):
        declared.packaged = True
        arguments = {each.arg: each.value for each in call.keywords if each.arg}
        declared.set_package_dir(_literal(arguments.get("package_dir")))
        packages = arguments.get("packages")
        for found in _calls(packages, _FIND) if packages is not None else ():
            options = {each.arg: _literal(each.value) for each in found.keywords if each.arg}
            for name, value in zip(("where", "exclude", "include"), found.args, strict=False):
                options[name] = _literal(value)
            declared.add_finder(options)
        declared.add_packages(_literal(packages))
        declared.add_modules(_literal(arguments.get("py_modules")))


def _calls(node: ast.AST, names: Sequence[str]) -> Iterator[ast.Call]:
    """The calls of ``name(...)`` or ``module.name(...)`` in ``node``."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call):
            function = each.func
            called = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            if called in names:
                yield each


def _literal(node: ast.expr | None) -> Any:
    """The value of ``node``; None if it is not literal."""
    if node is None:
        return None
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
