"""A repository of 20 components with 10,000 notes, beside the same files and notes as one component.

    python tests/benchmarks/bench_components.py [--repetitions N]

2,000 files. Each of 10,000 commits has a note, which holds a record of each component. What is timed needs no test run:
finding the baselines, judging and rendering a commit that was measured before, and one whose coverage fell, and the
push of a new commit with a measured tree through a native hook.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from side_by_side import Comparison, compare, place, repetitions, report, run, seconds

from covgate.model.baseline import Baseline
from covgate.model.note_text import render_note
from covgate.model.numbers import Numbers
from covgate.model.record import Judgement, Record
from covgate.model.verdict import Status

COMPONENTS = 20
FILES = 100  # of a component
LINES = 50  # of a file
NOTES = 10_000
REF = "refs/notes/coverage"
# Reports every line of the files below; a line with "no" is not executed.
SUITE = """\
for file in $(git ls-files "*.c"); do
    echo "SF:$file"
    awk '{ print "DA:" NR "," ($0 !~ /no/) }' "$file"
    echo end_of_record
done > lcov.info
"""


def repository(path: Path, components: int, environ: Mapping[str, str]) -> Path:
    """Its files, 10,000 commits with notes, and on top a commit that was measured, and one that covers less."""
    path.mkdir()
    run("git", "init", "-q", cwd=path, environ=environ)
    names = [f"part{number:02}" for number in range(COMPONENTS)]
    write(path / "suite.sh", SUITE)
    for name in names:
        for number in range(FILES):
            write(path / name / f"file{number:03}.c", "yes\n" * (LINES - 1) + "no\n")
    top = 'command = ["sh", "../suite.sh"]\n' if components > 1 else 'command = ["sh", "suite.sh"]\n'
    tables = "".join(f'[components.{name}]\ndirectory = "{name}"\nsource = ["."]\n' for name in names)
    write(path / ".covgate.toml", f'{top}report = "lcov.info"\n{tables if components > 1 else ""}')
    write(path / ".gitignore", "lcov.info\n")
    run("git", "add", "--all", cwd=path, environ=environ)
    run("git", "commit", "-qm", "files", cwd=path, environ=environ)
    add_notes(path, names if components > 1 else ["default"], environ)
    run("git", "gc", "-q", cwd=path, environ=environ)
    run("covgate", "check", cwd=path, environ=environ)
    run("git", "checkout", "-q", "-b", "worse", cwd=path, environ=environ)
    for name in names:
        write(path / name / "file000.c", "yes\n" * (LINES - 9) + "no\n" * 9)
    run("git", "commit", "-qam", "worse", cwd=path, environ=environ)
    seconds("sh", "-c", "covgate check --base HEAD~1 || true", cwd=path, environ=environ)
    run("git", "checkout", "-q", "-", cwd=path, environ=environ)
    return path


def use_hook(path: Path, environ: Mapping[str, str]) -> None:
    """Give the repository a bare remote that has its notes, and a native hook, and check out a branch to push."""
    remote = path.with_suffix(".git")
    run("git", "clone", "-q", "--bare", path, remote, cwd=path, environ=environ)
    run("git", "remote", "add", "origin", remote, cwd=path, environ=environ)
    run("git", "push", "-q", "origin", REF, cwd=path, environ=environ)
    run("git", "fetch", "-q", "origin", cwd=path, environ=environ)
    run("git", "checkout", "-q", "-b", "topic", cwd=path, environ=environ)
    hook = path / ".git" / "hooks" / "pre-push"
    write(hook, '#!/bin/sh\nexec covgate-pre-push "$@"\n')
    hook.chmod(0o755)


def push(path: Path, environ: Mapping[str, str]) -> float:
    """Push a new commit with the same tree: a record is written, and the notes are published."""
    run("git", "commit", "-q", "--allow-empty", "-m", "the same tree", cwd=path, environ=environ)
    return seconds("git", "push", "-q", "origin", "topic", cwd=path, environ=environ)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def add_notes(path: Path, components: list[str], environ: Mapping[str, str]) -> None:
    """Empty commits on the branch, and one notes commit that has the note of each."""
    tip = run("git", "rev-parse", "HEAD", cwd=path, environ=environ).stdout.strip()
    branch = run("git", "symbolic-ref", "HEAD", cwd=path, environ=environ).stdout.strip()
    who = "committer Ada <ada@example.org>"
    commits = [
        f"commit {branch}\n{who} {1_700_000_000 + number} +0000\ndata 4\ncode\n" + f"from {tip}\n" * (number == 0)
        for number in range(NOTES)
    ]
    run("git", "fast-import", "--quiet", "--force", cwd=path, environ=environ, data="".join(commits))
    oids = run("git", "rev-list", "--reverse", f"{tip}..{branch}", cwd=path, environ=environ).stdout.split()
    files = []
    for number, oid in enumerate(oids):
        text = render_note([record(name, number) for name in components])
        files.append(f"M 100644 inline {oid[:2]}/{oid[2:]}\ndata {len(text)}\n{text}\n")
    notes = f"commit {REF}\n{who} 1800000000 +0000\ndata 7\nrecords\n{''.join(files)}"
    run("git", "fast-import", "--quiet", "--force", cwd=path, environ=environ, data=notes)
    run("git", "reset", "-q", "--hard", cwd=path, environ=environ)


def record(component: str, number: int) -> Record:
    """The numbers differ from note to note, so that each is parsed; all baselines are below what is measured."""
    numbers = Numbers(statements=2 * NOTES, executed_statements=NOTES + number // 2)
    judged = Judgement(status=Status.PASS, numbers=numbers, tree="1" * 40, toolchain="CPython 3.12.1, coverage 7.17.3")
    baseline = Baseline(executed=numbers.executed, executable=numbers.executable)
    return Record(component=component, baseline=baseline, judgement=judged)


def main() -> int:
    rounds = repetitions(7)
    with place() as (top, environ):
        many = repository(top / "many", COMPONENTS, environ)
        one = repository(top / "one", 1, environ)

        def both(what: str, *command: str) -> Comparison:
            line = ("sh", "-c", f"{' '.join(command)} || true")
            return compare(
                f"{COMPONENTS} components, {what}; one",
                1.5,
                rounds,
                lambda: seconds(*line, cwd=many, environ=environ),
                lambda: seconds(*line, cwd=one, environ=environ),
            )

        compared = [
            both("baselines", "covgate", "baseline"),
            both("judged, passes", "covgate", "check"),
            both("judged, JSON", "covgate", "check", "--format", "json"),
            both("blocked, text", "covgate", "check", "worse", "--base", "worse~1"),
            both("blocked, SARIF", "covgate", "check", "worse", "--base", "worse~1", "--format", "sarif"),
            both("blocked, pages", "covgate", "check", "worse", "--base", "worse~1", "--html", "../pages-$$"),
        ]
        for path in (many, one):
            use_hook(path, environ)
        pushed = compare(
            f"{COMPONENTS} components, a push; one",
            1.5,
            rounds,
            lambda: push(many, environ),
            lambda: push(one, environ),
        )
        return report([*compared, pushed])


if __name__ == "__main__":
    raise SystemExit(main())
