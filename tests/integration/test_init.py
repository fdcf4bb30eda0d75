"""What `covgate init` writes into other people's files, and takes out again."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from covgate import __version__
from covgate.errors import UsageError
from covgate.git.repository import Repository
from covgate.install.hooks_yaml import has_hooks
from covgate.install.pin import Pin, pin_candidates
from covgate.install.pre_commit import plan_setup, remove
from covgate.install.pre_commit import set_up as write_setup
from helpers.project import Project
from helpers.sealed import CHECKOUT, run

NAME = ".pre-commit-config.yaml"
TYPES = ["pre-push", "post-merge", "post-rewrite"]
PLAIN = "repos:\n- repo: local\n  hooks:\n    - id: x\n      name: x\n      entry: x\n      language: system\n"
LOCAL = "repos:\n  - repo: local\n    hooks:\n" + "".join(
    f"      - {{id: {name}, name: {name}, entry: {name}, language: system, stages: [{stages}]}}\n"
    for name, stages in (("covgate-pre-push", "pre-push"), ("covgate-post-merge", "post-merge, post-rewrite"))
)


@pytest.fixture
def bare(project: Project) -> Project:
    for hook in (project.top / ".git" / "hooks").iterdir():
        hook.unlink()
    return project


def files(project: Project) -> dict[str, bytes]:
    found = (path for path in project.top.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {str(path.relative_to(project.top)): path.read_bytes() for path in found}


def test_init_twice_changes_nothing_and_installs_the_hooks(bare: Project) -> None:
    bare.write(NAME, f"default_install_hook_types: [{', '.join(TYPES)}]\n{LOCAL}")
    done = bare.covgate("init", "--no-measure")
    assert done.status == 0, done.text
    hooks = {path.name for path in (bare.top / ".git" / "hooks").iterdir()}
    assert set(TYPES) <= hooks
    once = files(bare)
    again = bare.covgate("init", "--no-measure")
    assert again.status == 0, again.text
    assert files(bare) == once


def test_init_writes_nothing_where_one_file_can_not_be_extended(bare: Project) -> None:
    bare.write("pyproject.toml", "tool = {ruff = {}}\n")
    before = files(bare)
    done = bare.covgate("init", "--repo", "https://example.org/covgate", "--rev", "v0.1.0")
    assert done.status == 2, done.text
    assert "add by hand" in done
    assert files(bare) == before
    assert list((bare.top / ".git" / "hooks").iterdir()) == []


@pytest.fixture
def sealed(bare: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project, for calls in this process: they see the sealed environment."""
    for name in [each for each in os.environ if each.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in bare.environ.items():
        monkeypatch.setenv(name, value)
    (bare.top / "pyproject.toml").unlink()
    return bare


def set_up(project: Project, repo: str | None = "https://example.org/covgate", rev: str | None = "v0.1.0") -> str:
    """The files only: the hooks' environment is another test's."""
    lines: list[str] = []
    with closing(Repository.discover(project.top, os.environ)) as repository:
        pins: list[Pin | None] = [*pin_candidates(repo, rev), None]
        setup = plan_setup(repository, lambda: pins[0])
        write_setup(repository, setup, lines.append, install=False)
    return "\n".join(lines)


def take_out(project: Project) -> str:
    lines: list[str] = []
    with closing(Repository.discover(project.top, os.environ)) as repository:
        remove(repository, lines.append)
    return "\n".join(lines)


def entry_of(project: Project) -> dict[str, Any]:
    entry: dict[str, Any] = yaml.safe_load((project.top / NAME).read_text())["repos"][-1]
    return entry


def test_nothing_is_left_of_what_init_made(sealed: Project) -> None:
    before = files(sealed)
    set_up(sealed)
    assert set(files(sealed)) - set(before) == {NAME, ".covgate.toml"}
    once = files(sealed)
    assert "already has the hooks" in set_up(sealed)
    assert files(sealed) == once
    take_out(sealed)
    assert files(sealed) == before


def test_files_keep_their_mode_and_new_ones_get_the_usual(sealed: Project) -> None:
    sealed.write("pyproject.toml", "[project]\nname = 'x'\n")
    (sealed.top / "pyproject.toml").chmod(0o640)
    previous = os.umask(0o027)
    try:
        set_up(sealed)
    finally:
        os.umask(previous)
    assert (sealed.top / "pyproject.toml").stat().st_mode & 0o777 == 0o640
    assert (sealed.top / NAME).stat().st_mode & 0o777 == 0o640


def test_a_link_out_of_the_repository_is_not_followed(sealed: Project, tmp_path: Path) -> None:
    shared = tmp_path / "shared.yaml"
    shared.write_text(PLAIN)
    (sealed.top / NAME).symlink_to(shared)
    with pytest.raises(UsageError, match="link out of the repository"):
        set_up(sealed)
    assert shared.read_text() == PLAIN
    assert not (sealed.top / ".covgate.toml").exists()


def test_a_link_within_the_repository_stays_one(sealed: Project) -> None:
    sealed.write("config/hooks.yaml", PLAIN)
    (sealed.top / NAME).symlink_to("config/hooks.yaml")
    set_up(sealed)
    assert (sealed.top / NAME).is_symlink()
    assert has_hooks((sealed.top / "config/hooks.yaml").read_text(), NAME)
    take_out(sealed)
    assert (sealed.top / "config/hooks.yaml").read_text() == PLAIN


def test_where_the_second_file_can_not_be_written_the_first_is_as_it_was(sealed: Project) -> None:
    # A name as long as names may be leaves no room for that of the temporary file beside it.
    long = "x" * 250
    sealed.write(long, "")
    (sealed.top / "pyproject.toml").symlink_to(long)
    sealed.write(NAME, PLAIN)
    before = files(sealed)
    with pytest.raises(UsageError, match="nothing was changed"):
        set_up(sealed)
    assert files(sealed) == before
    (sealed.top / NAME).unlink()
    with pytest.raises(UsageError, match="nothing was changed"):
        set_up(sealed)
    assert not (sealed.top / NAME).exists()


def test_a_directory_without_a_working_tree_is_refused(bare: Project, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    for directory, message in ((tmp_path / "plain", "is not in a git repository"), (bare.remote, "bare repository")):
        done = bare.covgate("init", "--no-measure", cwd=directory)
        assert done.status == 2
        assert message in done
        assert not (directory / NAME).exists()


@pytest.mark.parametrize("scope", ["local", "global", "worktree"])
def test_the_remedy_for_a_foreign_hooks_path_unsets_it(sealed: Project, scope: str) -> None:
    config = Path(sealed.environ["GIT_CONFIG_GLOBAL"])
    before = config.read_text()
    try:
        if scope == "worktree":
            sealed.git("config", "extensions.worktreeConfig", "true")
        sealed.git("config", f"--{scope}", "core.hooksPath", ".husky")
        with pytest.raises(UsageError, match=r"core.hooksPath is \.husky") as caught:
            set_up(sealed)
        command = caught.value.hint.split(",")[0].split()
        assert command[0] == "git"
        sealed.git(*command[1:])
        set_up(sealed)
    finally:
        config.write_text(before)


def test_the_native_hooks_are_no_remedy_in_a_directory_that_repositories_share(sealed: Project, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    sealed.git("config", "core.hooksPath", str(tmp_path / "shared"))
    with pytest.raises(UsageError) as caught:
        set_up(sealed)
    first, second = caught.value.hint.partition("; or ")[2].split(" && ")
    assert second == "covgate init --native"
    sealed.git(*shlex.split(first)[1:])
    assert sealed.covgate("init", "--native", "--no-measure").status == 0


@pytest.mark.parametrize("rev", ["1.0", "12345678", "v0.1.0", "a: b", "true"])
def test_a_revision_is_written_as_text(sealed: Project, rev: str) -> None:
    set_up(sealed, rev=rev)
    assert entry_of(sealed)["rev"] == rev


@pytest.mark.parametrize("repo", ["git@example.org:a/b.git", "../with space", "C:\\covgate", "x #y", "~", "a\nb"])
def test_a_repository_is_written_as_text(sealed: Project, repo: str) -> None:
    set_up(sealed, repo=repo)
    assert entry_of(sealed)["repo"] == repo


Installed = Callable[[dict[str, Any] | None], None]


@pytest.fixture
def installed_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    """Puts a covgate on the path whose metadata say where it came from (PEP 610)."""

    def install(direct_url: dict[str, Any] | None) -> None:
        information = tmp_path / "site" / "covgate-0.1.0.dist-info"
        information.mkdir(parents=True)
        (information / "METADATA").write_text("Metadata-Version: 2.1\nName: covgate\nVersion: 0.1.0\n")
        if direct_url is not None:
            (information / "direct_url.json").write_text(json.dumps(direct_url))
        monkeypatch.syspath_prepend(str(tmp_path / "site"))

    return install


def test_from_an_index_the_hooks_are_local(sealed: Project, installed_from: Installed) -> None:
    installed_from(None)
    set_up(sealed, repo=None, rev=None)
    entry = entry_of(sealed)
    assert entry["repo"] == "local"
    manifest = yaml.safe_load((CHECKOUT / ".pre-commit-hooks.yaml").read_text())
    for hook, published in zip(entry["hooks"], manifest, strict=True):
        assert hook["additional_dependencies"] == [f"covgate=={__version__}"]
        for key in ("id", "entry", "language", "stages", "always_run", "pass_filenames", "require_serial", "verbose"):
            assert hook[key] == published[key]
    take_out(sealed)
    with pytest.raises(UsageError, match="--rev needs a repository"):
        set_up(sealed, repo=None, rev="v0.1.0")


@pytest.mark.parametrize("requested", ["main", f"v{__version__}", None])
def test_from_a_repository_the_hooks_come_from_there(
    sealed: Project, installed_from: Installed, requested: str | None
) -> None:
    commit = "ab" * 20
    source = {"vcs": "git", "commit_id": commit, "requested_revision": requested}
    installed_from({"url": "https://example.org/covgate.git", "vcs_info": {k: v for k, v in source.items() if v}})
    set_up(sealed, repo=None, rev=None)
    entry = entry_of(sealed)
    assert entry["repo"] == "https://example.org/covgate.git"
    assert entry["rev"] == (requested if requested == f"v{__version__}" else commit)


def test_from_a_checkout_its_origin_and_commit(
    sealed: Project, installed_from: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = tmp_path / "a checkout"
    sealed.git("clone", "--quiet", str(sealed.top), str(checkout))
    sealed.git("remote", "set-url", "origin", "../project/work", cwd=checkout)
    head = sealed.git("rev-parse", "HEAD")
    installed_from({"url": checkout.as_uri(), "dir_info": {"editable": True}})

    def entry() -> tuple[str, str]:
        set_up(sealed, repo=None, rev=None)
        found = entry_of(sealed)
        take_out(sealed)
        return found["repo"], found["rev"]

    assert entry() == (str(sealed.top), head)
    sealed.git("remote", "remove", "origin", cwd=checkout)
    assert entry() == (str(checkout), head)
    # The release's tag, where it is here; a tag on another commit is another release.
    sealed.git("tag", f"v{__version__}", cwd=checkout)
    assert entry() == (str(checkout), f"v{__version__}")
    sealed.git("commit", "--quiet", "--allow-empty", "-m", "later", cwd=checkout)
    later = sealed.git("rev-parse", "HEAD", cwd=checkout)
    assert entry() == (str(checkout), later)
    # What git tells a hook about the user's repository says nothing about covgate's.
    monkeypatch.setenv("GIT_DIR", str(sealed.top / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(sealed.top))
    assert entry() == (str(checkout), later)


@pytest.mark.parametrize(
    "source",
    [
        {"url": "file:///srv/covgate-0.1.0-py3-none-any.whl", "archive_info": {}},
        {"url": "https://example.org/hg/covgate", "vcs_info": {"vcs": "hg", "commit_id": "ab"}},
        {"url": "VENDORED", "dir_info": {}},
    ],
    ids=["wheel", "not git", "inside of another repository"],
)
def test_from_elsewhere_the_repository_must_be_named(
    sealed: Project, installed_from: Installed, source: dict[str, Any]
) -> None:
    """Hooks that only this machine has, or a version that no index has, would break every clone."""
    sealed.write("vendor/covgate/README", "")
    vendored = (sealed.top / "vendor/covgate").as_uri()
    installed_from({**source, "url": source["url"].replace("VENDORED", vendored)})
    with pytest.raises(UsageError, match="where pre-commit can't get it"):
        set_up(sealed, repo=None, rev=None)
    set_up(sealed, repo="https://example.org/covgate", rev="v0.1.0")
    assert entry_of(sealed)["repo"] == "https://example.org/covgate"


def test_what_was_changed_since_is_left_and_named(sealed: Project) -> None:
    sealed.write("pyproject.toml", '[project]\nname = "x"\ndependencies = ["covgate"]\n')
    before = files(sealed)
    set_up(sealed)
    for _ in range(2):
        assert "edited by hand" not in take_out(sealed)
        assert files(sealed) == before
    set_up(sealed)
    path = sealed.top / "pyproject.toml"
    path.write_text(path.read_text().replace("floor = 0", "floor = 90"))
    changed = path.read_bytes()
    assert "pyproject.toml: covgate's configuration was edited by hand" in take_out(sealed)
    assert path.read_bytes() == changed
    assert not (sealed.top / NAME).exists()


def test_hook_types_that_others_use_stay_installed(sealed: Project) -> None:
    stages = "      stages: [push]\n"
    sealed.write(NAME, PLAIN + stages)
    set_up(sealed)
    run([sys.executable, "-m", "pre_commit", "install"], sealed.top, sealed.environ)
    hooks = sealed.top / ".git" / "hooks"
    assert {*TYPES, "pre-commit"} <= {path.name for path in hooks.iterdir()}
    take_out(sealed)
    assert {path.name for path in hooks.iterdir()} == {"pre-commit", "pre-push"}
    assert (sealed.top / NAME).read_text() == PLAIN + stages


def test_removing_where_nothing_is_uninstalls_nothing(sealed: Project) -> None:
    sealed.write(NAME, PLAIN)
    run([sys.executable, "-m", "pre_commit", "install", "-t", "pre-push"], sealed.top, sealed.environ)
    before = files(sealed)
    assert "no hook of covgate" in take_out(sealed)
    assert files(sealed) == before
    assert (sealed.top / ".git" / "hooks" / "pre-push").exists()


def test_a_hook_that_was_there_is_kept_and_said(bare: Project) -> None:
    bare.write(NAME, f"default_install_hook_types: [{', '.join(TYPES)}]\n{LOCAL}")
    hook = bare.top / ".git" / "hooks" / "pre-push"
    hook.write_text("#!/bin/sh\nexit 0\n")
    hook.chmod(0o755)
    done = bare.covgate("init")
    assert done.status == 0, done.text
    assert "Running in migration mode" in done
    assert hook.with_name("pre-push.legacy").read_text() == "#!/bin/sh\nexit 0\n"


@pytest.fixture
def hooks(bare: Project, tmp_path: Path) -> Path:
    """A repository of hooks that need no environment: building covgate's is an end-to-end test."""
    directory = tmp_path / "hooks"
    directory.mkdir()
    bare.git("init", "--quiet", cwd=directory)
    manifest = (CHECKOUT / ".pre-commit-hooks.yaml").read_text()
    (directory / ".pre-commit-hooks.yaml").write_text(manifest.replace("language: python", "language: system"))
    bare.git("add", "--all", cwd=directory)
    bare.git("commit", "--quiet", "-m", "hooks", cwd=directory)
    return directory


def test_init_says_what_it_did_and_can_be_undone(bare: Project, hooks: Path) -> None:
    bare.write("pyproject.toml", '[project]\nname = "x"\n')
    before = files(bare)
    done = bare.covgate("init", "--no-measure", "--repo", str(hooks), "--rev", bare.git("rev-parse", "HEAD", cwd=hooks))
    assert done.status == 0, done.text
    said = [line.strip() for line in done.text.splitlines()]
    assert said[:2] == [f"{NAME}: hooks added", "pyproject.toml: [tool.covgate] added"]
    assert {f"pre-commit installed at .git/hooks/{each}" for each in TYPES} <= set(said)
    assert "[INFO]" not in done
    assert files(bare).keys() - before.keys() == {NAME}
    done = bare.covgate("init", "--remove")
    assert done.status == 0, done.text
    assert files(bare) == before
    assert list((bare.top / ".git" / "hooks").iterdir()) == []


def test_init_measures_once_and_shows_the_number(bare: Project) -> None:
    bare.write(NAME, f"default_install_hook_types: [{', '.join(TYPES)}]\n{LOCAL}")
    done = bare.covgate("init")
    assert done.status == 0, done.text
    head = bare.git("rev-parse", "--short=10", "HEAD")
    assert f"the coverage of {head} is 83.33% (5 of 6 statements)" in done
    assert f"by {bare.python}" in done
    assert bare.git("notes", "--ref=coverage", "list") == ""


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        (
            {"COVGATE_PYTHON": "nowhere/python"},
            ["WARNING: this repository can't be measured: python = 'nowhere/python'", "pushes pass unmeasured"],
        ),
        ({}, ["WARNING: the tests fail at", "assert False", "a push is blocked until they pass"]),
    ],
    ids=["no interpreter", "failing tests"],
)
def test_init_says_before_the_first_push_what_can_not_be_measured(
    bare: Project, variables: dict[str, str], says: list[str]
) -> None:
    bare.write(NAME, f"default_install_hook_types: [{', '.join(TYPES)}]\n{LOCAL}")
    bare.write("tests/test_broken.py", "def test_broken():\n    assert False\n")
    bare.commit()
    done = bare.covgate("init", **variables)
    assert done.status == 0, done.text
    for each in says:
        assert each in done


def test_repo_and_rev_replace_the_pin(bare: Project, hooks: Path) -> None:
    first = bare.git("rev-parse", "HEAD", cwd=hooks)
    # Without a tag and a revision: the newest commit that is there.
    assert bare.covgate("init", "--no-measure", "--repo", str(hooks)).status == 0
    before = (bare.top / NAME).read_text()
    assert f"rev: {first}" in before
    bare.git("commit", "--quiet", "--allow-empty", "-m", "more", cwd=hooks)
    bare.git("tag", "v9", cwd=hooks)
    done = bare.covgate("init", "--no-measure", "--repo", str(hooks), "--rev", "v9")
    assert f"{NAME}: pinned to {hooks} at v9" in done
    assert (bare.top / NAME).read_text() == before.replace(first, "v9")


@pytest.mark.parametrize(
    ("repo", "rev", "says"),
    [
        ("{hooks}", "v9", "{hooks} has no revision v9"),
        ("{hooks}", "0123456789012345678901234567890123456789", "has no revision 0123456789"),
        ("{project}", "HEAD", "has no hooks of covgate at"),
        ("{hooks}/nowhere", "v1", "nowhere: fatal: "),
    ],
)
def test_a_pin_that_pre_commit_could_not_fetch_changes_nothing(
    bare: Project, hooks: Path, repo: str, rev: str, says: str
) -> None:
    before = files(bare)
    places = {"hooks": hooks, "project": bare.top}
    done = bare.covgate("init", "--repo", repo.format(**places), "--rev", rev)
    assert done.status == 2, done.text
    assert says.format(**places) in done
    assert "nothing was changed" in done
    assert "Traceback" not in done
    assert files(bare) == before
    assert list((bare.top / ".git" / "hooks").iterdir()) == []


def test_a_failing_installation_says_why(bare: Project) -> None:
    """Whatever pre-commit refuses after the files are written."""
    bare.write(NAME, "minimum_pre_commit_version: '99'\n" + LOCAL)
    done = bare.covgate("init")
    assert done.status == 3, done.text
    # The number is not lost.
    assert done.text.index("is 83.33% (5 of 6 statements)") < done.text.index("pre-commit install failed")
    assert "pre-commit version 99 is required" in done
    assert "Traceback" not in done


def test_init_takes_over_the_command_that_works(bare: Project) -> None:
    """Plain pytest fails here; the command that the project documents for its tests passes."""
    bare.write(NAME, f"default_install_hook_types: [{', '.join(TYPES)}]\n{LOCAL}")
    bare.write("tests/test_broken.py", "def test_broken():\n    assert False\n")
    bare.write(
        "tests/run_tests.py", "import sys\n\nsys.path.insert(0, '.')\nimport test_mod\n\ntest_mod.test_calls()\n"
    )
    bare.write("Makefile", "test:\n\tpython tests/run_tests.py\n")
    bare.git("rm", "--quiet", "pyproject.toml")
    bare.commit()
    done = bare.covgate("init", COVGATE_PYTHON=str(bare.python))
    assert done.status == 0, done.text
    assert "is 83.33% (5 of 6 statements)" in done, done.text
    taken = 'command = "python tests/run_tests.py"'
    assert f"{taken} from target test in Makefile" in done
    assert f"# How the tests run, from target test in Makefile\n{taken}\n" in (bare.top / ".covgate.toml").read_text()
    bare.covgate("init", "--remove")
    assert not (bare.top / ".covgate.toml").exists()


@pytest.mark.parametrize(
    ("name", "text", "written", "says"),
    [
        (
            "Makefile",
            "cov:\n\tmkdir -p out && cp lcov.txt out/coverage.info\n",
            '# How the tests run, from Makefile\ncommand = "make cov"\nreport = "out/coverage.info"\n',
            "git doesn't ignore out, where the report is written: add /out/ to .gitignore",
        ),
        (
            "package.json",
            '{"scripts": {"test": "mocha"}}',
            "# How the tests run, from package.json\n# To do: no tool that measures coverage: npm install",
            "WARNING: this repository can't be measured yet: no tool that measures coverage: npm install",
        ),
    ],
)
def test_init_takes_over_how_another_language_is_measured(
    bare: Project, name: str, text: str, written: str, says: str
) -> None:
    bare.write(NAME, f"default_install_hook_types: [{', '.join(TYPES)}]\n{LOCAL}")
    bare.git("rm", "--quiet", "-r", "pyproject.toml", "pkg", "tests")
    bare.write("main.c", "int main(void) {\nreturn 0; }\n")
    bare.write("lcov.txt", "SF:main.c\nDA:1,1\nDA:2,0\nend_of_record\n")
    bare.write(name, text)
    bare.commit()
    done = bare.covgate("init")
    assert done.status == 0, done.text
    assert says in done
    assert written in (bare.top / ".covgate.toml").read_text()
    bare.covgate("init", "--remove")
    assert not (bare.top / ".covgate.toml").exists()


def test_init_names_the_test_command_that_the_project_documents(bare: Project) -> None:
    bare.write(NAME, f"default_install_hook_types: [{', '.join(TYPES)}]\n{LOCAL}")
    bare.write("tox.ini", "[testenv]\ncommands = python -m unittest discover -s tests\n")
    bare.commit()
    done = bare.covgate("init")
    assert "runs `python -m unittest discover -s tests`: to measure that, set command = " in done
