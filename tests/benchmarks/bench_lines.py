"""What the lines of 200 ratchets cost in refs/notes/coverage-files, packed, beside their missing-line ranges in gzip.

    python tests/benchmarks/bench_lines.py

A project of 2,000 files; each ratchet changes some of them, as commits do: lines come and go, others get covered.
Sizes, not times: one run is enough. Exit status 1: the goal is missed.
"""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

from side_by_side import place, run

from covgate.git.repository import Repository
from covgate.model.lines import Line, encode, numbers_of, ranges
from covgate.model.measurement import FileResult, Measurement
from covgate.model.numbers import total
from covgate.notes.line_notes import DetailNotes
from covgate.notes.ref import FILES_REF

FILES, RATCHETS, CHANGED, GOAL = 2_000, 200, 6, 3.0


def source(chance: random.Random) -> list[str]:
    """A file's lines, a mark each: "." nothing, "+" executed, "-" missing, "b" and "%" with two branches."""
    lines: list[str] = []
    for _ in range(chance.randint(2, 40)):
        lines += "." * chance.randint(1, 6)
        body = chance.randint(1, 12)
        missing = chance.random() < 0.15
        for _ in range(body):
            lines.append("-" if missing else chance.choices("+b%", (85, 12, 3))[0])
    return lines


def result(path: str, marks: list[str]) -> FileResult:
    kinds = {"+": (True, 0, 0), "-": (False, 0, 0), "b": (True, 2, 2), "%": (True, 1, 2)}
    text = encode(Line(number, *kinds[mark]) for number, mark in enumerate(marks, 1) if mark != ".")
    return FileResult(path=path, numbers=numbers_of(text), lines=text)


def change(marks: list[str], chance: random.Random) -> None:
    at = chance.randrange(len(marks))
    marks[at : at + chance.randint(0, 4)] = chance.choices("..+++b-", k=chance.randint(0, 8))
    for number, mark in enumerate(marks):
        if mark == "-" and chance.random() < 0.1:
            marks[number] = "+"
    marks.append("+")


def gzip_size(missing: dict[str, list[tuple[int, int]]]) -> int:
    """The comparison: path and ranges of the missing lines of each file, as plain as can be."""
    told = json.dumps({path: found for path, found in sorted(missing.items()) if found}, separators=(",", ":"))
    return len(gzip.compress(told.encode(), 9, mtime=0))


def main() -> int:
    chance = random.Random(1)
    marks = {f"package/part{number // 40}/module{number}.py": source(chance) for number in range(FILES)}
    results = {path: result(path, each) for path, each in marks.items()}
    missing = {path: ranges(each.missing_lines) for path, each in results.items()}
    gzipped = 0
    with place() as (top, environ):
        run("git", "init", "-q", cwd=top, environ=environ)
        repository = Repository.discover(top, environ)
        details = DetailNotes(repository)
        for number in range(RATCHETS):
            run("git", "commit", "-q", "--allow-empty", "-m", str(number), cwd=top, environ=environ)
            for path in chance.sample(sorted(marks), CHANGED if number else 0):
                change(marks[path], chance)
                results[path] = result(path, marks[path])
                missing[path] = ranges(results[path].missing_lines)
            files = tuple(results[path] for path in sorted(results))
            measurement = Measurement(tree=f"{number:040x}", numbers=total(each.numbers for each in files), files=files)
            details.keep(repository.commit("HEAD"), "default", measurement)
            gzipped += gzip_size(missing)
        repository.close()
        before = packed(top, environ)
        run("git", "update-ref", "-d", FILES_REF, cwd=top, environ=environ)
        run("git", "reflog", "expire", "--expire=now", "--all", cwd=top, environ=environ)
        ours = before - packed(top, environ)
    ratio = ours / gzipped
    print(f"{'bytes a ratchet':<58}{'covgate':>9}{'other':>9}{'ratio':>8}{'goal':>7}")
    name = f"lines of {FILES:,} files, {RATCHETS} ratchets, packed; gzip of the missing"
    print(f"{name:<58}{ours / RATCHETS:>9.0f}{gzipped / RATCHETS:>9.0f}{ratio:>8.3f}{GOAL:>7}")
    return int(ratio > GOAL)


def packed(top: Path, environ: dict[str, str]) -> int:
    """Bytes of all packs once everything that is reachable is packed as `git gc` does, and nothing else is left."""
    run("git", "gc", "-q", "--prune=now", cwd=top, environ=environ)
    return sum(each.stat().st_size for each in (top / ".git" / "objects" / "pack").iterdir())


if __name__ == "__main__":
    raise SystemExit(main())
