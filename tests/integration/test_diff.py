"""The difference of two commits, read from real git with configurations, attributes and environments that change it."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.errors import GitError
from covgate.git.changed_files import path_changes, renames
from covgate.git.diff import added_lines, changes
from covgate.git.repository import Repository
from covgate.model.changes import FileChange, Hunk
from helpers.properties import one_in
from helpers.sealed import run

PYTHON = {".py"}


class Work:
    """A repository for commits made from names and bytes."""

    def __init__(self, top: Path, environ: Mapping[str, str]) -> None:
        self.top = top
        self.environ = dict(environ)
        top.mkdir()
        self.git("init", "--quiet")
        self.repository = Repository.discover(top, self.environ)

    def git(self, *argv: str) -> str:
        done = run(["git", *argv], self.top, self.environ)
        assert done.status == 0, done.text
        return done.text.strip()

    def commit(self, **files: bytes | None) -> str:
        return self.commit_files({f"{name}.py": data for name, data in files.items()})

    def commit_files(self, files: Mapping[str, bytes | None]) -> str:
        for name, data in files.items():
            path = self.top / name
            if data is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        return self.commit_all()

    def commit_all(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "more")
        return self.git("rev-parse", "HEAD")

    def seen_by(self, environ: Mapping[str, str]) -> Repository:
        return Repository.discover(self.top, {**self.environ, **environ})

    def changes(self, old: str = "HEAD~", new: str = "HEAD", **environ: str) -> tuple[FileChange, ...]:
        return changes(self.seen_by(environ), old, new, PYTHON)

    def change(self) -> FileChange:
        (found,) = self.changes()
        return found


@pytest.fixture
def work(tmp_path: Path, environ: dict[str, str]) -> Iterator[Work]:
    yield Work(tmp_path / "work", environ)


def lines(*numbers: int) -> bytes:
    return b"".join(b"line %d\n" % each for each in numbers)


TEN = lines(*range(1, 11))


def test_lines_that_change(work: Work) -> None:
    work.commit(mod=TEN)
    work.commit(mod=lines(1, 2, 33, 4, 5, 55, 6, 7, 9, 10))
    change = work.change()
    assert (change.old_path, change.path) == ("mod.py", "mod.py")
    assert change.hunks == (
        Hunk(old=3, removed=1, new=3, added=1),
        Hunk(old=5, removed=0, new=6, added=1),
        Hunk(old=8, removed=1, new=8, added=0),
    )
    assert (list(change.added), list(change.removed)) == ([3, 6], [3, 8])
    assert [change.now_at(each) for each in range(1, 11)] == [1, 2, None, 4, 5, 7, 8, None, 9, 10]
    assert [change.was_at(each) for each in range(1, 11)] == [1, 2, None, 4, 5, None, 6, 7, 9, 10]


def test_new_deleted_and_empty_files(work: Work) -> None:
    work.commit(gone=TEN, gone_empty=b"", kept=b"")
    work.commit(gone=None, gone_empty=None, fresh=b"x = 1\ny = 2\nz = 3\n", kept=b"")
    fresh, deleted, deleted_empty = work.changes()
    assert (fresh.old_path, fresh.path, list(fresh.added)) == ("", "fresh.py", [1, 2, 3])
    assert (deleted.old_path, deleted.path, list(deleted.removed)) == ("gone.py", "", list(range(1, 11)))
    assert (deleted_empty.old_path, deleted_empty.path, deleted_empty.hunks) == ("gone_empty.py", "", ())
    assert work.changes("HEAD", "HEAD") == ()


def test_paths_that_were_added_and_deleted(work: Work) -> None:
    one = work.commit(one=TEN, old=lines(*range(20, 30)))
    two = work.commit(two=TEN, empty=b"")
    (work.top / "link.py").symlink_to("two.py")
    head = work.commit(three=TEN, old=None, moved=lines(*range(20, 30)), one=b"changed\n")
    new, every = {"moved.py", "three.py"}, {"moved.py", "three.py", "two.py", "empty.py"}
    expected = [
        (two, new, {"old.py"}, {"one.py"}, set()),
        (one, every, {"old.py"}, {"one.py"}, {"empty.py"}),
        ("", {*every, "one.py"}, set(), set(), {"empty.py"}),
        (head, set(), set(), set(), set()),
    ]
    for base, *sets in expected:
        assert list(path_changes(work.repository, base, head)) == sets
    assert renames(work.repository, two, head) == {"moved.py": "old.py"}


def test_renames_are_followed_and_copies_are_new(work: Work) -> None:
    work.commit(one=TEN, two=TEN.replace(b"line", b"word"))
    work.commit_files(
        {
            "one.py": None,
            "sub/moved.py": TEN + b"more\n",
            "two.py": TEN.replace(b"line", b"word") + b"x\n",
            "copy.py": TEN.replace(b"line", b"word") + b"y\n",
        }
    )
    copied, moved, changed = work.changes()
    assert (copied.old_path, copied.path, list(copied.added)) == ("", "copy.py", list(range(1, 12)))
    assert (moved.old_path, moved.path, list(moved.added)) == ("one.py", "sub/moved.py", [11])
    assert (changed.path, list(changed.added)) == ("two.py", [11])


def test_a_rename_from_another_ending_is_one_and_to_another_a_deletion(work: Work) -> None:
    work.commit_files({"script": TEN, "b.py": TEN.replace(b"line", b"word")})
    work.commit_files({"script": None, "script.py": TEN + b"x\n", "b.py": None, "b.txt": TEN.replace(b"line", b"word")})
    deleted, renamed = work.changes()
    assert (deleted.old_path, deleted.path) == ("b.py", "")
    assert (renamed.old_path, renamed.path, list(renamed.added)) == ("script", "script.py", [11])
    assert {each.path for each in changes(work.repository, "HEAD~", "HEAD", {".txt"})} == {"b.txt"}
    (gone,) = changes(work.repository, "HEAD~", "HEAD", {""})
    assert (gone.old_path, gone.path) == ("script", "")


def test_only_files_like_the_measured_ones_are_compared(work: Work) -> None:
    """An asset is not read: here its old content is gone."""
    work.commit_files({"a.py": TEN, "asset.bin": b"\0" * 1000})
    blob = work.git("rev-parse", "HEAD:asset.bin")
    work.commit_files({"a.py": TEN + b"x\n", "new.py": b"fresh = 1\n", "asset.bin": b"\1" * 1000, "[x].py*": b"odd\n"})
    loose = work.top / ".git" / "objects" / blob[:2] / blob[2:]
    loose.chmod(stat.S_IWRITE | stat.S_IREAD)
    loose.unlink()
    assert [(each.path, list(each.added)) for each in work.changes()] == [("a.py", [11]), ("new.py", [1])]
    assert [each.path for each in changes(work.repository, "HEAD~", "HEAD", {".py*"})] == ["[x].py*"]


def test_moved_code_is_new_where_it_went(work: Work) -> None:
    work.commit(mod=TEN)
    work.commit(mod=lines(1, 4, 5, 6, 7, 8, 9, 10, 2, 3))
    assert list(work.change().added) == [9, 10]


def test_a_change_of_mode_changes_no_line(work: Work) -> None:
    work.commit(mod=TEN)
    (work.top / "mod.py").chmod(0o755)
    work.commit_all()
    assert work.change() == FileChange(old_path="mod.py", path="mod.py")
    (work.top / "mod.py").chmod(0o644)
    work.commit(mod=TEN + b"x\n")
    assert list(work.change().added) == [11]


@pytest.mark.parametrize("to", [b"\r\n", b"\n"])
def test_a_change_of_line_endings_alone_changes_no_line(work: Work, to: bytes) -> None:
    work.git("config", "core.autocrlf", "false")
    other = b"\n" if to == b"\r\n" else b"\r\n"
    work.commit(mod=TEN.replace(b"\n", other))
    work.commit(mod=TEN.replace(b"\n", to))
    assert work.changes() == () or work.change().hunks == ()
    changed = TEN.replace(b"line 3", b"line three").replace(b"\n", other)
    work.commit(mod=changed)
    assert list(work.change().added) == [3]


def test_a_carriage_return_alone_ends_a_line_for_python(work: Work) -> None:
    """For git it doesn't, so all lines of such a file count as new, and none has a wrong number."""
    work.commit(mod=b"# one\n" + TEN, other=TEN, same=b"# one\r# two\n")
    work.commit(mod=b"# one\r# two\n" + TEN + b"x", other=TEN + b"y\n", new=b"a\rb\r\nc\r", same=b"# one\r# two\n")
    mod, new, other = work.changes()
    assert (list(mod.removed), list(mod.added)) == (list(range(1, 12)), list(range(1, 14)))
    assert (list(new.removed), list(new.added)) == ([], [1, 2, 3])
    assert list(other.added) == [11]
    work.commit(mod=TEN, new=None)
    mod, new = work.changes()
    assert (len(mod.removed), len(mod.added)) == (13, 10)
    assert (list(new.removed), list(new.added), new.path) == ([1, 2, 3], [], "")


