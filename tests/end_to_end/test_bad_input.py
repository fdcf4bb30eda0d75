"""Bad input gives one clear line with the remedy; nothing is lost, and no traceback is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.project import Project, calls, functions
from helpers.sealed import Done, run, script, sealed_environment

pytestmark = pytest.mark.end_to_end


def assert_clear(done: Done, *words: str) -> None:
    assert "Traceback" not in done, done.text
    assert "internal error" not in done, done.text
    for word in words:
        assert word in done, done.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tool.covgate\n", ["pyproject.toml", "not valid TOML", "line 1"]),
        ("[tool.covgate]\nflor = 3\n", ["flor", "unknown key", "did you mean floor"]),
        (
            '[tool.covgate]\nfloor = 101\nepsilon = "x"\nbranches = "main"\npolicy = "all"\nkey = 1\n',
            ["floor = 101", "epsilon = 'x'", "['main']", "absolute, baseline, both", "key = 1"],
        ),
        ("[tool]\ncovgate = 3\n", ["must be a table"]),
    ],
)
def test_configuration_errors_block_and_list_everything(project: Project, text: str, words: list[str]) -> None:
    project.write("pyproject.toml", text)
    project.commit()
    done = project.push()
    assert done.status != 0
    assert_clear(done, *words)
    assert project.covgate("check").status == 2
    # A snapshot answers all the same.
    status = project.covgate("status", "--format", "json")
    assert status.status == 0
    assert "error" in status


BAD_NOTES = {
    "not yaml": "---\nformat: 1\ncomponent: [default\n---\n",
    "aliases": "---\nformat: &a 1\ncomponent: *a\n---\n",
    "duplicate keys": "---\nformat: 1\ncomponent: default\nepoch: 9\nepoch: 0\nbaseline_ratio: 1/1\n---\n",
    "nan": "---\nformat: 1\ncomponent: default\nmeasured_coverage: .nan\nepoch: 9\nbaseline_ratio: 1/1\n---\n",
    "out of range": "---\nformat: 1\ncomponent: default\nepoch: 9\nbaseline_ratio: 3/2\n---\n",
    "negative": "---\nformat: 1\ncomponent: default\nepoch: -1\nbaseline_ratio: 1/1\n---\n",
    "another format": "---\nformat: 2\ncomponent: default\nepoch: 9\nbaseline_ratio: 1/1\n---\n",
    "huge": "---\nformat: 1\ncomponent: default\nepoch: 9\nbaseline_ratio: 1/1\n---\n" + "x" * 5_000_000,
    "prose": "hello\n",
}


def test_notes_that_can_not_be_believed(project: Project) -> None:
    """Named and left in place: it neither raises nor lowers the bar, here by an ancestor's record."""
    project.push()
    for name, text in BAD_NOTES.items():
        bad = project.commit(name)
        project.write(".git/bad", text)
        project.git("notes", "--ref=coverage", "add", "-F", ".git/bad")
        kept = project.note()
        project.commit("after it")
        done = project.push()
        assert done.status == 0, done.text
        assert_clear(done, f"the note of {bad[:10]} is ignored", "PASS", "holds the baseline of 83.33%")
        assert project.note(bad) == kept
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit()
    assert "below the baseline of 83.33%" in project.push()
    closed = project.covgate("check", "--fail-closed")
    assert closed.status == 3
    assert bad[:10] in closed


def test_a_bad_note_on_the_pushed_commit_is_left(project: Project) -> None:
    project.git("notes", "--ref=coverage", "add", "-m", "hello")
    done = project.push()
    assert done.status == 0
    assert_clear(done, "is invalid", "git notes --ref=coverage remove")
    assert project.note() == "hello\n"


def test_a_bad_note_does_not_take_the_verdict_away(project: Project) -> None:
    project.push()
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit()
    project.git("notes", "--ref=coverage", "add", "-m", "---\nformat: 1\nbaseline_ratio: .nan\n---")
    done = project.push()
    assert done.status == 1
    assert_clear(done, "BLOCKED", "below the baseline", "nothing was recorded", "notes --ref=coverage remove")
    assert ".nan" in project.note()


def test_notes_that_can_not_be_written_do_not_take_the_verdict_away(project: Project) -> None:
    project.push()
    log = project.top / ".git" / "logs" / "refs" / "notes" / "coverage"
    log.unlink()
    project.write(".git/logs/refs/notes/coverage/x", "in the way of the log")
    done = project.covgate("ratchet")
    assert done.status == 0
    assert_clear(done, "PASS")
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit()
    done = project.push()
    assert done.status == 1
    assert_clear(done, "BLOCKED", "below the baseline", "nothing was recorded: refs/notes/coverage can't be written")
    # A pass is no raised baseline, and in CI no green one.
    project.write("tests/test_mod.py", calls("a", "b", "c", "d"))
    project.commit()
    done = project.covgate("ratchet", "--fail-closed")
    assert done.status == 3
    assert_clear(done, "PASS", "nothing was recorded")
    assert "rises" not in done


def test_a_broken_notes_ref_is_no_absent_one(project: Project) -> None:
    """What a crash of the machine leaves: an empty file."""
    project.push()
    ref = project.top / ".git" / "refs" / "notes" / "coverage"
    ref.write_text("")
    project.write("pkg/mod.py", functions("a", "b", "c", "d"))
    project.commit()
    done = project.push()
    assert done.status == 1
    assert_clear(done, "BLOCKED", "below the baseline of 83.33%", "refs/notes/coverage leads nowhere")
    # Reported once, and repaired: the notes that were here last are used.
    done = project.push()
    assert_clear(done, "BLOCKED", "below the baseline of 83.33%")
    assert "leads nowhere" not in done


