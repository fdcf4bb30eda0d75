"""`covgate doctor` on the hooks: what calls covgate, what prevents it, and each fix typed as it stands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from covgate.install import hook_script
from helpers.doctor import Doctor
from helpers.project import Project, snapshot
from helpers.sealed import run, script

pytestmark = pytest.mark.end_to_end

PRE_COMMIT = ".pre-commit-config.yaml"


def pre_commit(project: Project, *arguments: str) -> None:
    done = run([script("pre-commit"), *arguments], project.top, project.environ)
    assert done.status == 0, done.text


def silent(project: Project) -> bool:
    """Whether a push goes through and nothing of covgate's is said: what doctor is there to find out."""
    project.git("commit", "--quiet", "--allow-empty", "--message", "more")
    done = project.push()
    return done.status == 0 and "PASS" not in done and "WARNING" not in done


def hook(project: Project, name: str, text: str, *, directory: str = ".git/hooks") -> Path:
    path = project.top / directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_a_plain_pre_commit_install_gates_nothing(installed: Project, tmp_path: Path) -> None:
    project, doctor = installed, Doctor(installed, tmp_path / "bin")
    assert "PASS" in project.push()
    before = snapshot(project)
    seen = doctor.examine()
    assert seen.names == []
    assert seen.facts["hooks"] == "pre-push, post-merge, post-rewrite by pre-commit"
    assert seen.facts["gate"].startswith("covgate v0.1.0 from ")
    assert project.covgate("doctor").text.endswith("\n\nno problem found\n")
    assert snapshot(project) == before

    for each in ("pre-push", "post-merge", "post-rewrite"):
        pre_commit(project, "uninstall", "-t", each)
    config = project.top / PRE_COMMIT
    lines = config.read_text().splitlines(keepends=True)
    config.write_text("".join(line for line in lines if not line.startswith("default_install_hook_types")))
    project.commit("without the hook types")
    pre_commit(project, "install")
    assert silent(project)
    seen = doctor.examine()
    assert seen.names == ["hooks-not-installed", "hook-types"]
    told = seen["hooks-not-installed"]["problem"]
    assert "though .pre-commit-config.yaml has covgate's hooks: a plain `pre-commit install` installs" in told
    assert "lacks pre-push, post-merge and post-rewrite" in seen["hook-types"]["problem"]
    assert doctor.type(seen["hooks-not-installed"]["mend"]).status == 0
    assert doctor.examine().names == ["hook-types"]
    assert doctor.type(seen["hook-types"]["mend"]).status == 0
    project.commit("with the hook types")
    assert doctor.examine().names == []
    assert not silent(project)


def test_what_pre_commit_is_not_told_to_run(installed: Project, tmp_path: Path) -> None:
    project, doctor = installed, Doctor(installed, tmp_path / "bin")
    whole = (project.top / PRE_COMMIT).read_text()
    project.write(PRE_COMMIT, whole.replace("- id: covgate-pre-push ", "- {id: covgate-pre-push, stages: [manual]} "))
    project.commit()
    assert silent(project)
    assert "remove `stages` of covgate-pre-push from" in doctor.examine()["hooks-not-configured"]["mend"]
    project.write(PRE_COMMIT, "repos: []\n")
    found = doctor.examine()["hooks-not-configured"]
    assert found["problem"].endswith(f"{PRE_COMMIT} has no covgate-pre-push")
    assert found["mend"] == "covgate init"
    (project.top / PRE_COMMIT).unlink()
    assert "is not in the checkout" in doctor.examine()["hooks-not-configured"]["problem"]
    project.write(PRE_COMMIT, "repos: [\n")
    assert PRE_COMMIT in doctor.examine()["pre-commit-config"]["problem"]
    project.write(PRE_COMMIT, "\n".join(line for line in whole.splitlines() if "covgate-post-merge" not in line))
    assert doctor.examine().names == ["merges-not-seen"]
    project.write(PRE_COMMIT, whole)
    pre_commit(project, "uninstall", "-t", "post-rewrite")
    seen = doctor.examine()
    assert seen["merges-not-seen"]["problem"] == "no post-rewrite hook calls covgate"
    assert doctor.apply_fixes(seen).names == []


