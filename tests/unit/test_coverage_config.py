"""What coverage's configuration files say, and how a base's configuration is enforced over a weaker one."""

from __future__ import annotations

import configparser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage

from covgate.compat import tomllib
from covgate.measure.coverage_config import CoverageConfig, plugin_changes, read_coverage_config
from covgate.measure.coverage_config import enforce_base as enforce_base_and_plugins

ROOT_INI = b"[run]\nsource = pkg\nbranch = yes\n"
SECTION_INI = b"[coverage:run]\nsource = pkg\nbranch = yes\n[metadata]\nname = x\n"
TOML = b'[tool.coverage.run]\nsource = ["pkg"]\nbranch = true\n'


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (".coveragerc", ROOT_INI),
        (".coveragerc", SECTION_INI),
        (".coveragerc.toml", b'[run]\nsource = ["pkg"]\nbranch = true\n'),
        (".coveragerc.toml", TOML),
        ("setup.cfg", SECTION_INI),
        ("tox.ini", SECTION_INI),
        ("pyproject.toml", TOML),
    ],
)
def test_every_place(name: str, data: bytes) -> None:
    config = read_coverage_config({"README": b"", name: data})
    assert config.values("run", "source") == ("pkg",)
    assert config.branch
    assert config.names_sources
    assert config.toml == name.endswith(".toml")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("setup.cfg", ROOT_INI),
        ("tox.ini", b"broken [ ini\n"),
        ("setup.cfg", b"[coverage:run]\nsource = \xff\n"),
        ("pyproject.toml", b"[tool.black]\n"),
        ("pyproject.toml", b"[tool\n"),
        ("pyproject.toml", b"tool = 1\n"),
        ("pyproject.toml", b"[tool]\ncoverage = 1\n"),
        ("coverage.ini", ROOT_INI),
    ],
)
def test_a_file_that_configures_nothing(name: str, data: bytes) -> None:
    assert read_coverage_config({name: data}) == CoverageConfig()


def test_the_first_file_that_configures_coverage_is_used() -> None:
    other = b'[tool.coverage.run]\nsource = ["other"]\n'
    assert read_coverage_config({"pyproject.toml": other, "tox.ini": SECTION_INI}).values("run", "source") == ("pkg",)
    assert read_coverage_config({"pyproject.toml": other, "tox.ini": b""}).values("run", "source") == ("other",)
    # Coverage reads no other file if there is a .coveragerc, even an empty one.
    assert not read_coverage_config({"pyproject.toml": other, ".coveragerc": b""}).names_sources
    assert not read_coverage_config({"pyproject.toml": other, ".coveragerc.toml": b""}).names_sources


@pytest.mark.parametrize(
    ("value", "values"),
    [
        ("a", ("a",)),
        ("a, b", ("a", "b")),
        ("\na\n b,c\n", ("a", "b", "c")),
        (["a", " b ", ""], ("a", "b")),
        ("", ()),
        (True, ()),
        ({}, ()),
    ],
)
def test_the_values_of_a_list(value: object, values: tuple[str, ...]) -> None:
    assert CoverageConfig(sections={"run": {"omit": value}}).values("run", "omit") == values
    assert CoverageConfig().values("run", "omit") == ()


@pytest.mark.parametrize("value", [True, "true", "True", "1", "yes", "on"])
def test_branches_are_measured(value: object) -> None:
    assert CoverageConfig(sections={"run": {"branch": value}}).branch


@pytest.mark.parametrize("value", [False, "false", "0", "", []])
def test_branches_are_not_measured(value: object) -> None:
    assert not CoverageConfig(sections={"run": {"branch": value}}).branch


Table = dict[str, Any]


def ini(**sections: Table) -> CoverageConfig:
    return CoverageConfig(sections=sections)


def toml(**sections: Table) -> CoverageConfig:
    return CoverageConfig(toml=True, sections=sections)


def anything_exists(source: str) -> bool:
    return True


def enforce_base(
    own: CoverageConfig,
    base: CoverageConfig,
    source_exists: Callable[[str], bool],
    plugin_exists: Callable[[str], bool] = anything_exists,
) -> tuple[CoverageConfig | None, tuple[str, ...]]:
    return enforce_base_and_plugins(own, base, source_exists, plugin_exists)


