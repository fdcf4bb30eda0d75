"""What `covgate init` writes into other people's files, and takes out again."""

from __future__ import annotations

import sys

import pytest
import yaml
from support import Project

from covgate.errors import UsageError
from covgate.setup_text import add_hooks, add_table, has_hooks, remove_hooks, remove_table

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

NAME = ".pre-commit-config.yaml"
TYPES = ["pre-push", "post-merge", "post-rewrite"]
ENTRY = [
    "- repo: https://example.org/covgate",
    "  rev: v0.1.0",
    "  hooks:",
    "    - id: covgate-pre-push",
    "    - id: covgate-post-merge",
]
OTHER = "repo: local\n{0}  hooks:\n{0}    - id: x\n{0}      name: x\n{0}      entry: x\n{0}      language: system\n"
PLAIN = "repos:\n- " + OTHER.format("")
INDENTED = "# ours\nrepos:  # all\n  - " + OTHER.format("  ")
HOOKS = {
    "plain": PLAIN,
    "indented": INDENTED,
    "comments": f"# head\n\nfail_fast: true  # why\n{INDENTED}  # tail of the list\n\n# the end\n",
    "a key after it": f"{INDENTED}\nexclude: ^x/\n",
    "flow types": f"default_install_hook_types: [pre-commit, commit-msg]  # ours\n{PLAIN}",
    "flow types of many lines": f"default_install_hook_types: [\n  pre-commit,\n  commit-msg,\n]\n{PLAIN}",
    "block types": f"default_install_hook_types:\n- pre-commit\n- pre-push  # ours\n{PLAIN}",
    "indented block types, last": f"{INDENTED}default_install_hook_types:\n  - pre-commit\n",
    "empty repos": "# ours\nrepos: []\n",
    "no repos": "exclude: ^x/\n",
    "null repos": "repos:\nexclude: ^x/\n",
    "no final newline": PLAIN.rstrip("\n"),
    "flow hooks": "repos:\n- {repo: local, hooks: [{id: x, name: x, entry: x, language: system}]}\n",
    "null types": f"default_install_hook_types:\n{PLAIN}",
    "empty types": f"default_install_hook_types: []\n{PLAIN}",
    "document start": f"---\n{PLAIN}",
    "empty": "",
    "only a comment": "# nothing yet\n",
}
cases = pytest.mark.parametrize("text", HOOKS.values(), ids=HOOKS.keys())
ends = pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])


@cases
@ends
def test_hooks_are_added_and_all_else_stays(text: str, end: str) -> None:
    text = text.replace("\n", end)
    before, added = yaml.safe_load(text) or {}, add_hooks(text, NAME, ENTRY)
    after = yaml.safe_load(added)
    assert after["repos"] == [*(before.get("repos") or []), *yaml.safe_load("\n".join(ENTRY))]
    assert set(TYPES) <= set(after["default_install_hook_types"])
    known = before.get("default_install_hook_types")
    if known is None:
        known = ["pre-commit"] if before.get("repos") else []
    assert after["default_install_hook_types"][: len(known)] == known
    assert {k: v for k, v in after.items() if k not in ("repos", "default_install_hook_types")} == {
        k: v for k, v in before.items() if k not in ("repos", "default_install_hook_types")
    }
    for comment in (line[line.index("#") :].strip() for line in text.splitlines() if "#" in line):
        assert comment in added
    assert has_hooks(added, NAME)
    assert not has_hooks(text, NAME)
    if end == "\r\n" and "\r\n" in text:
        assert added.count("\n") == added.count("\r\n")


@pytest.mark.parametrize("name", ["plain", "indented", "comments", "a key after it", "document start", "flow hooks"])
@ends
def test_what_was_added_is_taken_out_byte_for_byte(name: str, end: str) -> None:
    text = HOOKS[name].replace("\n", end)
    assert remove_hooks(add_hooks(text, NAME, ENTRY), NAME) == text
    assert remove_hooks(text, NAME) == text


