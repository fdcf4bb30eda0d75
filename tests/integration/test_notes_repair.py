"""Only an override lowers a record: what is done to the notes by git's own commands is reported, and not followed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from covgate.model.baseline import Baseline
from covgate.model.note_text import render_note
from covgate.notes.fetch import finish_fetch, start_fetch
from covgate.notes.join import fetch_notes
from covgate.notes.publish import publish
from covgate.notes.records import Notes
from covgate.notes.ref import NOTES_REF
from covgate.notes.repair import repair
from helpers.team import Team, by_hand, measured, team


def at(percent: int, epoch: int = 0, override: str = "") -> Baseline:
    return Baseline(epoch=epoch, executed=percent, executable=100, override=override)


def shared(them: Team) -> None:
    """The first clone has published a record for each commit, and the second has them."""
    for commit, percent in zip(them.commits, (80, 85, 90), strict=True):
        them.write(0, commit, measured(percent))
    them.sync(0)
    assert them.sync(1) == []


RECORDS = [at(80), at(85), at(90)]
HANDS: dict[str, tuple[Callable[[Team], str], str]] = {
    "lowered": (lambda _: by_hand(10), "the baseline was lowered without an override (80.00% -> 10.00%)"),
    "removed": (lambda _: "", "the note was removed (80.00% -> none)"),
    "taken out": (lambda _: by_hand(10).replace("10/100", "").replace("epoch: 0", "epoch:").replace(
        "coverage_status:", "coverage_status: PASS").replace("baseline_ratio:",
        "statements: 1\nexecuted_statements: 1\nbranches: 0\nexecuted_branches: 0\nexcluded: 0\n"
        f"tree: {'1' * 40}\nbaseline_ratio:"), "the baseline was taken out (80.00% -> none)"),
    "an epoch without a reason": (
        lambda _: by_hand(10, 7), "no override opened epoch 7 (80.00% (epoch 0) -> 10.00% (epoch 7))"),
    "an epoch out of reach": (
        lambda _: by_hand(10, 10**6, "mine"), "epoch 1000000 is more than 1000 above epoch 0"),
    "not YAML": (lambda _: "---\nformat: '1\n---\n", "a record that is not YAML"),
    "two documents with another key": (lambda _: by_hand(10) + "---\nreviewed: yes\n", "a record without format"),
    "a key twice": (lambda _: by_hand(10).replace("epoch: 0", "epoch: 0\nepoch: 0"), "a record with 'epoch' twice"),
    "a byte order mark": (lambda _: "\ufeff" + by_hand(10), "(80.00% -> "),
    "other line ends": (lambda _: by_hand(10).replace("\n", "\r\n"), "the baseline was lowered without an override"),
    "sorted lines": (lambda _: "".join(sorted(by_hand(10).splitlines(keepends=True))), "(80.00% -> "),
    "prose": (lambda _: "looks good to me\n", "the note has no covgate record (80.00% -> none)"),
}  # fmt: skip


@pytest.mark.parametrize("hand", HANDS)
def test_what_a_fast_forward_lowers_is_not_followed_and_repaired_once(
    environ: dict[str, str], tmp_path: Path, hand: str
) -> None:
    text, why = HANDS[hand]
    with team(tmp_path, environ) as them:
        shared(them)
        them.write_by_hand(1, them.commits[0], text(them))
        edit = Notes(them.clones[1]).tip()
        them.push_by_hand(1)
        # The first has seen the record. The third is fresh: it knows the history of the ref, and nothing else.
        for clone in (0, 2):
            notices = them.fetch(clone)
            *named, last = notices
            assert any(why in each for each in named), named
            for each in named:
                assert each.startswith(f"WARNING: not accepted: the note of {them.commits[0][:10]}: ")
                assert each.endswith(f" by Ada <ada@example.org> in notes commit {edit[:10]}")
            assert last == (
                "covgate has repaired the notes here;"
                " to lower a baseline on purpose: covgate baseline set VALUE --reason TEXT"
            )
            assert them.baselines(clone) == RECORDS
            assert them.fetch(clone) == []
        assert them.sync(0) == them.sync(2) == []
        # Whoever did it is told, too, unless somebody else has repaired it before.
        assert them.sync(1) == notices
        assert them.baselines(1) == RECORDS
        assert len(them.notes_trees()) == 1


@pytest.mark.parametrize("clones", [(1,), (0, 2)])
def test_an_override_is_followed(environ: dict[str, str], tmp_path: Path, clones: tuple[int, ...]) -> None:
    """Also one that is written by hand: it has a reason, an author, and a place in the log."""
    with team(tmp_path, environ) as them:
        shared(them)
        them.write_by_hand(1, them.commits[2], by_hand(10, 1, "module removed"))
        if clones == (1,):
            assert them.sync(1) == []
        else:
            them.push_by_hand(1)
        for clone in clones:
            assert them.sync(clone) == []
            assert them.baselines(clone) == [at(80), at(85), at(10, 1, "module removed")]
        # Others carry its epoch on, and raise it.
        them.write(clones[0], them.commits[1], measured(20, epoch=1))
        for clone in (*clones, 0, 1, 2):
            assert them.sync(clone) == []
            assert them.baselines(clone)[1] == at(20, 1)


def test_an_epoch_without_a_reason_is_not_carried_on(environ: dict[str, str], tmp_path: Path) -> None:
    with team(tmp_path, environ) as them:
        them.write_by_hand(1, them.commits[0], by_hand(10, 2))
        them.write_by_hand(1, them.commits[1], by_hand(12, 2))
        them.push_by_hand(1)
        one, _ = them.fetch(0)
        assert "no override opened epoch 2 (none -> 10.00% (epoch 2))" in one
        assert Notes(them.clones[0]).baseline(them.commits).baseline is None
        # Somebody whose covgate is too old to know better goes on in that epoch.
        them.write_by_hand(1, them.commits[2], by_hand(30, 2))
        them.push_by_hand(1)
        assert them.fetch(0) == []
        assert Notes(them.clones[0]).baseline(them.commits).baseline is None
        assert them.sync(0) == []
        assert Notes(them.clones[0]).entries() == {}
        them.fetch(2)
        assert Notes(them.clones[2]).entries() == {}


def test_what_was_done_to_the_local_notes_is_repaired_without_a_remote(environ: dict[str, str], tmp_path: Path) -> None:
    with team(tmp_path, environ) as them:
        shared(them)
        notes = Notes(them.clones[0])
        them.write_by_hand(0, them.commits[0], by_hand(10))
        them.write_by_hand(0, them.commits[1], "")
        lowered, removed, _ = repair(notes)
        assert "(80.00% -> 10.00%)" in lowered and "(85.00% -> none)" in removed
        assert them.baselines(0) == RECORDS
        assert repair(notes) == []


# In hundredths: what a commit measured, the baseline there (None: an override), and what the note claims instead.
EDITS = {"what reached it": (80, 80, 95), "what did not reach it": (78, 80, 80), "beside an override": (35, None, 82)}


@pytest.mark.parametrize("edit", EDITS)
def test_what_was_recorded_with_a_baseline_stays_in_every_clone(
    environ: dict[str, str], tmp_path: Path, edit: str
) -> None:
    was, percent, claimed = EDITS[edit]
    baseline = at(40, 1, "module removed") if percent is None else at(percent)
    with team(tmp_path, environ) as them:
        commit, other, _ = them.commits
        record, forged = (replace(measured(each), baseline=baseline) for each in (was, claimed))
        them.write(0, commit, record)
        them.sync(0)
        them.sync(1)
        them.write_by_hand(1, commit, render_note([forged]))
        edited = Notes(them.clones[1]).tip()[:10]
        them.push_by_hand(1)
        notices = them.fetch(0)
        assert notices[0].startswith(f"WARNING: not accepted: the note of {commit[:10]}: the judgement was changed")
        assert (
            f": PASS, {was} of 100 -> PASS, {claimed} of 100 by Ada <ada@example.org> in notes commit {edited}"
            in notices[0]
        )
        # Somebody else goes on from the edited notes before the repair is published.
        them.clones[2].run("fetch", "--quiet", "origin", f"+{NOTES_REF}:{NOTES_REF}")
        them.write_by_hand(2, other, by_hand(50))
        them.push_by_hand(2)
        assert them.fetch(0) == []
        # Whoever did it is told, too, and nobody is charged with the repair.
        for clone, told in ((0, 0), (1, 2), (2, 2), (0, 0), (1, 0)):
            notices = them.sync(clone)
            assert len(notices) == told and all(edited in each for each in notices[:1])
            note = Notes(them.clones[clone]).read(commit)
            assert note is not None and note.record() == record
        assert len(them.notes_trees()) == 1


def test_of_two_clones_that_measured_the_same_commit_the_first_to_publish_is_kept(
    environ: dict[str, str], tmp_path: Path
) -> None:
    with team(tmp_path, environ) as them:
        commit = them.commits[0]
        for clone, executed in ((0, 81), (1, 82)):
            them.write(clone, commit, replace(measured(executed), baseline=at(80)))
        for clone in (0, 1, 2, 0, 1):
            assert them.sync(clone) == []
            note = Notes(them.clones[clone]).read(commit)
            assert note is not None and note.record() == replace(measured(81), baseline=at(80))


def test_many_changes_are_counted(environ: dict[str, str], tmp_path: Path) -> None:
    with team(tmp_path, environ, size=1, commits=9) as them:
        for commit in them.commits:
            them.write(0, commit, measured(80))
        for commit in them.commits:
            them.write_by_hand(0, commit, "")
        notices = repair(Notes(them.clones[0]))
        assert [them.commits[number][:10] in notices[number - 4] for number in range(4, 9)] == [True] * 5
        assert notices[5] == "4 more changes of the notes were not accepted (`covgate audit`)"
        assert them.baselines(0) == [at(80)] * 9


def test_a_note_of_a_newer_covgate_lowers_nothing_and_stays(environ: dict[str, str], tmp_path: Path) -> None:
    with team(tmp_path, environ) as them:
        shared(them)
        commit = them.commits[0]
        newer = by_hand(10).replace("format: 1", "format: 2")
        them.write_by_hand(1, commit, newer)
        them.push_by_hand(1)
        for clone in (0, 2):
            assert "a record of format 2" in them.fetch(clone)[0]
            notes = Notes(them.clones[clone])
            assert them.clones[clone].run("notes", "--ref=coverage", "show", commit).decode() == newer
            lookup = notes.baseline([commit])
            assert lookup.baseline == at(80)
            assert "a record of format 2" in lookup.problems[0]
            # It stands as long as the note is there, whatever else arrives.
            them.write(clone, them.commits[1], measured(86))
            assert them.sync(clone) == []
            assert notes.baseline([commit]).baseline == at(80)


def test_a_second_file_for_a_commit_hides_no_record(environ: dict[str, str], tmp_path: Path) -> None:
    """A tree of notes may have two files for one commit, in directories and without: readers take the last one."""
    with team(tmp_path, environ) as them:
        shared(them)
        other, commit = them.clones[1], them.commits[0]
        blob = other.run("hash-object", "-w", "--stdin", input=by_hand(10).encode()).decode().strip()
        path = f"{commit[:2]}/{commit[2:]}"
        stream = f"commit {NOTES_REF}\ncommitter M <m@x> 1 +0000\ndata 0\nfrom {NOTES_REF}^0\nM 100644 {blob} {path}\n"
        other.run("fast-import", "--quiet", input=stream.encode())
        them.push_by_hand(1)
        for clone in (0, 2):
            them.fetch(clone)
            assert them.baselines(clone)[0] == at(80)


# The ref itself.


def force_to(them: Team, what: str) -> None:
    """Let the remote's ref lead to ``what``."""
    one = them.clones[0]
    remote = ("--git-dir", str(them.remote))
    if what == "deleted":
        one.run(*remote, "update-ref", "-d", NOTES_REF)
    elif what == "a history of its own":
        other = them.clones[1]
        other.run("update-ref", "-d", NOTES_REF)
        them.write_by_hand(1, them.commits[0], by_hand(10))
        them.push_by_hand(1, force=True)
    else:
        one.run(*remote, "update-ref", NOTES_REF, f"{Notes(one).tip()}~1")