# What the push sets, what the base has, the clause about the difference, and what is used for the option.
WEAKER = [
    ("run", "source", ["a"], ["a", "b"], "source is without b", ["a", "b"]),
    ("run", "source", ["c"], ["a", "b"], "source is without a, b", ["c", "a", "b"]),
    ("run", "source", None, ["a"], "source is without a", ["a"]),
    ("run", "source", ["a"], None, "source is named", None),
    ("run", "source_pkgs", ["a"], ["a", "b"], "source_pkgs is without b", ["a", "b"]),
    ("run", "source_pkgs", ["a"], None, "source_pkgs is named", None),
    ("run", "source_dirs", ["a"], ["a", "b"], "source_dirs is without b", ["a", "b"]),
    ("run", "source_dirs", ["a"], None, "source_dirs is named", None),
    ("run", "include", ["a/*"], ["b/*"], "include is without b/*", ["a/*", "b/*"]),
    ("run", "include", ["a/*"], None, "include is set", None),
    ("run", "omit", ["a/*", "b/*"], ["a/*"], "omit has b/*", ["a/*"]),
    ("run", "omit", ["b/*", "c/*"], ["a/*"], "omit has b/*, c/*", []),
    ("run", "omit", ["b/*"], None, "omit has b/*", []),
    ("report", "include", ["a/*"], ["b/*", "c/*"], "include is without b/*, c/*", ["a/*", "b/*", "c/*"]),
    ("report", "include", ["a/*"], None, "include is set", None),
    ("report", "omit", ["a/*", "b/*"], ["a/*"], "omit has b/*", ["a/*"]),
    ("report", "omit", ["b/*"], None, "omit has b/*", []),
    ("report", "partial_branches", ["x", "y"], ["x"], "partial_branches has y", ["x"]),
    # Without the option, coverage's own default is used.
    ("report", "partial_branches", ["y"], None, "partial_branches has y", None),
    ("report", "partial_also", ["x", "y"], ["x"], "partial_also has y", ["x"]),
    ("report", "partial_also", ["y", "z"], None, "partial_also has y, z", None),
    ("report", "partial_branches_always", ["x", "y"], ["x"], "partial_branches_always has y", ["x"]),
    ("report", "partial_branches_always", ["y"], None, "partial_branches_always has y", None),
]


def with_option(section: str, key: str, value: object) -> Table:
    return {section: {} if value is None else {key: value}}


@pytest.mark.parametrize(("section", "key", "own", "base", "difference", "used"), WEAKER)
def test_what_the_base_measures_is_enforced(
    section: str, key: str, own: object, base: object, difference: str, used: list[str] | None
) -> None:
    config, differences = enforce_base(
        toml(**with_option(section, key, own)), toml(**with_option(section, key, base)), anything_exists
    )
    assert differences == (difference,)
    assert config is not None
    assert config.sections[section] == ({} if used is None else {key: used})


@pytest.mark.parametrize(("section", "key", "own", "base", "difference", "used"), WEAKER)
def test_the_same_in_an_ini_file(
    section: str, key: str, own: list[str] | None, base: list[str] | None, difference: str, used: list[str] | None
) -> None:
    config, differences = enforce_base(
        ini(**with_option(section, key, own and "\n".join(own))),
        ini(**with_option(section, key, base and ", ".join(base))),
        anything_exists,
    )
    assert differences == (difference,)
    assert config is not None
    assert config.sections[section] == ({} if used is None else {key: "\n".join(used)})


# What the push sets, and what the base has: it measures as much, or more.
AS_MUCH = [
    ("run", "source", ["b", "a"], ["a", "b"]),
    ("run", "source", ["a", "b"], ["a"]),
    ("run", "source_pkgs", ["a", "b"], ["a"]),
    ("run", "source_dirs", ["a", "b"], ["a"]),
    ("run", "include", ["a/*", "b/*"], ["b/*"]),
    ("run", "include", ["b/*"], ["b/*"]),
    ("run", "include", None, ["b/*"]),
    ("run", "omit", ["a/*"], ["a/*", "b/*"]),
    ("run", "omit", None, ["a/*"]),
    ("report", "include", ["a/*", "b/*"], ["b/*"]),
    ("report", "include", ["b/*"], ["b/*"]),
    ("report", "include", None, ["b/*"]),
    ("report", "omit", ["a/*"], ["a/*", "b/*"]),
    ("report", "omit", None, ["a/*"]),
    ("report", "partial_branches", ["x"], ["x", "y"]),
    ("report", "partial_also", ["x"], ["x", "y"]),
    ("report", "partial_branches_always", ["x"], ["x", "y"]),
    ("run", "branch", True, True),
    ("run", "branch", True, None),
    ("run", "branch", None, False),
    # It does not decide which files and lines are measured.
    ("run", "relative_files", True, None),
    ("report", "fail_under", None, 90),
    ("report", "exclude_also", ["x"], None),
]


