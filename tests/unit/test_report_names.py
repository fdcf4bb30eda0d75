"""Which file of the commit a name in a report means: a table for each way of naming."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest

from covgate.measure.reports.guess import Guess
from covgate.measure.reports.names import Ambiguous, Located, Naming, Tree, locate, same_ending
from covgate.measure.reports.paths import normal

ROOT = "/home/ada/project"


def found(
    names: Sequence[str],
    files: Sequence[str],
    *,
    sources: Sequence[str] = (),
    report_paths: Mapping[str, str] | None = None,
    directory: str = ".",
) -> Located:
    naming = Naming(sources=tuple(sources), report_paths=report_paths or {}, directory=directory)
    return locate(names, Tree(files=frozenset(files), roots=(ROOT, "/real/project")), naming)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("src/a.js", "src/a.js"),
        ("./src/a.js", "src/a.js"),
        ("lib/../src//a.js", "src/a.js"),
        ("src\\a.js", "src/a.js"),
        (f"{ROOT}/src/a.js", "src/a.js"),
        ("/real/project/src/a.js", "src/a.js"),
        (f"file://{ROOT}/src/a.js", "src/a.js"),
        ("odd\\name.js", "odd\\name.js"),
        ("ü/é.py", "ü/é.py"),
        ("b\udcff.py", "b\udcff.py"),
    ],
)
def test_names_in_this_checkout(name: str, path: str) -> None:
    located = found([name], ["src/a.js", "odd\\name.js", "ü/é.py", "b\udcff.py"])
    assert located == Located(paths={name: path})


def test_what_the_commit_does_not_have_is_not_counted() -> None:
    names = ["src/a.js", "src/generated.js", f"{ROOT}/gone.js", "/usr/include/stdio.h", "../beside.js", "C:\\x\\y.cs"]
    located = found(names, ["src/a.js", "lib/stdio.h", "lib/gone.js"])
    assert located.paths == {"src/a.js": "src/a.js"}
    assert located.absent == ("src/generated.js", f"{ROOT}/gone.js")
    assert located.outside == ("/usr/include/stdio.h", "../beside.js", "C:\\x\\y.cs")
    assert located.guessed == ()


@pytest.mark.parametrize(
    ("sources", "name", "path"),
    [
        ([f"{ROOT}/lib", f"{ROOT}/src"], "pkg/a.py", "src/pkg/a.py"),
        (["lib", "src"], "pkg/a.py", "src/pkg/a.py"),
        ([ROOT], "src/pkg/a.py", "src/pkg/a.py"),
        ([f"{ROOT}/src"], "top.py", "top.py"),
        (["/"], f"{ROOT[1:]}/src/pkg/a.py", "src/pkg/a.py"),
        ([f"{ROOT}/src"], f"{ROOT}/src/pkg/a.py", "src/pkg/a.py"),
        # The directory that the report names comes before the top.
        ([f"{ROOT}/src"], "both.py", "src/both.py"),
        (["src"], "both.py", "src/both.py"),
    ],
)
def test_names_relative_to_a_source_of_the_report(sources: list[str], name: str, path: str) -> None:
    located = found([name], ["src/pkg/a.py", "top.py", "both.py", "src/both.py"], sources=sources)
    assert located == Located(paths={name: path})


@pytest.mark.parametrize("sources", [[f"{ROOT}/lib", f"{ROOT}/src"], ["lib", "src"], ["/app/lib", "/app/src"]])
def test_a_name_below_two_sources_is_ambiguous(sources: list[str]) -> None:
    # Three files of one source and one of the other: even so, nobody knows which a.py is meant.
    files = ["lib/a.py", "src/a.py", "src/b.py", "src/c.py"]
    with pytest.raises(Ambiguous) as caught:
        found(["b.py", "c.py", "a.py"], files, sources=sources)
    assert (caught.value.name, caught.value.files) == ("a.py", ("lib/a.py", "src/a.py"))


PACKAGES = ["packages/a/src/index.js", "packages/b/src/index.js", "packages/a/src/only.js"]


@pytest.mark.parametrize(
    ("report_paths", "name", "path"),
    [
        ({".": "packages/b"}, "src/index.js", "packages/b/src/index.js"),
        ({"": "packages/b/"}, "src/index.js", "packages/b/src/index.js"),
        ({"src": "packages/b/src"}, "src/index.js", "packages/b/src/index.js"),
        ({"/app": "packages/b"}, "/app/src/index.js", "packages/b/src/index.js"),
        ({"/app/": "./packages/b"}, "/app/src/index.js", "packages/b/src/index.js"),
        ({"/app": "packages/a", "/app/src": "packages/b/src"}, "/app/src/index.js", "packages/b/src/index.js"),
        ({"/": "packages/b"}, "/src/index.js", "packages/b/src/index.js"),
        ({"C:/work": "packages/b"}, "C:\\work\\src\\index.js", "packages/b/src/index.js"),
        ({"C:\\work": "packages/b"}, "C:\\work\\src\\index.js", "packages/b/src/index.js"),
        ({"..": "packages/b"}, "../src/index.js", "packages/b/src/index.js"),
        ({"github.com/me/it": "packages/b"}, "github.com/me/it/src/index.js", "packages/b/src/index.js"),
        ({"/app/src/index.js": "packages/b/src/index.js"}, "/app/src/index.js", "packages/b/src/index.js"),
    ],
)
def test_report_paths(report_paths: dict[str, str], name: str, path: str) -> None:
    assert found([name], PACKAGES, report_paths=report_paths) == Located(paths={name: path})


def test_report_paths_decide_before_anything_else() -> None:
    files = ["src/a.js", "packages/b/src/a.js"]
    assert found(["src/a.js"], files, report_paths={".": "packages/b"}).paths == {"src/a.js": "packages/b/src/a.js"}
    # Nor is another file taken if theirs is not in the commit.
    assert found(["src/a.js"], files, report_paths={".": "packages/c"}).absent == ("src/a.js",)
    sources = [f"{ROOT}/packages/b"]
    mapped = found(["src/a.js"], files, sources=sources, report_paths={f"{ROOT}/packages/b": "."})
    assert mapped.paths == {"src/a.js": "src/a.js"}


def test_a_prefix_that_fits_no_name_is_reported() -> None:
    assert found(["src/a.js"], ["src/a.js"], report_paths={"/ap": ".", "src": "src"}).unused == ("/ap",)
    # A prefix is a whole directory.
    assert found(["/apple/a.js", "src/a.js"], ["src/a.js"], report_paths={"/app": "."}).unused == ("/app",)


def test_names_relative_to_where_the_report_lies() -> None:
    located = found(["src/index.js", "src/only.js"], PACKAGES, directory="packages/a/coverage")
    assert located == Located(paths={"src/index.js": PACKAGES[0], "src/only.js": PACKAGES[2]})
    assert found(["src/index.js"], PACKAGES, directory="packages/b").paths == {"src/index.js": PACKAGES[1]}
    # Made at the top, and written below.
    assert found([PACKAGES[0]], PACKAGES, directory="packages/b/coverage").paths == {PACKAGES[0]: PACKAGES[0]}


def test_the_top_and_the_directory_of_the_report_may_both_fit() -> None:
    files = [*PACKAGES, "src/index.js"]
    with pytest.raises(Ambiguous) as caught:
        found(["src/index.js"], files, directory="packages/a/coverage")
    assert caught.value.files == ("packages/a/src/index.js", "src/index.js")
    # Another name shows which it is.
    located = found(["src/index.js", "src/only.js"], files, directory="packages/a/coverage")
    assert located.paths == {"src/index.js": PACKAGES[0], "src/only.js": PACKAGES[2]}


@pytest.mark.parametrize(
    ("names", "guess", "paths"),
    [
        (["/app/src/a.js", "/app/src/b.js"], ("/app", "."), ["src/a.js", "src/b.js"]),
        (["/app/src/a.js", "/usr/include/b.js"], ("/app", "."), ["src/a.js"]),
        (["C:\\work\\src\\a.js"], ("C:/work", "."), ["src/a.js"]),
        (["/srv/x/c.js", "/srv/x/sub/d.js"], ("/srv/x", "other"), ["other/c.js", "other/sub/d.js"]),
        (["../src/a.js", "../src/b.js"], ("..", "."), ["src/a.js", "src/b.js"]),
        (["github.com/me/it/src/a.js"], ("github.com/me/it", "."), ["src/a.js"]),
        (["/src/a.js"], ("/", "."), ["src/a.js"]),
    ],
)
def test_a_prefix_that_the_files_show(names: list[str], guess: tuple[str, str], paths: list[str]) -> None:
    located = found(names, ["src/a.js", "src/b.js", "other/c.js", "other/sub/d.js"])
    assert located.guessed == (Guess(*guess),)
    assert list(located.paths.values()) == paths
    assert len(located.outside) == len(names) - len(paths)


@pytest.mark.parametrize(
    ("names", "files"),
    [
        # A name alone, in a directory of its own: a chance.
        (["/somewhere/main.c"], ["src/main.c"]),
        (["/somewhere/lib/main.c", "/somewhere/lib/util.c"], ["src/main.c", "src/util.c"]),
        # Most of what is there is not in the commit.
        (["/other/src/a.c", "/other/src/b.c", "/other/src/c.c"], ["src/a.c", "x.c"]),
        (["/other/a.c"], ["b.c"]),
        (["/other"], ["b.c"]),
    ],
)
def test_what_the_files_do_not_show_is_not_guessed(names: list[str], files: list[str]) -> None:
    located = found(names, files)
    assert (located.paths, located.guessed) == ({}, ())
    assert located.outside == tuple(names)


def test_a_prefix_is_not_guessed_where_names_of_this_checkout_are() -> None:
    located = found([f"{ROOT}/src/a.c", "/usr/src/lib/b.c"], ["src/a.c", "lib/b.c"])
    assert located.paths == {f"{ROOT}/src/a.c": "src/a.c"}
    assert located.outside == ("/usr/src/lib/b.c",)


def test_a_prefix_that_may_stand_for_two_directories() -> None:
    files = ["src/x.js", "packages/a/src/x.js", "packages/a/src/y.js"]
    with pytest.raises(Ambiguous) as caught:
        found(["/app/src/x.js"], files)
    assert caught.value.files == ("packages/a/src/x.js", "src/x.js")
    located = found(["/app/src/x.js", "/app/src/y.js"], files)
    assert located.guessed == (Guess("/app", "packages/a"),)
    # Cobertura's names are relative; a file at the top that is called the same is no better.
    with pytest.raises(Ambiguous):
        found(["src/x.js"], files, sources=["/app/packages/a"])
    located = found(["src/x.js", "src/y.js"], files, sources=["/app/packages/a"])
    assert located.paths == {"src/x.js": "packages/a/src/x.js", "src/y.js": "packages/a/src/y.js"}


def test_a_directory_that_relative_names_show() -> None:
    located = found(["src/index.js", "src/only.js"], PACKAGES)
    assert located.paths == {"src/index.js": PACKAGES[0], "src/only.js": PACKAGES[2]}
    assert located.guessed == (Guess(".", "packages/a"),)
    java = found(["com/acme/Foo.java"], ["core/src/main/java/com/acme/Foo.java"], sources=["src/main/java"])
    assert java.guessed == (Guess(".", "core/src/main/java"),)
    with pytest.raises(Ambiguous) as caught:
        found(["src/index.js"], PACKAGES)
    assert (caught.value.name, caught.value.files) == ("src/index.js", tuple(sorted(PACKAGES[:2])))


def test_a_file_at_the_top_is_not_guessed_below_it() -> None:
    located = found(["src/a.py", "version.py"], ["src/a.py", "tests/data/version.py"])
    assert (located.paths, located.absent) == ({"src/a.py": "src/a.py"}, ("version.py",))
    assert found(["version.py"], ["tests/data/version.py"]).paths == {"version.py": "tests/data/version.py"}


def test_thousands_of_files_of_the_same_name() -> None:
    files = [f"pkg{number}/__init__.py" for number in range(5_000)]
    located = found([f"/app/{each}" for each in files], files)
    assert located.guessed == (Guess("/app", "."),)
    assert list(located.paths.values()) == files


def test_files_that_are_called_the_same() -> None:
    tree = Tree(files=frozenset([*PACKAGES, "src/index.js", "mysrc/index.js"]))
    assert same_ending("src/index.js", tree) == [*PACKAGES[:2], "src/index.js"]
    assert same_ending("ndex.js", tree) == same_ending("none.js", tree) == []


class Paths(frozenset[str]):
    """The paths of a tree; ``walks`` counts how often all of them were looked at."""

    walks = 0

    def __iter__(self) -> Iterator[str]:
        self.walks += 1
        return super().__iter__()


def test_many_names_are_looked_up_in_one_pass_through_the_files() -> None:
    files = Paths(f"packages/p{count}/mod{count}.py" for count in range(50))
    tree = Tree(files=files)
    for count in range(50):
        assert same_ending(f"mod{count}.py", tree) == [f"packages/p{count}/mod{count}.py"]
    assert files.walks == 1


def test_odd_names_are_only_names() -> None:
    for name in ("", ".", "..", "/", "//", "\\", "a\0b", "\ud800", "x" * 5_000, "/" * 5_000, "a/" * 5_000):
        assert found([name], ["src/a.js"]).paths == {}
        assert isinstance(normal(name), str)
