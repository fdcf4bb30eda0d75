"""The browser of the tests itself: a page that does wrong is told of, one that does not is not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from selenium.webdriver.support.wait import WebDriverWait

if TYPE_CHECKING:
    from helpers.browser import Browser

_POLICY = """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'">"""


def page(tmp_path: Path, body: str, head: str = "") -> Path:
    path = tmp_path / "a page.html"
    meta = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    path.write_text(f"<!doctype html><html lang=en><head>{meta}{head}<title>A page</title></head>{body}</html>")
    return path


def wait_for_error(browser: Browser, words: str) -> None:
    """The log may lag behind the page."""
    seen = WebDriverWait(browser.driver, 60)
    seen.until(lambda _: any(words in error for error in browser.errors()), f"no error says {words!r}")


def test_a_quiet_page(browser: Browser, tmp_path: Path) -> None:
    path = page(tmp_path, "<p id=said>quiet</p><script>said.textContent += ', with scripts'</script>")
    browser.open(path)
    assert browser.driver.find_element("id", "said").text == "quiet, with scripts"
    assert browser.errors() == []
    assert browser.requests() == [path.as_uri()]
    browser.open(path, scripts=False)
    assert browser.driver.find_element("id", "said").text == "quiet"


def test_what_goes_wrong_is_told_and_forgotten_with_the_page(browser: Browser, tmp_path: Path) -> None:
    for body, head, words in [
        ("<script>nobody()</script>", "", "nobody is not defined"),
        ("<script>console.error('a word')</script>", "", "a word"),
        ("<img src='http://example.org/a.png'>", "", "http://example.org/a.png"),
        ("<img src='missing.png'>", "", "missing.png"),
        ("<p style='color: red'>", _POLICY, "Content Security Policy"),
        ("<p onclick='1'><script>fetch('data:,1')</script>", _POLICY, "Content Security Policy"),
    ]:
        browser.open(page(tmp_path, body, head))
        wait_for_error(browser, words)
    browser.open(page(tmp_path, "<p>quiet"))
    assert browser.errors() == []


def test_requests_are_told_although_they_lead_nowhere(browser: Browser, tmp_path: Path) -> None:
    path = page(tmp_path, "<link rel=stylesheet href='https://fonts.example.org/a.css'>")
    browser.open(path)
    assert browser.requests() == [path.as_uri(), "https://fonts.example.org/a.css"]


def test_a_phone_and_a_dark_room(browser: Browser, tmp_path: Path) -> None:
    path = page(tmp_path, "<div style='width: 500px'>wide</div>")
    dark = "return matchMedia('(prefers-color-scheme: dark)').matches"
    touch = "return matchMedia('(pointer: coarse)').matches"
    browser.open(path, width=390, height=844, dark=True)
    assert (browser.scrolls_sideways(), browser.run(dark), browser.run(touch)) == (True, True, True)
    browser.open(path)
    assert browser.run("return [innerWidth, innerHeight]") == [1280, 900]
    assert (browser.scrolls_sideways(), browser.run(dark), browser.run(touch)) == (False, False, False)
    browser.screenshot(tmp_path / "shot.png")
    assert (tmp_path / "shot.png").read_bytes().startswith(b"\x89PNG")
