"""The pages of `covgate check --html`: as a real Chromium shows them, and as they are written."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from covgate.errors import UsageError
from covgate.formats import ReadSource
from covgate.formats.html_files import may_write_pages, source_lines, source_reader, write_pages
from covgate.formats.html_pages import page_name
from covgate.formats.source_rows import AROUND, WHOLE_FILE, shown_lines
from covgate.git.repository import Repository
from covgate.model.explain import explain
from covgate.model.outcome import Outcome
from covgate.model.policy import Policy
from covgate.model.verdict import tests_failed as failing_verdict
from helpers.sealed import run
from helpers.verdicts import (
    EVERY_KIND,
    HOSTILE,
    NO_UTF8,
    blocked,
    carried,
    components,
    failing_tests,
    measurement,
    not_measured,
    one_of_each,
    part,
    passed,
    raised,
    source,
)

if TYPE_CHECKING:
    from helpers.browser import Browser

SOURCE = (
    "def f(x):",
    "    if x:",
    "        return '</code><script>document.title = \"owned\"</script>'",
    "    return \"\u202e reversed\" + '\x00\x1b'",
    "\t# a tab, and 名前 \N{FIRE}",
    "y = 1",
    "z = 2",
    "if y:",
    f"    LONG = '{'long ' * 100}'",
    "    a()",
    "",
    "b()",
)


def hostile_source(path: str) -> tuple[str, ...] | None:
    """SOURCE for the file that a blocked push is about."""
    return SOURCE if source(path) or (path.startswith("pkg/") and path not in ("pkg/same.py", "pkg/never.py")) else None


def write(directory: Path, path: str = "pkg/a.py") -> None:
    write_pages(directory, blocked(path), hostile_source)


def written(directory: Path, outcome: Outcome, read: ReadSource = source) -> dict[str, str]:
    write_pages(directory, outcome, read)
    return {each.name: each.read_text("utf-8") for each in directory.iterdir()}


class TestInTheBrowser:
    @pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
    @pytest.mark.parametrize("width", [390, 1280])
    @pytest.mark.parametrize("path", ["pkg/a.py", HOSTILE, NO_UTF8], ids=["plain", "hostile", "no UTF-8"])
    def test_it_is_quiet_and_fits(self, browser: Browser, tmp_path: Path, path: str, width: int, dark: bool) -> None:
        write(tmp_path / "html", path)
        for name in ("index.html", page_name(path)):
            browser.open(tmp_path / "html" / name, width, dark=dark)
            assert browser.errors() == []
            assert len(browser.requests()) == 1
            assert not browser.scrolls_sideways()
            assert "owned" not in browser.driver.title
            back = browser.run("return getComputedStyle(document.body).backgroundColor")
            assert (max(map(int, re.findall(r"\d+", back)[:3])) < 60) == dark

    def test_numbers_on_top_and_links_to_the_lines(self, browser: Browser, tmp_path: Path) -> None:
        write(tmp_path / "html")
        browser.open(tmp_path / "html" / "index.html")
        text = browser.run("return document.body.innerText")
        assert text.index("BLOCKED") < text.index("70.59%") < text.index("pkg/a.py") < text.index("From the baseline")
        links = browser.run("return [...document.querySelectorAll('.jumps li')].map(each => each.innerText)")
        assert [" ".join(each.split()) for each in links] == ["3 lost", "5 unstable", "8\u201312 new"]
        browser.run("document.querySelectorAll('.jumps a')[2].click()")
        browser.driver.implicitly_wait(5)
        assert browser.driver.find_element("css selector", "#L8:target").is_displayed()

    def test_a_row_leads_to_its_component_and_that_to_its_files(self, browser: Browser, tmp_path: Path) -> None:
        write_pages(tmp_path / "html", one_of_each(), source)
        browser.open(tmp_path / "html" / "index.html", 390)
        assert browser.errors() == []
        assert not browser.scrolls_sideways()
        rows = browser.run("return [...document.querySelectorAll('.components tbody tr')].map(row => row.innerText)")
        assert [row.split()[:2] for row in rows][:2] == [["docs", "PASS"], ["api", "BLOCKED"]]
        browser.run("document.querySelectorAll('.components a')[1].click()")
        browser.driver.implicitly_wait(5)
        section = browser.driver.find_element("css selector", "#component-api:target")
        assert section.text.startswith("api BLOCKED\n70.59% is below the baseline of 100.00%")
        section.find_element("css selector", ".jumps a").click()
        assert browser.driver.find_element("css selector", "#L3:target").is_displayed()
        assert browser.driver.find_element("css selector", ".crumb").text == "covgate [api] BLOCKED"
        browser.driver.find_element("css selector", ".crumb a").click()
        assert browser.driver.find_element("css selector", "#component-api:target").is_displayed()

    def test_every_line_tells_what_it_is_not_by_colour_alone(self, browser: Browser, tmp_path: Path) -> None:
        write(tmp_path / "html")
        browser.open(tmp_path / "html" / page_name("pkg/a.py"))
        rows = browser.run(
            "return [...document.querySelectorAll('.l')].map(row => [row.querySelector('.no').innerText,"
            " row.querySelector('i').innerText, row.querySelector('i').title, row.querySelector('.w').innerText])"
        )
        assert [row for row in rows if row[1] or row[3]] == [
            ["1", "✓", "executed", ""],
            ["2", "✓", "executed", ""],
            ["3", "✗", "not executed", "lost"],
            ["4", "✓", "executed", ""],
            ["5", "✓", "executed", "unstable"],
            ["6", "✓", "executed", ""],
            ["7", "✓", "executed", ""],
            ["8", "½", "not all branches executed", "new"],
            ["9", "✗", "not executed", "new"],
            ["10", "✗", "not executed", "new"],
            ["12", "✗", "not executed", "new"],
        ]
        code = browser.run("return [...document.querySelectorAll('.l code')].map(each => each.textContent)")
        assert code[:3] == list(SOURCE[:3])
        assert code[3] == "    return \"U+202E reversed\" + 'U+0000U+001B'"
        assert code[4] == "    # a tab, and 名前 \N{FIRE}"
        assert "1 of 2 branches" in browser.run("return document.querySelector('#L8').innerText")

    @pytest.mark.parametrize("width", [390, 1280])
    def test_no_word_is_cut(self, browser: Browser, tmp_path: Path, width: int) -> None:
        write_pages(tmp_path / "html", replace(blocked(), patch=None), hostile_source)
        browser.open(tmp_path / "html" / page_name("pkg/a.py"), width)
        words = browser.run(
            "return [...document.querySelectorAll('.w')]"
            ".map(each => [each.innerText, each.scrollWidth, each.clientWidth])"
        )
        assert {word for word, *_ in words} == {"", "lost", "unstable", "added earlier"}
        assert all(needed <= there for _, needed, there in words), words

    def test_only_the_box_of_the_code_scrolls_on_a_phone(self, browser: Browser, tmp_path: Path) -> None:
        write(tmp_path / "html")
        browser.open(tmp_path / "html" / page_name("pkg/a.py"), 390)
        assert browser.run("const box = document.querySelector('.code'); return box.scrollWidth > box.clientWidth")
        browser.run("document.querySelector('.code').scrollLeft = 300")
        # The line's number and why it is marked stay.
        assert browser.run("return document.querySelector('#L9 .g').getBoundingClientRect().left") == 0
        assert browser.run("return document.querySelector('#L9 code').getBoundingClientRect().left") < 0
        assert not browser.scrolls_sideways()

    def test_the_next_marked_line_is_a_key_away(self, browser: Browser, tmp_path: Path) -> None:
        write_pages(tmp_path / "html", blocked(), source)
        browser.open(tmp_path / "html" / page_name("pkg/a.py"), height=300)
        reached = []
        for _ in range(4):
            browser.run("document.querySelector('#next').click()")
            reached.append(browser.run("return location.hash"))
        browser.run("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'p', bubbles: true}))")
        reached.append(browser.run("return location.hash"))
        assert reached == ["#L3", "#L5", "#L8", "#L3", "#L8"]
        # Not below the header that stays on top.
        assert browser.run(
            "return document.querySelector('#L8').getBoundingClientRect().top"
            " >= document.querySelector('header').getBoundingClientRect().bottom"
        )

    def test_it_works_without_scripts(self, browser: Browser, tmp_path: Path) -> None:
        write(tmp_path / "html")
        browser.open(tmp_path / "html" / page_name("pkg/a.py"), scripts=False)
        links = browser.driver.find_elements("css selector", "a.w")
        assert [(each.text, each.get_dom_attribute("href")) for each in links] == [
            ("lost", "#L5"),
            ("unstable", "#L8"),
            ("new", "#L3"),
        ]
        assert not browser.driver.find_element("id", "next").is_displayed()

    def test_a_huge_file(self, browser: Browser, tmp_path: Path) -> None:
        count = 100_000
        lines = f".{count - 2}+-"
        made = measurement({"big.py": lines})
        told = replace(passed(), measurement=made, numbers=made.numbers, patch=None)
        big = tuple(f"x{number} = {number}" for number in range(1, count))
        write_pages(tmp_path / "html", told, {"big.py": big}.get)
        page = tmp_path / "html" / page_name("big.py")
        assert page.stat().st_size < 100_000
        browser.open(page)
        assert browser.run("return document.querySelectorAll('.l').length") == AROUND + 1
        assert f"{count - 2 - AROUND:,} lines are not shown" in browser.run("return document.body.innerText")


HOSTILE_TEXT = "</pre></title><script>x</script>\"'\u202e\x1b[31m"


def test_nothing_in_an_outcome_is_markup(tmp_path: Path) -> None:
    """Every text of an outcome is escaped, whoever wrote it, and its control characters are replaced."""
    path = f"pkg/{HOSTILE_TEXT}.py".replace("\x1b", "")
    failing = failing_tests(HOSTILE_TEXT)
    outcomes = [
        replace(blocked(path, override=HOSTILE_TEXT), branch=HOSTILE_TEXT, notices=(HOSTILE_TEXT,)),
        replace(failing, ran_with=HOSTILE_TEXT, verdict=failing_verdict(HOSTILE_TEXT, Policy(), None)),
        replace(not_measured(), error=HOSTILE_TEXT, hint=HOSTILE_TEXT),
    ]
    for number, outcome in enumerate(outcomes):
        pages = written(tmp_path / str(number), outcome, lambda _: (HOSTILE_TEXT,) * 12)
        for name in (each for each in pages if each.endswith(".html")):
            assert "&lt;script&gt;x" in pages[name], name
            assert not {"<script>x", "</pre></title>", "\u202e", "\x1b"} & {
                each for each in ("<script>x", "</pre></title>", "\u202e", "\x1b") if each in pages[name]
            }, name


class TestFiles:
    @pytest.mark.parametrize("told", EVERY_KIND.values(), ids=EVERY_KIND.keys())
    def test_every_kind_has_pages_that_let_nothing_in(self, tmp_path: Path, told: Outcome) -> None:
        pages = written(tmp_path / "new" / "html", told)
        assert told.kind.value in pages["index.html"]
        for name, text in pages.items():
            if name.endswith(".html"):
                assert "Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-" in text
                assert not re.search(r"(src|href)=['\"]?(https?:)?//", text)
                assert not re.search(r"<[^>]* (style|on\w+)=", text)
                assert "\u202e" not in text

    def test_only_its_own_files_are_replaced(self, tmp_path: Path) -> None:
        directory = tmp_path / "html"
        first = written(directory, blocked("pkg/old.py"), hostile_source)
        (directory / "mine.html").write_text("mine")
        (directory / "index.txt").write_text("mine")
        second = written(directory, blocked("pkg/new.py"), hostile_source)
        assert page_name("pkg/old.py") in first
        assert set(second) == {"mine.html", "index.txt", "index.html", page_name("pkg/new.py"), ".gitignore",
                               ".covgate-pages"}  # fmt: skip
        assert second["mine.html"] == second["index.txt"] == "mine"

    def test_somebody_elses_directory_stays_as_it_is(self, tmp_path: Path) -> None:
        directory = tmp_path / "site"
        directory.mkdir()
        (directory / "index.html").write_text("mine")
        for work in (lambda: may_write_pages(directory), lambda: write(directory)):
            with pytest.raises(UsageError, match="is not empty, and was not made by covgate"):
                work()
        (tmp_path / "file").write_text("")
        with pytest.raises(UsageError, match="is a file"):
            may_write_pages(tmp_path / "file")
        assert [each.name for each in directory.iterdir()] == ["index.html"]
        assert (directory / "index.html").read_text() == "mine"

    def test_a_file_of_the_users_with_the_name_of_a_page(self, tmp_path: Path) -> None:
        directory = tmp_path / "html"
        write(directory, "pkg/old.py")
        mine = directory / page_name("pkg/new.py")
        mine.write_text("mine")
        with pytest.raises(UsageError, match="was not made by covgate"):
            write(directory, "pkg/new.py")
        assert mine.read_text() == "mine"

    def test_a_list_that_names_files_elsewhere(self, tmp_path: Path) -> None:
        directory = tmp_path / "html"
        (tmp_path / "precious.html").write_text("mine")
        write(directory)
        (directory / "precious.txt").write_text("mine")
        with (directory / ".covgate-pages").open("a") as file:
            file.write(f"../precious.html\n{tmp_path / 'precious.html'}\nprecious.txt\n.gitignore\n")
        write(directory, "pkg/b.py")
        assert (tmp_path / "precious.html").exists()
        assert (directory / "precious.txt").exists()
        assert (directory / ".gitignore").exists()

    def test_a_run_that_ends_halfway_leaves_no_index(self, tmp_path: Path) -> None:
        directory = tmp_path / "html"
        write(directory)
        page = directory / page_name("pkg/a.py")
        page.unlink()
        (page / "in the way").mkdir(parents=True)  # what no file can replace
        with pytest.raises(UsageError):
            write(directory)
        assert not (directory / "index.html").exists()
        (page / "in the way").rmdir()
        page.rmdir()
        write(directory)
        assert (directory / "index.html").exists()

    def test_a_directory_that_can_not_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(UsageError, match="--html: "):
            write(tmp_path / "file" / "html")

    def test_names_of_pages(self) -> None:
        paths = ["a/b.py", "a_b.py", "A/b.py", "a/b/py", HOSTILE, NO_UTF8, "x/" * 500 + "y.py", "源/代码.py"]
        names = [page_name(each, component) for each in paths for component in ("", "api", "web")]
        assert len({each.lower() for each in names}) == len(names)
        assert all(re.fullmatch(r"[A-Za-z0-9_]*-[0-9a-f]{12}\.html", each) and len(each) < 110 for each in names)

    def test_a_section_for_each_component_and_pages_for_all(self, tmp_path: Path) -> None:
        made = components(
            carried("docs"), part("api", blocked()), part("web", blocked()), part("jobs", failing_tests()),
            part("lib", not_measured()), notices=("old is gone",),
        )  # fmt: skip
        texts = written(tmp_path / "html", made)
        index = texts["index.html"]
        assert re.findall(r'<article id="component-(\w+)">', index) == ["docs", "api", "web", "jobs", "lib"]
        files = [page_name("pkg/a.py", name) for name in ("api", "web")]
        assert {each for each in texts if each.endswith(".html")} == {"index.html", *files}
        assert all(f'<a href="{each}#L3">' in index for each in files)
        assert ["api" in texts[each] for each in files] == [True, False]
        assert "old is gone" in index
        assert "CPython 3.12.1, coverage 7.6" in index
        # Each reason is shown once, at its component.
        assert index.count("Not measured: pytest is missing") == index.count("the tests failed (exit status 1)") == 1

    def test_that_all_components_pass_is_said_on_top(self, tmp_path: Path) -> None:
        index = written(tmp_path / "html", components(carried("docs"), raised("lib")))["index.html"]
        assert '<p class="reason">2 components pass</p>' in index[: index.index("</header>")]
        assert '<td class="n">75.00% -&gt; 80.00%</td>' in index

    def test_many_unstable_lines_hide_no_lost_one(self, tmp_path: Path) -> None:
        before = measurement({"pkg/a.py": ".201+"})
        after = measurement({"pkg/a.py": ".200+-"}, runs=2, unstable=(("pkg/a.py", tuple(range(1, 200, 2))),))
        told = replace(
            blocked(), measurement=after, numbers=after.numbers, patch=None, explanation=explain(before, after, [])
        )
        index = written(tmp_path / "html", told)["index.html"]
        assert re.search(r'#L201">201</a> <span class="tag lost">lost</span></li>\s+<li>and 61 more<', index)

    def test_output_of_failing_tests(self, tmp_path: Path) -> None:
        text = written(tmp_path / "html", failing_tests("<script>x</script>\n\x1b[31mred"))["index.html"]
        assert "&lt;script&gt;x&lt;/script&gt;\nred" in text
        assert "They were run by <code>/usr/bin/python3 (found)</code>." in text


@pytest.mark.parametrize(
    ("path", "data", "lines"),
    [
        ("a.py", b"", ()),
        ("a.py", b"x\n", ("x",)),
        ("a.py", b"x\r\ny\rz", ("x", "y", "z")),
        ("a.py", b"x = 1\x0cy\n\xe2\x80\xa8\n", ("x = 1\x0cy", "\u2028")),
        ("a.py", "# -*- coding: latin-1 -*-\né".encode("latin-1"), ("# -*- coding: latin-1 -*-", "é")),
        ("a.txt", "# -*- coding: latin-1 -*-\né".encode("latin-1"), ("# -*- coding: latin-1 -*-", "\ufffd")),
        ("a.py", b"\xef\xbb\xbfx", ("x",)),
        ("a.py", b"# coding: no-such-thing\n\xff", ("# coding: no-such-thing", "\ufffd")),
        ("a.py", b"# coding: rot13\nx", ("# coding: rot13", "x")),
        ("a.py", b"\xff\xfe\x00", ("\ufffd\ufffd\x00",)),
    ],
)
def test_sources_of_any_encoding(path: str, data: bytes, lines: tuple[str, ...]) -> None:
    assert source_lines(path, data) == lines


def test_a_source_is_read_once_however_often_it_is_asked_for(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    for argv in (["init", "--quiet"], ["add", "a.py"], ["commit", "--quiet", "--message", "first"]):
        assert run(["git", *argv], tmp_path, environ).status == 0
    repository = Repository.discover(tmp_path, environ)
    try:
        read = source_reader(repository, repository.commit("HEAD"))
        lines = read("a.py")
        assert lines == ("x = 1",)
        assert read("a.py") is lines
        assert read("b.py") is None
    finally:
        repository.close()


def test_what_is_shown_of_a_huge_file() -> None:
    assert shown_lines(WHOLE_FILE, [7]) == list(range(1, WHOLE_FILE + 1))
    some = shown_lines(WHOLE_FILE * 3, [1, 40, 14_000, 14_030])
    assert some == [*range(1, 66), *range(13_975, 14_056)]
    assert len(shown_lines(WHOLE_FILE * 3, range(1, WHOLE_FILE * 3))) == WHOLE_FILE
