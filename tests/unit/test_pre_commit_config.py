"""Where pre-commit would run covgate's hooks, as its configuration says."""

from __future__ import annotations

import pytest
import yaml

from covgate.doctor.pre_commit_config import PreCommitConfig, parse_pre_commit_config

REPO = "repos:\n- repo: https://example.org/covgate\n  rev: v1\n  hooks:\n"
LOCAL = "repos:\n- repo: local\n  hooks:\n"
ALL = frozenset({"pre-push", "post-merge", "post-rewrite"})


def parsed(text: str) -> PreCommitConfig:
    return parse_pre_commit_config("a.yaml", yaml.safe_load(text) or {})


@pytest.mark.parametrize(
    ("text", "stages"),
    [
        ("", set()),
        ("repos: []\n", set()),
        (f"{REPO}  - id: black\n", set()),
        # The manifest's stages, unless the user names others.
        (f"{REPO}  - id: covgate-pre-push\n", {"pre-push"}),
        (f"{REPO}  - id: covgate-pre-push\n  - id: covgate-post-merge\n", ALL),
        (f"default_stages: [manual]\n{REPO}  - id: covgate-pre-push\n", {"pre-push"}),
        (f"{REPO}  - {{id: covgate-pre-push, stages: [manual]}}\n", {"manual"}),
        (f"{REPO}  - {{id: covgate-pre-push, stages: [push]}}\n", {"pre-push"}),
        # A local hook has no manifest: the file's stages, else all. It may have any id.
        (f"{LOCAL}  - {{id: covgate-pre-push}}\n", ALL),
        (f"{LOCAL}  - {{id: gate, entry: python -m covgate_hooks.pre_push}}\n", ALL),
        (f"default_stages: [push]\n{LOCAL}  - {{id: gate, entry: covgate-pre-push}}\n", {"pre-push"}),
    ],
)
def test_the_stages_of_covgates_hooks(text: str, stages: set[str]) -> None:
    assert parsed(text).stages == stages


def test_what_else_it_says() -> None:
    assert parsed("").types == ("pre-commit",)
    assert parsed("").source == ""
    assert parsed("default_install_hook_types: [pre-push]\n").types == ("pre-push",)
    found = parsed(f"{REPO}  - id: covgate-pre-push\n  - id: other\n")
    assert found.ids == {"covgate-pre-push"}
    assert found.source == "v1 from https://example.org/covgate"
    assert parsed(f"{LOCAL}  - id: covgate-post-merge\n").source == "of a local hook"


@pytest.mark.parametrize("text", ["- a\n", "repos: 5\n", "repos: [x]\n", "repos: [{hooks: [x]}]\n"])
def test_what_is_no_configuration_raises(text: str) -> None:
    with pytest.raises((TypeError, AttributeError)):
        parsed(text)
