"""`covgate init` in its three forms, pushes through what it installs, and `covgate doctor`."""

from __future__ import annotations

from golden_run.project import NOTE, Project, calls
from golden_run.pushes import MORE
from golden_run.sandbox import Sandbox

# As covgate's own manifest, but for the language: no environment has to be built.
MANIFEST = "".join(
    f"- id: {name}\n  name: {name}\n  entry: {name}\n  language: system\n  stages: [{stages}]\n"
    "  always_run: true\n  pass_filenames: false\n  require_serial: true\n  verbose: true\n"
    for name, stages in (("covgate-pre-push", "pre-push"), ("covgate-post-merge", "post-merge, post-rewrite"))
)
CONFIG = ".pre-commit-config.yaml"
OTHER = """\
# Ours.
repos:  # all of them
  - repo: local
    hooks:
      - {id: x, name: x, entry: "true", language: system}
"""
HOOKS = "ls .git/hooks"
INIT = "covgate init --repo ../hooks --rev v0.1.0"
RECORDING = '#!/bin/sh\n{ echo "${0##*/} $*"; cat; } >>../log\n'


def record(sandbox: Sandbox) -> None:
    _pre_commit(sandbox)
    _existing_files(sandbox)
    _native(sandbox)
    _refused(sandbox)
    _doctor(sandbox)


def _with_hooks(sandbox: Sandbox, name: str) -> Project:
    """A project without hooks, and a repository `../hooks` that pre-commit can take covgate's from."""
    project = Project.create(sandbox, "setting-up", name, hooks=False)
    project.write("../hooks/.pre-commit-hooks.yaml", MANIFEST)
    hooks = str(project.top.parent / "hooks")
    project.git("init", "--quiet", hooks)
    project.git("-C", hooks, "add", "--all")
    project.git("-C", hooks, "commit", "--quiet", "-m", "hooks")
    project.git("-C", hooks, "tag", "v0.1.0")
    return project


def _pre_commit(sandbox: Sandbox) -> None:
    project = _with_hooks(sandbox, "pre-commit")
    project.remove("pyproject.toml")
    project.record("init", INIT, f"cat {CONFIG}", "cat .covgate.toml", HOOKS, "git status --porcelain")
    project.record("init-again", INIT, "git status --porcelain")
    project.commit("set covgate up")
    project.record("push", "git push origin main", NOTE)
    project.record("doctor-pre-commit", "covgate doctor", "covgate doctor --format json")
    project.branch("good")
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.commit("good")
    project.branch("bad")
    project.write("pkg/mod.py", MORE)
    project.commit("bad")
    project.record("push-blocked", "git push origin bad")
    project.record("push-skipped", "git push --dry-run origin bad", SKIP="covgate-pre-push")
    project.record("push-several", "git push origin good bad")
    project.record("push-tag", "git push origin main:refs/tags/v1")
    project.record("push-deletion", "git push --no-verify origin main:old", "git push origin :old")
    project.record("push-unseen", "bash -c 'exec -a other git push origin good bad'")
    project.git("checkout", "--quiet", "main")
    project.record("by-hand", "pre-commit run --hook-stage pre-push")
    project.record("squash", "git merge --squash good")
    project.git("reset", "--quiet", "--hard")
    project.record("merge", "git merge --no-edit good", NOTE)
    project.record("amend", "git commit --quiet --amend --no-edit", NOTE)
    project.record("remove", "covgate init --remove", HOOKS, "git status --porcelain", "covgate init --remove")


def _existing_files(sandbox: Sandbox) -> None:
    project = _with_hooks(sandbox, "existing")
    project.write(CONFIG, OTHER)
    project.write("pyproject.toml", "[project]\nname = 'x'  # ours\nversion = '1'\n")
    project.write(".git/hooks/pre-push", RECORDING, mode=0o755)
    project.commit("files of our own")
    project.record("init-existing", INIT, "git diff", HOOKS)
    project.write("pyproject.toml", (project.top / "pyproject.toml").read_text().replace("floor = 0", "floor = 90"))
    project.record("remove-changed", "covgate init --remove", "git diff", HOOKS)


