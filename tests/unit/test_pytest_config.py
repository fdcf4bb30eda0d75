"""How a suite is run, according to pytest's configuration and options."""

from __future__ import annotations

from pathlib import Path

import pytest

from covgate.measure.pytest_config import PytestConfig, config_above, cov_options, read_pytest_config


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "[pytest]\naddopts = --cov=pkg -n 2\n"),
        (".pytest.ini", "[pytest]\naddopts = --cov=pkg -n 2\n"),
        ("tox.ini", "[pytest]\naddopts = --cov=pkg\n  -n 2\n"),
        ("setup.cfg", "[tool:pytest]\naddopts = --cov=pkg -n2\n"),
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = "--cov=pkg -n 2"\n'),
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = ["--cov=pkg", "--numprocesses=auto"]\n'),
        ("pyproject.toml", '[tool.pytest]\naddopts = ["--cov=pkg", "-n", "2"]\n'),
        ("pytest.toml", '[pytest]\naddopts = ["--cov=pkg", "-n", "2"]\n'),
        (".pytest.toml", '[pytest]\naddopts = ["--cov=pkg", "-n", "2"]\n'),
    ],
)
def test_every_place(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    found = read_pytest_config(tmp_path, (), {})
    assert found.file == name
    assert found.has_cov
    assert found.distributed


def test_the_first_file_is_the_one(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "setup.cfg").write_text("[tool:pytest]\naddopts = --cov\n")
    found = read_pytest_config(tmp_path, (), {})
    assert (found.file, found.has_cov) == ("pytest.ini", False)


@pytest.mark.parametrize(
    ("files", "arguments", "expected"),
    [
        # pytest looks where its paths are, and then upwards.
        (["tests/pytest.ini"], "", ""),
        (["tests/pytest.ini"], "tests", "tests/pytest.ini"),
        (["tests/pytest.ini"], "-q tests/unit tests/web/test_a.py::test", "tests/pytest.ini"),
        (["tests/unit/pytest.ini"], "tests/unit", "tests/unit/pytest.ini"),
        (["tests/unit/pytest.ini"], "tests/unit tests/web", ""),
        (["tests/unit/pytest.ini", "pytest.ini"], "tests/unit tests/web", "pytest.ini"),
        (["tests/pytest.ini", "pytest.ini"], "tests", "tests/pytest.ini"),
        (["tests/pytest.ini", "pytest.ini"], "tests docs", "pytest.ini"),
        (["tests/pytest.ini", "pytest.ini"], "-k gone", "pytest.ini"),
        (["pytest.ini"], "../above -k " + 300 * "x", "pytest.ini"),
        # The user may name it.
        (["tests/pytest.ini", "pytest.ini"], "-c tests/pytest.ini", "tests/pytest.ini"),
        (["tests/pytest.ini", "pytest.ini"], "--config-file=tests/pytest.ini", "tests/pytest.ini"),
        # Above the tree it is only used if there is none in it.
        (["../pytest.ini"], "", "/pytest.ini"),
        (["../pytest.ini"], "tests", "/pytest.ini"),
        (["../../setup.cfg", "../tox.ini"], "", "/tox.ini"),
        (["../pytest.ini", "tests/pytest.ini"], "", "/pytest.ini"),
        (["../pytest.ini", "tests/pytest.ini"], "tests", "tests/pytest.ini"),
        (["../pytest.ini", "setup.cfg"], "tests", "setup.cfg"),
        (["../pytest.ini", "tests/pytest.ini"], "-c tests/pytest.ini", "tests/pytest.ini"),
    ],
)
def test_where_pytest_looks(tmp_path: Path, files: list[str], arguments: str, expected: str) -> None:
    tree = tmp_path / "above/tree"
    for directory in ("tests/unit", "tests/web", "docs"):
        (tree / directory).mkdir(parents=True)
    (tree / "tests/web/test_a.py").touch()
    for file in files:
        (tree / file).write_text("[tool:pytest]\n" if file.endswith(".cfg") else "[pytest]\npythonpath = lib\n")
    words = tuple(arguments.split())
    found = read_pytest_config(tree, words, {})
    above = config_above(tree, words, {})
    assert found.file == expected.lstrip("/") * (expected[:1] != "/")
    assert above.removeprefix(str(tree.parent)) == expected * (expected[:1] == "/")
    if found.file.endswith("pytest.ini"):
        assert found.pythonpath == (str(Path(found.file).with_name("lib")),)


def test_others_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.black]\n")
    (tmp_path / "setup.cfg").write_text("[metadata]\n")
    (tmp_path / "tox.ini").write_text("broken [ ini\n")
    assert read_pytest_config(tmp_path, (), {}).file == ""


