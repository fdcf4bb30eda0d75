"""The page of `covgate log --format html` as people meet it: in a real Chromium, from real repositories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from covgate.model.record import Excuse
from covgate.model.verdict import Status
from helpers.history import make_history, record
from helpers.project import Project

if TYPE_CHECKING:
    from helpers.browser import Browser

HOSTILE = "</script><img src=x onerror=alert(1)><b onmouseover=alert(2)>\"'{{data}}"
PHONE = {"width": 390, "height": 844}


def page_of(project: Project) -> Path:
    path = project.top.parent / "page.html"
    done = project.covgate("log", "--format", "html", "--output", str(path))
    assert (done.status, done.text) == (0, "")
    return path


def story(number: int) -> Iterator[Any]:
    """Rises, is set by hand at the 12th, fails once and is excused; a component that begins later, and rises more."""
    if number < 12:
        yield record(800 + 5 * number)
    else:
        failing = number == 20
        judged = record(
            600 if failing else 700 + number,
            baseline=719 if failing else 700 + number,
            epoch=1,
            override="legacy module removed" if number == 12 else "",
            status=Status.FAIL if failing else Status.PASS,
            reason="60.00% is below the baseline of 71.90%" if failing else "",
        )
        yield replace(judged, excuse=Excuse(tree="1" * 40, reason="hotfix")) if failing else judged
    if number >= 10:
        yield record(500 + 10 * number, component="web")


@pytest.fixture
def shop(tmp_path: Path, environ: dict[str, str]) -> Project:
    """Thirty commits, the 26th on a branch of its own."""
    return make_history(
        tmp_path / "shop", environ, 30, story, branch=lambda number: "topic" if number == 25 else "main"
    )


def named(browser: Browser, name: str) -> WebElement:
    return browser.driver.find_element("id", name)


def path(browser: Browser, layer: str) -> str:
    return browser.driver.find_element("css selector", f"#plot > path.{layer}").get_attribute("d") or ""


def vertices(path: str) -> int:
    return sum(path.count(letter) for letter in "MLHV")


def told(browser: Browser) -> str:
    """What the page tells of the commit that is looked at; "" for none."""
    point = named(browser, "point")
    return point.text if point.is_displayed() else ""


def hover(browser: Browser, share: float) -> None:
    """Point at a place of the chart: 0 is its left edge, 1 its right one."""
    plot = named(browser, "plot")
    right = int(plot.size["width"] * (share - 0.5))
    ActionChains(browser.driver).move_to_element_with_offset(plot, right, 0).perform()


def test_the_chart_is_drawn_and_nothing_is_loaded(browser: Browser, shop: Project) -> None:
    page = page_of(shop)
    for dark in (False, True):
        browser.open(page, dark=dark)
        assert browser.driver.title == "Coverage history of shop"
        assert vertices(path(browser, "measured")) == 29
        assert path(browser, "baseline").startswith("M")
        assert path(browser, "area").endswith("z")
        assert path(browser, "fail").count("M") == 1
        assert path(browser, "hand").count("M") == 1
        assert not browser.scrolls_sideways()
        assert browser.errors() == []
        assert browser.requests() == [page.as_uri()]
    background = "return getComputedStyle(document.body).backgroundColor"
    dark_colour = browser.run(background)
    browser.open(page)
    assert browser.run(background) != dark_colour
    tiles = [each.text.splitlines() for each in browser.driver.find_elements("css selector", "#tiles div")]
    commit = shop.git("rev-parse", "--short=10", "HEAD")
    assert [each[:2] for each in tiles] == [
        ["Baseline", "72.90%"],
        ["Last measured", "72.90%"],
        ["Set by hand", "1"],
        ["Failed", "1"],
    ]
    assert commit in tiles[0][2]
    assert tiles[3][2] == "of 30 judged commits, 1 excused"


def test_the_policy_is_in_force(browser: Browser, shop: Project) -> None:
    """What got in all the same would not run: neither a handler, nor a script, nor a style, nor a picture."""
    browser.open(page_of(shop))
    assert browser.errors() == []
    image, style, script = (
        "const made = document.createElement('img'); document.body.append(made); made.src = 'x.png';",
        "document.body.setAttribute('style', 'color: red');",
        "const made = document.createElement('script'); made.append('window.ran = true'); document.body.append(made);",
    )
    for attempt in (image, style, script, "document.body.setAttribute('onclick', 'window.ran = true');"):
        known = len(browser.errors())
        browser.run(f"try {{ {attempt} }} catch (error) {{ console.error(`${{error}}`); }}")
        refusals = ("Content Security Policy", "requires 'TrustedScript'")
        assert any(words in each for each in browser.errors()[known:] for words in refusals), attempt
    named(browser, "tiles").click()
    assert browser.run("return [window.ran, getComputedStyle(document.body).color === 'rgb(255, 0, 0)']") == [
        None,
        False,
    ]


def test_a_component_is_chosen(browser: Browser, shop: Project) -> None:
    browser.open(page_of(shop))
    choice = Select(named(browser, "component"))
    assert [each.text for each in choice.options] == ["default", "web"]
    before = {layer: path(browser, layer) for layer in ("baseline", "measured", "hand")}
    choice.select_by_visible_text("web")
    after = {layer: path(browser, layer) for layer in before}
    assert vertices(after["measured"]) == 19
    assert before["baseline"] != after["baseline"]
    assert (before["hand"] != "", after["hand"]) == (True, "")
    assert not named(browser, "overrides").is_displayed()
    assert "79.00%" in named(browser, "tiles").text
    hover(browser, 0.999)
    assert "Measured\n79.00%, 790 of 1000 PASS" in told(browser)
    assert browser.errors() == []


def test_a_point_tells_its_commit_under_the_pointer(browser: Browser, shop: Project) -> None:
    browser.open(page_of(shop))
    assert told(browser) == ""
    hover(browser, 0.999)
    assert shop.git("rev-parse", "--short=10", "HEAD") in told(browser)
    assert "Change 29" in told(browser)
    hover(browser, 0.001)
    assert told(browser).splitlines() == [
        f"{shop.git('rev-list', '--max-parents=0', 'HEAD')[:10]} 2023-11-14 Ada Lovelace",
        "Change 0",
        "Measured",
        "80.00%, 800 of 1000 PASS",
        "Baseline",
        "80.00%",
        "Verdict",
        "80.00% against the baseline of 80.00%",
    ]
    ActionChains(browser.driver).move_to_element(named(browser, "tiles")).perform()
    assert told(browser) == ""


def test_a_point_tells_its_commit_to_the_keyboard(browser: Browser, shop: Project) -> None:
    browser.open(page_of(shop))
    plot = named(browser, "plot")
    browser.run("arguments[0].focus()", plot)
    assert "Change 29" in told(browser)
    for key, subject in [
        (Keys.HOME, "Change 0"),
        (Keys.ARROW_LEFT, "Change 0"),
        (Keys.ARROW_RIGHT, "Change 1"),
        (Keys.PAGE_UP, "Change 2"),
        (Keys.PAGE_DOWN, "Change 1"),
        (Keys.END, "Change 29"),
        (Keys.ARROW_RIGHT, "Change 29"),
        (Keys.ARROW_LEFT, "Change 28"),
    ]:
        plot.send_keys(key)
        assert subject in told(browser).splitlines()
        # The same for who hears the page.
        assert f"{subject};" in (plot.get_attribute("aria-valuetext") or "")
    assert (plot.get_attribute("aria-valuenow"), plot.get_attribute("aria-valuemax")) == ("28", "29")
    plot.send_keys(Keys.ESCAPE)
    assert told(browser) == ""
    plot.send_keys(Keys.HOME + Keys.ARROW_RIGHT * 20)
    assert "60.00% is below the baseline of 71.90%" in told(browser)
    assert "Excused\nhotfix, by Ada Lovelace, 2023-11-15" in told(browser)
    assert "excused: hotfix" in (plot.get_attribute("aria-valuetext") or "")
    assert "FAIL" in (plot.get_attribute("aria-valuetext") or "")


def test_an_override_is_marked_with_its_reason(browser: Browser, shop: Project) -> None:
    browser.open(page_of(shop))
    commit = shop.git("rev-parse", "--short=10", "HEAD~16")
    listed = named(browser, "overrides").text.splitlines()
    assert listed[0] == "Set by hand"
    assert "legacy module removed" in listed[1:]
    assert f"85.50% to 71.20% at {commit}, by Ada Lovelace, 2023-11-15" in listed
    plot = named(browser, "plot")
    plot.send_keys(Keys.HOME + Keys.ARROW_RIGHT * 12)
    assert "legacy module removed, by Ada Lovelace, 2023-11-15" in told(browser)
    assert browser.driver.find_element("css selector", "#plot text.hand").text == "1"


def test_other_branches_can_be_shown(browser: Browser, shop: Project) -> None:
    browser.open(page_of(shop))
    assert path(browser, "beside") == ""
    line = path(browser, "baseline").count("V")
    named(browser, "aside").click()
    assert path(browser, "beside").count("M") == 1
    assert path(browser, "baseline").count("V") == line
    named(browser, "plot").send_keys(Keys.HOME + Keys.ARROW_RIGHT * 25)
    assert "Branch\nanother one" in told(browser)
    assert "Change 25" in told(browser)


def test_the_table_tells_all_that_the_chart_does(browser: Browser, shop: Project) -> None:
    browser.open(page_of(shop))
    rows = [each.text for each in browser.driver.find_elements("css selector", "#table tbody tr")]
    assert len(rows) == 29
    oid = shop.git("rev-parse", "--short=10", "HEAD")
    assert rows[0] == f"{oid} Change 29 2023-11-16 72.90% PASS 72.90% 72.90% against the baseline of 72.90%"
    assert sum("set by hand: legacy module removed" in row for row in rows) == 1
    assert sum("FAIL" in row and "excused: hotfix; 60.00% is below" in row for row in rows) == 1
    assert not named(browser, "pages").is_displayed()


def test_on_a_phone(browser: Browser, shop: Project) -> None:
    browser.open(page_of(shop), **PHONE)
    assert not browser.scrolls_sideways()
    assert vertices(path(browser, "measured")) == 29
    assert "Change 29" in told(browser)
    plot = named(browser, "plot")
    box = browser.run(
        "arguments[0].scrollIntoView(); const box = arguments[0].getBoundingClientRect();"
        "return [box.left, box.top, box.width, box.height]",
        plot,
    )
    finger = ActionBuilder(browser.driver, mouse=PointerInput("touch", "finger"))
    finger.pointer_action.move_to_location(int(box[0] + 50), int(box[1] + box[3] / 2)).pointer_down().pointer_up()
    finger.perform()
    assert "Change 0" in told(browser)
    Select(named(browser, "component")).select_by_visible_text("web")
    assert not browser.scrolls_sideways()
    assert browser.errors() == []


def test_hostile_texts_are_inert(browser: Browser, tmp_path: Path, environ: dict[str, str]) -> None:
    def records(number: int) -> Iterator[Any]:
        override = HOSTILE if number else ""
        yield record(800, epoch=number, override=override, reason=HOSTILE)
        yield record(800, component=f"{'long-name.' * 6}{number}")

    project = make_history(
        tmp_path / HOSTILE.replace("/", "∕"),
        environ,
        2,
        records,
        author=HOSTILE.replace("<", "‹").replace(">", "›"),  # git takes no angle brackets in a name
        subject=lambda number: f"{HOSTILE} {'unbroken' * 60}",
    )
    for window in ({}, PHONE):
        browser.open(page_of(project), **window)
        assert not browser.scrolls_sideways()
        assert browser.driver.find_element("tag name", "h1").text.startswith("Coverage history of <∕script><img")
        named(browser, "plot").send_keys(Keys.END)
        assert HOSTILE in told(browser)
        assert HOSTILE in named(browser, "overrides").text
        assert HOSTILE in named(browser, "table").text
        for name in ("overrides", "table", "point"):
            ActionChains(browser.driver).move_to_element(named(browser, name)).perform()
        assert browser.driver.find_elements("css selector", "img, b, [onerror], [onmouseover]") == []
        assert browser.errors() == []
        assert len(browser.requests()) == 1


def test_nothing_recorded(browser: Browser, project: Project) -> None:
    browser.open(page_of(project))
    assert "Nothing has been recorded yet" in browser.driver.find_element("tag name", "body").text
    assert not named(browser, "history").is_displayed()
    assert browser.errors() == []


def test_one_commit_is_enough(browser: Browser, tmp_path: Path, environ: dict[str, str]) -> None:
    browser.open(page_of(make_history(tmp_path / "one", environ, 1, lambda number: [record(1000)])))
    assert "NaN" not in browser.driver.page_source.partition("<script")[0]
    hover(browser, 0.5)
    assert "100.00%, 1000 of 1000 PASS" in told(browser)
    assert named(browser, "controls").text == ""
    assert browser.errors() == []


def test_without_scripts_it_says_so(browser: Browser, shop: Project) -> None:
    browser.open(page_of(shop), scripts=False)
    assert "The chart needs scripts" in browser.driver.find_element("tag name", "body").text
    assert "Coverage history of shop" in browser.driver.find_element("tag name", "body").text


def test_five_thousand_commits_are_as_light_as_fifty(browser: Browser, tmp_path: Path, environ: dict[str, str]) -> None:
    count = "return document.querySelectorAll('*').length"
    nodes = []
    for commits in (51, 5000):
        project = make_history(
            tmp_path / str(commits), environ, commits, lambda number: [record(5000 + number - number % 3, 10_001)]
        )
        browser.open(page_of(project))
        nodes.append(browser.run(count))
        assert vertices(path(browser, "measured")) == commits
    assert abs(nodes[0] - nodes[1]) <= 10
    plot = named(browser, "plot")
    hover(browser, 0.5)
    assert "Change 2" in told(browser)
    plot.send_keys(Keys.HOME + Keys.ARROW_RIGHT * 7)
    assert "Change 7" in told(browser).splitlines()
    assert browser.run(count) - nodes[1] < 30
    # The newest alone, where a point has room.
    Select(named(browser, "range")).select_by_visible_text("last 200")
    assert vertices(path(browser, "measured")) == 200
    plot.send_keys(Keys.HOME)
    assert "Change 4800" in told(browser).splitlines()
    # The table comes in pages, and only when it is opened.
    table = named(browser, "table")
    assert table.text == "All 5,000 commits as a table"
    table.find_element("tag name", "summary").click()
    rows = "#table tbody tr"
    WebDriverWait(browser.driver, 60).until(lambda driver: len(driver.find_elements("css selector", rows)) == 50)
    assert named(browser, "page").text == "page 1 of 100"
    assert not named(browser, "newer").is_enabled()
    named(browser, "older").click()
    assert "Change 4949" in browser.driver.find_elements("css selector", rows)[0].text
    assert named(browser, "page").text == "page 2 of 100"
    assert browser.run(count) < 700
    browser.open(tmp_path / "page.html", **PHONE)
    assert not browser.scrolls_sideways()
    assert browser.errors() == []
