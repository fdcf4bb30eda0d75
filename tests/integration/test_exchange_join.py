"""The exchange of notes is a join: in any order of exchanges, all clones end with the same notes."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.errors import ToolError
from covgate.git.repository import Repository
from covgate.model.baseline import join, override
from covgate.model.note_text import parse_note, render_note
from covgate.model.record import Record
from covgate.model.verdict import Status
from covgate.notes.fetch import start_fetch, tracking_ref
from covgate.notes.join import join_fetched
from covgate.notes.publish import publish
from covgate.notes.records import Notes
from covgate.notes.ref import NOTES_REF
from covgate.notes.repair import repair
from helpers.properties import one_in
from helpers.team import measured, team

step = st.one_of(
    st.tuples(st.just("ratchet"), st.integers(0, 2), st.integers(0, 2), st.integers(60, 64), st.sampled_from(Status)),
    st.tuples(st.just("override"), st.integers(0, 2), st.integers(0, 2), st.integers(10, 12), st.sampled_from("xy")),
    # A fetch that starts, and, after other steps, the join of what it brought.
    st.tuples(st.just("begin"), st.integers(0, 2)),
    st.tuples(st.just("join"), st.integers(0, 2)),
    st.tuples(st.just("publish"), st.integers(0, 2)),
    st.tuples(st.just("sync"), st.integers(0, 2)),
)


@one_in(15)
@given(steps=st.lists(step, max_size=14), last=st.permutations([0, 1, 2]))
def test_clones_that_exchange_in_any_order_have_the_same_notes(
    environ: dict[str, str], steps: list[tuple[object, ...]], last: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as directory, team(Path(directory), environ) as them:
        for name, clone, *more in steps:
            assert isinstance(clone, int)
            if name == "ratchet":
                commit, executed, status = more
                if status is not Status.NOT_APPLICABLE:
                    them.write(clone, them.commits[commit], measured(executed, status))  # type: ignore[index]
            elif name == "override":
                commit, percent, reason = more
                at = them.commits[commit]  # type: ignore[index]
                known = Notes(them.clones[clone]).baseline([at]).baseline
                them.write(clone, at, Record(baseline=override(known, Fraction(percent), str(reason))))  # type: ignore[arg-type]
            elif name == "begin":
                if clone not in them.fetches:
                    them.fetches[clone] = start_fetch(them.origin(clone))
            elif name == "join":
                if clone in them.fetches:
                    join_fetched(them.fetches.pop(clone))
            elif name == "publish":
                publish(them.origin(clone))
            else:
                them.sync(clone)
        for fetch in them.fetches.values():
            join_fetched(fetch)
        for clone in (*last, *last):
            them.sync(clone)
        if not them.written:
            return
        assert len(them.notes_trees()) == 1
        for commit, baselines in them.written.items():
            note = Notes(them.clones[0]).read(commit)
            assert note is not None
            record = note.record()
            assert record is not None
            assert record.baseline == join(*baselines)


def parents(repository: Repository, ref: str = NOTES_REF) -> int:
    return len(repository.text("rev-list", "--parents", "--max-count=1", ref).split()) - 1


@pytest.mark.parametrize("strategy", ["union", "cat_sort_uniq", "ours", "theirs"])
def test_notes_that_git_merged_lose_no_record(environ: dict[str, str], tmp_path: Path, strategy: str) -> None:
    with team(tmp_path, environ, size=2) as them:
        other = them.clones[1]
        same, mine, yours = them.commits
        them.write(0, same, measured(70))
        them.write(0, mine, measured(71))
        them.sync(0)
        them.write(1, same, measured(80))
        them.write(1, yours, measured(81))
        # By git's own commands, as somebody does who doesn't know covgate.
        other.run("fetch", "--quiet", "origin", f"+{NOTES_REF}:refs/notes/theirs")
        other.run("notes", "--ref=coverage", "merge", "--quiet", "--strategy", strategy, "refs/notes/theirs")
        assert parents(other) == 2
        other.run("push", "--quiet", "origin", NOTES_REF)
        merged = Notes(other).read(same)
        assert merged is not None
        if strategy == "cat_sort_uniq":
            assert merged.problems
        elif strategy == "union":
            assert merged.record() == measured(80)
            found = other.object(Notes(other).entries()[same])
            assert found is not None and found.data.count(b"format: 1") == 2
        for clone in (0, 1):
            them.sync(clone)
            notes = Notes(them.clones[clone])
            for commit, executed in ((same, 80), (mine, 71), (yours, 81)):
                found = them.clones[clone].object(notes.entries()[commit])
                assert found is not None
                assert found.data.decode() == render_note([measured(executed)])
        assert len(them.notes_trees()) == 1


def test_a_merge_is_repaired_once_and_a_note_removed_later_comes_back(environ: dict[str, str], tmp_path: Path) -> None:
    with team(tmp_path, environ, size=1) as them:
        (repository,) = them.clones
        notes, commit = Notes(repository), them.commits[0]
        them.write(0, commit, measured(70))
        base = notes.tip()
        them.write(0, commit, measured(80))
        repository.run("update-ref", "refs/notes/other", base)
        repository.run("notes", "--ref=other", "add", "-f", "-m", "torn", commit)
        repository.run("notes", "--ref=coverage", "merge", "--quiet", "--strategy", "theirs", "refs/notes/other")
        torn, _ = repair(notes)
        assert "the note has no covgate record" in torn
        assert parse_note(repository.run("notes", "--ref=coverage", "show", commit)).record() == measured(80)
        assert repair(notes) == []
        repository.run("notes", "--ref=coverage", "remove", commit)
        (removed, _) = repair(notes)
        assert "the note was removed" in removed
        assert parse_note(repository.run("notes", "--ref=coverage", "show", commit)).record() == measured(80)
        assert repair(notes) == []


def test_concatenated_notes_are_read_and_repaired_by_the_next_write(environ: dict[str, str], tmp_path: Path) -> None:
    """notes.rewriteRef concatenates them by default when a rebase makes one commit of two."""
    with team(tmp_path, environ, size=1) as them:
        (repository,) = them.clones
        notes, commit = Notes(repository), them.commits[0]
        texts = [render_note([measured(executed)]) for executed in (80, 70)]
        (tmp_path / "note").write_text("\n".join(texts))
        repository.run("notes", "--ref=coverage", "add", "-F", str(tmp_path / "note"), commit)
        note = notes.read(commit)
        assert note is not None
        assert (note.record(), note.problems) == (measured(80), ())
        them.write(0, commit, measured(60))
        assert repository.run("notes", "--ref=coverage", "show", commit).decode() == texts[0]


def test_a_note_is_published_even_if_its_commit_is_gone(environ: dict[str, str], tmp_path: Path) -> None:
    with team(tmp_path, environ, size=2) as them:
        one, other = them.clones
        gone = one.text("commit-tree", "HEAD^{tree}", "-m", "soon gone")
        them.write(0, gone, measured(90))
        (one.git_dir / "objects" / gone[:2] / gone[2:]).unlink()
        one.close()
        them.write(1, them.commits[0], measured(70))
        them.sync(1)
        them.sync(0)
        assert not one.commit(gone)
        them.sync(1)
        assert set(Notes(other).entries()) == {gone, them.commits[0]}
        assert len(them.notes_trees()) == 1


@pytest.mark.parametrize("count", [40, 120, 300])
def test_a_note_in_a_directory_of_the_notes_tree_is_replaced(
    environ: dict[str, str], tmp_path: Path, count: int
) -> None:
    """git spreads many notes over directories. covgate must replace such a note, not add a second one beside it."""
    with team(tmp_path, environ, size=1) as them:
        (repository,) = them.clones
        stream = "".join(f"commit refs/heads/many\ncommitter a <a@b> {n} +0000\ndata 1\nx\n" for n in range(count))
        repository.run("fast-import", "--quiet", input=stream.encode())
        commits = repository.text("rev-list", "many").split()
        blob = repository.run("hash-object", "-w", "--stdin", input=b"old\n").decode().strip()
        one, *rest = commits
        repository.run("notes", "--ref=coverage", "add", "-C", blob, one)
        for commit in rest:
            repository.run("notes", "--ref=coverage", "add", "-C", blob, commit)
        notes = Notes(repository)
        notes.write(lambda _: dict.fromkeys([*commits[:3], them.commits[0]], b"new\n"), "change")
        assert len(repository.text("ls-tree", "-r", "--name-only", NOTES_REF).splitlines()) == count + 1
        assert repository.run("notes", "--ref=coverage", "show", commits[0]) == b"new\n"
        assert repository.run("notes", "--ref=coverage", "show", them.commits[0]) == b"new\n"
        assert repository.run("notes", "--ref=coverage", "show", commits[3]) == b"old\n"


def test_fetched_notes_are_kept_in_a_ref_of_covgate(environ: dict[str, str], tmp_path: Path) -> None:
    with team(tmp_path, environ, size=1) as them:
        before = them.clones[0].text("config", "--local", "--list")
        them.write(0, them.commits[0], measured(70))
        them.sync(0)
        assert them.clones[0].commit(tracking_ref(them.origin(0))) == Notes(them.clones[0]).tip()
        assert them.clones[0].text("config", "--local", "--list") == before


@pytest.mark.parametrize("force", ["+", ""])
def test_a_refspec_of_the_user_for_notes_overwrites_none(environ: dict[str, str], tmp_path: Path, force: str) -> None:
    with team(tmp_path, environ, size=2) as them:
        one, other, _ = them.commits
        them.clones[0].run("config", "--add", "remote.origin.fetch", f"{force}refs/notes/*:refs/notes/*")
        them.write(0, one, measured(70))
        them.write(1, other, measured(80))
        them.sync(1)
        them.sync(0)
        assert Notes(them.clones[0]).baseline([one]).baseline == measured(70).baseline
        assert Notes(them.clones[0]).baseline([other]).baseline == measured(80).baseline


def test_a_note_of_a_newer_covgate_is_left_as_it_is_after_a_merge(environ: dict[str, str], tmp_path: Path) -> None:
    with team(tmp_path, environ, size=1) as them:
        (repository,) = them.clones
        notes, commit = Notes(repository), them.commits[0]
        them.write(0, commit, measured(70))
        base = notes.tip()
        newer = repository.run("notes", "--ref=coverage", "show", commit).decode().replace("format: 1", "format: 2")
        repository.run("notes", "--ref=coverage", "add", "-f", "-m", newer, commit)
        repository.run("update-ref", "refs/notes/other", base)
        repository.run("notes", "--ref=other", "add", "-f", "-m", render_note([measured(80)]), commit)
        repository.run("notes", "--ref=coverage", "merge", "--quiet", "--strategy", "ours", "refs/notes/other")
        before = repository.run("notes", "--ref=coverage", "show", commit)
        repair(notes)
        assert b"format: 2" in before
        assert repository.run("notes", "--ref=coverage", "show", commit) == before


@pytest.mark.parametrize("harm", ["deleted", "forced back", "lowered in a history of its own"])
def test_notes_that_were_lost_on_the_remote_come_back(environ: dict[str, str], tmp_path: Path, harm: str) -> None:
    with team(tmp_path, environ, size=2) as them:
        one, other = them.clones
        commit, later, _ = them.commits
        them.write(0, commit, measured(70))
        them.sync(0)
        first = Notes(one).tip()
        them.write(0, commit, measured(80))
        them.write(0, later, measured(90))
        them.sync(0)
        if harm == "lowered in a history of its own":
            them.write(1, commit, measured(60))
            one.run("--git-dir", str(them.remote), "update-ref", "-d", NOTES_REF)
            other.run("push", "--quiet", "origin", f"+{NOTES_REF}")
        else:
            back = ["-d", NOTES_REF] if harm == "deleted" else [NOTES_REF, first]
            one.run("--git-dir", str(them.remote), "update-ref", *back)
        for clone in (0, 1):
            them.sync(clone)
            note = Notes(them.clones[clone]).read(commit)
            assert note is not None and note.record() == measured(80)
            assert set(Notes(them.clones[clone]).entries()) == {commit, later}
        assert len(them.notes_trees()) == 1


def test_a_ref_that_can_never_be_locked_is_not_tried_again(environ: dict[str, str], tmp_path: Path) -> None:
    with team(tmp_path, environ, size=1) as them:
        them.clones[0].run("update-ref", f"{NOTES_REF}/in/the/way", "HEAD")
        with pytest.raises(ToolError, match=r"refs/notes/coverage can't be written: .* exists; cannot create"):
            them.write(0, them.commits[0], measured(70))
