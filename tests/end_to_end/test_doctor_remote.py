"""`covgate doctor` on the remote, the notes and history: real remotes that refuse, hide, and drop."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from covgate.doctor.check_remote import ssh_host
from helpers.doctor import Doctor
from helpers.project import Project
from helpers.sealed import run

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory, environ: dict[str, str]) -> Path:
    """A project with native hooks whose first push has passed; tests work on copies of it."""
    directory = tmp_path_factory.mktemp("pushed") / "project"
    project = Project.create(directory, environ, hooks="none")
    assert project.covgate("init", "--native", "--no-measure").status == 0
    done = project.push()
    assert "PASS" in done, done.text
    return directory


@pytest.fixture
def doctor(pushed: Path, environ: dict[str, str], tmp_path: Path) -> Doctor:
    directory = tmp_path / "project"
    shutil.copytree(pushed, directory, symlinks=True)
    project = Project(directory / "work", directory / "origin.git", environ)
    project.git("remote", "set-url", "origin", str(project.remote))
    return Doctor(project, tmp_path / "bin")


def executable(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_where_the_baseline_rises(doctor: Doctor) -> None:
    project = doctor.project
    assert doctor.examine().facts["ratchet"] == "main"
    # Renamed on the server, which this clone has not heard of.
    project.git("branch", "--move", "main", "trunk", cwd=project.remote)
    project.git("branch", "--move", "trunk")
    seen = doctor.examine()
    assert (seen.names, seen.facts["ratchet"]) == ([], "trunk")
    # HEAD leads nowhere on the server.
    project.git("symbolic-ref", "HEAD", "refs/heads/gone", cwd=project.remote)
    seen = doctor.examine()
    assert seen["default-branch"]["problem"] == "origin names no default branch: trunk is taken, the only branch there"
    project.git("branch", "topic", "trunk", cwd=project.remote)
    assert doctor.examine()["no-ratchet-branch"]["problem"] == "the default branch of origin is unknown"
    project.configure('ratchet_branches = ["main"]\n')
    project.commit()
    seen = doctor.examine()
    assert seen["no-ratchet-branch"]["problem"] == 'ratchet_branches = ["main"] matches no branch of origin'
    project.git("symbolic-ref", "HEAD", "refs/heads/trunk", cwd=project.remote)
    project.configure('branches = ["topic"]\n')
    project.commit()
    assert doctor.examine()["ratchet-not-gated"]["problem"] == 'branches = ["topic"] leaves out trunk'


def test_which_remote_and_whether_it_answers(doctor: Doctor) -> None:
    project = doctor.project
    seen = doctor.examine()
    assert seen.names == []
    assert seen.facts["remote"] == f"origin, {project.remote}"
    assert seen.facts["notes"] == "on origin, the same as here"
    assert seen.facts["baseline"].startswith("83.33% from ")
    assert seen.facts["tests"].endswith("; this commit is already measured, so its push runs no tests")
    run(["git", "init", "--quiet", "--bare", "fork.git"], project.top.parent, project.environ)
    project.git("remote", "add", "fork", "../fork.git")
    project.git("config", "remote.pushDefault", "fork")
    facts = doctor.examine().facts
    assert facts["remote"] == "fork, ../fork.git"
    assert facts["notes"] == "not on fork yet"
    project.git("config", "--unset", "remote.pushDefault")
    project.git("remote", "rename", "origin", "theirs")
    seen = doctor.examine()
    assert "can't choose between fork and theirs: the branch follows no remote" in seen["no-remote"]["problem"]
    assert seen["no-remote"]["mend"] == "git config branch.main.remote fork"
    assert "no-remote" not in doctor.apply_fixes(seen).names
    project.git("remote", "set-url", "fork", "https://ada:hunter2@127.0.0.1:9/gone.git")
    seen = doctor.examine()
    assert seen["remote-unreadable"]["severity"] == "warning"
    assert "127.0.0.1" in seen["remote-unreadable"]["problem"]
    assert "hunter2" not in str(seen)
    # A push may go to a URL, which has no name.
    project.git("config", "remote.pushDefault", "https://ada:hunter2@127.0.0.1:9/gone.git")
    seen = doctor.examine()
    assert seen["remote-unreadable"]["mend"] == "git ls-remote https://127.0.0.1:9/gone.git"
    assert "hunter2" not in str(seen)
    project.git("config", "--unset", "remote.pushDefault")
    for remote in ("fork", "theirs"):
        project.git("remote", "remove", remote)
    assert doctor.examine()["no-remote"]["mend"] == "git remote add origin URL"


def test_a_remote_that_may_only_be_read_and_a_connection_that_waits(doctor: Doctor, tmp_path: Path) -> None:
    project = doctor.project
    # A transport as ssh is one to git: it gets the host and a command, and runs that, here.
    whole = '#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n'
    said = "ERROR: The key you are authenticating with has been marked as read only."
    refusing = whole.replace("exec", f'case "$last" in *receive-pack*) echo "{said}" >&2; exit 1;; esac\nexec')
    ssh = executable(tmp_path / "bin" / "transport", refusing)
    project.git("remote", "set-url", "origin", f"git@example.org:{project.remote}")
    project.git("config", "core.sshCommand", str(ssh))
    seen = doctor.examine()
    assert seen.names == ["remote-read-only"]
    assert seen["remote-read-only"]["problem"] == f"origin accepts no push from here: {said}"
    ssh.write_text(whole)
    # The last run took long: nobody wants to wait for a real one.
    (path,) = (project.top / ".git/covgate/measurements").glob("*.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "seconds": 300}))
    project.write("README", "not measured yet\n")
    project.commit()
    seen = doctor.examine()
    assert seen.names == ["idle-ssh"]
    assert seen["idle-ssh"]["problem"] == "origin is reached over SSH, and the last run of the tests took 300 s"
    assert "`ServerAliveInterval 30` under `Host example.org`" in seen["idle-ssh"]["why"]
    # What is measured beforehand is looked up at the push.
    assert seen["idle-ssh"]["mend"] == "covgate check"
    assert doctor.apply_fixes(seen).names == []


@pytest.mark.skipif(shutil.which("ssh") is None, reason="no ssh here")
def test_an_ssh_connection_that_is_kept_alive(doctor: Doctor, tmp_path: Path) -> None:
    """As the user's own ssh has it, by whichever way git is told of that ssh."""
    project = doctor.project
    (path,) = (project.top / ".git/covgate/measurements").glob("*.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "seconds": 300}))
    project.commit()
    project.write("tests/test_more.py", "")
    project.commit()
    project.git("remote", "set-url", "origin", "ssh://git@127.0.0.1:1/repository.git")
    config = tmp_path / "ssh_config"
    config.write_text("Host 127.0.0.1\n  ServerAliveInterval 45\n")
    project.git("config", "core.sshCommand", f"ssh -F {config}")
    seen = doctor.examine()
    assert seen.names == ["remote-unreadable"]
    assert seen.facts["connection"].startswith("over SSH, kept alive every 45 s")
    project.git("config", "--unset", "core.sshCommand")
    doctor.environ["GIT_SSH_COMMAND"] = f"ssh -F {config} -o ServerAliveInterval=0"
    assert sorted(doctor.examine().names) == ["idle-ssh", "remote-unreadable"]


def test_notes_that_the_remote_lacks(doctor: Doctor) -> None:
    project = doctor.project
    first = project.remote_notes()
    # What is recorded of a commit that nobody has pushed is nothing wrong.
    project.commit("not pushed")
    assert project.covgate("check").status == 0
    seen = doctor.examine()
    assert seen.names == []
    assert seen.facts["notes"] == "on origin, and newer ones here"
    # On the remote the branch is, by a push without hooks, and what was recorded is not.
    project.git("push", "--quiet", "--no-verify", "origin", "main")
    assert project.covgate("ratchet", COVGATE_SYNC="false").status == 0
    seen = doctor.examine()
    assert seen.names == ["notes-unpublished"]
    assert seen["notes-unpublished"]["problem"] == "the notes of 1 commit that origin has are only here"
    assert seen["notes-unpublished"]["mend"] == "covgate sync origin"
    seen = doctor.apply_fixes(seen)
    assert seen.names == []
    assert seen.facts["notes"] == "on origin, the same as here"
    # Forced back there, and then refused by a rule that no dry run tells of.
    run(["git", "update-ref", "refs/notes/coverage", first], project.remote, project.environ)
    refusal = executable(
        project.remote / "hooks/update",
        '#!/bin/sh\ncase "$1" in refs/notes/*) echo "notes are not for you" >&2; exit 1;; esac\n',
    )
    assert doctor.examine().names == ["notes-unpublished"]
    assert project.covgate("sync").status != 0
    seen = doctor.examine()
    assert seen.names == ["notes-refused"]
    assert seen["notes-refused"]["problem"].endswith("last published them: remote: notes are not for you")
    assert seen["notes-refused"]["mend"] == "allow pushes to refs/notes/* on origin, then covgate sync origin"
    # What a server says steers no terminal.
    executable(refusal, "#!/bin/sh\nprintf '\\033[31mnot for\\033]0;owned\\007 you\\n' >&2\nexit 1\n")
    for command in ("sync", "doctor"):
        done = project.covgate(command)
        assert "remote: \ufffd[31mnot for" in done
        assert "\x1b" not in done
    refusal.unlink()
    assert project.covgate("sync", "origin").status == 0
    assert doctor.examine().names == []


def test_a_shallow_clone_and_notes_that_are_overwritten(doctor: Doctor, tmp_path: Path) -> None:
    project = doctor.project
    project.commit("more")
    project.git("push", "--quiet", "--no-verify", "origin", "main")
    run(["git", "clone", "--quiet", "--depth=1", f"file://{project.remote}", "clone"], tmp_path, project.environ)
    there = Doctor(Project(tmp_path / "clone", project.remote, project.environ), tmp_path / "bin")
    assert there.project.covgate("init", "--native", "--no-measure").status == 0
    seen = there.examine()
    assert seen.names == ["shallow"]
    assert seen["shallow"]["mend"] == "git fetch --unshallow origin"
    assert seen.facts["notes"] == "on origin, not here yet: the next push fetches them"
    for refspec in ("+refs/notes/*:refs/notes/*", "+refs/notes/*:refs/remotes/origin/notes/*"):
        there.project.git("config", "--add", "remote.origin.fetch", refspec)
    seen = there.examine()
    assert seen.names == ["refspec", "shallow"]
    assert "fetch +refs/notes/*:refs/notes/* from origin" in seen["refspec"]["problem"]
    # The harm that it does: any fetch drops what is not published. covgate notices, and restores it.
    assert there.project.covgate("baseline", "set", "90", "--reason", "harm", COVGATE_SYNC="false").status == 0
    there.project.git("fetch", "--quiet")
    shown = there.project.covgate("baseline")
    assert "refs/notes/coverage moved to a history without" in shown
    assert "90.00%" in shown
    assert there.apply_fixes(seen).names == ["notes-unpublished"]
    left = there.project.git("config", "--get-all", "remote.origin.fetch")
    assert left == "+refs/heads/main:refs/remotes/origin/main\n+refs/notes/*:refs/remotes/origin/notes/*"


def test_a_note_that_is_not_believed(doctor: Doctor) -> None:
    project = doctor.project
    project.git("notes", "--ref=coverage", "add", "--force", "-m", "---\nformat: 1\nbaseline_ratio: .nan\n---\n")
    seen = doctor.examine()
    assert f"the note of {project.git('rev-parse', 'HEAD')[:10]} is ignored" in seen["note"]["problem"]
    assert doctor.type(seen["note"]["mend"]).status == 0
    assert "note" not in doctor.examine().names


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("ssh://git@example.org:2222/path.git", "git@example.org"),
        ("git@example.org:path.git", "git@example.org"),
        ("git@[::1]:path.git", "git@[::1]"),
        ("https://git@example.org:8443/path.git", ""),
        ("file:///srv/path.git", ""),
        ("./with:colon", ""),
        ("C:/repositories/path", ""),
    ],
)
def test_which_urls_lead_over_ssh(url: str, host: str, tmp_path: Path) -> None:
    assert ssh_host(url, tmp_path) == host
