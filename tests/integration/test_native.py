"""`covgate init --native`: plain git hooks beside whatever is there, and all as it was when they are removed."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from covgate.install import hook_script
from helpers.project import ZERO, Project, calls, functions
from helpers.sealed import Done, run, script

HOOKS = ("pre-push", "post-merge", "post-rewrite")
# Leaves in LOG what it was called with.
RECORDING = '#!/bin/sh\n{ echo "${0##*/} $*"; cat; } >>"$LOG"\n'
PYTHON = f"#!{sys.executable}\nimport os, sys\n" + 'open(os.environ["LOG"], "a").write(sys.stdin.read())\n'
PLACEHOLDER = "default_install_hook_types: [pre-push, post-merge, post-rewrite]\nrepos:\n- repo: local\n  hooks:\n"
COVGATE = PLACEHOLDER + "".join(
    f"  - {{id: {name}, name: {name}, entry: {script(name)}, language: system, stages: {stages}, always_run: true,"
    " pass_filenames: false, verbose: true}\n"
    for name, stages in (("covgate-pre-push", "[pre-push]"), ("covgate-post-merge", "[post-merge, post-rewrite]"))
)


class Native(Project):
    """A copy of the prepared project, with ``log`` for its hooks to write in."""

    @property
    def log(self) -> Path:
        return self.top.parent / "log"

    @property
    def hooks(self) -> Path:
        return self.top / ".git" / "hooks"

    @property
    def recorded(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def hook(self, name: str, text: str, *, mode: int = 0o755, directory: Path | None = None) -> Path:
        path = (directory or self.hooks) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def init(self, *more: str, status: int = 0) -> Done:
        done = self.covgate("init", *(more or ("--native", "--no-measure")))
        assert done.status == status, done.text
        return done

    def pre_commit(self, *argv: str) -> Done:
        done = run([sys.executable, "-m", "pre_commit", *argv], self.top, self.environ)
        assert done.status == 0, done.text
        return done

    def lines(self, *branches: str) -> str:
        """What git tells a pre-push hook of a push of new ``branches``."""
        return "".join(
            f"refs/heads/{each} {self.git('rev-parse', each)} refs/heads/{each} {ZERO}\n" for each in branches
        )


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, environ: dict[str, str]) -> Project:
    """main on the remote with a baseline; ``good`` and ``bad`` ahead of it; all measured, so that no test runs."""
    project = Project.create(tmp_path_factory.mktemp("native"), environ, hooks="none")
    shutil.rmtree(project.top / ".git" / "hooks")
    project.git("push", "--quiet", "origin", "main")
    assert project.covgate("ratchet").status == 0
    for branch, name, text in (
        ("good", "tests/test_mod.py", calls("a", "b", "c")),
        ("bad", "pkg/mod.py", functions("a", "b", "c", "d")),
    ):
        project.git("checkout", "--quiet", "-b", branch, "main")
        project.write(name, text)
        project.commit(branch)
        assert project.covgate("check").status == (branch == "bad")
    project.git("checkout", "--quiet", "main")
    return project


@pytest.fixture
def native(prepared: Project, tmp_path: Path) -> Native:
    shutil.copytree(prepared.top.parent, tmp_path / "copy", symlinks=True)
    project = Native(tmp_path / "copy" / "work", tmp_path / "copy" / "origin.git", prepared.environ)
    project.environ["LOG"] = str(project.log)
    project.git("remote", "set-url", "origin", str(project.remote))
    return project


def listing(directory: Path) -> dict[str, tuple[int, bytes | str]]:
    """Every file of ``directory``: its mode, and what it holds or links to."""
    return {
        path.name: (path.lstat().st_mode, str(path.readlink()) if path.is_symlink() else path.read_bytes())
        for path in sorted(directory.glob("*"))
        if not path.is_dir()
    }


def blocks_bad(project: Native) -> Done:
    done = project.push("good", "bad")
    assert done.status != 0, done.text
    assert done.text.count("PASS good") == 1, done.text
    assert done.text.count("BLOCKED bad") == 1, done.text
    assert not project.remote_branch("good") + project.remote_branch("bad")
    return done


def nothing(project: Native) -> None:
    pass


def handwritten(project: Native) -> None:
    project.hook("pre-push", RECORDING, mode=0o751)
    project.hook("post-merge", RECORDING, mode=0o700)


def not_executable(project: Native) -> None:
    project.hook("pre-push", "#!/bin/sh\nexit 1\n", mode=0o640)


def linked(project: Native) -> None:
    project.hook("shared", RECORDING, directory=project.top / ".git")
    project.hooks.mkdir(exist_ok=True)
    (project.hooks / "pre-push").symlink_to("../shared")


def in_python(project: Native) -> None:
    project.hook("pre-push", PYTHON)


def pre_commits(project: Native) -> None:
    project.write(
        ".git/types.yaml", PLACEHOLDER.removesuffix("- repo: local\n  hooks:\n").replace("repos:", "repos: []")
    )
    project.pre_commit("install", "-c", ".git/types.yaml")


def pre_commits_with_legacy(project: Native) -> None:
    handwritten(project)
    pre_commits(project)


EXISTING: list[Callable[[Native], None]] = [
    nothing, handwritten, not_executable, linked, in_python, pre_commits, pre_commits_with_legacy
]  # fmt: skip


@pytest.mark.parametrize("existing", EXISTING)
def test_every_ref_is_judged_and_all_is_as_it_was_afterwards(
    native: Native, existing: Callable[[Native], None]
) -> None:
    existing(native)
    before = listing(native.hooks)
    native.init()
    once = listing(native.hooks)
    assert once != before
    native.init()
    assert listing(native.hooks) == once
    blocks_bad(native)
    # What was there saw each ref, too; one that git passed over is passed over.
    expected = existing in (handwritten, linked, in_python, pre_commits_with_legacy)
    assert native.recorded.endswith(native.lines("good", "bad")) == expected
    assert native.push("good").status == 0
    native.init("--remove")
    assert listing(native.hooks) == before


def test_the_chained_hook_is_called_as_git_calls_it(native: Native) -> None:
    native.hook("pre-push", RECORDING)
    native.init()
    assert native.push("good").status == 0
    assert native.recorded == f"pre-push origin {native.remote}\n{native.lines('good')}"
    # Nothing to push: no line, and none is made up.
    native.log.unlink()
    assert native.push("good").status == 0
    assert native.recorded == f"pre-push origin {native.remote}\n"


def test_a_chained_hook_that_fails_blocks_with_its_exit_code(native: Native) -> None:
    native.hook("pre-push", "#!/bin/sh\necho not today\nexit 7\n")
    native.init()
    done = run([str(native.hooks / "pre-push"), "origin", "url"], native.top, native.environ, native.lines("good"))
    assert (done.status, done.text) == (7, "not today\n")
    done = native.push("good")
    assert done.status != 0
    assert not native.remote_branch("good")


@pytest.mark.parametrize("text", ["#!/bin/sh\nexit 0\n", "#!/usr/bin/env true\n"], ids=["sourced", "run"])
def test_a_chained_hook_that_reads_nothing_neither_fails_nor_hides_a_line(native: Native, text: str) -> None:
    native.hook("pre-push", text)
    native.init()
    oid = native.git("rev-parse", "main")
    many = "".join(f"(delete) {ZERO} refs/heads/gone-{number} {oid}\n" for number in range(2000))  # more than a pipe
    argv = [str(native.hooks / "pre-push"), "origin", str(native.remote)]
    done = run(argv, native.top, native.environ, many + native.lines("good"))
    assert done.status == 0, done.text
    assert "1997 more refs" in done
    assert "PASS good" in done
    assert run(argv, native.top, native.environ, many + native.lines("bad")).status == 1


HUSKY_9 = {
    "_/h": '#!/usr/bin/env sh\nn=$(basename "$0")\ns=$(dirname "$(dirname "$0")")/$n\n[ ! -f "$s" ] && exit 0\n'
    'sh -e "$s" "$@"\nexit $?\n',
    "_/pre-push": '#!/usr/bin/env sh\n. "$(dirname "$0")/h"',
    "_/post-merge": '#!/usr/bin/env sh\n. "$(dirname "$0")/h"',
    "pre-push": RECORDING,
}
HUSKY_8 = {
    "_/husky.sh": '#!/usr/bin/env sh\nif [ -z "$husky_skip_init" ]; then\n'
    '  readonly hook_name="$(basename -- "$0")"\n  readonly husky_skip_init=1\n  export husky_skip_init\n'
    '  sh -e "$0" "$@"\n  exitCode="$?"\n  exit $exitCode\nfi\n',
    "pre-push": '#!/usr/bin/env sh\n. "$(dirname -- "$0")/_/husky.sh"\n\n' + RECORDING.partition("\n")[2],
}


@pytest.mark.parametrize(("files", "path"), [(HUSKY_9, ".husky/_"), (HUSKY_8, ".husky")], ids=["9", "8"])
def test_husky_in_the_worktree(native: Native, files: dict[str, str], path: str) -> None:
    """Both find the user's hook, or themselves, by the name and the place that they were called by."""
    for name, text in files.items():
        native.hook(name, text, directory=native.top / ".husky")
    native.commit("husky")
    assert native.covgate("ratchet").status == 0
    native.git("config", "core.hooksPath", path)
    before = listing(native.top / path)
    done = native.init()
    assert "is tracked by git" in done
    assert not native.hooks.exists()
    blocks_bad(native)
    assert native.recorded == f"pre-push origin {native.remote}\n{native.lines('good', 'bad')}"
    assert "native hooks  pre-push, post-merge, post-rewrite" in native.covgate("doctor")
    native.init("--remove")
    assert listing(native.top / path) == before
    assert native.git("status", "--porcelain", ".husky") == ""


