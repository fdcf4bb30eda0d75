"""Many processes in one repository: no record is lost, and every state is a valid notes ref."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import pytest

from covgate.git.repository import Repository
from covgate.model.baseline import Baseline
from covgate.model.record import Note, Record
from covgate.notes.records import Notes
from helpers.project import Project, calls
from helpers.sealed import script

pytestmark = pytest.mark.end_to_end

PROCESSES = 16


def test_sixteen_ratchets_at_once_lose_nothing(project: Project) -> None:
    commits = []
    for number in range(PROCESSES):
        project.write("tests/test_mod.py", calls("a", "b", *["c"] * (number % 2)) + f"    assert {number} < 99\n")
        commits.append(project.commit(f"commit {number}"))
    processes = [
        subprocess.Popen(
            [script("covgate"), "ratchet", commit],
            cwd=project.top,
            env={**project.environ, "COVGATE_SYNC": "false"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for commit in commits
    ]
    texts = [process.communicate(timeout=240)[0] for process in processes]
    assert all("WARNING" not in text and "Traceback" not in text for text in texts), "\n".join(texts)
    for commit in commits:
        assert project.field("tree", commit) == project.git("rev-parse", f"{commit}^{{tree}}"), "\n".join(texts)
    assert len(project.git("notes", "--ref=coverage", "list").splitlines()) == PROCESSES
    assert project.covgate("baseline", commits[-1]).text.startswith("100.00%")


def test_many_writers_of_the_notes_ref(project: Project) -> None:
    """Only the compare-and-swap, without test runs between the writes: 8 writers of 12 notes each."""
    commits = [project.commit(f"commit {number}") for number in range(96)]
    failures: list[BaseException] = []

    def write(mine: list[str]) -> None:
        repository = Repository.discover(project.top, project.environ)
        try:
            for commit in mine:
                note = Note(records=(Record(baseline=Baseline(executed=1, executable=2)),))
                Notes(repository).update(commit, lambda _, note=note: note, "a note")
        except BaseException as error:
            failures.append(error)
        finally:
            repository.close()

    threads = [threading.Thread(target=write, args=(commits[start::8],)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    listed = {line.split()[1] for line in project.git("notes", "--ref=coverage", "list").splitlines()}
    assert listed == set(commits)
    # One notes commit for each write: none was built on a state that another had replaced.
    assert int(project.git("rev-list", "--count", "refs/notes/coverage")) == len(commits)
    assert not [each for each in Path(project.top, ".git", "refs", "notes").iterdir() if each.name != "coverage"]