def test_a_file_without_a_final_newline(work: Work) -> None:
    work.commit(mod=TEN[:-1])
    work.commit(mod=TEN[:-1] + b" changed")
    assert list(work.change().added) == [10]
    work.commit(mod=TEN + b"more")
    assert list(work.change().added) == [10, 11]
    work.commit(mod=TEN + b"more\n")
    assert work.changes() == () or work.change().hunks == ()


LOOKS = [b"-- a/x.py", b"++ b/x.py", b"@@ -1 +1 @@", b"diff --git a/x.py b/x.py", b"\\ No newline at end of file"]


@pytest.mark.parametrize("look", LOOKS)
def test_lines_that_look_like_a_diff(work: Work, look: bytes) -> None:
    before = b"".join([b"first\n", look + b"\n", b"last\n"])
    work.commit(mod=before, other=b"a\n")
    work.commit(mod=b"first\nlast\n" + look + b"\n", other=look + b"\n")
    mod, other = work.changes()
    assert (list(mod.removed), list(mod.added)) == ([2], [3])
    assert (list(other.removed), list(other.added)) == ([1], [1])


NAMES = ["sp ace.py", 'qu"ote.py', "ta\tb.py", "new\nline.py", "üñ/中.py", "back\\slash.py",
         "\udcff\udc80.py",
         "a b/b.py b/a b.py", "-dash.py", ":(top)magic.py", "*.py", "end .py", '"quoted".py']  # fmt: skip


