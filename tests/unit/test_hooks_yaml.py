"""covgate's hooks in the text of a .pre-commit-config.yaml: added, and removed byte for byte."""

from __future__ import annotations

import pytest
import yaml

from covgate.errors import UsageError
from covgate.install.hooks_pin import repin
from covgate.install.hooks_yaml import add_hooks, has_hooks, remove_hooks, stages_of
from covgate.install.pin import Pin

NAME = ".pre-commit-config.yaml"
TYPES = ["pre-push", "post-merge", "post-rewrite"]
# A new list replaces pre-commit's default, which other hooks rely on, now or later.
NEW_TYPES = ["pre-commit", *TYPES]
ENTRY = [
    "- repo: https://example.org/covgate",
    "  rev: v0.1.0",
    "  hooks:",
    "    - id: covgate-pre-push",
    "    - id: covgate-post-merge",
]
OTHER = "repo: local\n{0}  hooks:\n{0}    - id: x\n{0}      name: x\n{0}      entry: x\n{0}      language: system\n"
PLAIN = "repos:\n- " + OTHER.format("")
INDENTED = "# ours\nrepos:  # all\n  - " + OTHER.format("  ")
HOOKS = {
    "plain": PLAIN,
    "indented": INDENTED,
    "comments": f"# head\n\nfail_fast: true  # why\n{INDENTED}  # tail of the list\n\n# the end\n",
    "a key after it": f"{INDENTED}\nexclude: ^x/\n",
    "flow types": f"default_install_hook_types: [pre-commit, commit-msg]  # ours\n{PLAIN}",
    "flow types of many lines": f"default_install_hook_types: [\n  pre-commit,\n  commit-msg,\n]\n{PLAIN}",
    "block types": f"default_install_hook_types:\n- pre-commit\n- pre-push  # ours\n{PLAIN}",
    "indented block types, last": f"{INDENTED}default_install_hook_types:\n  - pre-commit\n",
    "empty repos": "# ours\nrepos: []\n",
    "no repos": "exclude: ^x/\n",
    "null repos": "repos:\nexclude: ^x/\n",
    "no final newline": PLAIN.rstrip("\n"),
    "flow hooks": "repos:\n- {repo: local, hooks: [{id: x, name: x, entry: x, language: system}]}\n",
    "null types": f"default_install_hook_types:\n{PLAIN}",
    "empty types": f"default_install_hook_types: []\n{PLAIN}",
    "document start": f"---\n{PLAIN}",
    "empty": "",
    "only a comment": "# nothing yet\n",
    "blank lines": "\n\n",
    "only a document start": "# ours\n---\n# and ours\n",
    "document end": f"---\n{PLAIN}...\n",
    "empty document with an end": "---\n...\n",
    "empty repos with a comment": "repos: []  # none yet\n",
    "tilde repos": "repos: ~\n",
    "comments within flow types": f"default_install_hook_types: [\n  pre-commit,  # a\n  commit-msg,  # b\n]\n{PLAIN}",
    "quoted flow types": f"default_install_hook_types: [\"pre-commit\", 'pre-push']\n{PLAIN}",
    "all types": f"default_install_hook_types: [post-rewrite, pre-push,   post-merge]\n{PLAIN}",
    "block types, no final newline": f"{INDENTED}default_install_hook_types:\n  - pre-commit",
    "dashes on their own lines": "repos:\n-\n  repo: local\n  hooks: []\n",
    "a block scalar at the end": f"{PLAIN}      files: |+\n        a\n\n\n",
    "quoted key": PLAIN.replace("repos", '"repos"'),
}
cases = pytest.mark.parametrize("text", HOOKS.values(), ids=HOOKS.keys())
ends = pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])


@cases
@ends
def test_hooks_are_added_and_all_else_stays(text: str, end: str) -> None:
    text = text.replace("\n", end)
    before, added = yaml.safe_load(text) or {}, add_hooks(text, NAME, ENTRY)
    after = yaml.safe_load(added)
    assert after["repos"] == [*(before.get("repos") or []), *yaml.safe_load("\n".join(ENTRY))]
    assert set(TYPES) <= set(after["default_install_hook_types"])
    known = before.get("default_install_hook_types")
    if known is None:
        known = ["pre-commit"] if before.get("repos") else []
    assert after["default_install_hook_types"][: len(known)] == known
    assert {k: v for k, v in after.items() if k not in ("repos", "default_install_hook_types")} == {
        k: v for k, v in before.items() if k not in ("repos", "default_install_hook_types")
    }
    for comment in (line[line.index("#") :].strip() for line in text.splitlines() if "#" in line):
        assert comment in added
    assert has_hooks(added, NAME)
    assert not has_hooks(text, NAME)
    if end == "\r\n" and "\r\n" in text:
        assert added.count("\n") == added.count("\r\n")


RESTORED = set(HOOKS) - {
    # What stays is an empty list: whether it was written like that nobody knows any more.
    *("no repos", "null repos", "tilde repos", "null types", "empty types"),
    *("empty", "only a comment", "blank lines", "only a document start", "empty document with an end"),
}


@pytest.mark.parametrize("name", sorted(RESTORED))
@ends
def test_what_was_added_is_taken_out_byte_for_byte(name: str, end: str) -> None:
    text = HOOKS[name].replace("\n", end)
    assert remove_hooks(add_hooks(text, NAME, ENTRY), NAME) == text
    assert remove_hooks(text, NAME) == text


