"""Each module of `covgate.commands` is a command: what it has to provide, and that nothing else names it."""

from __future__ import annotations

import argparse
import inspect
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from covgate import commands
from covgate.cli import main, make_parser, parse

GREET = '''
"""`covgate greet`: a command that exists only in this test."""

from covgate.errors import ToolError

HELP = "greet somebody"
EXAMPLES = "  covgate greet Ada"
{gate}

def add_arguments(parser):
    parser.add_argument("name")


def run(arguments, environ):
    if arguments.name == "nobody":
        raise ToolError("there is nobody")
    print(f"hello {{arguments.name}}")
    return 7
'''


def test_the_commands_of_the_interface_in_the_order_of_the_help() -> None:
    names = "init check ratchet baseline excuse log badge status sync audit doctor demo"
    assert commands.command_names() == names.split()


@pytest.mark.parametrize("name", commands.command_names())
def test_each_module_fulfils_the_contract(name: str) -> None:
    command = commands.load_command(name)
    assert command.HELP
    assert "\n" not in command.HELP
    assert command.HELP[0].islower()
    assert not command.HELP.endswith(".")
    assert f"  covgate {name}" in command.EXAMPLES
    assert list(inspect.signature(command.add_arguments).parameters) == ["parser"]
    assert list(inspect.signature(command.run).parameters) == ["arguments", "environ"]
    command.add_arguments(argparse.ArgumentParser())
    assert commands.is_gate(command) == (name in ("check", "ratchet"))


@pytest.mark.parametrize("name", commands.command_names())
def test_each_example_is_one_that_the_parser_takes(name: str) -> None:
    parser = make_parser([name])
    examples = [line for line in commands.load_command(name).EXAMPLES.splitlines() if line.startswith("  ")]
    assert examples
    for example in examples:
        words = shlex.split(example.partition(">")[0])
        assert words[:2] == ["covgate", name]
        assert parse(parser, words[1:]).command == name


def test_running_a_command_loads_no_other() -> None:
    program = (
        "import sys\n"
        "from covgate.cli import main\n"
        "try:\n    main(['log', '--help'])\n"
        "except SystemExit:\n    pass\n"
        "print(*sorted(n for n in sys.modules if n.startswith('covgate.commands.') and '._' not in n))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "covgate.commands.log"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory whose modules count as modules of `covgate.commands`."""
    monkeypatch.setattr(commands, "__path__", [*commands.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "covgate.commands.greet", raising=False)
    yield tmp_path
    sys.modules.pop("covgate.commands.greet", None)
    commands.__dict__.pop("greet", None)


def test_a_new_module_is_a_new_command(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (package / "greet.py").write_text(GREET.format(gate=""))
    (package / "_helper.py").write_text("raise AssertionError('a helper is no command')\n")
    assert commands.command_names()[-1] == "greet"
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "    greet     greet somebody" in capsys.readouterr().out
    assert main(["greet", "Ada"]) == 7
    assert capsys.readouterr().out == "hello Ada\n"


@pytest.mark.parametrize(
    ("gate", "fail_closed", "status"), [("", "", 3), ("IS_GATE = True", "", 0), ("IS_GATE = True", "true", 3)]
)
def test_only_a_gate_passes_on_an_error(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gate: str, fail_closed: str, status: int
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "no repository"))
    if fail_closed:
        monkeypatch.setenv("COVGATE_FAIL_CLOSED", fail_closed)
    (package / "greet.py").write_text(GREET.format(gate=gate))
    assert main(["greet", "nobody"]) == status


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["baseline"], []),
        (["baseline", "HEAD~1"], ["HEAD~1"]),
        (["baseline", "set", "84.5", "--reason", "x"], ["set", "84.5"]),
        (["baseline", "set", "--reason", "x", "84.5"], ["set", "84.5"]),
        (["baseline", "set", "--reason", "x", "84.5", "v1.0"], ["set", "84.5", "v1.0"]),
    ],
)
def test_words_may_follow_options(argv: list[str], words: list[str]) -> None:
    assert parse(make_parser(["baseline"]), argv).words == words


@pytest.mark.parametrize(
    "argv", [["baseline", "--nonsense"], ["baseline", "set", "--reason", "x", "1", "--nonsense"], ["log", "HEAD"]]
)
def test_what_no_command_takes_is_refused(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(make_parser(argv[:1]), argv)
    assert ended.value.code == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("covgate: error: unrecognized arguments: ")
    assert error.endswith(argv[-1])