def test_names_of_every_kind(work: Work) -> None:
    work.commit_files(dict.fromkeys(NAMES, TEN))
    work.commit_files(dict.fromkeys(NAMES[::2], TEN + b"x\n"))
    assert {each.path: list(each.added) for each in work.changes()} == {name: [11] for name in NAMES[::2]}
    for name in NAMES:
        (work.top / name).chmod(0o755)
    work.commit_all()
    assert {each.path: each.hunks for each in work.changes()} == dict.fromkeys(NAMES, ())
    work.commit_files(
        {**dict.fromkeys(NAMES, None), **{f"moved/{name}": TEN + name.encode("utf-8", "replace") for name in NAMES}}
    )
    assert {each.path for each in work.changes() if each.path} == {f"moved/{name}" for name in NAMES}


def test_rename_from_names_of_every_kind(work: Work) -> None:
    work.commit_files({name + ".txt": b"%d\n" % number + TEN for number, name in enumerate(NAMES)})
    for number, name in enumerate(NAMES):
        (work.top / (name + ".txt")).rename(work.top / f"new{number}.py")
    work.commit_all()
    assert {(each.old_path, each.path) for each in work.changes()} == {
        (name + ".txt", f"new{number}.py") for number, name in enumerate(NAMES)
    }


def test_links_submodules_and_changes_of_type(work: Work, tmp_path: Path, environ: dict[str, str]) -> None:
    inner = Work(tmp_path / "inner", environ)
    first, second = inner.commit(a=b"1\n"), inner.commit(a=b"2\n")
    work.commit(target=TEN, becomes_link=TEN, was_module=b"x\n")
    (work.top / "link.py").symlink_to("target.py")
    (work.top / "becomes_file.py").symlink_to("target.py")
    work.git("update-index", "--add", "--cacheinfo", f"160000,{first},sub.py")
    (work.top / "sub.py").mkdir()
    work.git("add", "link.py", "becomes_file.py")
    work.git("commit", "--quiet", "--message", "links")
    for name in ("link.py", "becomes_file.py", "becomes_link.py"):
        (work.top / name).unlink()
    (work.top / "link.py").symlink_to("elsewhere.py")
    (work.top / "becomes_link.py").symlink_to("target.py")
    (work.top / "becomes_file.py").write_bytes(b"own = 1\nlines = 2\n")
    work.git("add", "link.py", "becomes_file.py", "becomes_link.py")
    work.git("update-index", "--cacheinfo", f"160000,{second},sub.py")
    work.git("commit", "--quiet", "--message", "types")
    file, gone = work.changes()
    assert (file.old_path, file.path, list(file.added)) == ("", "becomes_file.py", [1, 2])
    assert (gone.old_path, gone.path, len(gone.removed)) == ("becomes_link.py", "", 10)
    # A submodule instead of a file, and back.
    work.git("rm", "--quiet", "--cached", "was_module.py")
    work.git("update-index", "--add", "--cacheinfo", f"160000,{second},was_module.py")
    work.git("commit", "--quiet", "--message", "module")
    assert [(each.old_path, each.path) for each in work.changes()] == [("was_module.py", "")]
    assert [(each.old_path, each.path) for each in work.changes("HEAD", "HEAD~")] == [("", "was_module.py")]


