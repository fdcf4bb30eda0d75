"""What a build has left in a checkout is there when a commit is measured aside, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from covgate.errors import ToolError
from covgate.git.repository import Repository
from covgate.git.worktree import Checkout, kept_worktree
from covgate.measure.generated import check_extensions, copy_generated, left_behind, newer_sources
from helpers.sealed import run

COMMITTED = ("pkg/__init__.py", "pkg/speed.pyx", "pkg/pure.c", "src/lib/mod.py", "tests/test_x.py", "README")
IGNORED = (
    *("pkg/_version.py", "pkg/speed.cpython-312.so", "pkg/speed.c", "pkg/deep/gen/a_pb2.py", "src/_top.abi3.so"),
    *("local_settings.py", "generated/mod.py"),
)
NOT_COPIED = (
    *("pkg/test_local.py", "pkg/conftest.py", "tests/helper.py", "tests/local/util.py", "pkg/data.bin", "pkg/other.c"),
    *(".venv/pyvenv.cfg", ".venv/lib/mod.py", "env/pyvenv.cfg", "env/__init__.py", "build/lib/pkg/mod.py"),
    *("pkg/node_modules/x.py", "results/run.txt", ".coveragerc", "pkg/__pycache__/mod.cpython-312.pyc"),
)


@pytest.fixture
def top(tmp_path: Path, environ: dict[str, str]) -> Path:
    top = tmp_path / "work"
    for name in (*COMMITTED, *IGNORED, *NOT_COPIED):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(name)
    (top / ".gitignore").write_text("\n".join(f"/{name}" for name in (*IGNORED, *NOT_COPIED)))
    git(top, environ, "init", "--quiet")
    commit(top, environ)
    return top


def git(top: Path, environ: dict[str, str], *argv: str) -> str:
    done = run(["git", *argv], top, environ)
    assert done.status == 0, done.text
    return done.text.strip()


def commit(top: Path, environ: dict[str, str]) -> str:
    git(top, environ, "add", "--all")
    git(top, environ, "commit", "--quiet", "--message", "more")
    return git(top, environ, "rev-parse", "HEAD")


@contextmanager
def aside(top: Path, environ: dict[str, str], name: str = "HEAD") -> Iterator[tuple[Repository, Checkout]]:
    repository = Repository.discover(top, environ)
    checkout = kept_worktree(repository, repository.commit(name))
    try:
        yield repository, checkout
    finally:
        checkout.close()
        repository.close()


def test_generated_sources_are_copied_and_never_tests(top: Path, environ: dict[str, str]) -> None:
    with aside(top, environ) as (repository, checkout):
        assert sorted(copy_generated(repository, checkout)) == sorted(IGNORED)
        there = {path.relative_to(checkout.path).as_posix() for path in checkout.path.rglob("*") if path.is_file()}
        assert there == {*COMMITTED, *IGNORED, ".gitignore", ".git"}
        assert left_behind(repository, checkout, IGNORED) == [
            "pkg/data.bin",
            "pkg/other.c",
            "results/",
            "tests/helper.py",
            "tests/local/",
        ]
    with aside(top, environ) as (_, checkout):
        assert not (checkout.path / "pkg/_version.py").exists()


def test_a_dangling_link_is_left_out(top: Path, environ: dict[str, str]) -> None:
    (top / "pkg/_version.py").unlink()
    (top / "pkg/_version.py").symlink_to("nowhere.py")
    with aside(top, environ) as (repository, checkout):
        assert "pkg/_version.py" not in copy_generated(repository, checkout)


@pytest.mark.parametrize("path", ["pkg/pure.c", "pkg/speed.pyx"])
def test_an_extension_of_other_sources_is_an_error(top: Path, environ: dict[str, str], path: str) -> None:
    first = git(top, environ, "rev-parse", "HEAD")
    (top / "README").write_text("more")
    commit(top, environ)
    with aside(top, environ, first) as (repository, checkout):
        check_extensions(repository, checkout, copy_generated(repository, checkout))
    (top / path).write_text("more")
    commit(top, environ)
    with aside(top, environ, first) as (repository, checkout):
        copied = copy_generated(repository, checkout)
        with pytest.raises(ToolError) as caught:
            check_extensions(repository, checkout, copied)
        assert (
            f"was not built from this commit: its {path} differs from the one in the checkout" in caught.value.message
        )
        assert "setup" in caught.value.hint
        check_extensions(repository, checkout, ["pkg/_version.py"])


def test_a_source_that_is_newer_than_its_extension(tmp_path: Path) -> None:
    import os

    (tmp_path / "pkg").mkdir()
    for name, seconds in (("pkg/a.so", 100), ("pkg/a.c", 50), ("b.c", 200)):
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (seconds, seconds))
    committed = {"pkg/a.c", "b.c"}
    assert newer_sources(tmp_path, {"pkg/a.so"}, committed) == ""
    os.utime(tmp_path / "pkg/a.c", (200, 200))
    assert newer_sources(tmp_path, {"pkg/a.so", "pkg/b.py"}, committed) == (
        "pkg/a.so is older than pkg/a.c: build it again if the source has changed"
    )
    assert newer_sources(tmp_path, {"pkg/a.so"}, {*committed, "pkg/a.so"}) == ""
    assert newer_sources(tmp_path, set(), committed) == ""