def test_a_manager_that_writes_its_hook_anew(native: Native) -> None:
    hook = native.hook("pre-push", RECORDING)
    native.init()
    native.hook("pre-push", RECORDING)
    assert "pre-push is not covgate's any more" in native.covgate("doctor")
    native.init()
    blocks_bad(native)
    # Another than before: which of them is to run is not covgate's to say.
    native.hook("pre-push", "#!/bin/sh\nexit 0\n")
    before = listing(native.hooks)
    assert "holds another that was there before" in native.init("--native", status=2)
    assert listing(native.hooks) == before
    assert "pre-push.covgate-chained: left as it is" in native.init("--remove")
    assert hook.read_text() == "#!/bin/sh\nexit 0\n"
    assert hook.with_name("pre-push.covgate-chained").read_text() == RECORDING


@pytest.mark.parametrize("first", ["pre-commit", "native"])
def test_pre_commit_in_any_order_gates_nothing_twice(native: Native, first: str) -> None:
    native.hook("pre-push", RECORDING)
    native.write(".pre-commit-config.yaml", COVGATE)
    native.commit("pre-commit")
    native.git("push", "--quiet", "--no-verify", "origin", "main")
    for each in ("pre-commit", "native") if first == "pre-commit" else ("native", "pre-commit"):
        native.pre_commit("install") if each == "pre-commit" else native.init()
    done = blocks_bad(native)
    assert "covgate: the native pre-push hook judges this push" in done
    assert native.recorded.count("pre-push") > 0
    assert native.recorded.endswith(native.lines("good", "bad"))
    # By hand pre-commit runs no native hook, so that its own judges.
    done = run([sys.executable, "-m", "pre_commit", "run", "--hook-stage", "pre-push"], native.top, native.environ)
    assert "native" not in done
    assert "covgate: PASS main" in done
    # Its uninstalling leaves ours, in its place.
    native.pre_commit("uninstall")
    blocks_bad(native)
    native.pre_commit("install")
    native.init("--native")
    blocks_bad(native)
    native.init("--remove")
    assert (native.hooks / "pre-push.legacy").read_text() == RECORDING
    native.pre_commit("uninstall")
    assert {name for name, _ in listing(native.hooks).items()} == {"pre-push"}
    assert (native.hooks / "pre-push").read_text() == RECORDING


