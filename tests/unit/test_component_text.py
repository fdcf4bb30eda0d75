"""The tables of components that `covgate init` writes: valid, read as meant, and taken out again to the byte."""

from __future__ import annotations

import pytest

from covgate.compat import parse_toml
from covgate.config import parse_config
from covgate.errors import UsageError
from covgate.install.component_text import Table, add_components, remove_components, unique_names
from covgate.install.toml_table import add_table, has_components, remove_table

TABLES = (
    Table(
        name="web",
        keys={"directory": "a web", "paths": ("package.json", 'q"x'), "command": "npm test", "report": "r"},
    ),
    Table(name="v1.2", keys={"directory": "v1"}, to_do='set `command`:\n command = "x"'),
)
PLACES = [("pyproject.toml", "[tool.covgate]\n"), (".covgate.toml", "")]


@pytest.mark.parametrize(("name", "header"), PLACES)
@pytest.mark.parametrize("text", ["", "[tool.ruff]\nx = 1\n", "[tool.ruff]\r\nx = 1\r\n", "[tool.ruff]\nx = 1"])
def test_components_come_and_go(text: str, name: str, header: str) -> None:
    if text and not header:
        return  # a file of its own is covgate's
    whole = add_components(add_table(text, name, header), TABLES, header)
    data = whole.encode()
    config = parse_config(pyproject=data) if header else parse_config(own=data)
    web, v1 = config.components
    assert (web.component, web.directory, web.paths, web.command, web.report) == (
        *("web", "a web", ("package.json", 'q"x')),
        *(("npm", "test"), "r"),
    )
    assert (v1.component, v1.directory) == ("v1.2", "v1")
    assert has_components(whole, header)
    assert remove_table(remove_components(whole, header), header) == text
    if header:
        later = whole + ("" if whole.endswith("\n") else "\n") + "[tool.black]\n"
        assert parse_toml(remove_table(remove_components(later, header), header)) == parse_toml(
            text + "\n[tool.black]\n"
        )


@pytest.mark.parametrize(
    ("before", "after"),
    [('report = "r"\n', 'report = "r"\nfloor = 90\n'), ('directory = "v1"\n', '# ours\ndirectory = "v1"\n')],
)
def test_what_the_user_has_added_stays_with_all_around_it(before: str, after: str) -> None:
    _, header = PLACES[0]
    edited = add_components(add_table("", *PLACES[0]), TABLES, header).replace(before, after)
    assert edited.count(after) == 1
    assert remove_table(remove_components(edited, header), header) == edited


def test_what_the_user_has_filled_in_goes() -> None:
    _, header = PLACES[0]
    text = add_components(add_table("", *PLACES[0]), TABLES, header)
    filled = text + 'command = "make coverage"\nreport = "x.info"\n'
    assert remove_table(remove_components(filled, header), header) == ""


def test_a_table_that_can_not_be_extended() -> None:
    with pytest.raises(UsageError, match="can't add components"):
        add_components("tool.covgate = {floor = 3}\n", TABLES, PLACES[0][1])


@pytest.mark.parametrize(
    ("directories", "expected"),
    [
        (["packages/api", "web"], ["api", "web"]),
        (["packages/api", "services/API"], ["packages-api", "services-API"]),
        (["", "src/default"], ["Shop", "src-default"]),
        (["a b/ü", "..."], ["a-b", "part"]),
        (["ü", "é"], ["part", "part-2"]),
        (["x" * 80, "y/" + "x" * 80], ["x" * 64, "y-" + "x" * 62]),
    ],
)
def test_names(directories: list[str], expected: list[str]) -> None:
    assert list(unique_names(directories, "Shop").values()) == expected