def test_bytes_that_are_no_text(work: Work) -> None:
    work.commit(mod=b"\0\xff\n" + TEN)
    work.commit(mod=b"\0\xff\n" + TEN + b"\0 more\n")
    assert list(work.change().added) == [12]


# Each of them changes what `git diff` prints, or ends it.
CONFIGURATIONS = {
    "external diff": ["diff.external=false"],
    "colour": ["color.ui=always", "color.diff=always", "diff.colorMoved=zebra", "diff.wsErrorHighlight=all"],
    "moved whitespace": ["diff.colorMovedWS=ignore-all-space", "color.diff.new=bold red"],
    "mnemonic prefixes": ["diff.mnemonicPrefix=true"],
    "no prefixes": ["diff.noprefix=true"],
    "other prefixes": ["diff.srcPrefix=before/", "diff.dstPrefix=after/"],
    "quoted paths": ["core.quotePath=false"],
    "order": ["diff.orderFile={top}/order"],
    "missing order": ["diff.orderFile={top}/nowhere"],
    "algorithm": ["diff.algorithm=patience"],
    "no renames": ["diff.renames=false"],
    "few renames": ["diff.renameLimit=1"],
    "context": ["diff.context=5", "diff.interHunkContext=9"],
    "empty context": ["diff.suppressBlankEmpty=true"],
    "submodules": ["diff.submodule=log", "diff.ignoreSubmodules=dirty"],
    "heuristic": ["diff.indentHeuristic=false"],
    "relative": ["diff.relative=true"],
    "words": ["diff.wordRegex=.", "diff.tool=false", "diff.statGraphWidth=1", "diff.dirstat=lines,0"],
    "paging": ["core.pager=false", "pager.diff-tree=true", "pager.diff=true"],
    "big files": ["core.bigFileThreshold=10", "core.compression=0"],
    "whitespace": ["core.whitespace=-cr-at-eol,blank-at-eof,tabwidth=1", "core.autocrlf=true", "core.eol=crlf"],
    "alias": ["alias.diff-tree=!false"],
    "drivers": ["diff.odd.command=false", "diff.odd.textconv=true", "diff.odd.xfuncname=^.*$", "diff.odd.binary=true"],
    "attributes elsewhere": ["core.attributesFile={top}/attributes"],
}
ATTRIBUTES = [
    "*.py -diff",
    "*.py binary",
    "*.py diff=odd",
    "*.py diff=python",
    "*.py -text",
    "*.py text eol=crlf",
    "*.py working-tree-encoding=UTF-16",
    "*.py filter=odd",
    "*.py whitespace=trail",
]
ENVIRONMENTS = [
    {"GIT_EXTERNAL_DIFF": "false"},
    {"GIT_DIFF_OPTS": "-u7"},
    {"GIT_DIFF_OPTS": "--unified=3"},
    {"GIT_LITERAL_PATHSPECS": "1"},
    {"GIT_NOGLOB_PATHSPECS": "1"},
    {"GIT_GLOB_PATHSPECS": "1"},
    {"GIT_ICASE_PATHSPECS": "1"},
    {"GIT_PAGER": "false", "GIT_PAGER_IN_USE": "1"},
    {"LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de"},
    {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "diff.noprefix", "GIT_CONFIG_VALUE_0": "true"},
    {"GIT_PREFIX": "sub/"},
    {"GIT_TRACE": "1", "GIT_TRACE_SETUP": "1"},
]


