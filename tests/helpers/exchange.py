"""Many clones of one remote that ratchet at once: shared by the tests and the benchmark of the exchange.

Run as a program it is one of the clones: `exchange.py CLONE`, and on its standard input, when all are ready, a line
with what to write: JSON, a list of [commit, executed of 1000]. It prints the pushes that each note took.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

Ratchet = tuple[str, int]


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """What an exchange took: the pushes of each note, and the seconds until the last one was published."""

    pushes: Sequence[int]
    seconds: float

    @property
    def summary(self) -> str:
        """The number of notes, the time of each, and its pushes, as a sentence."""
        each = 1000 * self.seconds / len(self.pushes)
        mean = sum(self.pushes) / len(self.pushes)
        return (
            f"{len(self.pushes)} notes in {self.seconds:.1f} s ({each:.0f} ms a note): "
            f"{mean:.2f} pushes a note, {max(self.pushes)} at most"
        )


def commits(repository: Path, count: int, environ: Mapping[str, str]) -> list[str]:
    """``count`` commits on main of the bare ``repository``, in one go; the oldest first."""
    who = "committer Ada <ada@example.org>"
    stream = "".join(f"commit refs/heads/main\n{who} {1_700_000_000 + n} +0000\ndata 1\nx\n" for n in range(count))
    _git(["fast-import", "--quiet", "--force"], repository, environ, stream)
    return _git(["rev-list", "--reverse", "main"], repository, environ).split()


def clones(url: str, directory: Path, count: int, environ: Mapping[str, str]) -> list[Path]:
    """``count`` clones of ``url``."""
    made = [directory / f"clone-{number}" for number in range(count)]
    for each in made:
        _git(["init", "--quiet", "--template=", str(each)], directory, environ)
        _git(["remote", "add", "origin", url], each, environ)
        _git(["fetch", "--quiet", "origin"], each, environ)
    return made


def work(line: Sequence[str], clones: int, ratchets: int) -> list[list[Ratchet]]:
    """For each clone its ratchets: most on commits of its own, every fourth on one that all clones raise.

    What is executed of 1000 differs from ratchet to ratchet, so that each maximum has one author.
    """
    own = iter(line[ratchets:])
    return [
        [
            (line[turn] if turn % 4 == 3 else next(own), 1 + (turn * clones + number * 7 % clones))
            for turn in range(ratchets)
        ]
        for number in range(clones)
    ]


def exchange(writers: Sequence[tuple[Path, Sequence[Ratchet]]], environ: Mapping[str, str]) -> Exchange:
    """Run a process for every (clone, its ratchets), all at the same time."""
    processes = [
        subprocess.Popen(
            [sys.executable, __file__, str(clone)],
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for clone, _ in writers
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", process.communicate()[1]
        begun = time.perf_counter()
        for process, (_, mine) in zip(processes, writers, strict=True):
            assert process.stdin is not None
            process.stdin.write(json.dumps(mine) + "\n")
            process.stdin.flush()
        texts = [process.communicate(timeout=600) for process in processes]
        took = time.perf_counter() - begun
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    problems = [err for process, (_, err) in zip(processes, texts, strict=True) if process.returncode or err]
    assert not problems, "\n".join(problems)
    return Exchange(pushes=[each for out, _ in texts for each in json.loads(out)], seconds=took)


def _git(argv: list[str], cwd: Path, environ: Mapping[str, str], data: str = "") -> str:
    done = subprocess.run(
        ["git", *argv], cwd=cwd, env=dict(environ), input=data, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _ratchet_all(clone: Path) -> None:
    import os

    from covgate.git.remote import Remote
    from covgate.git.repository import Repository
    from covgate.model.baseline import Baseline
    from covgate.model.record import Note, Record, join_notes
    from covgate.notes.join import fetch_notes
    from covgate.notes.publish import publish
    from covgate.notes.records import Notes

    repository = Repository.discover(clone, os.environ)
    origin = Remote(repository, "origin")
    print("ready", flush=True)
    pushes = []
    for commit, executed in json.loads(sys.stdin.readline()):
        note = Note(records=(Record(baseline=Baseline(executed=executed, executable=1000)),))
        # As `ratchet_commit` does, without the measuring.
        fetch_notes(origin)
        Notes(repository).update(commit, partial(join_notes, note), f"ratchet {executed}")
        pushes.append(publish(origin))
    repository.close()
    print(json.dumps(pushes))


if __name__ == "__main__":
    _ratchet_all(Path(sys.argv[1]))
