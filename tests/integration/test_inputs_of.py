"""The inputs of a component at a commit: equal contents have one name, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from covgate.config import Config
from covgate.git.repository import Repository
from covgate.measure.committed import own_files
from covgate.measure.inputs import InputsOf
from helpers.project import Project

API = Config(component="api", directory="packages/api", paths=("shared/**",))


@pytest.fixture
def project(make_project: Callable[..., Project]) -> Project:
    return make_project(hooks="none")


@pytest.fixture
def name(project: Project) -> Callable[..., str]:
    files = {"packages/api/a.py": "1", "packages/web/b.py": "1", "shared/c": "1", "pyproject.toml": "", "d": "1"}
    for path, text in files.items():
        project.write(path, text)
    project.commit()

    def find(changes: dict[str, str], config: Config = API) -> str:
        """The name of the inputs after ``changes`` (path -> content)."""
        for path, text in changes.items():
            project.write(path, text)
        commit = project.commit()
        repository = Repository.discover(project.top, project.environ)
        try:
            return InputsOf(repository).find(commit, config).oid
        finally:
            repository.close()

    return find


def test_what_changes_the_inputs(name: Callable[..., str]) -> None:
    before = name({})
    same: list[dict[str, str]] = [
        {"packages/web/b.py": "2"},
        {"d": "2"},
        {"pyproject.toml": "[tool.covgate.components.web]\ndirectory = 'packages/web'\n"},
        {"packages/web/conftest.py": "2"},
    ]
    for changes in same:
        assert name(changes) == before, changes
    different: list[dict[str, str]] = [
        {"packages/api/a.py": "2"},
        {"shared/c": "2"},
        {"conftest.py": "2"},
        {"packages/pytest.ini": "2"},
        {"pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-q'\n"},
    ]
    for changes in different:
        after = name(changes)
        assert after != before, changes
        before = after


def test_what_links_lead_to_is_an_input(name: Callable[..., str], project: Project) -> None:
    links = {
        "packages/api/schema": "../../schemas",
        "schemas/v1.json": "v2.json",
        "packages/api/top": "../..",
        "packages/api/gone": "x",
    }
    for path, target in links.items():
        (project.top / path).parent.mkdir(exist_ok=True)
        (project.top / path).symlink_to(target)
    before = name({"schemas/v2.json": "2"})
    assert name({"d": "2", "packages/web/b.py": "2"}) == before
    assert name({"schemas/v2.json": "3"}) != before
    (project.top / "packages/api/schema").unlink()
    (project.top / "packages/api/schema").symlink_to("../../schemas/v1.json")
    before = name({})
    assert name({"schemas/v2.json": "4"}) != before


def test_what_belongs_to_another_component_is_left_to_it(name: Callable[..., str]) -> None:
    top = Config(source=("d",), others=("packages/api",))
    before = name({}, top)
    assert name({"packages/api/a.py": "2"}, top) == before
    assert name({"d": "2"}, top) != before


def test_the_keys_that_decide_what_is_run_belong_to_them(name: Callable[..., str]) -> None:
    before = name({})
    assert name({}, replace(API, command=("make", "test"))) != before
    assert name({}, replace(API, source=("src",))) != before
    assert name({}, replace(API, component="other", fail_closed=True)) == before


def test_the_whole_repository_is_its_tree(name: Callable[..., str]) -> None:
    assert name({}, Config()) != name({"d": "3"}, Config())


@pytest.mark.parametrize(
    ("config", "counted"),
    [
        (replace(API, source=("a.py",)), ["packages/api/a.py"]),
        # The name of a package is no path: coverage knows what is in it.
        (replace(API, source=("acme",)), ["d", "packages/api/a.py", "packages/web/b.py"]),
        (API, ["d", "packages/api/a.py", "packages/web/b.py"]),
        (Config(component="top", source=("d", "packages"), others=("packages/api",)), ["d", "packages/web/b.py"]),
        (Config(component="top", paths=("**",), others=("packages/api",)), ["d", "packages/web/b.py"]),
        (Config(source=("d",)), ["d", "packages/api/a.py", "packages/web/b.py"]),
    ],
)
def test_which_of_the_measured_files_count(
    name: Callable[..., str], project: Project, config: Config, counted: list[str]
) -> None:
    name({})
    repository = Repository.discover(project.top, project.environ)
    try:
        counts = own_files(repository, "HEAD", config)
        assert [path for path in ("d", "packages/api/a.py", "packages/web/b.py") if counts(path)] == counted
    finally:
        repository.close()


def test_globs_that_match_nothing_are_named(make_project: Callable[..., Project]) -> None:
    project = make_project(hooks="none")
    repository = Repository.discover(project.top, project.environ)
    try:
        found = InputsOf(repository).find("HEAD", replace(API, directory="pkg", paths=("shared/**", "tests/*.py")))
        assert found.unmatched == ("shared/**",)
    finally:
        repository.close()