def test_native_hooks(make_project: Callable[..., Project], tmp_path: Path) -> None:
    project = make_project(hooks="none")
    doctor = Doctor(project, tmp_path / "bin")
    assert silent(project)
    found = doctor.examine()["hooks-not-installed"]
    assert found["problem"] == "no pre-push hook is installed, and covgate is not set up here"
    assert found["mend"] == "covgate init"
    assert project.covgate("init", "--native", "--no-measure").status == 0
    seen = doctor.examine()
    assert seen.names == []
    assert seen.facts["hooks"] == "pre-push, post-merge, post-rewrite by covgate"
    hooks = project.top / ".git/hooks"
    (hooks / "post-rewrite").unlink()
    assert doctor.examine()["merges-not-seen"]["mend"] == "covgate init --native"
    # Each of them damaged in its own way.
    assert project.covgate("init", "--native", "--no-measure").status == 0
    (hooks / "pre-push").chmod(0o644)
    with (hooks / "post-merge").open("a") as file:
        file.write("echo mine\n")
    (hooks / "post-rewrite").write_bytes(hook_script.script("post-rewrite", str(tmp_path / "gone/python")))
    assert silent(project)
    seen = doctor.examine()
    assert seen.names == ["hook-not-executable", "hook-interpreter", "hook-changed"]
    assert f"{tmp_path}/gone/python, which runs .git/hooks/post-rewrite, is gone" in seen["hook-interpreter"]["problem"]
    assert doctor.type(seen["hook-changed"]["mend"]).status == 0
    assert doctor.type(seen["hook-not-executable"]["mend"]).status == 0
    assert doctor.examine().names == []
    assert (hooks / "post-merge.changed").read_text().endswith("echo mine\n")
    # In front of it pre-commit's, which runs covgate's beside it; and that one is taken away by hand.
    project.write(PRE_COMMIT, "repos: []\n")
    pre_commit(project, "install", "-t", "pre-push")
    assert doctor.examine().names == []
    (hooks / "pre-push").unlink()
    seen = doctor.examine()
    assert seen.names == ["hook-unused"]
    assert doctor.apply_fixes(seen).names == []


def test_the_hooks_of_others(make_project: Callable[..., Project], tmp_path: Path) -> None:
    project = make_project(hooks="none")
    doctor = Doctor(project, tmp_path / "bin")
    theirs = hook(project, "pre-push", "#!/bin/sh\nexit 0\n")
    assert doctor.examine()["hook-without-covgate"]["problem"] == ".git/hooks/pre-push does not call covgate"
    # Called by what a manager of hooks is told to run, or by hand.
    project.write("lefthook.yml", "pre-push:\n  commands:\n    gate: {run: covgate-pre-push, use_stdin: true}\n")
    seen = doctor.examine()
    assert seen.names == ["merges-not-seen"]
    assert seen.facts["hooks"].startswith("pre-push by what lefthook.yml sets up")
    (project.top / "lefthook.yml").unlink()
    theirs.write_text(f'#!/bin/sh\nexec {script("covgate-pre-push")} "$@"\n')
    assert doctor.examine().facts["hooks"].startswith("pre-push by a script that calls covgate")
    # A directory of the repository's own, and one that other repositories share.
    hook(project, "pre-push", "#!/bin/sh\nexit 0\n", directory=".husky/_")
    project.write(".git/info/exclude", ".husky\n")
    project.git("config", "core.hooksPath", ".husky/_")
    seen = doctor.examine()
    assert seen["hooks-path"]["problem"].startswith("core.hooksPath is .husky/_: git runs the hooks there")
    assert doctor.apply_fixes(seen).names == []
    shared = hook(project, "pre-push", "#!/bin/sh\nexit 0\n", directory=str(tmp_path / "shared"))
    project.git("config", "core.hooksPath", str(shared.parent))
    assert silent(project)
    seen = doctor.examine()
    assert "no longer runs the hooks there" in seen["hooks-path"]["why"]
    assert doctor.apply_fixes(seen).names == []
    assert shared.read_text() == "#!/bin/sh\nexit 0\n"
    assert not silent(project)
