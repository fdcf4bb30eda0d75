"""No note is lost under load: many clones, or many processes of one clone, ratchet against one remote at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from covgate.git.remote import Remote
from covgate.git.repository import Repository
from covgate.model.baseline import Baseline, join
from covgate.model.note_text import parse_note
from covgate.model.record import Note, Record
from covgate.notes.fetch import start_fetch
from covgate.notes.join import fetch_notes
from covgate.notes.publish import publish
from covgate.notes.records import Notes
from covgate.notes.ref import NOTES_REF
from helpers.exchange import Exchange, Ratchet, clones, commits, exchange, work
from helpers.git_http import serve
from helpers.notes import read_notes
from helpers.sealed import run

pytestmark = pytest.mark.end_to_end

CLONES = 16


def git(where: Path, environ: Mapping[str, str], *argv: str) -> str:
    done = run(["git", *argv], where, environ)
    assert done.status == 0, done.text
    return done.text.strip()


@contextmanager
def remote_over(transport: str, directory: Path, environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """A bare repository, and its URL over ``transport``."""
    remote = directory / "origin.git"
    git(directory, environ, "init", "--quiet", "--bare", "--template=", str(remote))
    if transport == "file":
        yield remote, remote.as_uri()
    else:
        with serve(directory, environ) as url:
            yield remote, f"{url}/{remote.name}"


def nothing_is_lost(
    remote: Path, copies: Sequence[Path], environ: Mapping[str, str], written: Sequence[Sequence[Ratchet]]
) -> None:
    """``remote`` has every ratchet of ``written`` or a higher one, and each of ``copies`` gets the same notes."""
    wanted: dict[str, Baseline | None] = {}
    for commit, executed in (each for mine in written for each in mine):
        wanted[commit] = join(wanted.get(commit), Baseline(executed=executed, executable=1000))
    notes = read_notes(remote, environ)
    assert notes.keys() == wanted.keys()
    records = {commit: parse_note(text.encode()).record() for commit, text in notes.items()}
    assert {commit: record and record.baseline for commit, record in records.items()} == wanted
    assert git(remote, environ, "fsck", "--no-dangling") == ""
    # The history of the notes is a line, with a commit for each write: no state replaced another one.
    assert git(remote, environ, "rev-list", "--min-parents=2", NOTES_REF) == ""
    tip = git(remote, environ, "rev-parse", NOTES_REF)
    for each in copies:
        repository = Repository.discover(each, environ)
        try:
            origin = Remote(repository, "origin")
            fetch_notes(origin)
            assert publish(origin) == 0
            notes = Notes(repository)
            assert notes.tip() == tip
            assert notes.baseline([repository.commit("refs/remotes/origin/main")]).baseline == join(*wanted.values())
        finally:
            repository.close()


def report(result: Exchange, record_property: pytest.RecordProperty, what: str) -> None:
    record_property("exchange", f"{what}: {result.summary}")
    print(f"{what}: {result.summary}")


# Over HTTP each push also starts several processes of the server. The benchmark (tests/benchmarks/bench_exchange.py)
# has more ratchets; this suite has to stay fast.
@pytest.mark.parametrize(("transport", "ratchets"), [("file", 6), ("http", 2)])
def test_sixteen_clones_that_ratchet_at_once_lose_nothing(
    environ: dict[str, str], tmp_path: Path, record_property: pytest.RecordProperty, transport: str, ratchets: int
) -> None:
    with remote_over(transport, tmp_path, environ) as (remote, url):
        line = commits(remote, (CLONES + 1) * ratchets, environ)
        copies = clones(url, tmp_path, CLONES, environ)
        written = work(line, CLONES, ratchets)
        report(
            exchange(list(zip(copies, written, strict=True)), environ), record_property, f"{CLONES} clones, {transport}"
        )
        nothing_is_lost(remote, copies, environ, written)


def test_publishers_of_one_clone_lose_nothing(
    environ: dict[str, str], tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    """They share the notes ref and the tracking ref, which one may move between another's fetch and push."""
    with remote_over("file", tmp_path, environ) as (remote, url):
        line = commits(remote, 9 * 6, environ)
        mine, other = clones(url, tmp_path, 2, environ)
        written = work(line, 8, 6)
        writers = [(mine if number % 4 else other, ratchets) for number, ratchets in enumerate(written)]
        report(exchange(writers, environ), record_property, "8 publishers, 2 clones")
        nothing_is_lost(remote, [mine, other], environ, written)


def test_notes_that_another_process_fetched_but_did_not_join_yet_stay_on_the_remote(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """Between the fetch and the join of one covgate, another one of the same clone publishes."""
    with remote_over("file", tmp_path, environ) as (remote, url):
        line = commits(remote, 2, environ)
        mine, other = clones(url, tmp_path, 2, environ)
        written = [[(line[0], 1)], [(line[1], 2)]]
        exchange([(other, written[0])], environ)
        repository = Repository.discover(mine, environ)
        note = Note(records=(Record(baseline=Baseline(executed=2, executable=1000)),))
        Notes(repository).update(line[1], lambda _: note, "ratchet")
        origin = Remote(repository, "origin")
        assert start_fetch(origin).process.communicate() == (b"", b"")
        publish(origin)
        repository.close()
        nothing_is_lost(remote, [mine, other], environ, written)