def test_a_merge_behind_pre_commit_ratchets_once(native: Native) -> None:
    native.write(".git/config.yaml", COVGATE)
    native.pre_commit("install", "-c", ".git/config.yaml")
    native.init()
    done = run(["git", "merge", "good"], native.top, native.environ)
    assert "the native post-merge hook ratchets this merge" in done
    assert done.text.count("PASS main") == 1, done.text
    assert native.field("baseline") == "100.00"


def test_a_merge_and_an_amend_run_both(native: Native) -> None:
    for hook in ("post-merge", "post-rewrite"):
        native.hook(hook, RECORDING + "exit 3\n")
    native.init()
    native.git("merge", "--quiet", "good")
    assert native.recorded == "post-merge 0\n"
    assert native.field("baseline") == "100.00"
    old = native.git("rev-parse", "HEAD")
    native.git("commit", "--quiet", "--amend", "-m", "reworded")
    assert native.recorded.endswith(f"post-rewrite amend\n{old} {native.git('rev-parse', 'HEAD')}\n")
    assert native.field("baseline") == "100.00"  # the same tree: known, and noted at the new commit
    native.git("reset", "--quiet", "--hard", "main~1")
    done = run(["git", "merge", "--squash", "good"], native.top, native.environ)
    assert "a squash merge" in done


def test_a_chained_covgate_steps_aside_and_a_claim_alone_moves_nothing(native: Native, tmp_path: Path) -> None:
    gate = native.hook("pre-push", f'#!/bin/sh\nexec "{script("covgate-pre-push")}" "$@"\n')
    native.init()
    blocks_bad(native)
    # The word of another repository's hook, of one that is not there, or of one that was changed, is not taken.
    argv = [script("covgate-pre-push"), "origin", str(native.remote)]
    claims = [tmp_path / "elsewhere" / "pre-push", gate, gate.with_name("post-merge")]
    native.hook("pre-push", hook_script.script("pre-push", sys.executable).decode(), directory=tmp_path / "elsewhere")
    for number, claim in enumerate(claims):
        environ = {**native.environ, hook_script.GUARD: str(claim)}
        done = run(argv, native.top, environ, native.lines("bad"))
        assert done.status == (number != 1), done.text
    with gate.open("a") as file:
        file.write("exit 0\n")
    done = run(argv, native.top, {**native.environ, hook_script.GUARD: str(gate)}, native.lines("bad"))
    assert done.status == 1, done.text


