"""README's set-up, its commands word for word: a fresh clone, a fresh environment, and no tag of covgate yet."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.project import Project
from helpers.sealed import CHECKOUT, run

pytestmark = pytest.mark.end_to_end


def set_up_commands() -> list[str]:
    text = (CHECKOUT / "README.md").read_text()
    found = re.search(r"^## Set-up\n.*?^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found
    return found.group(1).splitlines()


def test_the_commands_of_the_set_up(make_project: Callable[..., Project], source: Path, tmp_path: Path) -> None:
    untagged = tmp_path / "covgate"
    run(["git", "clone", "--quiet", "--no-tags", str(source), str(untagged)], tmp_path, make_project().environ)
    origin = make_project("fresh", hooks="none")
    origin.write("pyproject.toml", "[tool.coverage.report]\nfail_under = 70\n")
    origin.commit()
    origin.git("push", "--quiet", "origin", "main")
    run(["git", "clone", "--quiet", str(origin.remote), "clone"], tmp_path, origin.environ)
    project = Project(tmp_path / "clone", origin.remote, origin.environ)
    run(["python3", "-m", "venv", ".venv"], project.top, project.environ)
    activated = {
        **project.environ,
        "VIRTUAL_ENV": str(project.top / ".venv"),
        "PATH": f"{project.top / '.venv' / 'bin'}:{project.environ['PATH']}",
    }
    done = run(["pip", "install", "--quiet", "pytest"], project.top, activated)
    assert done.status == 0, done.text
    shown = []
    for command in set_up_commands():
        command = command.replace("<URL of covgate>", untagged.as_uri())
        done = run(["bash", "-c", command], project.top, activated)
        assert done.status == 0, f"{command}\n{done.text}"
        shown.append(done.text)
    _, init, _, push = shown
    assert "% (5 of 6 statements)" in init
    assert "pyproject.toml: [tool.covgate] added, with floor = 70 as fail_under has it\n" in init
    assert "\nfloor = 70\n" in (project.top / "pyproject.toml").read_text()
    assert "PASS main" in push
    assert "83.33%" in push
    # An environment that nobody ignores stays out of the commit.
    assert project.git("show", "--format=", "--name-only", "HEAD").split() == [
        ".pre-commit-config.yaml",
        "pyproject.toml",
    ]
    head = run(["git", "rev-parse", "HEAD"], untagged, activated).text.strip()
    assert f"rev: {head}" in (project.top / ".pre-commit-config.yaml").read_text()
    assert project.field("baseline") == "83.33"