def _native(sandbox: Sandbox) -> None:
    project = Project.create(sandbox, "setting-up", "native", hooks=False)
    project.remove("pyproject.toml")
    project.commit("no configuration")
    project.record("doctor-nothing", "covgate doctor", "covgate doctor --format json")
    project.write(".git/hooks/pre-push", RECORDING, mode=0o755)
    project.record("native", "covgate init --native", HOOKS, "cat .covgate.toml", "covgate init --native")
    for hook in ("pre-push", "post-merge", "post-rewrite"):
        project.record(f"native-{hook}", f"cat .git/hooks/{hook}")
    project.commit("set covgate up")
    project.record("native-push", "git push origin main", "cat ../log")
    project.record("doctor-native", "covgate doctor", "covgate doctor --format json")
    project.branch("bad")
    project.write("pkg/mod.py", MORE)
    project.commit("bad")
    project.record("native-several", "git push origin main:one bad")
    project.record("native-skipped", "git push --dry-run origin bad", SKIP="x,covgate-pre-push")
    project.git("checkout", "--quiet", "main")
    project.write("tests/test_mod.py", calls("a", "b", "c"))
    project.record(
        "native-amend", "git commit --quiet --all --amend -m amended", "git commit --quiet --amend -m reworded"
    )
    project.branch("later")
    project.write("README", "more\n")
    project.commit("more")
    project.git("checkout", "--quiet", "main")
    project.record("native-merge", "git merge --squash later", "git reset --quiet --hard", "git merge later", NOTE)
    project.git("checkout", "--quiet", "bad")
    project.record("native-disabled", "git push --dry-run origin bad", COVGATE_DISABLE="1")
    _damaged(project)
    project.record("native-removed", "covgate init --remove", HOOKS, "cat .git/hooks/pre-push")


def _damaged(project: Project) -> None:
    hooks = project.top / ".git" / "hooks"
    (hooks / "post-merge").chmod(0o644)
    changed = hooks / "post-rewrite"
    changed.write_text(changed.read_text() + "echo mine\n")
    project.record("native-damaged", "covgate doctor", "covgate init --native", "covgate init --remove", HOOKS)
    changed.unlink()
    project.record("native-healed", "covgate init --native", "covgate doctor")


def _refused(sandbox: Sandbox) -> None:
    project = Project.create(sandbox, "setting-up", "refused", hooks=False)
    project.record("refused-options", "covgate init --native --rev v1", "covgate init --repo ../nowhere --rev v1")
    project.git("checkout", "--quiet", "--force", "main")
    project.git("clean", "--quiet", "--force")
    project.write("pyproject.toml", "tool = {ruff = {}}\n")
    project.record("refused-pyproject", INIT, "git status --porcelain")
    project.git("checkout", "--quiet", "--force", "main")
    project.write(CONFIG, "repos: [\n")
    project.record("refused-yaml", INIT, "covgate init --remove")
    project.remove(CONFIG)
    project.git("config", "core.hooksPath", ".husky")
    project.record("refused-hooks-path", INIT, "covgate doctor")
    project.git("config", "core.hooksPath", str(project.top.parent / "shared"))
    project.record("refused-shared-hooks", "covgate init --native", "covgate init --remove")


def _doctor(sandbox: Sandbox) -> None:
    """One fault after the other, each put right again."""
    project = Project.create(sandbox, "setting-up", "doctor")
    look = ("covgate doctor", "covgate doctor --format json")
    project.record("doctor-scripts", *look)
    project.record("doctor-disabled", *look, COVGATE_DISABLE="1", COVGATE_FLOOR="50")
    project.record("doctor-push", "git push origin main")
    project.configure('source = ["lib"]\nfloor = 80\n', "[tool.coverage.run]\nbranch = true\n")
    project.write(".coveragerc", "[run]\nsource = pkg\n[report]\nfail_under = 92.5\n")
    project.record("doctor-not-committed", *look)
    project.commit("contradictions")
    project.record("doctor-contradictions", *look)
    project.remove(".coveragerc")
    project.configure('isolation = "in-place"\nbranches = ["release/*"]\npatch_floor = 90\ncommand = "toox"\n')
    project.commit("a command that is missing")
    project.write("new.py", "")
    project.record("doctor-command", *look)
    project.configure("enabled = false\n", '[tool.coverage.run]\nomit = ["*"]\n')
    project.commit("switched off")
    project.record("doctor-switched-off", *look)
    project.git("config", "remote.origin.fetch", "+refs/notes/*:refs/notes/*")
    project.record("doctor-refspec", *look)
