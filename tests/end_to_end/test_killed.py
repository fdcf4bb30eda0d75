"""A publisher that is killed at any step leaves valid notes refs, and the next run completes its work.

`covgate ratchet` runs with a `git` first on PATH that counts covgate's calls and, at the chosen one, kills the whole
process group: covgate, its git, and what serves a remote on the same machine. Before a call is also after the one
before. In the middle of a call the killing is done by what git itself runs there: its reference-transaction hook
(`prepared`: the lock is held, `committed`: it has just been let go), the hooks of the remote, the packing of what is
fetched.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from covgate.notes.ref import NOTES_REF
from helpers.notes import read_notes
from helpers.project import Project, calls
from helpers.sealed import run, script

pytestmark = pytest.mark.end_to_end

# The moments within a call of each command that writes.
MOMENTS = {
    "fetch": ("packing", "prepared", "committed"),
    "fast-import": ("reading",),
    "update-ref": ("prepared", "committed"),
    "push": ("pre-receive", "prepared", "committed", "post-receive"),
}

# To be killed between two of these is to be killed after the last change.
READING = (
    *("cat-file", "config", "diff", "diff-tree", "for-each-ref", "log", "ls-files", "ls-remote", "ls-tree"),
    *("merge-base", "remote", "rev-list", "rev-parse", "status", "symbolic-ref", "var"),
)

# A call has the name of its command and a number: calls of two commands may run at once, and either may be the first.
# A directory is made by one process alone: two calls at once get two numbers. The shell itself looks for the first free
# one: a process for each number that is taken would be most of what a run costs.
KILLER = """#!/bin/sh
option=
for word; do
    case $option$word in
    -c) option=yes ;;
    yes*) option= ;;
    *) break ;;
    esac
done
number=1
while [ -d "$STEPS/calls/$word-$number" ]; do number=$((number + 1)); done
until mkdir "$STEPS/calls/$word-$number" 2>/dev/null; do number=$((number + 1)); done
call=$word-$number
echo "$*" > "$STEPS/calls/$call/command"
[ "$AT" = "$call before" ] && kill -KILL "-$GROUP" 0
case $AT in
record) export REACHED="$STEPS/calls/$call/reached" GIT_CONFIG_GLOBAL="$STEPS/config"
    [ "$1" = -c ] && shift 2 ;;
"$call reading") { head -c 150; kill -KILL "-$GROUP" 0; } | exec "$GIT" "$@" ;;
"$call "*) export MOMENT="${AT#* }" GIT_CONFIG_GLOBAL="$STEPS/config"
    shift 2 ;; # -c core.hooksPath=/dev/null
