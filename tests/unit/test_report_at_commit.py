"""A report is judged only as far as the commit confirms it: names, lines, and what else it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pytest

from covgate.errors import ToolError
from covgate.measure.reports import parse
from covgate.measure.reports.located import Commit, check_agreement, report_at_commit
from covgate.measure.reports.names import Naming, Tree
from covgate.measure.reports.values import Report
from covgate.model.numbers import Numbers

ROOT = "/home/ada/project"
FOUR = b"one\ntwo\n\nfour\n"
FILES = {"src/a.py": FOUR, "src/b.js": FOUR, "packages/x/src/b.js": FOUR, "empty.py": b""}


COMMIT = Commit(name="0123456789", tree=Tree(files=frozenset(FILES), roots=(ROOT,)), read=lambda _: iter(()))


def at_commit(
    data: bytes,
    files: Mapping[str, bytes] = FILES,
    *,
    report_paths: Mapping[str, str] | None = None,
    elsewhere: Sequence[str] = (),
) -> Report:
    def read(paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        return ((path, files[path]) for path in paths)

    tree = Tree(files=frozenset(files), roots=(ROOT,))
    commit = replace(COMMIT, tree=tree, elsewhere=tuple(elsewhere), read=read)
    parsed = parse(data, "report")
    return report_at_commit(parsed, "report", commit, Naming(sources=parsed.sources, report_paths=report_paths or {}))


def lcov(*sections: tuple[str, str]) -> bytes:
    """A tracefile with these names and lines: "1+ 2-" is an executed line 1 and a missing line 2."""
    text = ""
    for name, lines in sections:
        records = (f"DA:{each[:-1]},{int(each[-1] == '+')}" for each in lines.split())
        text += "\n".join([f"SF:{name}", *records, "end_of_record\n"])
    return text.encode("utf-8", "surrogateescape")


def refused(data: bytes, **options: object) -> tuple[str, str]:
    with pytest.raises(ToolError) as caught:
        at_commit(data, **options)  # type: ignore[arg-type]
    return caught.value.message, caught.value.hint


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("src/a.py", "1+ 4+"),
        ("src/a.py", "5+"),  # the empty line after the last line break, which some tools count
        ("src/a.py", "0+"),
        ("src/b.js", "3+"),  # V8 counts every line
        ("empty.py", "1+"),
        ("empty.py", "0+"),
    ],
)
def test_lines_that_the_file_has(path: str, lines: str) -> None:
    assert at_commit(lcov((path, lines))).files[0].numbers.statements == len(lines.split())


@pytest.mark.parametrize(
    ("path", "lines", "words"),
    [
        ("src/a.py", "1+ 6-", "it has line 6 of src/a.py, which has 4 lines at 0123456789"),
        ("src/b.js", "999999999+", "it has line 999999999 of src/b.js, which has 4 lines at 0123456789"),
        ("empty.py", "2+", "it has line 2 of empty.py, which has 0 lines at 0123456789"),
        ("src/a.py", "1+ 3+", "it has a statement at src/a.py:3, which is an empty line at 0123456789"),
    ],
)
def test_a_report_of_another_commit_is_not_trusted(path: str, lines: str, words: str) -> None:
    message, hint = refused(lcov((path, lines)))
    assert message == f"report is of another commit: {words}"
    assert hint == "make the report at 0123456789, or name the commit that it is of: covgate check REV"


def test_a_branch_beyond_the_end_is_of_another_commit_too() -> None:
    data = lcov(("src/b.js", "1+")).replace(b"end_of", b"BRDA:9,0,0,1\nend_of")
    assert refused(data)[0].startswith("report is of another commit: it has line 9")


def test_lines_are_not_compared_with_a_file_that_is_kept_elsewhere() -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9\n"
    assert at_commit(lcov(("big.py", "500+")), {"big.py": pointer}).files[0].numbers.statements == 1


def test_what_is_not_in_the_commit_is_left_out_and_named() -> None:
    outside = [(f"/usr/include/{number}.h", "1+") for number in range(5)]
    report = at_commit(lcov(("src/a.py", "1-"), (f"{ROOT}/gen/x.py", "1+"), ("src/gone.py", "1+"), *outside))
    assert [each.path for each in report.files] == ["src/a.py"]
    assert report.files[0].numbers == Numbers(statements=1)
    assert report.notices == (
        f"report: not counted, because they are not in 0123456789: 2 files ({ROOT}/gen/x.py, src/gone.py)",
        "report: not counted, because they are outside of the repository: 5 files"
        " (/usr/include/0.h, /usr/include/1.h, /usr/include/2.h, ...)",
    )
    assert len(report.outside) == 5
    assert at_commit(lcov(("src/a.py", "1-"), ("src/gone.py", "1+"))).notices == (
        "report: not counted, because it is not in 0123456789: src/gone.py",
    )


def test_odd_names_are_shown_in_one_short_line() -> None:
    data = lcov(("src/a.py", "1+"), ("x\udcff\x1b[31m" + "y" * 5_000, "1+"))
    (notice,) = at_commit(data).notices
    assert notice.isprintable()
    assert len(notice) < 500


def test_a_name_that_fits_several_files_is_refused() -> None:
    message, hint = refused(lcov(("b.js", "1+")))
    assert message == "report: b.js may be packages/x/src/b.js or src/b.js"
    assert hint == (
        'say which it is: report_paths = { "." = "packages/x/src" }, or --report-path .=packages/x/src after the report'
    )
    more = {**FILES, "packages/y/src/b.js": FOUR}
    assert refused(lcov(("b.js", "1+")), files=more)[0].endswith(" or packages/y/src/b.js, or 1 other")
    mapped = at_commit(lcov(("b.js", "1+")), report_paths={".": "packages/x/src"})
    assert [each.path for each in mapped.files] == ["packages/x/src/b.js"]


def test_one_name_for_the_files_of_several_packages_is_refused() -> None:
    """`SF:src/b.js` of each package, one after the other in one tracefile."""
    files = {**FILES, "packages/x/src/b.js": FOUR * 2}
    data = lcov(("src/b.js", "1+ 2+"), ("src/b.js", "1- 2- 4- 5-"))
    assert refused(data, files=files)[0] == "report: src/b.js may be packages/x/src/b.js or src/b.js"
    # Once for each of two test runs.
    assert at_commit(lcov(("src/b.js", "1+ 2-"), ("src/b.js", "1- 2+"))).files[0].missing_lines == ()
    # Compiled in two ways.
    assert at_commit(lcov(("src/a.py", "1+"), ("src/a.py", "1- 2-"))).files[0].missing_lines == (2,)


def test_several_reports_with_one_name_for_several_files_are_refused() -> None:
    one, other = at_commit(lcov(("src/b.js", "1+ 2+"))), at_commit(lcov(("src/b.js", "1- 2- 4-")))
    with pytest.raises(ToolError) as caught:
        check_agreement([("one", one), ("other", other)], COMMIT)
    assert caught.value.message == (
        "one and other have different lines of src/b.js: one of them may be about packages/x/src/b.js"
    )
    assert '"." = "packages/x"' in caught.value.hint
    check_agreement([("one", one), ("two", one)], COMMIT)
    apart = [at_commit(lcov(("src/a.py", lines))) for lines in ("1+", "1- 2+")]
    check_agreement([("one", apart[0]), ("other", apart[1])], COMMIT)


def test_a_guess_is_reported_with_the_line_that_makes_it_certain() -> None:
    report = at_commit(lcov(("/app/src/a.py", "1+")))
    assert report.notices == (
        "report: its paths that begin with /app are taken to be in the top of the repository"
        ' (report_paths = { "/app" = "." } makes it certain)',
    )
    assert at_commit(lcov(("/app/src/a.py", "1+")), report_paths={"/app": "."}).notices == ()


@pytest.mark.parametrize(
    ("modules", "where"),
    [("ab", "a/src or b/src"), ("abc", "a/src or b/src or c/src"), ("abcde", "a/src or b/src or c/src or 2 others")],
)
def test_a_guess_of_several_directories_is_one_notice(modules: str, where: str) -> None:
    """As for the modules of a project in Java: no single entry of report_paths would be right."""
    files = {f"{each}/src/com/{each}.java": FOUR for each in modules}
    report = at_commit(lcov(*((f"com/{each}.java", "1+") for each in modules)), files)
    assert [each.path for each in report.files] == sorted(files)
    assert report.notices == (
        f"report: its relative paths are taken to be in {where} (by their names; longer prefixes in report_paths make"
        " it certain)",
    )


@pytest.mark.parametrize(
    ("name", "prefix"),
    [("/srv/x/main.c", "/srv/x"), ("C:\\work\\main.c", "C:/work"), ("lib/main.c", "."), ("/main.c", "/")],
)
def test_a_report_without_any_file_of_the_commit(name: str, prefix: str) -> None:
    message, hint = refused(lcov((name, "1+")))
    assert message == f"report has no file of 0123456789 in it; the first it has is {name}"
    assert hint == (
        f'say where its paths are in the repository: report_paths = {{ "{prefix}" = "DIRECTORY" }},'
        f" or --report-path {prefix}=DIRECTORY after the report"
    )


def test_a_report_without_any_file() -> None:
    for data in (b"TN:\n", b'<coverage lines-valid="0"/>'):
        assert refused(data) == ("report has no file in it", "did the tests run before it was made?")


def test_a_file_in_another_checkout_is_refused() -> None:
    message, _ = refused(lcov(("/home/ada/other/src/a.py", "1+")), elsewhere=["/home/ada/other"])
    assert message == (
        "measured outside the tree: report is about /home/ada/other/src/a.py, in another checkout of this repository"
    )
    # covgate's own worktree is inside of the main one.
    report = at_commit(lcov((f"{ROOT}/src/a.py", "1+")), elsewhere=["/home/ada"])
    assert report.files[0].path == "src/a.py"
