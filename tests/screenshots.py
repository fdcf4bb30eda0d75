"""The pictures in the README, drawn from real runs in a terminal. ``python tests/screenshots.py`` draws them again.

It also prints the note that docs/notes.md shows. Author and time of each commit are fixed, so that everybody gets the
same pictures.
"""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from helpers.project import Project
from helpers.sealed import CHECKOUT, project_python, sealed_environment

PICTURES = CHECKOUT / "docs" / "screenshots"
WIDTH = 100
# Shown in docs/notes.md as text.
NOTE = "note"

PRICES = '''\
"""What things cost."""


def total(prices):
    return sum(prices)


def discounted(price, percent):
    if not 0 <= percent <= 100:
        raise ValueError(percent)
    return price * (100 - percent) / 100
'''
REFUND = """

def refund(price, days):
    if days > 30:
        return 0
    return price
"""
TEST_TOTAL = """\
import pytest
from shop import prices


def test_total():
    assert prices.total([1, 2]) == 3
"""
TEST_DISCOUNTED = """

def test_discounted():
    assert prices.discounted(200, 50) == 100
"""
TEST_PERCENT = """

def test_percent():
    with pytest.raises(ValueError):
        prices.discounted(1, 101)
"""
TEST_REFUND = """

def test_refund():
    assert prices.refund(10, 1) == 10
    assert prices.refund(10, 31) == 0
"""

# No web font: a picture asks for nothing.
SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" class="rich-terminal" viewBox="0 0 {width} {height}">
<style>
.{unique_id}-matrix {{ font: {char_height}px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  line-height: {line_height}px }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
# A dark terminal. Each colour has enough contrast with the background (WCAG AA).
THEME = TerminalTheme(
    (22, 27, 34),
    (225, 228, 232),
    [
        (72, 79, 88),
        (255, 123, 114),
        (86, 211, 100),
        (227, 179, 65),
        (121, 192, 255),
        (210, 168, 255),
        (86, 212, 221),
        (225, 228, 232),
    ],
)


class Terminal:
    """Runs commands on a terminal in ``project`` and collects what it shows."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.shown = ""

    def type(self, command: str) -> None:
        """Run ``command`` and add it, with its output, to what is shown."""
        self.shown += f"\x1b[1m$ {command}\x1b[0m\n{on_a_terminal(shlex.split(command), self.project)}"

    def take(self) -> str:
        """What was shown since the last call."""
        shown, self.shown = self.shown, ""
        return shown


def scenes(directory: Path) -> dict[str, str]:
    """Play all scenes in ``directory``. Returns what the terminal shows, with colours, by picture and for `NOTE`."""
    project = _project(directory)
    terminal = Terminal(project)
    project.git("push", "--quiet", "--set-upstream", "origin", "main")
    project.git("switch", "--quiet", "--create", "refunds")
    project.write("shop/prices.py", PRICES + REFUND)
    project.write("tests/test_prices.py", TEST_TOTAL)
    _commit(project, "Add refunds", hour=10)
    terminal.type("git push origin refunds")
    found = {"blocked": terminal.take()}
    project.write("tests/test_prices.py", TEST_TOTAL + TEST_DISCOUNTED + TEST_PERCENT + TEST_REFUND)
    _commit(project, "Test refunds and percents", hour=11)
    terminal.type("git push --quiet origin refunds")
    terminal.type("git switch --quiet main")
    terminal.type("git merge --quiet refunds")
    found["raised"] = terminal.take()
    terminal.type("git notes --ref=coverage show")
    found[NOTE] = terminal.take()
    project.write("shop/legacy.py", "def price(thing):\n    return thing.price\n")
    _commit(project, "Take the legacy module over", hour=12)
    terminal.type('covgate baseline set 83.3 --reason "the legacy module has no tests yet"')
    terminal.type("git push --quiet origin main")
    terminal.type("covgate log")
    found["log"] = terminal.take()
    return found


def _project(directory: Path) -> Project:
    environ = sealed_environment(directory / "home")
    for name in ("NO_COLOR", "TERM", "LANG", "LC_ALL"):
        environ.pop(name, None)
    environ |= {
        "TERM": "xterm-256color",
        "COLUMNS": f"{WIDTH}",
        "LC_ALL": "C.UTF-8",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), environ["PATH"]]),
    }
    project = Project(directory / "shop", directory / "origin.git", environ)
    project.top.mkdir()
    project.git("init", "--quiet", "--bare", "../origin.git")
    project.git("init", "--quiet")
    project.git("remote", "add", "origin", "../origin.git")
    project.write("shop/__init__.py", "")
    project.write("shop/prices.py", PRICES)
    project.write("tests/test_prices.py", TEST_TOTAL + TEST_DISCOUNTED)
    project.write(".gitignore", "__pycache__/\n.pytest_cache/\n.venv\n")
    environment = Path(project_python(directory / "home")).parent.parent
    (project.top / ".venv").symlink_to(environment, target_is_directory=True)
    done = project.covgate("init", "--native", "--no-measure")
    assert done.status == 0, done.text
    _commit(project, "Begin", hour=9)
    return project


def _commit(project: Project, message: str, *, hour: int) -> None:
    date = f"2026-01-05T{hour:02}:00:00+0000"
    fixed = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    Project(project.top, project.remote, {**project.environ, **fixed}).commit(message)


def on_a_terminal(argv: list[str], project: Project) -> str:
    """Run ``argv`` on a terminal. Returns what the terminal shows, with colours."""
    master, terminal = pty.openpty()
    # Not the controlling terminal: no progress line is drawn.
    process = subprocess.Popen(
        argv,
        cwd=project.top,
        env=project.environ,
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    shown = b""
    with contextlib.suppress(OSError):  # how Linux reports that nobody has the terminal open any more
        while chunk := os.read(master, 4096):
            shown += chunk
    process.wait()
    os.close(master)
    return shown.decode().replace("\r\n", "\n")


def picture(shown: str) -> str:
    """The SVG of a terminal that shows this."""
    text = Text.from_ansi(shown.rstrip("\n"))
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(text, soft_wrap=False, overflow="fold")
    return console.export_svg(title="", theme=THEME, code_format=SVG, unique_id="covgate")


def text_of_output(shown: str) -> str:
    """The words in the output of a terminal, see `comparable`."""
    return comparable(Text.from_ansi(shown).plain)


def text_of_picture(svg: str) -> str:
    """The words in a picture, see `comparable`."""
    [matrix] = [each for each in ElementTree.fromstring(svg).iter() if each.get("class") == "covgate-matrix"]
    return comparable("".join(matrix.itertext()))


def comparable(text: str) -> str:
    """``text`` without white space, and without what differs between runs: dates, seconds, versions."""
    bare = "".join(text.split())
    bare = re.sub(r"\(\d+s\)", "", bare)
    return re.sub(r"\d{4}-\d\d-\d\d\d\d:\d\d|CPython[\d.]+\w*,coverage[\d.]+\w*", "", bare)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="covgate-") as directory:
        PICTURES.mkdir(exist_ok=True)
        for name, shown in scenes(Path(directory).resolve()).items():
            if name == NOTE:
                print(Text.from_ansi(shown).plain)
            else:
                (PICTURES / f"{name}.svg").write_text(picture(shown), encoding="utf-8")


if __name__ == "__main__":
    main()