@pytest.mark.parametrize(("section", "key", "own", "base"), AS_MUCH)
def test_what_measures_as_much_stays_as_it_is(section: str, key: str, own: object, base: object) -> None:
    found = enforce_base(
        toml(**with_option(section, key, own)), toml(**with_option(section, key, base)), anything_exists
    )
    assert found == (None, ())


@pytest.mark.parametrize(("make", "used"), [(toml, True), (ini, "true")])
@pytest.mark.parametrize("own", [None, False])
def test_branches_stay_measured(make: Callable[..., CoverageConfig], used: object, own: object) -> None:
    config, differences = enforce_base(
        make(**with_option("run", "branch", own)), make(run={"branch": used}), anything_exists
    )
    assert differences == ("branches are not measured",)
    assert config is not None
    assert config.sections["run"] == {"branch": used}


def test_a_source_that_is_gone_is_not_missed() -> None:
    own, base = toml(run={"source": ["a"]}), toml(run={"source": ["a", "b", "c"]})
    config, differences = enforce_base(own, base, lambda source: source == "c")
    assert differences == ("source is without c",)
    assert config is not None
    assert config.sections["run"] == {"source": ["a", "c"]}
    assert enforce_base(own, base, lambda source: False) == (None, ())


def test_a_named_source_does_not_replace_what_the_base_includes() -> None:
    config, differences = enforce_base(
        toml(run={"source": ["a"]}), toml(run={"include": ["a/*", "b/*"]}), anything_exists
    )
    assert differences == ("source is named",)
    assert config is not None
    assert config.sections["run"] == {"include": ["a/*", "b/*"]}


def test_an_include_beside_a_source_is_compared_as_such() -> None:
    config, differences = enforce_base(
        toml(run={"source": ["a"], "include": ["a/*"]}), toml(run={"include": ["b/*"]}), anything_exists
    )
    assert differences == ("source is named", "include is without b/*")
    assert config is not None
    assert config.sections["run"] == {"include": ["a/*", "b/*"]}


def test_a_wider_include_beside_a_source_is_kept() -> None:
    config, differences = enforce_base(
        toml(run={"source": ["a"], "include": ["a/*", "b/*"]}), toml(run={"include": ["b/*"]}), anything_exists
    )
    assert differences == ("source is named",)
    assert config is not None
    assert config.sections["run"] == {"include": ["a/*", "b/*"]}


def test_one_kind_of_source_instead_of_another_drops_it() -> None:
    config, differences = enforce_base(toml(run={"source_pkgs": ["a"]}), toml(run={"source": ["a"]}), anything_exists)
    assert differences == ("source is without a",)
    assert config is not None
    assert config.sections["run"] == {"source_pkgs": ["a"], "source": ["a"]}


def test_everything_else_stays_as_the_push_has_it() -> None:
    own = toml(
        run={"omit": ["a/*"], "parallel": True}, report={"exclude_also": ["x"]}, paths={"source": ["src", "other"]}
    )
    before = {name: dict(table) for name, table in own.sections.items()}
    config, differences = enforce_base(own, CoverageConfig(), anything_exists)
    assert differences == ("omit has a/*",)
    assert config is not None
    assert config.sections == {**before, "run": {"omit": [], "parallel": True}}
    assert own.sections == before


# The plugins and their options that the push has, those of the base; what is used, and the clauses.
PLUGINS: dict[str, tuple[dict[str, Table], dict[str, Table], dict[str, Table], tuple[str, ...]]] = {
    "none": ({}, {}, {"run": {}}, ()),
    "the same": (
        {"run": {"plugins": ["p"]}, "p": {"a": 1}},
        {"run": {"plugins": ["p"]}, "p": {"a": 1}},
        {},
        (),
    ),
    "a new one": ({"run": {"plugins": ["p"]}}, {}, {"run": {}}, ("plugins has p",)),
    "one of two is new": (
        {"run": {"plugins": ["p", "q"]}},
        {"run": {"plugins": ["q"]}},
        {"run": {"plugins": ["q"]}},
        ("plugins has p",),
    ),
    "one is gone": (
        {"run": {"plugins": []}},
        {"run": {"plugins": ["p"]}, "p": {"a": ["x"]}},
        {"run": {"plugins": ["p"]}, "p": {"a": ["x"]}},
        ("plugins is without p", "the options of p are changed"),
    ),
    "one is gone from the environment, too": ({"run": {}}, {"run": {"plugins": ["gone"]}}, {}, ()),
    "new options": (
        {"run": {"plugins": ["p"]}, "p": {"omit": ["x"]}},
        {"run": {"plugins": ["p"]}},
        {"run": {"plugins": ["p"]}},
        ("the options of p are changed",),
    ),
}