def test_a_linked_worktree(native: Native, tmp_path: Path) -> None:
    native.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "linked"), "good")
    native.hook("pre-push", RECORDING)
    assert native.covgate("init", "--native", "--no-measure", cwd=tmp_path / "linked").status == 0
    for place in (native.top, tmp_path / "linked"):
        done = run(["git", "push", "origin", "good", "bad"], place, native.environ)
        assert done.status != 0
        assert "BLOCKED bad" in done
    assert native.recorded.count("pre-push origin") == 2
    assert native.covgate("init", "--remove", cwd=tmp_path / "linked").status == 0
    assert set(listing(native.hooks)) == {"pre-push"}
    # Its own hooks, by a relative path.
    native.git("config", "core.hooksPath", "githooks")
    assert native.covgate("init", "--native", "--no-measure", cwd=tmp_path / "linked").status == 0
    assert set(listing(tmp_path / "linked" / "githooks")) == set(HOOKS)
    assert not (native.top / "githooks").exists()


def test_a_hook_that_was_changed_by_hand_is_left_and_named(native: Native) -> None:
    native.hook("pre-push", RECORDING)
    native.init()
    with (native.hooks / "pre-push").open("a") as file:
        file.write("echo mine\n")
    before = listing(native.hooks)
    assert "pre-push was changed since covgate wrote it" in native.init("--native", status=2)
    assert listing(native.hooks) == before
    assert "pre-push was changed since covgate wrote it" in native.covgate("doctor")
    assert "pre-push: was changed since covgate wrote it, so it is left as it is" in native.init("--remove")
    assert set(listing(native.hooks)) == {"pre-push", "pre-push.covgate-chained"}
    assert (native.hooks / "pre-push").read_bytes() == before["pre-push"][1]


def test_an_interpreter_that_is_gone_or_has_no_covgate(native: Native) -> None:
    native.init()
    hook = native.hooks / "pre-push"
    hook.write_bytes(hook_script.script("pre-push", "/no where/python's"))
    done = native.push("good")
    assert done.status != 0
    assert "covgate: /no where/python's, which ran this hook, is gone" in done
    assert "covgate init --native" in done
    assert native.push("good", COVGATE_DISABLE="1").status == 0
    assert "/no where/python's, which runs .git/hooks/pre-push, is gone" in native.covgate("doctor")
    bare = native.hook("python", f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n', directory=native.top / ".git")
    hook.write_bytes(hook_script.script("pre-push", str(bare)))
    done = native.push("bad")
    assert done.status != 0
    assert "has no covgate that works" in done
    assert "Traceback" not in done
    assert "installed again" in native.init()
    assert "BLOCKED bad" in native.push("bad")


def test_what_the_repository_holds_is_not_run_for_covgate(native: Native) -> None:
    native.init()
    native.write("covgate_hooks/pre_push.py", "def run():\n    raise SystemExit(0)\n")
    native.write("covgate_hooks/__init__.py", "")
    assert "BLOCKED bad" in native.push("bad")


def test_the_ways_out_work_here_too(native: Native) -> None:
    native.hook("pre-push", RECORDING)
    native.init()
    assert "BLOCKED" in native.push("bad", SKIP="flake8,covgate")
    done = native.push("bad", SKIP="flake8,covgate-pre-push")
    assert done.status == 0
    assert "covgate: skipped, as SKIP says" in done
    assert native.recorded.count("pre-push origin") == 2


def test_hooks_that_other_repositories_share_are_refused(native: Native, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    for argv in ([], ["--remove"]):
        native.git("config", "core.hooksPath", str(tmp_path / "shared"))
        done = native.covgate("init", "--native", "--no-measure", *argv)
        assert list((tmp_path / "shared").iterdir()) == []
        if not argv:
            assert done.status == 2, done.text
            assert "outside of this repository" in done
            remedy = done.text.partition("git config ")[2].partition(" gives")[0]
            native.git("config", *remedy.replace("'", "").split())
            native.init()
            blocks_bad(native)
    # The hooks in git's own place are found although git looks elsewhere now.
    assert listing(native.hooks) == {}


def test_the_options_of_pre_commit_are_refused(native: Native) -> None:
    done = native.init("--native", "--rev", "v0.1.0", status=2)
    assert "--repo and --rev are for pre-commit" in done
    assert not native.hooks.exists()
