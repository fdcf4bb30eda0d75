"""All HTML comes from templates, which escape whatever they are given."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import UndefinedError

import covgate.formats
from covgate.formats.html_pages import pages
from covgate.formats.paint import plain
from covgate.formats.templates import csp_hash, environment
from covgate.model.measurement import Toolchain
from covgate.model.outcome import Outcome
from helpers.verdicts import blocked, failing_tests, not_measured

PAGES = Path(covgate.formats.__file__).parent / "page"
TEMPLATES = sorted(PAGES.glob("*.j2"))
HOSTILE = (
    "\"'></title></style></script><script>alert(1)</script><img src=x onerror=alert(2)><!--&amp;{{ 7 * 7 }}\u202e\x1b"
)


class Document(HTMLParser):
    """The elements of a page with the names of their attributes, and every text and every value of an attribute."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, list[str]]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, [name for name, _ in attrs]))
        self.texts += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def rendered(template: str, **values: object) -> str:
    return environment().from_string(template).render(**values)


class TestEnvironment:
    def test_values_are_escaped_unless_asked_otherwise(self) -> None:
        assert rendered("<b title='{{ x }}'>{{ x }}</b>", x="<\"'&>") == (
            "<b title='&lt;&#34;&#39;&amp;&gt;'>&lt;&#34;&#39;&amp;&gt;</b>"
        )
        assert rendered("{% set y %}<i>{{ x }}</i>{% endset %}{{ y }}", x="<") == "<i>&lt;</i>"
        assert rendered("{{ [x, x] | join('<') }}{{ x ~ x }}", x=">") == "&gt;&lt;&gt;&gt;&gt;"

    def test_control_characters_are_replaced(self) -> None:
        assert rendered("{{ x }}{{ y }}", x="a\u202eb\x1b\n\udcff", y=12) == "a\ufffdb\ufffd\ufffd\ufffd12"
        assert rendered("{{ x | e }}", x="<\u202e") == "&lt;\u202e"

    def test_a_name_without_a_value_is_an_error(self) -> None:
        with pytest.raises(UndefinedError):
            rendered("{{ unknown }}")
        with pytest.raises(UndefinedError):
            rendered("{% if outcome.unknown %}{% endif %}", outcome=blocked())

    def test_data_can_not_end_its_script(self) -> None:
        assert rendered("{{ x | tojson }}", x=["</script>&'"]) == '["\\u003c/script\\u003e\\u0026\\u0027"]'

    def test_a_hash_of_the_specification(self) -> None:
        # The example of https://www.w3.org/TR/CSP3/#external-hash for "alert('Hello, world.');".
        assert csp_hash("alert('Hello, world.');") == "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng="


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_switches_escaping_off(template: Path) -> None:
    text = template.read_text("utf-8")
    assert not re.search(r"\|\s*safe\b|autoescape", text)
    # Escaping makes a value safe between quotes, but not without them.
    assert not re.search(r"=\s*\{\{", text)


def test_only_one_module_makes_markup() -> None:
    assert len(TEMPLATES) >= 5
    modules = {
        path.name for path in PAGES.parent.glob("*.py") if re.search("markupsafe|jinja2", path.read_text("utf-8"))
    }
    assert modules == {"templates.py"}


def with_toolchain(text: str) -> Outcome:
    measured = blocked().measurement
    assert measured
    return replace(blocked(), measurement=replace(measured, toolchain=Toolchain(python=text, coverage="7.6")))


def with_unmeasured(text: str) -> Outcome:
    patch = blocked().patch
    assert patch
    return replace(blocked(), patch=replace(patch, unmeasured=(text,)))


# For each text in an outcome that somebody else chooses: an outcome with that text.
WITH_A_TEXT: dict[str, Callable[[str], Outcome]] = {
    "path": lambda text: blocked(f"pkg/{text}.py"),
    "directory": lambda text: blocked(f"{text}/a.py"),
    "unmeasured path": with_unmeasured,
    "branch": lambda text: replace(blocked(), branch=text),
    "commit": lambda text: replace(blocked(), commit=text),
    "commit of the baseline": lambda text: replace(blocked(), baseline_commit=text),
    "notice": lambda text: replace(blocked(), notices=(text,)),
    "reason": lambda text: replace(blocked(), verdict=replace(blocked().verdict, reasons=(text,))),
    "override": lambda text: blocked(override=text),
    "toolchain": with_toolchain,
    "output": lambda text: failing_tests(f"{text}\n{text}"),
    "interpreter": lambda text: replace(failing_tests(), ran_with=text),
    "error": lambda text: replace(not_measured(), error=text),
    "hint": lambda text: replace(not_measured(), hint=text),
}


@pytest.mark.parametrize("make", WITH_A_TEXT.values(), ids=WITH_A_TEXT)
def test_a_hostile_text_is_text(make: Callable[[str], Outcome]) -> None:
    usual, hostile = (
        [Document(page) for page in pages(make(text), lambda path: ("pass",) * 12).values()]
        for text in ("harmless", HOSTILE)
    )
    assert [each.elements for each in hostile] == [each.elements for each in usual]
    # A commit may be shortened.
    assert any(plain(HOSTILE)[:10] in text for document in hostile for text in document.texts)
    assert not any("\u202e" in text or "\x1b" in text for document in hostile for text in document.texts)


def test_hostile_source_is_text() -> None:
    (page,) = [text for name, text in pages(blocked(), lambda path: (HOSTILE,) * 12).items() if name != "index.html"]
    (usual,) = [
        text for name, text in pages(blocked(), lambda path: ("\x1b\u202e",) * 12).items() if name != "index.html"
    ]
    assert Document(page).elements == Document(usual).elements
    assert HOSTILE[:-2] in Document(page).texts
