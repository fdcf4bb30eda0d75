"""The history of the notes is not trusted blindly: random sequences of honest writes and of what people do by hand.

After each exchange: no record of a clone has decreased without an override, what was reported is what the audit of the
whole history finds in what was new, and nothing is reported twice. At the end all clones have the same notes, and a
fresh clone has what the history shows.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from covgate.git.repository import Repository
from covgate.model.baseline import Baseline, join, override, ratchet
from covgate.model.epochs import Epochs
from covgate.model.history import baselines_in
from covgate.model.history_audit import audit
from covgate.model.note_versions import left_to_others, notes_to_repair
from covgate.model.numbers import Numbers
from covgate.model.record import Record, merge_record
from covgate.notes.publish import publish
from covgate.notes.reading import changed_bytes
from covgate.notes.records import Notes
from covgate.notes.ref import NOTES_REF
from covgate.notes.repair import repair
from covgate.notes.steps import note_reader, read_steps
from helpers.properties import one_in
from helpers.team import Team, by_hand, team

CLONES, COMMITS = 3, 2
TRACKING = "refs/covgate/remotes/origin/coverage"
# An example takes half a second: a failure is made smaller by hand (remove `phases` for a shorter one).
PHASES = [phase for phase in Phase if phase not in (Phase.shrink, Phase.explain)]
clones = st.integers(0, CLONES - 1)
commits = st.integers(0, COMMITS - 1)
percents = st.sampled_from([20, 50, 80, 90])
# Epochs of nobody. Overrides open 1, 2, 3 …
FORGED = (50, 51)
TEXT = by_hand(10)
HANDS = {
    "lower": TEXT,
    "higher": by_hand(85),
    "removed": "",
    "forged": by_hand(10, FORGED[0]),
    "forged again": by_hand(95, FORGED[0]),
    "forged by another": by_hand(15, FORGED[1]),
    "torn": "---\nformat: '1\n---\n",
    "a key twice": TEXT.replace("epoch: 0", "epoch: 0\nepoch: 0"),
    "prose": "looks good to me\n",
    "newer": TEXT.replace("format: 1", "format: 2"),
    "more": TEXT + "---\nreviewed: yes\n",
}


hands = st.sampled_from(list(HANDS))
pushes = st.sampled_from(["push", "", "force"])


class History(RuleBasedStateMachine):
    """What clones of one remote do to the notes. ``environ`` is set by the test."""

    environ: dict[str, str]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        directory = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        # One more than work: the fresh clone.
        self.team: Team = self.stack.enter_context(team(directory, self.environ, size=CLONES + 1, commits=COMMITS))
        self.saw: list[list[Baseline | None]] = [[None] * COMMITS for _ in range(CLONES)]
        self.read: list[set[str]] = [set() for _ in range(CLONES)]
        self.reported: list[Counter[str]] = [Counter() for _ in range(CLONES)]

    def teardown(self) -> None:
        try:
            self.converge()
        finally:
            self.stack.close()

    @initialize()
    def begin(self) -> None:
        for commit, percent in zip(self.team.commits, (80, 60), strict=True):
            self.team.write(0, commit, Record(baseline=Baseline(executed=percent, executable=100)))
        for clone in range(CLONES):
            self.sync(clone)

    # What covgate does.

    @rule(clone=clones, commit=commits, percent=percents)
    def ratchet(self, clone: int, commit: int, percent: int) -> None:
        """As a push of the commit that passes: it repairs, judges by what is here, and records."""
        self.exchange(clone, fetches=False)
        notes, oid = Notes(self.team.clones[clone]), self.team.commits[commit]
        stands = ratchet(notes.baseline([oid]).baseline, Numbers(statements=100, executed_statements=percent))
        self.write(clone, oid, Record(baseline=stands), "ratchet")

    @rule(clone=clones, commit=commits, percent=percents)
    def override(self, clone: int, commit: int, percent: int) -> None:
        self.exchange(clone, fetches=False)
        notes, oid = Notes(self.team.clones[clone]), self.team.commits[commit]
        opened = override(notes.baseline([oid]).baseline, Fraction(percent), f"reason of {clone}")
        self.write(clone, oid, Record(baseline=opened), "override")

    @rule(clone=clones)
    def fetch(self, clone: int) -> None:
        self.exchange(clone)

    @rule(clone=clones)
    def sync(self, clone: int) -> None:
        self.exchange(clone)
        publish(self.team.origin(clone))

    @rule()
    def start_fresh(self) -> None:
        """A clone that has never seen the notes: it has what their history shows."""
        notes = Notes(self.team.clones[CLONES])
        for ref in (NOTES_REF, TRACKING):
            notes.repository.run("update-ref", "-d", ref)
        (notes.repository.state_dir / f"seen-{NOTES_REF.replace('/', '-')}.json").unlink(missing_ok=True)
        self.team.fetch(CLONES)
        tip = notes.repository.commit(TRACKING)
        for known, best in zip(self.known(notes), self.best_ever(notes, tip), strict=True):
            assert known == best or (known is not None and best is not None and known.level == best.level)

    # What people do.

    @rule(
        clone=clones,
        commit=commits,
        what=st.sampled_from(list(HANDS)),
        then=st.sampled_from(["", "push", "push", "force"]),
    )
    def hand(self, clone: int, commit: int, what: str, then: str) -> None:
        """Edit a note by git's own commands, and push it. git refuses what is no fast-forward."""
        text = HANDS[what]
        if text or self.team.commits[commit] in Notes(self.team.clones[clone]).entries():
            self.team.write_by_hand(clone, self.team.commits[commit], text)
        self.push(clone, then)

    @rule(clone=clones, strategy=st.sampled_from(["ours", "theirs", "union", "cat_sort_uniq"]))
    def merge(self, clone: int, strategy: str) -> None:
        git = self.team.clones[clone].attempt
        if not git("fetch", "--quiet", "origin", f"+{NOTES_REF}:refs/notes/theirs")[0]:
            git("notes", "--ref=coverage", "merge", "--quiet", "--strategy", strategy, "refs/notes/theirs")
        self.push(clone, "push")

    @rule(clone=clones, back=st.integers(0, 2), then=st.sampled_from(["", "force"]))
    def rewind(self, clone: int, back: int, then: str) -> None:
        """Move the local ref back, or delete it; force the remote there, or delete it, too."""
        git = self.team.clones[clone]
        older = git.commit(f"{NOTES_REF}~{back}") if back and git.commit(NOTES_REF) else ""
        git.run("update-ref", *([NOTES_REF, older] if older else ["-d", NOTES_REF]))
        if then and not older:
            git.run("--git-dir", str(self.team.remote), "update-ref", "-d", NOTES_REF)
        self.push(clone, then)

    def push(self, clone: int, how: str) -> None:
        if how:
            self.team.clones[clone].attempt("push", "-q", *(["-f"] if how == "force" else []), "origin", NOTES_REF)

    # Checks.

    def write(self, clone: int, oid: str, record: Record, message: str) -> None:
        notes = Notes(self.team.clones[clone])
        note = notes.read(oid)
        if note is None or not note.problems:  # covgate leaves a note alone that it can't read
            notes.update(oid, lambda known: merge_record(known, record), message)
        self.read[clone] |= reachable(self.team.clones[clone], notes.tip())
        self.look(clone)

    def exchange(self, clone: int, *, fetches: bool = True) -> None:
        """Repair, and fetch and join. What is reported is what the audit of the whole history finds in what is new."""
        repository = self.team.clones[clone]
        notes = Notes(repository)
        before, opened = notes.tip(), notes.seen.epochs()
        local = repair(notes)
        expected = self.findings(clone, before, opened)
        joined: list[str] = []
        if fetches:
            opened = notes.seen.epochs()
            joined = self.team.fetch(clone)
            self.read[clone] |= reachable(repository, before)
            expected += self.findings(clone, repository.commit(TRACKING), opened)
        lines = [line for line in (*local, *joined) if "not accepted: the note of" in line]
        hidden = sum(int(line.split()[0]) for line in (*local, *joined) if "more changes of the notes" in line)
        assert len(lines) + hidden == len(expected), (lines, expected)
        assert all(any(commit in line and step in line for commit, step in expected) for line in lines)
        self.reported[clone].update(lines)
        assert not [line for line, count in self.reported[clone].items() if count > 1]
        self.read[clone] |= reachable(repository, notes.tip())
        self.look(clone)
        assert repair(notes) == []
        assert not (+audit_of(notes, notes.tip(), notes.seen.epochs()).state.closed)

    def findings(self, clone: int, tip: str, epochs: Epochs) -> list[tuple[str, str]]:
        """What the audit finds in the notes commits that are new to ``clone``, and that are not healed at ``tip``."""
        repository = self.team.clones[clone]
        if not tip:
            return []
        notes = Notes(repository)
        new = reachable(repository, tip) - self.read[clone]
        self.read[clone] |= new
        found = audit_of(notes, tip, epochs)
        read = note_reader(repository, ())
        wrong = {*changed_bytes(notes, found.state, notes_to_repair(found.state, read))}
        wrong |= left_to_others(found.state, read).keys()
        return [
            (each.commit[:10], each.step.oid[:10])
            for each in found.findings
            if each.step.oid in new and not each.healed and each.commit in wrong
        ]

    def look(self, clone: int) -> None:
        """No record that this clone saw is lower now, and none has an epoch that nobody gave a reason for."""
        now = self.known(Notes(self.team.clones[clone]))
        for before, after in zip(self.saw[clone], now, strict=True):
            assert before is None or (after is not None and after.level >= before.level), (before, after)
            assert after is None or after.epoch not in FORGED
        self.saw[clone] = now

    def best_ever(self, notes: Notes, tip: str) -> list[Baseline | None]:
        """The highest record of each commit that the history of ``tip`` ever had, without epochs of nobody."""
        steps = read_steps(notes.repository, tip) if tip else []
        read = note_reader(notes.repository, steps)
        best: dict[str, Baseline | None] = {}
        for path, blob in ((path, blob) for step in steps for each in step.changes for path, blob in each.items()):
            for baseline in baselines_in(read(blob)).values() if blob else ():
                if baseline.epoch not in FORGED:
                    best[path] = join(best.get(path), baseline)
        return [best.get(oid) for oid in self.team.commits]

    def known(self, notes: Notes) -> list[Baseline | None]:
        """The baseline of each commit's own record, also if a note of a newer covgate is in its place."""
        found = []
        for oid in self.team.commits:
            records = [each.record() for each in (notes.read(oid), notes.seen.beside.get(oid)) if each]
            found.append(join(*(each.baseline for each in records if each)))
        return found

    def converge(self) -> None:
        self.start_fresh()
        for clone in (*range(CLONES), *range(CLONES)):
            self.sync(clone)
        trees = {each.text("rev-parse", f"{NOTES_REF}^{{tree}}") for each in self.team.clones[:CLONES]}
        assert len(trees) == 1
        fresh = Notes(self.team.clones[CLONES])
        self.team.fetch(CLONES)
        assert self.team.clones[CLONES].text("rev-parse", f"{NOTES_REF}^{{tree}}") in trees
        for oid, known, there in zip(self.team.commits, self.saw[0], self.known(fresh), strict=True):
            # A note of a newer covgate hides what only this clone remembers, if the history was rewritten.
            note = fresh.read(oid)
            assert known == there or (note and note.other_format)


def audit_of(notes: Notes, tip: str, epochs: Epochs):  # type: ignore[no-untyped-def]
    steps = read_steps(notes.repository, tip) if tip else []
    return audit(steps, note_reader(notes.repository, steps), epochs=epochs)


def reachable(repository: Repository, tip: str) -> set[str]:
    return set(repository.text("rev-list", tip).split()) if tip else set()


def test_no_sequence_lowers_a_record_without_an_override(environ: dict[str, str]) -> None:
    machine = type("History", (History,), {"environ": environ})
    run_state_machine_as_test(machine, settings=settings(one_in(15), stateful_step_count=12, phases=PHASES))
