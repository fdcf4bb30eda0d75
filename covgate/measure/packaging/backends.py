"""What build backends other than setuptools package, by their tables in pyproject.toml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from covgate.compat import table_of
from covgate.measure.packaging.build_values import Declared, before_glob, strings


def _read_hatch(tool: Mapping[str, Any], declared: Declared) -> None:
    build = table_of(table_of(tool, "hatch"), "build")
    for table in (table_of(table_of(build, "targets"), "wheel"), build):
        for key in ("packages", "only-include"):
            declared.paths += strings(table.get(key))
        if declared.paths:
            return


def _read_poetry(tool: Mapping[str, Any], declared: Declared) -> None:
    packages = table_of(tool, "poetry").get("packages")
    for each in packages if isinstance(packages, list) else []:
        if isinstance(each, Mapping) and isinstance(each.get("include"), str):
            declared.paths.append(f"{each.get('from', '')}/{before_glob(each['include'])}")


def _read_flit(tool: Mapping[str, Any], declared: Declared) -> None:
    flit = table_of(tool, "flit")
    name = table_of(flit, "module").get("name") or table_of(flit, "metadata").get("module")
    declared.names += [str(name)] if name else []


def _read_pdm(tool: Mapping[str, Any], declared: Declared) -> None:
    for table in (table_of(table_of(tool, "pdm"), "build"), table_of(tool, "pdm")):
        root = table.get("package-dir")
        declared.roots += [str(root)] if root else []
        declared.paths += [before_glob(each) for each in strings(table.get("includes"))]


def _read_maturin(tool: Mapping[str, Any], declared: Declared) -> None:
    table = table_of(tool, "maturin")
    root = table.get("python-source")
    declared.roots += [str(root)] if root else []
    declared.names += strings(table.get("python-packages")) or strings([str(table.get("module-name") or "")])


def _read_uv(tool: Mapping[str, Any], declared: Declared) -> None:
    table = table_of(table_of(tool, "uv"), "build-backend")
    root, name = str(table.get("module-root", "src")), table.get("module-name")
    names = strings([name] if isinstance(name, str) else name)
    declared.paths += [f"{root}/{each.replace('.', '/')}" for each in names]
    if root and not names:
        declared.roots.append(root)


def _read_scikit_build(tool: Mapping[str, Any], declared: Declared) -> None:
    packages = table_of(table_of(tool, "scikit-build"), "wheel").get("packages")
    declared.paths += [str(each) for each in packages.values()] if isinstance(packages, Mapping) else strings(packages)


# By the beginning of the build backend's name, or by the name of its table.
READERS: dict[str, Callable[[Mapping[str, Any], Declared], None]] = {
    "hatch": _read_hatch,
    "poetry": _read_poetry,
    "flit": _read_flit,
    "pdm": _read_pdm,
    "maturin": _read_maturin,
    "uv_build": _read_uv,
    "scikit_build_core": _read_scikit_build,
}