@pytest.mark.parametrize(
    "text",
    [
        "repos: [{repo: local, hooks: [{id: x, name: x, entry: x, language: system}]}]\n",
        "{repos: []}\n",
        f"default_install_hook_types: pre-commit\n{PLAIN}",
        "repos: &all\n- &one {repo: local, hooks: []}\nx: *all\n",
        "repos: no list\n",
        "- repo: local\n",
        "just text\n",
        "repos: [\n",
        "a: b: c\n",
        "repos:\n\t- x\n",
        f"default_install_hook_types: 5\n{PLAIN}",
        f"{PLAIN}---\n{PLAIN}",
        "repos: |\n  - x\n",
    ],
)
def test_what_is_written_in_another_way_is_refused_or_right(text: str) -> None:
    try:
        added = add_hooks(text, NAME, ENTRY)
    except UsageError as error:
        assert error.hint
        return
    before, after = yaml.safe_load(text), yaml.safe_load(added)
    assert after["repos"] == [*before["repos"], *yaml.safe_load("\n".join(ENTRY))]


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
@ends
def test_the_table_is_added_once_and_taken_out(text: str, end: str) -> None:
    text, header = text.replace("\n", end), "[tool.covgate]\n"
    added = add_table(text, "pyproject.toml", header)
    assert added.startswith(text)
    before, after = tomllib.loads(text), tomllib.loads(added)
    assert after["tool"].pop("covgate")["policy"] == "both"
    assert after["tool"] == before.get("tool", {})
    assert add_table(added, "pyproject.toml", header) == added
    assert tomllib.loads(remove_table(added, header)) == before
    assert remove_table(text, header) == text
    if text.endswith(end):
        assert remove_table(added, header) == text or text.endswith(end * 2)


@pytest.mark.parametrize("text", ["tool = 1\n", "tool = {ruff = {}}\n", "[tool\n", "a = 1\na = 2\n"])
def test_toml_that_takes_no_table_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        add_table(text, "pyproject.toml", "[tool.covgate]\n")
    assert caught.value.hint


def test_a_table_that_was_changed_since_is_left() -> None:
    added = add_table("", "pyproject.toml", "[tool.covgate]\n").replace("floor = 0", "floor = 90")
    assert add_table(added, "pyproject.toml", "[tool.covgate]\n") == added
    assert remove_table(added, "[tool.covgate]\n") == added


LOCAL = "repos:\n  - repo: local\n    hooks:\n" + "".join(
    f"      - {{id: {name}, name: {name}, entry: {name}, language: system, stages: [{stages}]}}\n"
    for name, stages in (("covgate-pre-push", "pre-push"), ("covgate-post-merge", "post-merge, post-rewrite"))
)


@pytest.fixture
def bare(project: Project) -> Project:
    for hook in (project.top / ".git" / "hooks").iterdir():
        hook.unlink()
    return project


def files(project: Project) -> dict[str, bytes]:
    found = (path for path in project.top.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {str(path.relative_to(project.top)): path.read_bytes() for path in found}


def test_init_twice_changes_nothing_and_installs_the_hooks(bare: Project) -> None:
    bare.write(NAME, f"default_install_hook_types: [{', '.join(TYPES)}]\n{LOCAL}")
    done = bare.covgate("init")
    assert done.status == 0, done.text
    hooks = {path.name for path in (bare.top / ".git" / "hooks").iterdir()}
    assert set(TYPES) <= hooks
    once = files(bare)
    again = bare.covgate("init")
    assert again.status == 0, again.text
    assert files(bare) == once


def test_init_writes_nothing_where_one_file_can_not_be_extended(bare: Project) -> None:
    bare.write("pyproject.toml", "tool = {ruff = {}}\n")
    before = files(bare)
    done = bare.covgate("init", "--repo", "https://example.org/covgate", "--rev", "v0.1.0")
    assert done.status == 2, done.text
    assert "add by hand" in done
    assert files(bare) == before
    assert list((bare.top / ".git" / "hooks").iterdir()) == []