@pytest.mark.parametrize("name", list(PLUGINS))
def test_the_plugins_are_those_of_the_base(name: str) -> None:
    own, base, used, clauses = PLUGINS[name]
    config, differences = enforce_base(toml(**own), toml(**base), anything_exists, lambda plugin: plugin != "gone")
    assert differences == clauses
    assert config is None or {key: table for key, table in config.sections.items() if key != "report"} == used


def test_the_options_of_a_plugin_keep_their_meaning_in_another_format() -> None:
    config, _ = enforce_base(ini(), toml(run={"plugins": ["p"]}, p={"omit": ["a", "b"], "n": 1}), anything_exists)
    assert config is not None
    assert config.sections["p"] == {"omit": "a\nb", "n": 1}
    config, _ = enforce_base(toml(), ini(run={"plugins": "p"}, p={"omit": "a\nb"}), anything_exists)
    assert config is not None
    assert config.sections["p"] == {"omit": "a\nb"}


@pytest.mark.parametrize(
    ("own", "base", "clauses"),
    [
        ([], [], ""),
        (["p"], ["p"], ""),
        (["p", "q"], ["r", "q"], "p is new, r is gone"),
    ],
)
def test_other_plugins_are_reported(own: list[str], base: list[str], clauses: str) -> None:
    what = f"this push changes coverage's plugins, which may decide what is measured: {clauses}"
    assert plugin_changes(toml(run={"plugins": own}), ini(run={"plugins": ",".join(base)})) == (
        [what] if clauses else []
    )


def test_all_differences_are_listed() -> None:
    own = ini(run={"source": "a", "omit": "x"}, report={"omit": "y", "partial_also": "z"})
    base = ini(run={"source": "b", "branch": "on"})
    _, differences = enforce_base(own, base, anything_exists)
    assert differences == (
        "source is without b",
        "omit has x",
        "omit has y",
        "partial_also has z",
        "branches are not measured",
    )


def test_the_rendered_file_has_the_same_sections() -> None:
    sections: dict[str, Table] = {"run": {"source": ["a", "b"], "branch": True}, "report": {"omit": []}}
    name, text = CoverageConfig(toml=True, sections=sections).render()
    assert name == "coverage.toml"
    assert tomllib.loads(text) == {"tool": {"coverage": sections}}
    name, text = ini(run={"source": "a\nb", "branch": "true"}, report={"omit": ""}).render()
    assert name == "coveragerc"
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    assert dict(parser["run"]) == {"source": "a\nb", "branch": "true"}
    assert dict(parser["report"]) == {"omit": ""}


@pytest.mark.parametrize("make", [toml, ini])
def test_coverage_reads_the_rendered_file_alike(make: Callable[..., CoverageConfig], tmp_path: Path) -> None:
    """Characters that need an escape in the file's format included."""
    report = {"partial_branches": ["."], "exclude_also": ["\U0001f6ab never"]}
    mine: Table = {"opts": {"a": 1, "b": ["x\x7f"]}}
    if make is ini:
        report = {key: "\n".join(values) for key, values in report.items()}
        mine = {}
    own = make(run={"omit": ["pkg/mod.py"] if make is toml else "pkg/mod.py"}, report=report, mine=mine)
    config, _ = enforce_base(own, make(run={"branch": "true", "include": "pkg/*"}), anything_exists)
    assert config is not None
    name, text = config.render()
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = Coverage(config_file=str(tmp_path / name))
    assert found.get_option("run:branch") is True
    assert not found.get_option("run:omit")
    assert found.get_option("report:exclude_also") == ["\U0001f6ab never"]
    # Coverage's own default, which an empty list would replace.
    default = Coverage(config_file=False).get_option("report:partial_branches")
    assert default and found.get_option("report:partial_branches") == default
    if make is toml:
        assert tomllib.loads(text)["tool"]["coverage"]["mine"] == mine
