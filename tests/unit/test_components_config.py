"""The tables of `components`: what each component gets, and what is wrong with them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from covgate.config import Config, parse_config
from covgate.errors import ConfigurationError

PACKAGES = """
[tool.covgate]
floor = 80
command = ["pytest", "-q"]
source = ["tools"]

[tool.covgate.components.api]
directory = "packages/api/"
paths = ["shared/**"]

[tool.covgate.components."web.ui"]
directory = "./packages/api/web"
source = ["src"]
floor = 20
command = "npm test"
report = "coverage/lcov.info"
"""


def parts(text: str, **environ: str) -> dict[str, Config]:
    found = parse_config(
        pyproject=text.encode(), environ={f"COVGATE_{key.upper()}": each for key, each in environ.items()}
    )
    return {each.component: each for each in found.parts}


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        parse_config(pyproject=f"[tool.covgate.components]\n{text}".encode())
    return [line.strip().removeprefix("pyproject.toml: ") for line in raised.value.message.splitlines()[1:]]


def test_a_repository_without_components_is_one_part() -> None:
    config = parse_config(pyproject=b"[tool.covgate]\nfloor = 80\n")
    assert config.parts == (config,)
    assert config.component == "default"
    assert config.part("default") is config
    assert config.part("api") is None


def test_each_component_has_its_own_keys_and_inherits_the_others() -> None:
    found = parts(PACKAGES)
    assert list(found) == ["default", "api", "web.ui"]
    api, web = found["api"], found["web.ui"]
    assert (api.directory, api.source, api.paths) == ("packages/api", (), ("shared/**",))
    assert (api.command, api.policy.floor, api.report) == (("pytest", "-q"), Fraction(80), "")
    assert (web.directory, web.source) == ("packages/api/web", ("src",))
    assert (web.command, web.policy.floor, web.report) == (("npm", "test"), Fraction(20), "coverage/lcov.info")
    assert found["default"].source == ("tools",)


def test_without_a_source_at_the_top_nothing_is_measured_outside_of_the_components() -> None:
    assert list(parts('[tool.covgate.components.api]\ndirectory = "api"\n')) == ["api"]


def test_what_belongs_to_another_component_is_left_to_it() -> None:
    found = parts(PACKAGES)
    assert found["api"].others == ("packages/api/web",)
    assert found["default"].others == ("packages/api", "packages/api/web")
    assert found["web.ui"].others == ()
    owners = {
        path: [name for name, each in found.items() if each.owns(path)]
        for path in ("packages/api/a.py", "packages/api/web/src/b.js", "tools/c.py", "d.py")
    }
    assert owners == {
        "packages/api/a.py": ["api"],
        "packages/api/web/src/b.js": ["web.ui"],
        "tools/c.py": ["default"],
        "d.py": [],
    }


def test_a_source_may_be_in_the_directory_of_another_component() -> None:
    found = parts(
        '[tool.covgate.components]\ntop.source = ["api/shared"]\napi.directory = "api"\napi.source = ["src"]\n'
    )
    assert found["top"].owns("api/shared/a.py")
    assert not found["top"].owns("api/src/a.py")
    assert found["api"].owns("api/src/a.py")


def test_a_variable_overrides_the_key_of_each_component() -> None:
    found = parts(PACKAGES, floor="90")
    assert {each.policy.floor for each in found.values()} == {Fraction(90)}
    assert found["web.ui"].deciding_overrides == ("COVGATE_FLOOR",)


NAME = 'a name has 1 to 64 letters, digits, ".", "_" or "-"'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "components = {}: must be tables, such as [tool.covgate.components.api]"),
        ("api = 3", "components.api = 3: must be a table of keys"),
        ('"a/b".source = ["x"]', f"components.'a/b': {NAME}"),
        ('"..".source = ["x"]', f"components.'..': {NAME}"),
        ('"".source = ["x"]', f"components.'': {NAME}"),
        (
            'default.source = ["x"]',
            "components.default: this name is taken by what is outside of the components; set its keys at the top"
            " level",
        ),
        (
            'api.source = ["x"]\nAPI.source = ["y"]',
            "components.api and components.API differ only in case: rename one of them",
        ),
        ("api.floor = 3", "components.api: which files are its own? Set `source` or `directory`"),
        ("api.source = []", "components.api.source = []: must be a list of non-empty strings"),
        (
            'api.directory = "../x"',
            "components.api.directory = '../x': must be a directory of the repository, relative to its top",
        ),
        (
            'api.directory = "/x"',
            "components.api.directory = '/x': must be a directory of the repository, relative to its top",
        ),
        ('api.source = ["../x"]', "components.api.source: '../x' is outside of the repository"),
        (
            'api.source = ["src"]\nweb.source = ["src/web"]',
            "components.api and components.web both measure src/web: a file belongs to one component",
        ),
        (
            'api.directory = "x"\nweb.directory = "x/"',
            "components.api and components.web both measure x: a file belongs to one component",
        ),
        (
            'api.directory = "x"\napi.source = ["."]\nweb.directory = "x/y"',
            "components.api and components.web both measure x/y: a file belongs to one component",
        ),
        (
            'api.directory = "x"\napi.report = "y/r"\nweb.directory = "x/y"\nweb.report = "r"',
            "components.api.report and components.web.report are the same file, x/y/r",
        ),
        ('api.source = ["x"]\napi.floors = 3', "components.api.floors = 3: unknown key; did you mean floor?"),
        (
            'api.source = ["x"]\napi.sync = true',
            "components.api.sync = true: holds for the whole repository; set it at the top level",
        ),
        (
            'a.b.source = ["x"]\na.source = ["y"]',
            "components.a.b = {source = [...]}: unknown key; if the name has a dot, quote it:"
            ' [tool.covgate.components."a.b"]',
        ),
    ],
)
def test_what_is_wrong_is_one_clear_line(text: str, told: str) -> None:
    assert problems(text) == [told]


def test_tables_are_named_as_their_file_has_them() -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_config(own=b'[components.a]\nsource = ["y"]\nb.source = ["x"]\n')
    assert raised.value.message.endswith('if the name has a dot, quote it: [components."a.b"]')


def test_a_component_may_be_inside_of_another() -> None:
    assert len(parts('[tool.covgate.components]\na.directory = "x"\nb.directory = "x/y"\n')) == 2


def test_there_is_a_most() -> None:
    text = "".join(f'c{number}.source = ["s{number}"]\n' for number in range(201))
    assert problems(text) == ["components has 201 tables, more than 200"]
