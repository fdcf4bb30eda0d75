"""The page of the history as a text: whole, closed to the outside, and with nothing of people's words in its markup."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgate.formats.history_page import History, history_page
from covgate.model.baseline import Baseline
from covgate.model.history import Step
from covgate.model.numbers import Numbers
from covgate.model.record import Judgement
from covgate.model.series import Commit, Point, Rise
from covgate.model.verdict import Status

A, B = "a" * 40, "b" * 40
HOSTILE = "</script><img src=x onerror=alert(1)><!--<script>{{style}}&amp;\"'\u2028\u202e"


class Elements(HTMLParser):
    """The elements of a page in their order, and the text that each begins with."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.begun = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.texts.append("")
        self.begun = True

    def handle_endtag(self, tag: str) -> None:
        self.begun = False

    def handle_data(self, data: str) -> None:
        if self.begun:
            self.texts[-1] += data

    def text(self, tag: str, kind: str | None = None) -> str:
        """The text of the only element ``tag`` of that ``type``."""
        (text,) = [
            text
            for (name, attributes), text in zip(self.found, self.texts, strict=True)
            if (name, attributes.get("type")) == (tag, kind)
        ]
        return text


def history(**changes: Any) -> History:
    numbers = Numbers(statements=1200, executed_statements=1059)
    judged = Judgement(status=Status.FAIL, numbers=numbers, tree="1" * 40, reason="88.25% is below 90.00%")
    high = Baseline(executed=90, executable=100)
    low = Baseline(epoch=1, executed=99999, executable=100000, override="legacy")
    points = [
        Point(commit=A, judgement=judged, baseline=high, excuse="hotfix"),
        Point(commit=B, baseline=low, override="legacy", on_other_branch=True),
    ]
    step = Step(oid="c" * 40, author="Grace", date="2026-11-25T10:00:00+01:00")
    known: dict[str, Any] = {
        "name": "shop",
        "components": {"default": points},
        "commits": {A: Commit(oid=A, author="Ada", date="2026-11-24T09:00:00+00:00", subject="Add refunds")},
        "rises": [
            Rise(
                commit=A,
                component="default",
                step=step._replace(author="Ada"),
                before=high,
                after=high,
                excuse="hotfix",
            ),
            Rise(commit=B, component="default", step=step, before=high, after=low, override="legacy"),
        ],
    }
    return History(**(known | changes))


def data(page: str) -> Any:
    return json.loads(Elements(page).text("script", "application/json"))


def test_the_data_are_what_is_known() -> None:
    assert data(history_page(history())) == {
        "commits": [[A, "2026-11-24T09:00:00+00:00", "Ada", "Add refunds"], [B, "", "", ""]],
        "components": [
            {
                "name": "default",
                "points": [
                    [
                        *[0, "88.25", "1059 of 1200", "FAIL", "88.25% is below 90.00%", "90.00", 0, None, 0],
                        ["hotfix", "Ada", "2026-11-25T10:00:00+01:00"],
                    ],
                    [1, None, "", "", "", "99.99", 1, ["legacy", "Grace", "2026-11-25T10:00:00+01:00"], 1, None],
                ],
            }
        ],
    }


def test_nothing_to_execute_is_no_percentage() -> None:
    judged = Judgement(status=Status.PASS, numbers=Numbers(), tree="1" * 40)
    page = history_page(history(components={"default": [Point(commit=A, judgement=judged)]}, rises=[]))
    assert data(page)["components"][0]["points"] == [[0, None, "0 of 0", "PASS", "", None, 0, None, 0, None]]


def test_the_policy_lets_its_own_style_and_script_in_and_nothing_else() -> None:
    elements = Elements(history_page(history()))
    (policy,) = [
        attributes["content"] or ""
        for name, attributes in elements.found
        if name == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(each.strip().split(" ", 1) for each in policy.split(";"))
    hashes = {}
    for name, text in (("script", elements.text("script")), ("style", elements.text("style"))):
        hashes[name] = f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
    assert rules == {
        "default-src": "'none'",
        "style-src": hashes["style"],
        "script-src": hashes["script"],
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
    }
    # The policy stands before whatever it is to hold.
    names = [name for name, _ in elements.found]
    assert names.index("meta") < names.index("style") < names.index("script")


def test_it_refers_to_nothing_outside() -> None:
    page = history_page(history())
    assert set(re.findall(r"https?://[^\s\"')]+", page)) == {"http://www.w3.org/2000/svg"}  # a namespace
    for name, attributes in Elements(page).found:
        assert not {"src", "href", "srcset", "style"} & attributes.keys(), name
        assert not [each for each in attributes if each.startswith("on")], name
    assert "url(" not in page
    assert "@import" not in page
    assert "innerHTML" not in page


@pytest.mark.parametrize("where", ["name", "component", "subject", "author", "reason", "override", "who"])
def test_hostile_texts_are_texts(where: str) -> None:
    usual = history()
    first, second = usual.components["default"]
    judged = first.judgement
    assert judged is not None
    numbers = judged.numbers
    changed = {
        "name": history(name=HOSTILE),
        "component": history(components={HOSTILE: [first, second]}),
        "subject": history(commits={A: Commit(oid=A, subject=HOSTILE)}),
        "author": history(commits={A: Commit(oid=A, author=HOSTILE)}),
        "reason": history(
            components={
                "default": [
                    Point(
                        commit=A,
                        judgement=Judgement(status=Status.PASS, numbers=numbers, tree="1" * 40, reason=HOSTILE),
                    )
                ]
            }
        ),
        "override": history(
            components={"default": [Point(commit=B, baseline=second.baseline, override=HOSTILE)]}, rises=[]
        ),
        "who": history(
            rises=[
                Rise(
                    commit=B,
                    component="default",
                    step=Step(oid="c" * 40, author=HOSTILE),
                    before=None,
                    after=Baseline(epoch=1, executed=1, executable=2, override="legacy"),
                    override="legacy",
                )
            ]
        ),
    }[where]
    page = history_page(changed)
    assert page.isascii()
    elements, plain = Elements(page), Elements(history_page(usual))
    assert [name for name, _ in elements.found] == [name for name, _ in plain.found]
    assert "<img" not in page
    if where == "name":
        assert HOSTILE in elements.text("bdi")
    else:
        assert HOSTILE in json.dumps(data(page), ensure_ascii=False).replace('\\"', '"')


@given(st.text())
def test_any_text_comes_through(text: str) -> None:
    page = history_page(history(commits={A: Commit(oid=A, subject=text)}))
    assert page.isascii()
    assert data(page)["commits"][0][3] == text


def test_what_is_not_whole_is_said() -> None:
    notices = [
        (history(), []),
        (history(components={}, rises=[]), ["Nothing has been recorded yet"]),
        (history(shallow=True), ["This clone is shallow"]),
        (history(invalid=1), ["One note is invalid"]),
        (history(invalid=2, shallow=True), ["This clone is shallow", "2 notes are invalid"]),
    ]
    for known, beginnings in notices:
        told = re.findall(r'^<p class="notice">(.*)</p>$', history_page(known), re.MULTILINE)
        assert len(told) == len(beginnings)
        for text, beginning in zip(told, beginnings, strict=True):
            assert text.startswith(beginning)


def test_the_same_history_gives_the_same_bytes() -> None:
    assert history_page(history()) == history_page(history())