@pytest.mark.parametrize(
    ("what", "how"),
    [
        ("deleted", "deleted;"),
        ("forced back", "rewritten: they are without {tip} (Ada <ada@example.org>, 20"),
        ("a history of its own", "rewritten: they are without {tip} (Ada <ada@example.org>, 20"),
    ],
)
def test_a_rewritten_history_is_named_once_and_restored(
    environ: dict[str, str], tmp_path: Path, what: str, how: str
) -> None:
    with team(tmp_path, environ) as them:
        shared(them)
        tip = Notes(them.clones[0]).tip()[:10]
        force_to(them, what)
        (notice,) = them.sync(0)
        assert f"the notes on origin were {how.format(tip=tip)}" in notice
        assert them.baselines(0) == RECORDS
        assert them.sync(0) == []
        assert them.sync(2) == []
        assert them.baselines(2) == RECORDS


def test_a_rewritten_history_that_is_continued_is_no_news(environ: dict[str, str], tmp_path: Path) -> None:
    """Another covgate of this clone stored a newer answer of the remote, and then ours, which is older."""
    with team(tmp_path, environ) as them:
        shared(them)
        one = them.clones[0]
        older = start_fetch(them.origin(0))
        older.process.wait()
        before = one.commit(older.tracking)
        them.write(1, them.commits[0], measured(95))
        them.sync(1)
        assert them.fetch(0) == []
        newer = start_fetch(them.origin(0))
        newer.process.wait()
        one.run("update-ref", newer.tracking, before)
        older.process.communicate()
        assert finish_fetch(newer) == []
        assert one.commit(newer.tracking) != before


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (["update-ref", "-d", NOTES_REF], "was deleted; it was at {seen}, which has a higher baseline in 3 notes"),
        (["update-ref", NOTES_REF, "HEAD"], "leads to {head}, a commit without notes"),
        (["update-ref", NOTES_REF, "{blob}"], "leads to a blob, not to a notes commit"),
        (["update-ref", NOTES_REF, "HEAD^{{tree}}"], "leads to a tree, not to a notes commit"),
        (["symbolic-ref", NOTES_REF, "refs/heads/main"], "is a symbolic ref to refs/heads/main"),
        (["symbolic-ref", NOTES_REF, "refs/heads/nowhere"], "leads nowhere (its file says 'ref: refs/heads/nowhere')"),
        ("", "leads nowhere (its file says '')"),
        ("1" * 40, "leads nowhere (its file says '1111"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_local_ref_that_is_not_one_of_notes_is_replaced(
    environ: dict[str, str], tmp_path: Path, change: list[str] | str, what: str, packed: bool
) -> None:
    with team(tmp_path, environ, size=1) as them:
        (repository,) = them.clones
        (repository.top / "code.txt").write_text("code")
        repository.run("add", ".")
        repository.run("commit", "--quiet", "-m", "code")
        for commit, percent in zip(them.commits, (80, 85, 90), strict=True):
            them.write(0, commit, measured(percent))
        them.sync(0)
        seen, head = Notes(repository).tip(), repository.commit("HEAD")
        if isinstance(change, str):
            (repository.common_dir / NOTES_REF).write_text(change)
        else:
            blob = repository.text("rev-parse", "HEAD:code.txt")
            repository.run(*(each.format(blob=blob) for each in change))
        if packed and not isinstance(change, str) and "symbolic-ref" not in change:
            repository.run("pack-refs", "--all")
        notice = them.fetch(0)[0]
        assert f"{NOTES_REF} {what.format(seen=seen[:10], head=head[:10])}" in notice
        assert them.baselines(0) == RECORDS
        assert them.fetch(0) == []
        # The branch that a symbolic ref led to is where it was.
        assert repository.commit("HEAD") == head and repository.current_branch() == "main"
        them.write(0, them.commits[0], measured(81))
        assert repository.commit("HEAD") == head
        assert publish(them.origin(0)) == 1


@pytest.mark.parametrize("target", ["HEAD", "HEAD:code.txt", "HEAD^{tree}"])
def test_a_fresh_clone_whose_notes_ref_is_none_uses_the_remotes(
    environ: dict[str, str], tmp_path: Path, target: str
) -> None:
    with team(tmp_path, environ) as them:
        shared(them)
        fresh = them.clones[2]
        (fresh.top / "code.txt").write_text("code")
        fresh.run("add", ".")
        fresh.run("commit", "--quiet", "-m", "code")
        fresh.run("update-ref", NOTES_REF, fresh.text("rev-parse", target))
        (notice,) = them.fetch(2)
        assert NOTES_REF in notice and "the remote's are used instead" in notice
        assert them.baselines(2) == RECORDS


def test_a_tag_of_the_notes_is_written_on(environ: dict[str, str], tmp_path: Path) -> None:
    with team(tmp_path, environ, size=1) as them:
        (repository,) = them.clones
        them.write(0, them.commits[0], measured(80))
        repository.run("tag", "-a", "-m", "kept", "kept", NOTES_REF)
        repository.run("update-ref", NOTES_REF, "refs/tags/kept")
        them.write(0, them.commits[1], measured(85))
        assert them.sync(0) == []
        assert them.baselines(0)[:2] == [at(80), at(85)]
        assert repository.text("cat-file", "-t", NOTES_REF) == "commit"


@pytest.mark.parametrize("target", ["HEAD", "HEAD:code.txt", "HEAD^{tree}"])
def test_a_remote_ref_that_is_not_one_of_notes_is_not_used(
    environ: dict[str, str], tmp_path: Path, target: str
) -> None:
    with team(tmp_path, environ) as them:
        shared(them)
        one = them.clones[0]
        (one.top / "code.txt").write_text("code")
        one.run("add", ".")
        one.run("commit", "--quiet", "-m", "code")
        one.run("push", "--quiet", "--force", "origin", f"{target}:{NOTES_REF}")
        for clone in (0, 2):
            notices = [each for each in them.fetch(clone) if "rewritten" not in each]
            assert len(notices) == 1 and f"{NOTES_REF} on origin leads to" in notices[0]
            assert f"`git push origin :{NOTES_REF}` deletes it there" in notices[0]
        assert them.baselines(0) == RECORDS
        assert Notes(them.clones[2]).entries() == {}
        one.run("push", "--quiet", "origin", f":{NOTES_REF}")
        them.sync(0)
        assert them.sync(2) == []
        assert them.baselines(2) == RECORDS


# What this clone remembers.


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": 1}', '{"format": 2, "tip": ""}', "[" * 100_000])
def test_a_damaged_memory_means_that_the_history_is_read_again(
    environ: dict[str, str], tmp_path: Path, text: str
) -> None:
    with team(tmp_path, environ, size=2) as them:
        shared(them)
        (file,) = them.clones[0].state_dir.glob("seen-*")
        file.write_text(text)
        them.write_by_hand(1, them.commits[0], by_hand(10))
        them.push_by_hand(1)
        assert "(80.00% -> 10.00%)" in them.sync(0)[0]
        assert them.baselines(0) == RECORDS
        assert json.loads(file.read_text())["tip"] == Notes(them.clones[0]).tip()


def test_notes_that_were_seen_and_collected_as_garbage_are_read_again(environ: dict[str, str], tmp_path: Path) -> None:
    with team(tmp_path, environ, size=1) as them:
        (repository,) = them.clones
        them.write(0, them.commits[0], measured(80))
        repository.run("update-ref", "-d", NOTES_REF)
        repository.run("reflog", "expire", "--expire=now", "--all")
        repository.run("gc", "--quiet", "--prune=now")
        repository.close()
        assert repair(Notes(repository)) == []
        them.write(0, them.commits[1], measured(85))
        assert them.baselines(0) == [None, at(85), None]


def test_an_honest_exchange_starts_no_reading(environ: dict[str, str], tmp_path: Path) -> None:
    """What this clone wrote itself needs no look at the history."""
    with team(tmp_path, environ, size=1) as them:
        (repository,) = them.clones
        them.write(0, them.commits[0], measured(80))
        them.sync(0)
        traced = tmp_path / "traced"
        repository.environ["GIT_TRACE2_EVENT"] = str(traced)
        fetch_notes(them.origin(0))
        assert repair(Notes(repository)) == []
        them.write(0, them.commits[1], measured(85))
        publish(them.origin(0))
        fetch_notes(them.origin(0))
        names = {json.loads(line).get("name") for line in traced.read_text().splitlines()}
        assert "update-ref" in names and not names & {"log", "merge-base"}
