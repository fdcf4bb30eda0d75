"""Go's cover profile: statements in blocks, their lines in the source, and the module that its paths begin with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest

from covgate.errors import ToolError
from covgate.measure.reports import combine, parse
from covgate.measure.reports.located import Commit, report_at_commit
from covgate.measure.reports.names import Naming, Tree
from covgate.measure.reports.values import Report
from covgate.model.numbers import Numbers

SOURCE = b"""package it

func Pick(a, b int) int {
\tif a > b { // the greater one
\t\treturn a
\t}
\t// a comment
\tfor b < 0 { b++ }

\treturn pick(
\t\t"a",
\t)
}
"""
BLOCKS = {  # as go test writes them
    "if": "3.25,4.11 1",
    "a": "4.11,6.3 1",
    "for": "8.2,8.12 1",
    "b++": "8.12,8.19 1",
    "return": "10.2,12.3 1",
}


def profile(counts: Mapping[str, int], name: str = "example.org/it/a.go") -> bytes:
    return ("mode: count\n" + "".join(f"{name}:{BLOCKS[block]} {count}\n" for block, count in counts.items())).encode()


def at_commit(
    data: bytes, files: Mapping[str, bytes], report_paths: Mapping[str, str] | None = None, directory: str = "."
) -> Report:
    def read(paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        return ((path, files[path]) for path in paths)

    commit = Commit(name="0123456789", tree=Tree(files=frozenset(files), roots=("/srv/it",)), read=read)
    return report_at_commit(parse(data, "r"), "r", commit, Naming(report_paths=report_paths or {}, directory=directory))


GO_MOD = b"module example.org/it\n\ngo 1.19\n"
ALL = {"if": 3, "a": 0, "for": 3, "b++": 0, "return": 1}


def test_statements_are_counted_and_lines_are_those_with_code() -> None:
    (result,) = at_commit(profile(ALL), {"a.go": SOURCE, "go.mod": GO_MOD}).files
    assert result.numbers == Numbers(statements=5, executed_statements=3)
    # 4 has the if, 5 the body of it, 8 the for and its body, 10 and 11 the call.
    assert result.lines == "4.+-2.+.2+"


def test_several_statements_of_a_block_count() -> None:
    (lines,) = parse(b"mode: set\na.go:1.1,2.9 7 1\na.go:3.1,3.9 2 0\na.go:4.1,4.2 0 0\n", "r").files.values()
    assert lines.counts == Numbers(statements=9, executed_statements=7)
    assert dict(lines.statements) == {1: True, 2: True, 3: False}


@pytest.mark.parametrize("mode", ["set", "count", "atomic"])
def test_a_block_of_several_test_binaries_counts_once(mode: str) -> None:
    rows = "a.go:1.1,2.9 1 0\na.go:3.1,3.9 1 0\na.go:1.1,2.9 1 7\na.go:1.1,2.9 1 0\n"
    for data in (f"mode: {mode}\n{rows}", f"mode: {mode}\r\n{rows}mode: {mode}\n\n{rows}"):
        (lines,) = parse(data.encode(), "r").files.values()
        assert lines.counts == Numbers(statements=2, executed_statements=1)


def test_two_profiles_are_one() -> None:
    files = {"a.go": SOURCE, "go.mod": GO_MOD}
    one, two = profile({**ALL, "if": 0}), profile({**ALL, "a": 1, "return": 0})
    (result,) = combine([at_commit(each, files) for each in (one, two)]).files
    assert result.numbers == Numbers(statements=5, executed_statements=4)


def test_with_another_format_lines_are_counted() -> None:
    files = {"a.go": SOURCE, "go.mod": GO_MOD}
    lcov = at_commit(b"SF:a.go\nDA:4,1\nDA:5,1\nend_of_record\n", files)
    for reports in ([at_commit(profile(ALL), files), lcov], [lcov, at_commit(profile(ALL), files)]):
        (result,) = combine(reports).files
        assert (result.lines, result.numbers) == ("4.2+2.+.2+", Numbers(statements=5, executed_statements=5))


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("module example.org/it\n", "example.org/it"),
        ('// module no\n\n  module "example.org/it" // yes\n', "example.org/it"),
        ("go 1.19\nmodule\texample.org/it\r\n", "example.org/it"),
        ("module (\n\t`example.org/it`\n)\n", "example.org/it"),
        ("modules example.org/it\n", ""),
        ("", ""),
    ],
)
def test_the_module_of_a_go_mod(text: str, prefix: str) -> None:
    modules = parse(profile(ALL), "r").modules
    assert modules is not None
    assert (modules.name, modules.prefix(text.encode())) == ("go.mod", prefix)


@pytest.mark.parametrize(
    ("files", "name", "path"),
    [
        ({"go.mod": "example.org/it"}, "example.org/it/a.go", "a.go"),
        ({"go.mod": "example.org/it"}, "example.org/it/sub/a.go", "sub/a.go"),
        ({"back/go.mod": "example.org/it"}, "example.org/it/a.go", "back/a.go"),
        # A module in another one, and one in its own repository directory.
        ({"go.mod": "example.org/it", "sub/go.mod": "example.org/it/sub"}, "example.org/it/sub/a.go", "sub/a.go"),
        ({"go.mod": "example.org/it", "v2/go.mod": "example.org/it/v2"}, "example.org/it/v2/a.go", "v2/a.go"),
        ({"tools/go.mod": "example.org/it/x"}, "example.org/it/x/a.go", "tools/a.go"),
        ({"go.mod": "it"}, "it/a.go", "a.go"),
    ],
)
def test_the_paths_of_a_module(files: dict[str, str], name: str, path: str) -> None:
    # Another file of the same name would make a guess ambiguous.
    contents = {path: SOURCE, "other/it/a.go": SOURCE, **{each: f"module {files[each]}".encode() for each in files}}
    report = at_commit(profile(ALL, name), contents)
    assert [each.path for each in report.files] == [path]
    assert (report.notices, report.unused) == ((), ())


def test_what_the_commit_does_not_have() -> None:
    data = profile(ALL) + b"example.org/it/made.go:1.1,1.9 1 0\ngithub.com/other/lib/a.go:1.1,1.9 1 0\n"
    report = at_commit(data, {"a.go": SOURCE, "go.mod": GO_MOD, "lib/a.go": SOURCE, "x/made.go": SOURCE})
    assert [each.path for each in report.files] == ["a.go"]
    assert report.notices == (
        "r: not counted, because they are not in 0123456789: 2 files (example.org/it/made.go,"
        " github.com/other/lib/a.go)",
    )


def test_report_paths_come_first_and_unclear_modules_do_not_count() -> None:
    files = {"a.go": SOURCE, "b/a.go": SOURCE, "go.mod": GO_MOD}
    (result,) = at_commit(profile(ALL), files, {"example.org/it": "b"}).files
    assert result.path == "b/a.go"
    twice = {"x/a.go": SOURCE, "x/go.mod": GO_MOD, "y/go.mod": GO_MOD, "y/b.go": SOURCE}
    with pytest.raises(ToolError, match=r"no file of 0123456789 in it; the first it has is example\.org/it/a\.go"):
        at_commit(profile(ALL), twice)


def test_a_profile_of_another_commit_is_refused() -> None:
    with pytest.raises(ToolError, match=r"it has line 90 of a.go, which has 13 lines at 0123456789"):
        at_commit(profile(ALL) + b"example.org/it/a.go:1.1,90.2 1 1\n", {"a.go": SOURCE, "go.mod": GO_MOD})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mode: set\na.go:1.1,2.9 1\n", "line 2 is no block: a.go:1.1,2.9 1"),
        ("mode: set\na.go:1.1,2.9 1 -1\n", "line 2 is no block"),
        ("mode: set\n:1.1,2.9 1 1\n", "line 2 is no block"),
        ("mode: set\na.go:1.1,2.9 1 1\nFAIL\n", "line 3 is no block: FAIL"),
        ("mode: set\na.go:2.9,2.8 1 1\n", "line 2: the block ends before it begins"),
        ("mode: set\na.go:1.1,2.9 1 1\na.go:1.1,2.9 2 1\n", "line 3: the same block has 1 statements elsewhere"),
        ("mode: set\na.go:1.1,900000000.9 1 1\n", "it has more than 10000000 lines"),
        ("mode: set\na.go:1.1,2000000.9 1 1\n", "a.go has more than 1000000 lines"),
        ("mode: setup\n", "its first line is not its mode: set, count or atomic"),
    ],
)
def test_damaged(text: str, words: str) -> None:
    with pytest.raises(ToolError) as caught:
        parse(text.encode(), "r")
    assert caught.value.message.startswith("r can't be read as a coverage report: ")
    assert words in caught.value.message
    assert caught.value.hint == "make it again (go test -coverprofile)"
