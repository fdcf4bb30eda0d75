"""`covgate init` in a repository of several parts: what it shows, asks, writes, and removes again."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Callable

import pytest

from helpers.project import Project
from helpers.sealed import script

ASKED = "write these components? [Y/n]"


@pytest.fixture
def divided(make_project: Callable[..., Project]) -> Project:
    """Two packages in directories of their own, and nothing that is configured."""
    project = make_project(hooks="none")
    project.git("rm", "-rq", "pkg", "tests", "pyproject.toml")
    for name in ("libs/one", "two"):
        project.write(f"{name}/pyproject.toml", "[project]\nname = 'x'\n")
        project.write(f"{name}/x.py", "x = 1\n")
        project.write(f"{name}/test_x.py", "import x\n")
    project.commit()
    return project


def on_terminal(project: Project, answer: str, *options: str) -> str:
    """What `covgate init --native` shows to a person who types ``answer``."""
    master, terminal = pty.openpty()
    argv = [script("covgate"), "init", "--native", "--no-measure", *options]
    with subprocess.Popen(
        argv, cwd=project.top, env=project.environ, stdin=terminal, stdout=terminal, stderr=terminal
    ) as process:
        os.close(terminal)
        os.write(master, answer.encode())
        shown = b""
        try:
            while part := os.read(master, 4096):
                shown += part
        except OSError:  # the end, on Linux
            pass
        assert process.wait(60) == 0, shown
    os.close(master)
    return shown.decode().replace("\r\n", "\n")


def components(project: Project) -> bool:
    path = project.top / ".covgate.toml"
    return "[components.one]" in path.read_text() if path.exists() else False


@pytest.mark.parametrize(
    ("answer", "options", "asked", "written"),
    [
        ("\n", (), True, True),
        ("Yes\n", (), True, True),
        ("n\n", (), True, False),
        ("\x04", (), True, False),
        ("", ("--components",), False, True),
        ("", ("--no-components",), False, False),
    ],
)
def test_a_person_is_asked_once(
    divided: Project, answer: str, options: tuple[str, ...], asked: bool, written: bool
) -> None:
    shown = on_terminal(divided, answer, *options)
    assert shown.count(ASKED) == asked
    assert components(divided) == written
    assert ("covgate measures the repository as a whole" in shown) == (asked and not written)


def test_without_a_terminal_nobody_is_asked_and_what_was_written_goes_again(divided: Project) -> None:
    done = divided.covgate("init", "--native", "--no-measure")
    assert done.status == 0, done.text
    assert ASKED not in done
    written = (divided.top / ".covgate.toml").read_text()
    tables = written[written.index("# Each component") :]
    assert tables in done
    assert '[components.one]\ndirectory = "libs/one"\n\n[components.two]\ndirectory = "two"\n' in tables
    assert "2 components added" in done
    done = divided.covgate("init", "--native", "--no-measure")
    assert ".covgate.toml: already there" in done
    assert "parts" not in done
    assert divided.covgate("init", "--remove").status == 0
    assert divided.git("status", "--porcelain") == ""


def test_what_is_configured_or_has_a_product_at_its_top_is_divided_on_request_alone(divided: Project) -> None:
    divided.write("pyproject.toml", "[project]\nname = 'top'\n")
    divided.write("web/package.json", '{"scripts": {"test": "node --test"}}')
    divided.write("top.py", "x = 1\n")
    divided.write("test_top.py", "import top\n")
    divided.commit()
    done = divided.covgate("init", "--native", "--no-measure")
    assert "as a whole, because it has code and tests at its top; parts" in done
    assert "components of their own: web (JavaScript)" in done
    assert "components" not in (divided.top / "pyproject.toml").read_text()
    done = divided.covgate("init", "--native", "--no-measure")
    assert "as a whole, because its configuration has no components; parts" in done
    assert "components of their own: web (JavaScript)" in done
    text = (divided.top / "pyproject.toml").read_text()
    divided.write("pyproject.toml", text.replace("[tool.covgate]\n", '[tool.covgate]\ncommand = "pytest -q"\n'))
    done = divided.covgate("init", "--native", "--no-measure", "--components")
    assert done.status == 0, done.text
    assert "`command` at the top level holds for work, too: move it to the component that it is about" in done
    text = (divided.top / "pyproject.toml").read_text()
    assert '[tool.covgate.components.work]\ndirectory = "."\n' in text
    assert "[tool.covgate.components.web]\n" in text
    assert "in no component: libs/one (Python), two (Python): inside of another part" in done
    divided.commit()
    done = divided.covgate("status")
    assert done.status == 0, done.text
    assert "work" in done and "web" in done
