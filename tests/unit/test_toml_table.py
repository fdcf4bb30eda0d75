"""covgate's table in the text of a TOML file: added once, removed as it was written."""

from __future__ import annotations

import pytest

from covgate.compat import tomllib
from covgate.errors import UsageError
from covgate.install.toml_table import Taken, add_table, remove_table

TOML = {
    "empty": "",
    "project": '[project]\nname = "x"  # ours\n',
    "no final newline": '[project]\nname = "x"',
    "blank line at the end": '[project]\nname = "x"\n\n',
    "another tool": "[tool.ruff]\nline-length = 100\n",
    "dotted": "tool.ruff.line-length = 100\n",
    "array of tables": '[[tool.mypy.overrides]]\nmodule = "x"\n',
}


@pytest.mark.parametrize("text", TOML.values(), ids=TOML.keys())
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize(
    ("taken", "keys"),
    [
        (Taken(), {"floor": 0}),
        (Taken(fail_under="97.5"), {"floor": 97.5}),
        (Taken(keys={"command": 'make "ü"'}, origin="target test in Makefile"), {"floor": 0, "command": 'make "ü"'}),
        (Taken(keys={"setup": "x"}, origin="package.json", to_do="report = 1"), {"floor": 0, "setup": "x"}),
        (Taken(origin="CMakeLists.txt", to_do="set `report`"), {"floor": 0}),
    ],
    ids=["nothing", "fail_under", "command", "keys and more to do", "to do"],
)
def test_the_table_is_added_once_and_taken_out(text: str, end: str, taken: Taken, keys: dict[str, object]) -> None:
    text, header = text.replace("\n", end), "[tool.covgate]\n"
    added = add_table(text, "pyproject.toml", header, taken)
    assert added.startswith(text)
    assert added.endswith("\n") == (text.endswith("\n") or not text)
    before, after = tomllib.loads(text), tomllib.loads(added)
    assert after["tool"].pop("covgate") == {"policy": "both", **keys}
    assert after["tool"] == before.get("tool", {})
    assert add_table(added, "pyproject.toml", header) == added
    assert remove_table(added, header) == text
    assert remove_table(text, header) == text
    # Another table may follow by now; a key below the block is the user's.
    more = f"{end}[tool.more]{end}x = 1{end}"
    if added.endswith(end):
        assert remove_table(added + more, header) == text + more
        assert remove_table(added + f"epsilon = 1{end}", header) == added + f"epsilon = 1{end}"


@pytest.mark.parametrize("text", ["tool = 1\n", "tool = {ruff = {}}\n", "[tool\n", "a = 1\na = 2\n", "\ufeffa = 1\n"])
def test_toml_that_takes_no_table_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        add_table(text, "pyproject.toml", "[tool.covgate]\n")
    assert caught.value.hint


def test_a_table_that_was_changed_since_is_left() -> None:
    added = add_table("", "pyproject.toml", "[tool.covgate]\n").replace("floor = 0", "floor = 90")
    assert add_table(added, "pyproject.toml", "[tool.covgate]\n") == added
    assert remove_table(added, "[tool.covgate]\n") == added
    added = add_table("", "pyproject.toml", "[tool.covgate]\n", Taken(fail_under="97"))
    added = added.replace("floor = 97", "floor = 98")
    assert remove_table(added, "[tool.covgate]\n") == added
    added = add_table("", "pyproject.toml", "[tool.covgate]\n", Taken(keys={"command": "make test"}, origin="Makefile"))
    for edited in (added.replace('"make test"', '"make \\q"'), added.replace('"make test"', '["make", "test"]')):
        assert remove_table(edited, "[tool.covgate]\n") == edited


def test_a_file_of_its_own_has_no_header() -> None:
    added = add_table("", ".covgate.toml", "")
    assert tomllib.loads(added) == {"policy": "both", "floor": 0}
    assert remove_table(added, "") == ""
    assert remove_table(added + "epsilon = 1\n", "") == added + "epsilon = 1\n"
