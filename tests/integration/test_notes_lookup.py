"""What is looked up in the notes is what their plain definition says, however little of them is read.

Random histories with random notes, which covgate or somebody else changes. After each change, the look-ups of every
component and commit are compared with definitions that read all notes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.git.repository import Repository
from covgate.model.baseline import Baseline, join
from covgate.model.note_text import render_note
from covgate.model.numbers import Numbers
from covgate.model.record import Judgement, Note, Record
from covgate.model.verdict import Status
from covgate.notes import index
from covgate.notes.records import Notes
from helpers.properties import one_in
from helpers.sealed import run

NAMES = ("api", "web")
ASKED = (*NAMES, "new")
percents = st.sampled_from([None, 20, 40, 60])
# By component: the baseline, and what was measured.
contents = st.dictionaries(
    st.sampled_from(NAMES),
    st.tuples(percents, percents, st.integers(0, 1)).filter(lambda each: each[:2] != (None, None)),
)
# The note of a commit by its number: its records, none to remove it, None for a damaged one. Whether covgate wrote it.
steps = st.tuples(st.integers(0, 9), st.one_of(contents, contents, contents, st.none()), st.booleans())
# Of each commit, how far back its parents are.
histories = st.lists(st.lists(st.integers(1, 3), min_size=0, max_size=2, unique=True), min_size=1, max_size=6)


@one_in(2)
@given(history=histories, changes=st.lists(steps, min_size=1, max_size=6), fresh=st.booleans())
def test_look_ups_are_exact(
    tmp_path_factory: pytest.TempPathFactory,
    environ: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    history: list[list[int]],
    changes: list[tuple[int, dict[str, tuple[int | None, int | None, int]] | None, bool]],
    fresh: bool,
) -> None:
    # So that a history of six commits is a long one: the file is read after the first note.
    monkeypatch.setattr(index, "PARSED_WITHOUT_FILE", 1)
    monkeypatch.setattr(index, "WORTH_SAVING", 1)
    repository, commits, ancestors = _repository(tmp_path_factory.mktemp("lookup"), environ, history)
    notes = Notes(repository)
    for number, content, by_covgate in changes:
        if fresh:
            notes = Notes(repository)
        _change(notes, commits[number % len(commits)], content, by_covgate=by_covgate)
        for tips in (*((each,) for each in commits), (commits[0], commits[-1])):
            for name in ASKED:
                _compare(notes, tips, name, {each for tip in tips for each in ancestors[tip]})
    repository.close()


def _compare(notes: Notes, tips: Sequence[str], name: str, reached: set[str]) -> None:
    plain = {commit: notes.read_blob(blob) for commit, blob in notes.entries().items()}
    known = {commit: record for commit, note in plain.items() if (record := note.record(name))}
    wanted = join(*(record.baseline for commit, record in known.items() if commit in reached))
    found = notes.baseline(tips, name)
    assert (found.baseline, found.seen, found.hidden) == (wanted, wanted, False)
    damaged = [f"the note of {c[:10]} is ignored: {'; '.join(plain[c].problems)}" for c in plain if plain[c].problems]
    assert sorted(found.problems) == sorted(each for each in damaged if any(each[12:22] == c[:10] for c in reached))
    assert notes.has_baseline(name) == any(record.baseline for record in known.values())
    walked = [commit for commit in notes.repository.walk(tips) if commit in plain]
    judged = [c for c in walked if not plain[c].problems and c in known and known[c].judgement]
    assert notes.newest(tips, name) == (next(((c, known[c].judgement) for c in judged), None))
    for baseline in (wanted, Baseline(executed=1, executable=5)):
        if baseline is not None:
            measured = [c for c in walked if c in known and _measured(known[c], baseline)]
            carries = [c for c in walked if c in known and _level(known[c]) == baseline.level]
            assert list(notes.all_origins(tips, baseline, name)) == measured
            assert notes.origin(tips, baseline, name) == next(iter([*measured, *carries[-1:], ""]))


def _level(record: Record) -> object:
    return record.baseline.level if record.baseline else None


def _measured(record: Record, baseline: Baseline) -> bool:
    if record.baseline is None or record.judgement is None or record.baseline.override:
        return False
    return record.baseline.level == baseline.level and record.judgement.numbers.percent == baseline.percent


def _change(
    notes: Notes, commit: str, content: Mapping[str, tuple[int | None, int | None, int]] | None, *, by_covgate: bool
) -> None:
    records = [_record(name, *values) for name, values in (content or {}).items()]
    tip = notes.tip()
    if by_covgate and records:
        if not any(notes.read_blob(blob).problems for each, blob in notes.entries(tip).items() if each == commit):
            notes.update(commit, lambda note: Note(records=tuple(records)), "by covgate")
    elif content is None or records or commit in notes.entries(tip):
        data = b"---\nformat: 1\n" if content is None else render_note(records).encode() if records else None
        notes.move(tip, notes.build(tip, {commit: data}, "by hand"))


def _record(name: str, baseline: int | None, measured: int | None, override: int) -> Record:
    known = Baseline(executed=baseline, executable=100, override="why" * override) if baseline is not None else None
    numbers = Numbers(statements=100, executed_statements=measured or 0)
    judged = Judgement(status=Status.PASS, numbers=numbers, tree="1" * 40)
    return Record(component=name, baseline=known, judgement=judged if measured is not None else None)


def _repository(
    top: Path, environ: Mapping[str, str], history: list[list[int]]
) -> tuple[Repository, list[str], dict[str, set[str]]]:
    """A repository with these commits, their oids, and of each all ancestors and itself."""
    run(["git", "init", "--quiet", "."], top, environ)
    stream = []
    for number, back in enumerate(history):
        parents = [number - each for each in back if each <= number]
        links = "".join(f"{'merge' if place else 'from'} :{each + 1}\n" for place, each in enumerate(parents))
        stream.append(
            f"reset refs/heads/b{number}\ncommit refs/heads/b{number}\nmark :{number + 1}\n"
            f"committer Ada <ada@example.org> {1_700_000_000 + number} +0000\ndata 4\ncode\n{links}\n"
        )
    repository = Repository.discover(top, environ)
    repository.run("fast-import", "--quiet", input="".join(stream).encode())
    commits = [repository.commit(f"refs/heads/b{number}") for number in range(len(history))]
    ancestors: dict[str, set[str]] = {}
    for number, back in enumerate(history):
        parents = [commits[number - each] for each in back if each <= number]
        ancestors[commits[number]] = {commits[number]}.union(*(ancestors[each] for each in parents))
    return repository, commits, ancestors
