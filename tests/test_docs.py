"""The documentation: its links lead somewhere, its commands and keys exist, and none is missing."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

import covgate
from covgate import cli, config
from covgate.commands import command_names
from covgate.config.keys import KEYS
from helpers.project import Project
from helpers.sealed import run

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/**/*.md", ".github/**/*.md", "tests/**/*.md")
    for path in ROOT.glob(pattern)
)
MANUALS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


README = read(ROOT / "README.md")
CONFIGURATION = read(ROOT / "docs" / "configuration.md")


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))


def links(text: str) -> list[str]:
    """The targets of links and images, those in code left out."""
    return re.findall(r"\]\(([^)\s]+)\)", without_code(text))


def anchors(text: str) -> set[str]:
    """What GitHub makes of the headings: lower case, without punctuation, with hyphens for spaces."""
    headings = re.findall(r"^#+ +(.+)$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> Iterator[str]:
    for link in links(page.read_text(encoding="utf-8")):
        name, _, anchor = unquote(link).partition("#")
        if re.match(r"[a-z]+:", name):
            continue
        target = page.parent / name if name else page
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            yield link


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    assert list(broken_links(ROOT / page)) == []


@pytest.mark.parametrize("page", PAGES)
def test_named_files_of_the_project_exist(page: str) -> None:
    """A module may be named without ``covgate/`` and without its ending. NAME stands for any name."""
    packages = "|".join(path.name for path in (ROOT / "covgate").iterdir() if (path / "__init__.py").exists())
    tops = rf"{packages}|covgate|hooks|tests|docs|\.github|\.ci"
    named = [name for name in re.findall(rf"`((?:{tops})/[\w./-]*)`", read(ROOT / page)) if "NAME" not in name]
    places = {
        name: [ROOT / top / f"{name}{ending}" for top in ("", "covgate") for ending in ("", ".py")] for name in named
    }
    assert [name for name in named if not any(place.exists() for place in places[name])] == []


def test_the_check_of_links_finds_what_is_broken(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A `b`, c\n[a](page.md#a-b-c) [b](gone.md) [c](#gone) `[d](x.md)` [e](https://example.org)\n")
    assert list(broken_links(page)) == ["gone.md", "#gone"]


def strings(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield from data.splitlines()
    for each in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from strings(each)


def documented_commands() -> Iterator[list[str]]:
    """The arguments of each covgate command line in the code blocks of README and docs, YAML blocks included."""
    for path in MANUALS:
        for language, block in re.findall(r"```(\w*)\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
            for line in strings(yaml.safe_load(block)) if language == "yaml" else block.splitlines():
                command = re.split(r"\s(?:\||>)", line)[0]  # without what the shell does with the output
                if command.startswith("covgate "):
                    yield shlex.split(command, comments=True)[1:]


def test_the_parser_accepts_each_documented_command() -> None:
    found = list(documented_commands())
    parser = cli.make_parser(command_names())
    for argv in found:
        _, more = parser.parse_known_args(argv)  # exits where a command is unknown
        assert not more or argv[0] == "baseline", argv
    assert len(found) >= 8


def test_readme_lists_each_command() -> None:
    listed = re.findall(r"^\| `covgate ([a-z]+)", README, re.MULTILINE)
    assert set(listed) == set(command_names())


def documented_keys() -> dict[str, str]:
    """The keys in the tables of docs/configuration.md, each with its default as it is written there."""
    tables = CONFIGURATION.split("\n## Keys\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `([a-z_]+)` \| (.+?) \|", tables, re.MULTILINE))


def test_each_key_is_documented() -> None:
    assert set(documented_keys()) == set(KEYS)


@pytest.mark.parametrize(("key", "default"), [each for each in documented_keys().items() if each[1].startswith("`")])
def test_the_documented_default_is_right(key: str, default: str) -> None:
    table = f"[tool.covgate]\n{key} = {default.strip('`')}\n"
    assert replace(config.parse_config(pyproject=table.encode()), configured=False) == config.parse_config()


def test_the_keys_without_a_variable_are_documented() -> None:
    [sentence] = re.findall(r"^Each key except (.+) has a variable", CONFIGURATION, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", sentence)) == {key for key, each in KEYS.items() if each.from_text is None}


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", "\n".join(map(read, MANUALS)), re.DOTALL))
def test_each_documented_configuration_is_valid(block: str) -> None:
    assert config.parse_config(pyproject=block.encode()).configured


def test_the_index_lists_each_page() -> None:
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert {link for link in links(read(ROOT / "docs" / "README.md")) if "/" not in link} == pages
    decisions = {path.name for path in (ROOT / "docs" / "adr").glob("0*.md")}
    assert set(links(read(ROOT / "docs" / "adr" / "README.md"))) == {*decisions, "../glossary.md"}


def test_the_examples_of_the_library_run(make_project: Callable[..., Project]) -> None:
    """In a project of which nothing was measured yet."""
    project = make_project(hooks="none")
    examples = re.findall(r"```python\n(.*?)```", read(ROOT / "docs" / "library.md"), re.DOTALL)
    shown = [run([sys.executable, "-c", example], project.top, project.environ) for example in examples]
    assert [(each.status, each.text) for each in shown] == [
        (0, "84.40% is below the baseline of 85.00% (epsilon 0.50)\n"),
        (0, "no baseline yet\n"),
    ]


def test_the_library_page_lists_each_public_name() -> None:
    table = read(ROOT / "docs" / "library.md").split("\n## What there is\n")[1].split("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", table)) == set(covgate.__all__) - {"__version__"}


def test_the_documented_set_up_keeps_the_other_hooks() -> None:
    """A list without `pre-commit` would take ruff, black and their like out of every fresh clone."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "README.md", ROOT / ".pre-commit-config.yaml")]
    lists = [found.split(", ") for text in texts for found in re.findall(r"default_install_hook_types: \[(.+)\]", text)]
    assert lists == [["pre-commit", "pre-push", "post-merge", "post-rewrite"]] * 2


def test_each_statement_of_the_threat_model_names_its_test() -> None:
    """Or says that there is none."""
    text = read(ROOT / "docs" / "threat-model.md")
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| attempt", "| ---"))]
    assert rows
    for row in rows:
        named = row.rstrip("| ").rpartition("|")[2].strip()
        assert named == "none" or re.fullmatch(r"`[\w/]+\.py(::\w+)?`", named), row
    for name, test in re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", text):
        code = read(ROOT / "tests" / name)
        assert not test or f"def {test}(" in code, f"{name}::{test}"
