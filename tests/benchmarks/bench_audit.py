"""`covgate audit` of 10,000 notes commits, beside git's own walk of the same ref, and beside 1,000 of them.

And the reading of their history by the first command of a clone, beside the audit; and by a later one, if a note is new
and if nothing is.

    python tests/benchmarks/bench_audit.py [--repetitions N]

Each notes commit adds the note of one commit or raises an earlier one; every tenth was merged natively.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from side_by_side import compare, place, repetitions, report, run, seconds

from covgate.model.baseline import Baseline
from covgate.model.note_text import render_note
from covgate.model.numbers import Numbers
from covgate.model.record import Judgement, Record
from covgate.model.verdict import Status

REF = "refs/notes/coverage"
COUNT = 10_000


def notes(path: Path, count: int, environ: Mapping[str, str]) -> Path:
    """A repository whose notes ref has ``count`` commits, packed as `git gc` leaves them."""
    path.mkdir()
    run("git", "init", "-q", cwd=path, environ=environ)
    parts = []
    for number in range(count):
        turn = number % 10
        # Of ten: two raise the note of the one before, the last two begin at the same, the next ten at their merge.
        parents = f"from :{number - (turn == 9)}\n" if number else ""
        files = [file(number - (turn in (3, 6)), number)]
        if number and turn == 0:
            parents += f"merge :{number - 1}\n"
            files.append(file(number - 2, number - 2))
        parts.append(
            f"commit {REF}\nmark :{number + 1}\ncommitter Ada <ada@example.org> {1_700_000_000 + number} +0000\n"
            f"data 6\nrecord\n{parents}{''.join(files)}"
        )
    run("git", "fast-import", "--quiet", "--force", cwd=path, environ=environ, data="".join(parts))
    run("git", "gc", "-q", cwd=path, environ=environ)
    return path


def file(commit: int, number: int) -> str:
    """fast-import's line for the note of ``commit``; the numbers differ, so that no blob is there twice."""
    oid = hashlib.sha1(str(commit).encode()).hexdigest()
    numbers = Numbers(statements=COUNT + number, executed_statements=COUNT // 2 + number)
    judged = Judgement(status=Status.PASS, numbers=numbers, tree="1" * 40, toolchain="CPython 3.12.1, coverage 7.17.3")
    baseline = Baseline(executed=numbers.executed, executable=numbers.executable)
    text = render_note([Record(baseline=baseline, judgement=judged)])
    return f"M 100644 inline {oid[:2]}/{oid[2:]}\ndata {len(text)}\n{text}\n"


def first_reading(path: Path, environ: Mapping[str, str]) -> float:
    """The seconds of a command that reads the history from its beginning."""
    for seen in (path / ".git" / "covgate").glob("seen-*"):
        seen.unlink()
    return seconds("covgate", "baseline", cwd=path, environ=environ)


def later_reading(path: Path, environ: Mapping[str, str]) -> float:
    """The seconds of a command that finds one notes commit of somebody else."""
    tip = run("git", "rev-parse", REF, cwd=path, environ=environ).stdout.strip()
    new = (
        f"commit {REF}\ncommitter Ada <ada@example.org> 1800000000 +0000\ndata 6\nrecord\nfrom {tip}\n"
        f"{file(COUNT + 1, int(tip[:6], 16))}"
    )
    run("git", "fast-import", "--quiet", "--force", cwd=path, environ=environ, data=new)
    return seconds("covgate", "baseline", cwd=path, environ=environ)


def main() -> int:
    rounds = repetitions(5)
    with place() as (top, environ):
        small, large = (notes(top / str(count), count, environ) for count in (COUNT // 10, COUNT))
        audit = ("covgate", "audit")
        log = ("git", "log", "--raw", "--no-abbrev", "-m", REF)
        run("git", "commit", "-q", "--allow-empty", "-m", "code", cwd=large, environ=environ)
        return report(
            [
                compare(
                    f"audit of {COUNT:,} notes commits; git log --raw of them",
                    10,
                    rounds,
                    lambda: seconds(*audit, cwd=large, environ=environ),
                    lambda: seconds(*log, cwd=large, environ=environ),
                ),
                compare(
                    f"audit of {COUNT:,} notes commits; of {COUNT // 10:,}",
                    12,
                    rounds,
                    lambda: seconds(*audit, cwd=large, environ=environ),
                    lambda: seconds(*audit, cwd=small, environ=environ),
                ),
                compare(
                    f"first reading of {COUNT:,} notes commits; audit of them",
                    1.2,
                    rounds,
                    lambda: first_reading(large, environ),
                    lambda: seconds(*audit, cwd=large, environ=environ),
                ),
                compare(
                    f"a later command, one of {COUNT:,} is new; nothing is",
                    2,
                    rounds,
                    lambda: later_reading(large, environ),
                    lambda: seconds("covgate", "baseline", cwd=large, environ=environ),
                ),
            ]
        )


if __name__ == "__main__":
    raise SystemExit(main())
