"""What a suite's own configuration says about how it is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from covgate.measure.pytest_config import read_pytest_config
from covgate.measure.sources import default_sources


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


def test_others_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.black]\n")
    (tmp_path / "setup.cfg").write_text("[metadata]\n")
    (tmp_path / "tox.ini").write_text("broken [ ini\n")
    assert read_pytest_config(tmp_path, (), {}).file == ""


@pytest.mark.parametrize(
    ("options", "cov", "distributed"),
    [
        (("--cov",), True, False),
        (("--cov=src", "--no-cov"), False, False),
        (("-n", "0"), False, False),
        (("-nauto",), False, True),
        (("--cov-report=xml",), False, False),
    ],
)
def test_options_of_the_call(tmp_path: Path, options: tuple[str, ...], cov: bool, distributed: bool) -> None:
    for found in (
        read_pytest_config(tmp_path, options, {}),
        read_pytest_config(tmp_path, (), {"PYTEST_ADDOPTS": " ".join(options)}),
    ):
        assert (found.has_cov, found.distributed) == (cov, distributed)


def make(tree: Path, *names: str) -> None:
    for name in names:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("")


def test_src_is_the_source(tmp_path: Path) -> None:
    make(tmp_path, "src/pkg/__init__.py", "other/__init__.py", "setup.py")
    assert default_sources(tmp_path).source == ("src",)


def test_packages_without_the_tests(tmp_path: Path) -> None:
    make(tmp_path, "one/__init__.py", "two/__init__.py", "tests/__init__.py", "docs/conf.py", "setup.py")
    assert default_sources(tmp_path).source == ("one", "two")


def test_a_module_on_its_own(tmp_path: Path) -> None:
    make(tmp_path, "six.py", "test_six.py", "setup.py", "tests/__init__.py", "conftest.py")
    found = default_sources(tmp_path)
    assert found.source == (".",)
    assert {"test_six.py", "setup.py", "conftest.py", "tests/*"} <= set(found.omit)
    assert "six.py" not in found.omit