@pytest.mark.parametrize("line", ["refs/heads/main", "refs/heads/main abc refs/heads/main def", "a b c d e"])
def test_lines_of_pre_push_that_are_cut_short(project: Project, line: str) -> None:
    done = run([script("covgate-pre-push"), "origin", "url"], project.top, project.environ, input=line + "\n")
    assert done.status == 2
    assert_clear(done, "line 1", "ref oid ref oid")


def test_no_line_is_nothing_to_do(project: Project) -> None:
    done = run([script("covgate-pre-push"), "origin", "url"], project.top, project.environ, input="")
    assert done == Done(0, "")


def test_a_repository_without_commits(tmp_path: Path, environ: dict[str, str]) -> None:
    run(["git", "init", "--quiet", str(tmp_path)], tmp_path, environ)
    for command in ("check", "ratchet", "baseline"):
        done = run([script("covgate"), command], tmp_path, environ)
        assert done.status == 2
        assert_clear(done, "no commit yet")
    for command in ("status", "doctor", "log"):
        done = run([script("covgate"), command], tmp_path, environ)
        assert done.status == 0
        assert_clear(done)


def test_no_repository_and_a_bare_one(tmp_path: Path, environ: dict[str, str]) -> None:
    done = run([script("covgate"), "check"], tmp_path, environ)
    assert done.status == 2
    assert_clear(done, "not in a git repository")
    run(["git", "init", "--quiet", "--bare", str(tmp_path)], tmp_path, environ)
    for command in ("check", "init"):
        done = run([script("covgate"), command], tmp_path, environ)
        assert done.status == 2
        assert_clear(done, "bare repository")
    assert run([script("covgate"), "status"], tmp_path, environ).status == 0


def test_a_repository_without_a_remote(project: Project) -> None:
    project.git("remote", "remove", "origin")
    done = project.covgate("check")
    assert done.status == 0
    assert_clear(done, "PASS")
    done = project.covgate("sync")
    assert done.status == 2
    assert_clear(done, "no remote", "git remote add")
    assert project.covgate("ratchet").status == 0


def test_sha256(tmp_path: Path, environ: dict[str, str]) -> None:
    made = run(["git", "init", "--quiet", "--object-format=sha256", "work"], tmp_path, environ)
    assert made.status == 0
    project = Project(tmp_path / "work", tmp_path / "origin.git", environ)
    run(["git", "init", "--quiet", "--bare", "--object-format=sha256", "origin.git"], tmp_path, environ)
    project.git("remote", "add", "origin", str(project.remote))
    project.write("pkg/__init__.py", "")
    project.write("pkg/mod.py", functions("a", "b"))
    project.write("tests/test_mod.py", calls("a"))
    project.write(".gitignore", "__pycache__/\n.pytest_cache/\n")
    project.configure("")
    project.install_natively()
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    assert project.field("baseline_ratio") == "3/4"
    project.write("tests/test_mod.py", calls())
    project.commit()
    assert "below the baseline of 75.00%" in project.push()


def test_init_refuses_a_foreign_hooks_path(project: Project) -> None:
    project.git("config", "core.hooksPath", ".husky")
    before = project.git("status", "--porcelain")
    done = project.covgate("init")
    assert done.status == 2
    assert_clear(done, "core.hooksPath is .husky", "git config --unset-all core.hooksPath")
    assert project.git("status", "--porcelain") == before
    assert "core.hooksPath is .husky" in project.covgate("doctor")


@pytest.mark.parametrize("name", ["with space", "new\nline", "umlaut-ä", "quote'\"$(x)"])
def test_strange_directories(make_project: Callable[..., Project], name: str) -> None:
    project = make_project(name)
    done = project.push()
    assert done.status == 0, done.text
    assert "PASS" in done
    project.write("README", "x\n")
    project.commit()
    aside = project.covgate("check", "HEAD~1", "--no-cache")
    assert aside.status == 0, aside.text
    assert "PASS" in aside


def test_paths_that_are_not_utf8(project: Project) -> None:
    raw = bytes(project.top) + b"/pkg/caf\xe9.txt"
    with open(raw, "wb") as file:  # noqa: PTH123 a path of bytes
        file.write(b"x")
    project.commit()
    project.write("pkg/ünï.py", "def u():\n    return 1\n")
    project.commit()
    done = project.push()
    assert done.status == 0, done.text
    assert_clear(done, "PASS")
    with open(raw, "wb") as file:  # noqa: PTH123
        file.write(b"y")
    done = project.covgate("check", "--no-cache")
    assert done.status == 0, done.text


def test_no_git(project: Project, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    environ = {**sealed_environment(tmp_path / "home"), "PATH": str(tmp_path / "empty")}
    done = run([script("covgate"), "check"], project.top, environ)
    assert_clear(done, "git was not found on PATH", "install git")
    done = run([script("covgate"), "status"], project.top, environ)
    assert done.status == 0


def test_an_interpreter_that_is_not_there(make_project: Callable[..., Project]) -> None:
    project = make_project()
    project.write("pyproject.toml", '[tool.covgate]\npython = "nowhere/bin/python"\n')
    project.commit()
    done = project.push()
    assert done.status == 0
    assert_clear(done, "WARNING", "nowhere/bin/python", "set `python`")


@pytest.mark.parametrize("name", ["", "tmp", "lock"])
def test_an_unwritable_state_directory_costs_a_warning(make_project: Callable[..., Project], name: str) -> None:
    project = make_project()
    place = project.top / ".git" / "covgate" / name
    if name == "lock":
        place.mkdir(parents=True)
    else:
        place.parent.mkdir(exist_ok=True)
        place.write_text("in the way\n")
    done = project.push()
    assert_clear(done, "WARNING", "can't be written")
    assert done.status == 0
