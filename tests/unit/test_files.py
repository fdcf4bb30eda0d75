"""A file that the user named: whole or not at all, and what stood there keeps what it had."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from covgate.errors import UsageError
from covgate.files import write_output


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_output(str(tmp_path / "a" / "page.html"), "text\n")
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
    assert (tmp_path / "a" / "page.html").read_bytes() == b"text\n"
    assert mode(tmp_path / "a" / "page.html") == 0o640


def test_a_file_that_was_there_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("before, and longer")
    path.chmod(0o604)
    write_output(str(path), "after")
    assert (path.read_text(), mode(path)) == ("after", 0o604)
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link.html").symlink_to(tmp_path / "real" / "page.html")
    for text in ("one", "two"):
        write_output(str(tmp_path / "link.html"), text)
        assert (tmp_path / "link.html").is_symlink()
        assert (tmp_path / "real" / "page.html").read_text() == text


def test_a_pipe_is_written_to_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_output(str(pipe), "text")
    reader.join(timeout=60)
    assert read == ["text"]
    assert pipe.is_fifo()


@pytest.mark.parametrize("name", ["file/page.html", "directory", "a\0b", "", "x" * 300])
def test_what_can_not_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    (tmp_path / "directory").mkdir()
    with pytest.raises(UsageError) as caught:
        write_output(name, "text")
    assert caught.value.message.startswith(f"{name} can't be written: ")
    assert "--output" in caught.value.hint
    assert sorted(each.name for each in tmp_path.iterdir()) == ["directory", "file"]
