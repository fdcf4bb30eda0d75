"""The files in a worktree are compared with those of the commit themselves, whatever git's index says."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from covgate.git.checkout_edits import uncommitted_files
from covgate.git.contents import Contents
from covgate.git.others import list_others
from covgate.git.repository import Repository
from helpers.sealed import run

FILES = {"x.py": "A = 1\n", "tests/test_x.py": "import x\n", "run.sh": "#!/bin/sh\n"}


class Place:
    """A repository with a few files, a link, and one commit."""

    def __init__(self, top: Path, environ: dict[str, str], *init: str) -> None:
        self.top, self.environ = top, environ
        run(["git", "init", "--quiet", *init, str(top)], top.parent, environ)
        for name, text in FILES.items():
            (top / name).parent.mkdir(exist_ok=True)
            (top / name).write_text(text)
        (top / "run.sh").chmod(0o755)
        (top / "link.py").symlink_to("./x.py")
        self.commit()

    def git(self, *argv: str) -> str:
        done = run(["git", *argv], self.top, self.environ)
        assert done.status == 0, done.text
        return done.text.strip()

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", "more")
        return self.git("rev-parse", "HEAD")

    def check_out(self) -> None:
        """Write all files anew, as git does it in a fresh clone."""
        for name in self.git("ls-files").splitlines():
            (self.top / name).unlink()
        self.git("checkout", "--force", "HEAD", "--", ".")

    @contextmanager
    def contents(self) -> Iterator[Contents]:
        repository = Repository.discover(self.top, self.environ)
        contents = Contents(repository, "HEAD")
        try:
            yield contents
        finally:
            contents.close()
            repository.close()

    def differences(self) -> dict[str, str]:
        with self.contents() as contents:
            return dict(contents.differences())

    def restore(self) -> None:
        with self.contents() as contents:
            contents.restore()


@pytest.fixture
def place(tmp_path: Path, environ: dict[str, str]) -> Place:
    return Place(tmp_path / "place", environ)


def edit(place: Place) -> None:
    """Another text of the same size, at the same time."""
    before = (place.top / "x.py").stat()
    (place.top / "x.py").write_text("A = 2\n")
    os.utime(place.top / "x.py", ns=(before.st_atime_ns, before.st_mtime_ns))


def looks_unchanged(place: Place, flag: str) -> None:
    place.git("update-index", flag, "x.py")
    edit(place)


def looks_at_little(place: Place) -> None:
    os.utime(place.top / "x.py", (1_000_000_000, 1_000_000_000))
    place.git("config", "core.checkStat", "minimal")
    place.git("config", "core.trustctime", "false")
    place.git("update-index", "--refresh")
    edit(place)


def cleans(place: Place) -> None:
    (place.top / ".git" / "info" / "attributes").write_text("x.py filter=old\n")
    place.git("config", "filter.old.clean", "sed s/2/1/")
    edit(place)
    place.git("add", "x.py")


def smudges(place: Place) -> None:
    """What a checkout of this clone writes is not what another clone gets."""
    (place.top / ".git" / "info" / "attributes").write_text("x.py filter=mine\n")
    place.git("config", "filter.mine.clean", "sed s/2/1/")
    place.git("config", "filter.mine.smudge", "sed s/1/2/")
    place.git("config", "filter.mine.required", "true")
    place.check_out()


def ignores_modes(place: Place) -> None:
    place.git("config", "core.fileMode", "false")
    (place.top / "run.sh").chmod(0o644)


@pytest.mark.parametrize(
    ("hide", "path", "how"),
    [
        (lambda place: looks_unchanged(place, "--assume-unchanged"), "x.py", "differs from the commit"),
        (lambda place: looks_unchanged(place, "--skip-worktree"), "x.py", "differs from the commit"),
        (looks_at_little, "x.py", "differs from the commit"),
        (cleans, "x.py", "differs from the commit"),
        (smudges, "x.py", "differs from the commit"),
        (ignores_modes, "run.sh", "has another mode"),
    ],
)
def test_what_git_status_does_not_show(place: Place, hide: Callable[[Place], None], path: str, how: str) -> None:
    assert place.differences() == {}
    hide(place)
    assert place.git("status", "--porcelain") == ""
    assert place.differences() == {path: how}
    place.restore()
    assert place.differences() == {}
    assert (place.top / "x.py").read_text() == "A = 1\n"


def to_a_link(place: Place) -> None:
    (place.top / "x.py").rename(place.top.parent / "x.py")
    (place.top / "x.py").symlink_to(place.top.parent / "x.py")


def to_a_linked_directory(place: Place) -> None:
    (place.top / "tests").rename(place.top.parent / "tests")
    (place.top / "tests").symlink_to(place.top.parent / "tests")


def to_another_link(place: Place) -> None:
    (place.top / "link.py").unlink()
    (place.top / "link.py").symlink_to("x.py")


def to_a_directory(place: Place) -> None:
    (place.top / "x.py").unlink()
    (place.top / "x.py").mkdir()


@pytest.mark.parametrize(
    ("change", "path", "how"),
    [
        (lambda place: (place.top / "x.py").unlink(), "x.py", "is missing"),
        (to_a_link, "x.py", "is of another type"),
        (to_a_linked_directory, "tests/test_x.py", "is missing"),
        (to_another_link, "link.py", "differs from the commit"),
        (to_a_directory, "x.py", "is of another type"),
    ],
)
def test_other_kinds_of_files(place: Place, change: Callable[[Place], None], path: str, how: str) -> None:
    change(place)
    assert place.differences() == {path: how}


def ends_lines_otherwise(place: Place) -> None:
    place.git("config", "core.autocrlf", "true")


def ends_lines_by_attribute(place: Place) -> None:
    (place.top / ".gitattributes").write_text("*.py text eol=crlf\n")


def ends_lines_automatically(place: Place) -> None:
    """A file that is not text, or whose lines end with CR and LF in the commit, is written as it is."""
    (place.top / "data.bin").write_bytes(b"\0\n")
    (place.top / "mixed.txt").write_bytes(b"a\r\nb\n")
    (place.top / "as_is.txt").write_bytes(b"a\n")
    place.commit()
    (place.top / ".gitattributes").write_text("* text=auto\nmixed.txt -text\nas_is.txt eol=lf\n")
    ends_lines_otherwise(place)


def ends_lines_by_configuration(place: Place) -> None:
    (place.top / ".gitattributes").write_text("* text=auto\n")
    place.git("config", "core.eol", "crlf")


def encodes_otherwise(place: Place) -> None:
    (place.top / ".gitattributes").write_text("*.txt working-tree-encoding=UTF-16\n")
    (place.top / "more.txt").write_text("more\n", encoding="utf-16")


def expands_names(place: Place) -> None:
    (place.top / ".gitattributes").write_text("more.txt ident\n")
    (place.top / "more.txt").write_text("$Id$\n")


def encrypts(place: Place) -> None:
    (place.top / ".gitattributes").write_text("more.bin filter=crypt\n")
    place.git("config", "filter.crypt.clean", r"sed 's/^/\x00/'")
    place.git("config", "filter.crypt.smudge", r"sed 's/^\x00//'")
    (place.top / "more.bin").write_text("a secret\n")


def keeps_large_files_elsewhere(place: Place) -> None:
    digest = hashlib.sha256(b"large\n").hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 6\n"
    (place.top / ".gitattributes").write_text("more.bin filter=lfs\n")
    place.git("config", "filter.lfs.clean", f"cat > /dev/null; printf '{pointer}'")
    place.git("config", "filter.lfs.smudge", "cat > /dev/null; echo large")
    (place.top / "more.bin").write_bytes(b"large\n")


@pytest.mark.parametrize(
    ("convert", "name", "written"),
    [
        (ends_lines_otherwise, "x.py", b"A = 1\r\n"),
        (ends_lines_by_attribute, "x.py", b"A = 1\r\n"),
        (ends_lines_automatically, "x.py", b"A = 1\r\n"),
        (ends_lines_automatically, "as_is.txt", b"a\n"),
        (ends_lines_automatically, "mixed.txt", b"a\r\nb\n"),
        (ends_lines_by_configuration, "x.py", b"A = 1\r\n"),
        (encodes_otherwise, "more.txt", "more\n".encode("utf-16")),
        (expands_names, "more.txt", None),
        (encrypts, "more.bin", b"a secret\n"),
        (keeps_large_files_elsewhere, "more.bin", b"large\n"),
    ],
)
def test_what_a_checkout_writes_is_the_commit(
    place: Place, convert: Callable[[Place], None], name: str, written: bytes | None
) -> None:
    convert(place)
    place.git("add", "--all")
    place.git("commit", "--quiet", "--allow-empty", "-m", "converted")
    place.check_out()
    data = (place.top / name).read_bytes()
    assert data == written if written is not None else data.startswith(b"$Id: ")
    assert place.differences() == {}
    (place.top / name).write_bytes(data.upper() + b"more")
    assert place.differences() == {name: "differs from the commit"}
    place.restore()
    assert (place.top / name).read_bytes() == data


NAMES = ("a b.py", " first.py", "last .py", "tab\t.py", "line\n.py", "ü.py", "-x.py", "deep/er/x.py")


def test_one_process_converts_all_files(place: Place) -> None:
    """Names that git's protocol can't carry cost one each; a binary file ends where it ends."""
    ends_lines_by_attribute(place)
    contents = {name: f"{number}\n\n".encode() for number, name in enumerate(NAMES)}
    contents |= {"empty.py": b"", "open.py": b"no end", "binary.py": b"\0\r\n\n blob 3\nmissing\n" * 100}
    for name, content in contents.items():
        (place.top / name).parent.mkdir(parents=True, exist_ok=True)
        (place.top / name).write_bytes(content)
    place.commit()
    place.git("rm", "--quiet", "-r", "--cached", ".")
    place.git("reset", "--quiet", "--hard")
    trace = place.top.parent / "trace"
    place.environ = {**place.environ, "GIT_TRACE": str(trace)}
    assert (place.top / "ü.py").read_bytes() == b"5\r\n\r\n"
    assert place.differences() == {}
    converting = [line for line in trace.read_text().splitlines() if "cat-file" in line and "--filters" in line]
    assert len([line for line in converting if "--batch" in line]) == 1
    assert len([line for line in converting if "--batch" not in line]) == 2  # " first.py" and the new line
    for name in contents:
        (place.top / name).write_bytes(b"edited\r\n")
    assert place.differences() == dict.fromkeys(contents, "differs from the commit")
    place.restore()
    assert place.differences() == {}


def test_files_are_restored_by_the_attributes_of_the_commit(place: Place) -> None:
    ends_lines_by_attribute(place)
    place.commit()
    for name in (".gitattributes", "x.py"):
        (place.top / name).write_text("edited\n")
    place.restore()
    assert (place.top / "x.py").read_bytes() == b"A = 1\r\n"


def test_lines_that_no_checkout_ends_so_differ(place: Place) -> None:
    ends_lines_automatically(place)
    place.commit()
    (place.top / "as_is.txt").write_bytes(b"a\r\n")
    assert place.differences() == {"as_is.txt": "differs from the commit"}


def test_a_touched_file_is_the_same_and_an_edited_one_is_read_again(place: Place) -> None:
    with place.contents() as contents:
        assert list(contents.differences()) == []
        os.utime(place.top / "x.py", (1_000_000_000, 1_000_000_000))
        assert list(contents.differences()) == []
        edit(place)
        assert list(contents.differences()) == [("x.py", "differs from the commit")]


def test_a_file_that_can_not_be_read_differs(place: Place) -> None:
    (place.top / "x.py").chmod(0)
    if os.access(place.top / "x.py", os.R_OK):
        pytest.skip("this user reads every file")
    assert place.differences() == {"x.py": "can't be read (Permission denied)"}


def test_sha256(tmp_path: Path, environ: dict[str, str]) -> None:
    place = Place(tmp_path / "place", environ, "--object-format=sha256")
    assert place.differences() == {}
    edit(place)
    assert place.differences() == {"x.py": "differs from the commit"}


def test_replaced_objects_and_grafts_are_not_looked_at(place: Place) -> None:
    """A push sends the objects themselves."""
    first = place.git("rev-parse", "HEAD")
    (place.top / "x.py").write_text("A = 2\n")
    second = place.commit()
    place.git("replace", f"{second}:x.py", f"{first}:x.py")
    (place.top / ".git" / "info" / "grafts").write_text(f"{second}\n")
    with place.contents() as contents:
        assert contents.repository.file(second, "x.py") == b"A = 2\n"
        assert list(contents.repository.walk([second])) == [second, first]
    assert place.differences() == {}


def test_submodules(place: Place, tmp_path: Path, environ: dict[str, str]) -> None:
    other = Place(tmp_path / "other", environ)
    place.git("submodule", "add", "--quiet", str(other.top), "sub")
    place.commit()
    inner = place.top / "sub"
    assert place.differences() == {}
    with place.contents() as contents:
        assert {"x.py", "sub/x.py", "sub/tests/test_x.py", ".gitmodules"} <= contents.paths()
    (inner / "x.py").write_text("A = 2\n")
    (inner / "new.py").write_text("")
    assert place.differences() == {"sub/x.py": "differs from the commit"}
    with place.contents() as contents:
        assert list_others(contents).uncommitted == ("sub/new.py",)
    run(["git", "commit", "--quiet", "-am", "more"], inner, environ)
    assert place.differences() == {"sub": "is a submodule at another commit"}
    place.git("submodule", "deinit", "--force", "sub")
    assert place.differences() == {}


def test_what_the_commit_does_not_have(place: Place) -> None:
    for name in (
        *("new.py", "new/deep/one.py", "staged.py", "x.log", "out/a/b", "tests/local.py", "tests/kept/a.txt"),
        *(
            "env/pyvenv.cfg",
            "env/bin/python",
            "__pycache__/x.cpython-312.pyc",
            "only/__pycache__/y.cpython-312.pyc",
            "old/y.pyc",
        ),
    ):
        (place.top / name).parent.mkdir(parents=True, exist_ok=True)
        (place.top / name).write_text("")
    (place.top / "empty").mkdir()
    (place.top / ".git" / "info" / "exclude").write_text("*.log\nout/\nlocal.py\ntests/kept\n")
    place.git("add", "staged.py")
    place.git("rm", "--quiet", "--cached", "x.py")
    with place.contents() as contents:
        others = list_others(contents)
    assert others.uncommitted == ("staged.py", "new.py", "new/", "old/")
    assert others.ignored == ("out/", "tests/kept/", "tests/local.py", "x.log")
    assert [others.has(path) for path in ("new.py", "new/deep/one.py", "out/a/b", "outer", "x.py", "tests/x")] == [
        *(True, True, True),
        *(False, False, False),
    ]


def test_an_environment_that_git_does_not_ignore_is_no_uncommitted_work(place: Place) -> None:
    for name in ("env/pyvenv.cfg", "env/lib/more/tests/test_more.py", "environment.py", "pyvenv.cfg"):
        (place.top / name).parent.mkdir(parents=True, exist_ok=True)
        (place.top / name).write_text("")
    (place.top / "x.py").write_text("A = 2\n")
    with place.contents() as contents:
        found = uncommitted_files(contents.repository, {})
    assert found == {"environment.py": "new", "pyvenv.cfg": "new", "x.py": "modified"}