@pytest.fixture
def decorated(work: Work) -> tuple[Work, tuple[FileChange, ...]]:
    """Two commits that differ in every kind of file, and their differences."""
    (work.top / "order").write_text("two.py\n")
    (work.top / "attributes").write_text("*.py -diff\n")
    (work.top / ".git" / "info" / "exclude").write_text("/order\n/attributes\n")
    moved = b"".join(b"def f%d():\n    return %d\n\n\n" % (n, n) for n in range(9))
    work.commit_files(
        {"one.py": TEN, "sub/two.py": moved, "old.py": TEN.replace(b"line", b"word"), "ü.py": b"\n\na\n\n"}
    )
    work.commit_files(
        {
            "one.py": lines(1, 2, 33, 4, 5, 6, 7, 8, 9, 10, 11),
            "sub/two.py": moved[64:] + moved[:64],
            "old.py": None,
            "new.py": TEN.replace(b"line", b"word") + b"x\n",
            "ü.py": b"\n\nb\n\n",
            "data.txt": b"x\n",
            "OTHER.PY": b"x\n",
        }
    )
    expected = work.changes()
    assert [(each.old_path, each.path) for each in expected] == [
        ("old.py", "new.py"), ("one.py", "one.py"), ("sub/two.py", "sub/two.py"), ("ü.py", "ü.py")
    ]  # fmt: skip
    assert [list(each.added) for each in expected if each.path in ("new.py", "one.py", "ü.py")] == [[11], [3, 11], [3]]
    return work, expected


def test_a_configuration_that_decorates(decorated: tuple[Work, tuple[FileChange, ...]]) -> None:
    work, expected = decorated
    for name, values in CONFIGURATIONS.items():
        for value in values:
            key, _, text = value.partition("=")
            work.git("config", key, text.format(top=work.top))
        assert work.changes() == expected, name
    # All at once, and with every way to attribute.
    for attributes in ATTRIBUTES:
        (work.top / ".git" / "info" / "attributes").write_text(attributes + "\n")
        assert work.changes() == expected, attributes


def test_an_environment_that_decorates(decorated: tuple[Work, tuple[FileChange, ...]]) -> None:
    work, expected = decorated
    for environ in ENVIRONMENTS:
        assert work.changes(**environ) == expected, environ
    assert changes(Repository.discover(work.top / "sub", work.environ), "HEAD~", "HEAD", PYTHON) == expected


@pytest.mark.parametrize("attributes", ATTRIBUTES)
def test_attributes_of_the_tree_hide_nothing(work: Work, attributes: str) -> None:
    """A push can contain the attributes, which git reads from the checkout."""
    work.commit(mod=TEN)
    (work.top / ".gitattributes").write_text(attributes + "\n")
    work.git("add", ".gitattributes")
    work.git("commit", "--quiet", "--message", "attributes")
    (work.top / "mod.py").write_bytes(TEN + b"more\n")
    blob = work.git("hash-object", "-w", "--no-filters", "mod.py")
    work.git("update-index", "--cacheinfo", f"100644,{blob},mod.py")
    work.git("commit", "--quiet", "--message", "more")
    assert list(work.change().added) == [11]


def test_a_diff_that_is_none_is_a_clear_error(work: Work) -> None:
    work.commit(mod=TEN)
    with pytest.raises(GitError, match="bad object"):
        changes(work.repository, "HEAD", "0" * 40, PYTHON)