esac
exec "$GIT" "$@"
"""
# In the hooks of covgate's repository and of the remote, by the name of each.
# A whole run writes down which moments its calls reach: a push that is refused comes to none of the server's.
_KILL = 'kill -KILL "-$GROUP" 0'
_HOOK = '#!/bin/sh\n[ -z "$REACHED" ] || echo "{name}" >> "$REACHED"\n'
HOOKS = {
    "reference-transaction": _HOOK.format(name="$1") + f'[ "$1" = "$MOMENT" ] && {_KILL}\nexit 0\n',
    "pre-receive": _HOOK.format(name="pre-receive") + f'[ pre-receive = "$MOMENT" ] && {_KILL}\nexit 0\n',
    "post-receive": _HOOK.format(name="post-receive") + f'[ post-receive = "$MOMENT" ] && {_KILL}\nexit 0\n',
    # Some of the pack is under way when its sender is killed.
    "packing": _HOOK.format(name="packing")
    + '[ packing = "$MOMENT" ] || exec "$@"\n"$@" | { head -c 40; '
    + _KILL
    + "; }\n",
}


class Scene:
    """A clone and its remote whose notes have parted, and a measured commit that is still to be ratcheted."""

    def __init__(self, directory: Path, environ: Mapping[str, str]) -> None:
        self.steps = directory / "steps"
        self.before = directory / "before"
        self.project = Project(directory / "now" / "work", directory / "now" / "origin.git", environ)

    @classmethod
    def prepare(cls, directory: Path, environ: Mapping[str, str]) -> Scene:
        scene = cls(directory, environ)
        git = shutil.which("git", path=environ["PATH"])
        assert git is not None
        project = Project.create(directory / "now", environ, hooks="none")
        scene.project.environ.update(GIT=git, STEPS=str(scene.steps))
        (scene.steps / "bin").mkdir(parents=True)
        (scene.steps / "hooks").mkdir()
        # Only git's own configuration of the user may name what packs; what serves a remote reads it, too.
        (scene.steps / "config").write_text(
            f"[include]\n\tpath = {environ['GIT_CONFIG_GLOBAL']}\n"
            f"[core]\n\thooksPath = {scene.steps / 'hooks'}\n"
            f"[uploadpack]\n\tpackObjectsHook = {scene.steps / 'hooks' / 'packing'}\n"
        )
        for path, text in [
            (scene.steps / "bin" / "git", KILLER),
            *((scene.steps / "hooks" / name, text) for name, text in HOOKS.items()),
        ]:
            path.write_text(text)
            path.chmod(0o755)
        # 5 of 6 here, 6 of 6 there, and each side has a note that the other lacks.
        assert project.push().status == 0
        assert project.covgate("ratchet").status == 0
        other = project.clone(directory / "other")
        other.write("tests/test_mod.py", calls("a", "b", "c"))
        other.commit("c is tested")
        assert run(["git", "push", "--no-verify", "origin", "main"], other.top, environ).status == 0
        assert other.covgate("ratchet").status == 0
        project.write("more.txt", "more")
        project.commit("more")
        assert project.covgate("ratchet", COVGATE_SYNC="false").status == 0
        parted, seen = project.git("rev-parse", NOTES_REF), project.top / ".git/covgate/seen-refs-notes-coverage.json"
        known = seen.read_bytes()
        project.git("fetch", "--quiet", "origin")
        project.git("merge", "--quiet", "-m", "both", "origin/main")
        # Remembered, but not recorded: no test runs between the steps.
        assert project.covgate("check", COVGATE_SYNC="false").status == 0
        project.git("update-ref", NOTES_REF, parted)
        seen.write_bytes(known)
        shutil.copytree(directory / "now", scene.before, symlinks=True)
        return scene

    def reset(self) -> None:
        shutil.rmtree(self.project.top.parent)
        shutil.copytree(self.before, self.project.top.parent, symlinks=True)
        shutil.rmtree(self.steps / "calls", ignore_errors=True)
        (self.steps / "calls").mkdir()

    def ratchet(self, at: str = "") -> tuple[int, str]:
        """`covgate ratchet` in a process group of its own, killed at ``at``: "<call> <moment>"; "" for nowhere."""
        environ = dict(self.project.environ)
        if at:
            environ |= {"AT": at, "PATH": f"{self.steps / 'bin'}{os.pathsep}{environ['PATH']}"}
        process = subprocess.Popen(
            # A fetch has a group of its own, so that it can be ended alone.
            ["sh", "-c", 'export GROUP=$$; exec "$0" ratchet', script("covgate")],
            cwd=self.project.top,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        text, _ = process.communicate(timeout=600)
        return process.returncode, text

    def points(self) -> Iterator[str]:
        """Where the recorded run can be killed: before and after each call that changes something, and at each moment
        that these came to.
        """
        changed = True
        for made in sorted((self.steps / "calls").iterdir(), key=lambda each: (each / "command").stat().st_mtime_ns):
            command = made.name.rpartition("-")[0]
            reached = (made / "reached").read_text().split() if (made / "reached").exists() else []
            changes = command not in READING
            if changes or changed:
                yield f"{made.name} before"
            changed = changes
            for moment in MOMENTS.get(command, ()):
                if moment == "reading" or moment in reached:
                    yield f"{made.name} {moment}"

    def locks(self) -> list[Path]:
        return list(self.project.top.parent.rglob("*.lock"))

    def notes(self, directory: Path, ref: str = "coverage") -> dict[str, str]:
        """Annotated commit -> what its note says, read by git alone; everything there is sound."""
        done = run(["git", "fsck", "--no-dangling", "--no-progress"], directory, self.project.environ)
        assert done.status == 0 and "error" not in done and "broken" not in done, done.text
        return read_notes(directory, self.project.environ, ref)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, environ: dict[str, str]) -> Scene:
    return Scene.prepare(tmp_path_factory.mktemp("killed"), environ)


def test_killed_at_any_step_nothing_breaks_and_the_next_run_completes(scene: Scene) -> None:
    project = scene.project
    scene.reset()
    known = [scene.notes(project.top), scene.notes(project.remote)]
    status, text = scene.ratchet("record")
    assert status == 0 and "WARNING" not in text, text
    wanted, lines = scene.notes(project.remote), scene.notes(project.remote, "coverage-files")
    assert scene.notes(project.top) == wanted and len(wanted) == 4
    assert scene.notes(project.top, "coverage-files") == lines and lines
    points = list(scene.points())
    moments = {each.split()[1] for each in points}
    assert moments == {"before", *(each for several in MOMENTS.values() for each in several)}
    locked = set()
    for at in points:
        scene.reset()
        status, text = scene.ratchet(at)
        assert status == -signal.SIGKILL, f"{at}: {status} {text}"
        for where, notes in zip((project.top, project.remote), known, strict=True):
            # Nothing that was there has gone, and nothing is there that the whole run would not have written.
            now = scene.notes(where)
            assert all(now.get(commit) in (note, wanted[commit]) for commit, note in notes.items()), at
            assert all(wanted[commit] == note or notes.get(commit) == note for commit, note in now.items()), at
        for lock in scene.locks():
            locked.add(at.split()[1])
            os.utime(lock, (time.time() - 60,) * 2)  # the next run is a minute later
        status, text = scene.ratchet()
        assert status == 0 and "WARNING" not in text, f"{at}: {text}"
        assert scene.notes(project.remote) == scene.notes(project.top) == wanted, at
        assert scene.notes(project.remote, "coverage-files") == scene.notes(project.top, "coverage-files") == lines, at
        assert scene.locks() == [], at
    # The locks that are left behind are among what is tested.
    assert locked == {"prepared"}


def test_a_lock_that_may_be_held_is_waited_for(scene: Scene) -> None:
    """The next run comes soon: a lock is taken away only when it is too old for a living git to hold it."""
    scene.reset()
    lock = scene.project.top / ".git" / f"{NOTES_REF}.lock"
    lock.touch()
    begun = time.time()
    os.utime(lock, (begun - 7,) * 2)
    status, text = scene.ratchet()
    assert status == 0 and "WARNING" not in text, text
    assert not lock.exists() and time.time() - begun >= 3
    assert scene.notes(scene.project.remote) == scene.notes(scene.project.top)
