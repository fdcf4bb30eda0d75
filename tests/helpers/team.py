"""A team: clones of one bare remote that share commits and exchange notes, by covgate's functions and by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from covgate.git.remote import Remote
from covgate.git.repository import Repository
from covgate.model.baseline import Baseline
from covgate.model.note_text import render_note
from covgate.model.numbers import Numbers
from covgate.model.record import Judgement, Note, Record, join_notes
from covgate.model.verdict import Status
from covgate.notes.fetch import Fetch
from covgate.notes.join import fetch_notes
from covgate.notes.publish import publish
from covgate.notes.records import Notes
from covgate.notes.ref import NOTES_REF
from helpers.sealed import run

TREE = "1" * 40


@dataclass
class Team:
    """Clones of one bare remote that share ``commits``; ``written``: every baseline that was recorded, by commit."""

    remote: Path
    clones: list[Repository]
    commits: list[str]
    written: dict[str, list[Baseline]] = field(default_factory=dict)
    fetches: dict[int, Fetch] = field(default_factory=dict)

    def write(self, clone: int, commit: str, record: Record) -> None:
        if record.baseline is not None:
            self.written.setdefault(commit, []).append(record.baseline)
        note = Note(records=(record,))
        Notes(self.clones[clone]).update(commit, lambda known: join_notes(known, note), "record")

    def origin(self, clone: int) -> Remote:
        return Remote(self.clones[clone], "origin")

    def write_by_hand(self, clone: int, commit: str, text: str) -> None:
        """Write a note by git's own commands, as somebody who doesn't know covgate; "" removes it."""
        git = self.clones[clone].run
        if text:
            blob = git("hash-object", "-w", "--stdin", input=text.encode()).decode().strip()
            git("notes", "--ref=coverage", "add", "-f", "-C", blob, commit)
        else:
            git("notes", "--ref=coverage", "remove", commit)

    def push_by_hand(self, clone: int, *, force: bool = False) -> None:
        """Push the notes as they are."""
        self.clones[clone].run("push", "--quiet", *(["--force"] if force else []), "origin", NOTES_REF)

    def fetch(self, clone: int) -> list[str]:
        """Fetch and join the remote's notes. Returns the notices."""
        return fetch_notes(self.origin(clone))

    def sync(self, clone: int) -> list[str]:
        """Fetch, join and publish. Returns the notices."""
        notices = self.fetch(clone)
        publish(self.origin(clone), notices=notices)
        return notices

    def baselines(self, clone: int) -> list[Baseline | None]:
        """The baseline in the note of each of the commits."""
        found = [Notes(self.clones[clone]).read(commit) for commit in self.commits]
        records = [note.record() if note else None for note in found]
        return [record.baseline if record else None for record in records]

    def notes_trees(self) -> set[str]:
        trees = {each.text("rev-parse", f"{NOTES_REF}^{{tree}}") for each in self.clones}
        return trees | {self.clones[0].text("--git-dir", str(self.remote), "rev-parse", f"{NOTES_REF}^{{tree}}")}


@contextmanager
def team(directory: Path, environ: dict[str, str], size: int = 3, commits: int = 3) -> Iterator[Team]:
    def git(where: Path, *argv: str) -> str:
        done = run(["git", *argv], where, environ)
        assert done.status == 0, done.text
        return done.text.strip()

    remote = directory / "origin.git"
    git(directory, "init", "--quiet", "--bare", str(remote))
    first = directory / "0"
    git(directory, "clone", "--quiet", str(remote), str(first))
    made = []
    for number in range(commits):
        git(first, "commit", "--quiet", "--allow-empty", "-m", str(number))
        made.append(git(first, "rev-parse", "HEAD"))
    git(first, "push", "--quiet", "origin", "main")
    for number in range(1, size):
        git(directory, "clone", "--quiet", str(remote), str(directory / str(number)))
    clones = [Repository.discover(directory / str(number), environ) for number in range(size)]
    try:
        yield Team(remote=remote, clones=clones, commits=made)
    finally:
        for each in clones:
            each.close()


def measured(executed: int, status: Status = Status.PASS, tree: str = TREE, epoch: int = 0) -> Record:
    numbers = Numbers(statements=100, executed_statements=executed)
    return Record(
        baseline=Baseline(epoch=epoch, executed=executed, executable=100),
        judgement=Judgement(status=status, numbers=numbers, tree=tree, toolchain="CPython 3.12.1, coverage 7.17.3"),
    )


def by_hand(percent: int, epoch: int = 0, override: str = "") -> str:
    """The text of a note with a baseline and nothing else."""
    return render_note([Record(baseline=Baseline(epoch=epoch, executed=percent, executable=100, override=override))])