def test_what_comes_in_by_a_merge_is_not_charged_again(work: Work) -> None:
    base = work.commit(mod=TEN, other=TEN)
    work.git("branch", "main2")
    pushed = work.commit(mod=TEN.replace(b"line 2\n", b"two\n"))
    work.git("checkout", "--quiet", "main2")
    main = work.commit(mod=TEN.replace(b"line 9\n", b"nine\n"), other=TEN + b"theirs\n", new=b"theirs\n")
    work.git("checkout", "--quiet", "-")
    work.git("merge", "--quiet", "main2")
    tip = work.commit(mod=TEN.replace(b"line 2\n", b"two\n").replace(b"line 9\n", b"nine\n") + b"mine\n")

    def added(*bases: str) -> dict[str, list[int]]:
        return {path: list(each) for path, each in added_lines(work.repository, bases, tip, PYTHON).items()}

    assert added(base) == {"mod.py": [2, 9, 11], "new.py": [1], "other.py": [11]}
    assert added(pushed) == {"mod.py": [9, 11], "new.py": [1], "other.py": [11]}
    assert added(main) == {"mod.py": [2, 11]}
    assert added(pushed, main) == added(main, pushed) == {"mod.py": [11]}
    assert added(tip) == added(base, tip) == {}
    everything = {"mod.py": list(range(1, 12)), "new.py": [1], "other.py": list(range(1, 12))}
    assert added() == everything


def test_a_large_diff_is_kept_in_stretches(work: Work) -> None:
    many = b"".join(b"value_%d = %d\n" % (n, n) for n in range(100_000))
    work.commit(mod=many)
    work.commit(mod=many.replace(b"0 = ", b"0 =  "))
    change = work.change()
    assert (len(change.added), len(change.added.spans)) == (10_000, 10_000)
    everything = added_lines(work.repository, [], "HEAD", PYTHON)["mod.py"]
    assert everything.spans == (range(1, 100_001),)


file_lines = st.lists(st.sampled_from([b"a", b"b", b"c", b"", b"c\r", *LOOKS]), max_size=12)
ends = st.sampled_from([b"\n", b""])
trees = st.dictionaries(
    st.sampled_from(["a.py", "b.py", "c d.py", "e.txt", "ü.py"]),
    st.builds(lambda found, end: b"\n".join(found) + (end if found else b""), file_lines, ends),
    max_size=5,
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, environ: dict[str, str]) -> Work:
    return Work(tmp_path_factory.mktemp("bench") / "work", environ)


@one_in(5)
@given(trees, trees)
def test_whatever_changes_every_other_line_stays(bench: Work, old: dict[str, bytes], new: dict[str, bytes]) -> None:
    """The lines outside the changes are the same before and after, and git's own counts agree."""
    commits = [import_tree(bench, tree) for tree in (old, new)]
    found = changes(bench.repository, *commits, PYTHON)
    for change in found:
        before = split(old[change.old_path]) if change.old_path else []
        after = split(new[change.path]) if change.path else []
        kept = [line for line in range(1, len(before) + 1) if line not in change.removed]
        assert [change.now_at(line) for line in kept] == [n for n in range(1, len(after) + 1) if n not in change.added]
        for line in kept:
            now = change.now_at(line)
            assert now is not None
            assert change.was_at(now) == line
            assert before[line - 1].removesuffix(b"\r") == after[now - 1].removesuffix(b"\r")
    touched = {path for change in found for path in (change.path, change.old_path)}
    for path in {*old, *new} - touched:
        if path.endswith(".py"):
            assert [x.removesuffix(b"\r") for x in split(old[path])] == [
                x.removesuffix(b"\r") for x in split(new[path])
            ]
    # git's own counts, without the paths and the hunks that were read; a copy is new
    counted = bench.repository.run("diff-tree", "-r", "--numstat", "--text", "--ignore-cr-at-eol", "-M", *commits)
    if not any(name.endswith(".txt") for name in (*old, *new)):
        plain = [line.split(b"\t") for line in counted.splitlines() if line.count(b"\t") == 2]
        assert sum(int(added) for added, _, _ in plain) == sum(len(each.added) for each in found)
        assert sum(int(removed) for _, removed, _ in plain) == sum(len(each.removed) for each in found)


def split(data: bytes) -> list[bytes]:
    found = data.split(b"\n")
    return found if found[-1] else found[:-1]


def import_tree(work: Work, tree: Mapping[str, bytes]) -> str:
    parts = []
    for name, data in tree.items():
        quoted = name.replace(" ", "\\040") if " " in name else name
        parts += [b'M 100644 inline "%s"\n' % quoted.encode(), b"data %d\n%s\n" % (len(data), data)]
    program = b"commit refs/heads/x\ncommitter a <a@example.org> 0 +0000\ndata 0\ndeleteall\n" + b"".join(parts)
    work.repository.run("fast-import", "--quiet", "--force", input=program)
    return work.git("rev-parse", "refs/heads/x")