@pytest.mark.parametrize(
    ("options", "cov", "distributed"),
    [
        ("", False, False),
        ("-q -x tests", False, False),
        ("--cov", True, False),
        ("--cov src", True, False),
        ("--cov=src", True, False),
        ("--cov=src --no-cov", False, False),
        ("--no-cov --cov", False, False),
        ("--cov-report=xml", False, False),
        ("--cov-config=x --cov-branch --cov-fail-under=80", False, False),
        ("--coverage", False, False),
        ("-n 2", False, True),
        ("-n2", False, True),
        ("-nauto", False, True),
        ("-n 0", False, False),
        ("-n0", False, False),
        ("--numprocesses 2", False, True),
        ("--numprocesses=logical", False, True),
        ("--numprocesses=0", False, False),
        ("--tx popen", False, True),
        ("--tx=2*popen", False, True),
        ("--dist loadfile", False, False),
        ("--no-header", False, False),
        ("--cov -n 2", True, True),
    ],
)
def test_which_options_count(tmp_path: Path, options: str, cov: bool, distributed: bool) -> None:
    (tmp_path / "pytest.ini").write_text(f"[pytest]\naddopts = {options}\n")
    for found in (
        read_pytest_config(tmp_path, (), {}),
        read_pytest_config(tmp_path / "none", tuple(options.split()), {}),
        read_pytest_config(tmp_path / "none", (), {"PYTEST_ADDOPTS": options}),
    ):
        assert (found.has_cov, found.distributed) == (cov, distributed)


@pytest.mark.parametrize(
    ("options", "source", "config", "branch", "fail_under"),
    [
        ("", (), "", False, ""),
        ("--cov", (), "", False, ""),
        ("--cov --cov-branch", (), "", True, ""),
        ("--cov pkg --cov=src", ("pkg", "src"), "", False, ""),
        ("--cov=", (), "", False, ""),
        ("--cov-config .coveragerc --cov-fail-under 80", (), ".coveragerc", False, "80"),
        ("--cov-config=a --cov-config=b", (), "b", False, ""),
        ("--cov-fail-under=80 --cov-fail-under=82.5", (), "", False, "82.5"),
        ("--cov-config", (), "", False, ""),
    ],
)
def test_the_values_of_options(
    tmp_path: Path, options: str, source: tuple[str, ...], config: str, branch: bool, fail_under: str
) -> None:
    found = read_pytest_config(tmp_path, tuple(options.split()), {})
    assert (found.cov_source, found.cov_config, found.cov_branch, found.cov_fail_under) == (
        source,
        config,
        branch,
        fail_under,
    )


def test_the_last_option_decides(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --cov-config=a\npythonpath = src 'other tests'\n")
    found = read_pytest_config(tmp_path, ("--cov-config=c",), {"PYTEST_ADDOPTS": "--cov-config=b"})
    assert found.options == ("--cov-config=a", "--cov-config=b", "--cov-config=c")
    assert found.cov_config == "c"
    assert found.pythonpath == ("src", "other tests")


def test_the_path_in_toml(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["src", "other tests"]\n')
    assert read_pytest_config(tmp_path, (), {}).pythonpath == ("src", "other tests")


def test_an_ini_file_may_repeat_options_and_have_some_without_a_value(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").write_text("[flake8]\nselect = E\nselect = F\nverbose\n[tool:pytest]\naddopts = --cov\n")
    assert read_pytest_config(tmp_path, (), {}).has_cov


def test_options_that_no_shell_could_split_are_ignored(tmp_path: Path) -> None:
    assert read_pytest_config(tmp_path, (), {"PYTEST_ADDOPTS": "--cov 'open"}).options == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "broken [ ini\n"),
        ("pyproject.toml", "[tool.pytest\n"),
        ("pyproject.toml", "tool = 1\n"),
        ("pyproject.toml", "[tool]\npytest = 1\n"),
        ("pytest.toml", "addopts = ['--cov']\n"),
        ("setup.cfg", "[pytest]\naddopts = --cov\n"),
        ("tox.ini", "[tool:pytest]\naddopts = --cov\n"),
    ],
)
def test_what_does_not_configure_pytest_is_skipped(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert read_pytest_config(tmp_path, (), {}) == PytestConfig()


@pytest.mark.parametrize("name", ["pytest.ini", ".pytest.ini"])
def test_a_pytest_ini_configures_pytest_even_if_it_is_empty(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")
    (tmp_path / "tox.ini").write_text("[pytest]\naddopts = --cov\n")
    assert read_pytest_config(tmp_path, (), {}) == PytestConfig(file=name)


COV_OPTIONS: list[tuple[dict[str, str], tuple[str, ...]]] = [
    ({}, ()),
    ({"pytest.ini": "[pytest]\naddopts = -q --cov=pkg --cov-report=xml --cov-branch"}, ("--cov=pkg", "--cov-branch")),
    ({"setup.cfg": "[tool:pytest]\naddopts = --cov pkg -n 4 --no-cov"}, ("--cov", "pkg", "--no-cov")),
    (
        {"pyproject.toml": '[tool.pytest.ini_options]\naddopts = ["--cov-config", "x.ini", "--cov-fail-under=9"]'},
        ("--cov-config", "x.ini"),
    ),
    ({"pytest.ini": "[pytest]\n", "tox.ini": "[pytest]\naddopts = --cov"}, ()),
    ({"pyproject.toml": "[", "tox.ini": "[pytest]\naddopts = --cov"}, ("--cov",)),
]


@pytest.mark.parametrize(("files", "expected"), COV_OPTIONS)
def test_the_options_by_which_pytest_cov_decides(files: dict[str, str], expected: tuple[str, ...]) -> None:
    assert cov_options({name: text.encode() for name, text in files.items()}) == expected