@pytest.mark.parametrize(
    "text",
    [
        "repos: [{repo: local, hooks: [{id: x, name: x, entry: x, language: system}]}]\n",
        "{repos: []}\n",
        "{}\n",
        "{exclude: x}\n",
        f"default_install_hook_types: pre-commit\n{PLAIN}",
        "repos: &all\n- &one {repo: local, hooks: []}\nx: *all\n",
        "repos: no list\n",
        "- repo: local\n",
        "just text\n",
        "repos: [\n",
        "a: b: c\n",
        "repos:\n\t- x\n",
        f"default_install_hook_types: 5\n{PLAIN}",
        f"{PLAIN}---\n{PLAIN}",
        "repos: |\n  - x\n",
    ],
)
def test_what_is_written_in_another_way_is_refused_or_right(text: str) -> None:
    try:
        added = add_hooks(text, NAME, ENTRY)
    except UsageError as error:
        assert error.hint
        return
    before, after = yaml.safe_load(text), yaml.safe_load(added)
    assert after["repos"] == [*before.get("repos", []), *yaml.safe_load("\n".join(ENTRY))]


@pytest.mark.parametrize("text", ["# a\r\n" + PLAIN, PLAIN.replace("\n", "\r")], ids=["mixed", "CR"])
def test_any_line_ends_stay(text: str) -> None:
    added = add_hooks(text, NAME, ENTRY)
    assert has_hooks(added, NAME)
    assert remove_hooks(added, NAME) == text


def test_hook_types_of_the_users_own_stay_when_the_hooks_go() -> None:
    types = "default_install_hook_types: [pre-commit, pre-push, post-merge, post-rewrite]\n"
    by_hand = types + PLAIN + "\n".join(ENTRY) + "\n"
    assert remove_hooks(by_hand, NAME) == types + PLAIN


def test_hooks_without_their_hook_types_get_them() -> None:
    """Without them `pre-commit install` installs neither, and pushes are not gated, without a message."""
    text = "repos:\n" + "\n".join(ENTRY) + "\n"
    assert not has_hooks(text, NAME)
    assert add_hooks(text, NAME, ENTRY) == f"default_install_hook_types: [{', '.join(NEW_TYPES)}]\n{text}"


@pytest.mark.parametrize("there", [0, 1])
def test_one_hook_without_the_other_is_named(there: int) -> None:
    """A second entry would run the first one twice."""
    text = "repos:\n" + "\n".join([*ENTRY[:3], ENTRY[3 + there]]) + "\n"
    with pytest.raises(UsageError, match=f"has {ENTRY[3 + there][10:]} without {ENTRY[4 - there][10:]}"):
        add_hooks(text, NAME, ENTRY)


def test_hooks_of_a_wrong_shape_are_left() -> None:
    text = "repos:\n- repo: meta\n  hooks: 5\n"
    assert remove_hooks(add_hooks(text, NAME, ENTRY), NAME) == text


def test_what_can_not_be_taken_apart_is_left_to_the_user() -> None:
    text = "repos: [{repo: x, rev: y, hooks: [{id: covgate-pre-push}, {id: covgate-post-merge}]}]\n"
    with pytest.raises(UsageError, match=r"can't edit \.pre-commit-config\.yaml as it is written"):
        remove_hooks(text, NAME)


def test_what_to_add_by_hand_is_only_what_is_missing() -> None:
    text = "{repos: [{repo: x, rev: y, hooks: [{id: covgate-pre-push}, {id: covgate-post-merge}]}]}\n"
    with pytest.raises(UsageError, match="can't extend") as caught:
        add_hooks(text, NAME, ENTRY)
    assert caught.value.hint == f"add by hand:\ndefault_install_hook_types: [{', '.join(NEW_TYPES)}]"


@pytest.mark.parametrize(
    ("text", "stages"),
    [
        ("", set()),
        ("default_install_hook_types: [pre-commit]\n", {"pre-commit"}),
        ("default_stages: [push]\n", {"push", "pre-push"}),
        (f"{PLAIN}      stages: [manual]\n", {"manual"}),
        ("repos:\n- repo: x\n", set()),
    ],
)
def test_the_stages_that_a_configuration_names(text: str, stages: set[str]) -> None:
    assert stages_of(text, NAME) == stages


@pytest.mark.parametrize("text", ["- a\n", "repos: 5\n", "repos: [x]\n", "a: [\n"])
def test_a_configuration_that_names_no_stages_is_reported(text: str) -> None:
    with pytest.raises(UsageError, match="can't edit") as caught:
        stages_of(text, NAME)
    assert "covgate init --remove" in caught.value.hint


@pytest.mark.parametrize("text", HOOKS.values(), ids=HOOKS)
def test_a_new_pin_changes_nothing_else(text: str) -> None:
    before = add_hooks(text, NAME, ENTRY)
    after = repin(before, NAME, Pin(repo="https://example.org/moved", rev="1.10"))
    assert after == before.replace("example.org/covgate", "example.org/moved").replace("v0.1.0", '"1.10"')


@pytest.mark.parametrize(
    "entry",
    ["{repo: local, hooks: [{id: covgate-pre-push}]}", "&a {repo: x, rev: y, hooks: [{id: covgate-pre-push}]}\n- *a"],
    ids=["local", "alias"],
)
def test_a_pin_that_can_not_be_edited_is_left_to_the_user(entry: str) -> None:
    with pytest.raises(UsageError, match="can't change the pin") as caught:
        repin(f"repos:\n- {entry}\n", NAME, Pin(repo="https://example.org/c", rev="v1"))
    assert caught.value.hint == "change it by hand: repo: https://example.org/c, rev: v1"
