"""What pre-commit's configuration says about covgate's hooks."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from covgate.install.hook_place import HookPlace
from covgate.install.hook_script import HOOKS
from covgate.install.pre_commit import HOOKS_FILE

# The stages in the manifest (.pre-commit-hooks.yaml), which apply if the user names none.
_STAGES = {"covgate-pre-push": ("pre-push",), "covgate-post-merge": ("post-merge", "post-rewrite")}
_OLD_NAMES = {"push": "pre-push"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PreCommitConfig:
    """One configuration file of pre-commit.

    ``stages``: where it runs hooks of covgate; ``ids``: the ids of those hooks. ``types``: the hook types that a plain
    `pre-commit install` installs. ``source``: where covgate comes from, for a person, "" if it has no hook.
    ``error``: why the file can't be read, "" if it can.
    """

    name: str
    stages: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    types: tuple[str, ...] = ("pre-commit",)
    source: str = ""
    error: str = ""


def read_pre_commit_config(top: Path, place: HookPlace) -> PreCommitConfig | None:
    """The file that pre-commit's hook at ``place`` reads, else the usual one; None if it doesn't exist."""
    option = re.search(rb"--config[= ]([^\s)]+)", place.current or b"") if place.behind_pre_commit else None
    name = shlex.split(os.fsdecode(option[1]))[0] if option else HOOKS_FILE
    try:
        return parse_pre_commit_config(name, yaml.safe_load((top / name).read_bytes()) or {})
    except FileNotFoundError:
        return None
    except OSError as error:
        return PreCommitConfig(name=name, error=error.strerror or str(error))
    except (yaml.YAMLError, ValueError, RecursionError, TypeError, AttributeError) as error:
        return PreCommitConfig(name=name, error=str(error).replace("\n", " "))


def parse_pre_commit_config(name: str, data: Mapping[str, Any]) -> PreCommitConfig:
    """What the parsed YAML ``data`` of the file ``name`` says. Raises TypeError or AttributeError if it has no form."""
    stages: set[str] = set()
    ids: set[str] = set()
    source = ""
    for each in data.get("repos") or []:
        for hook in each.get("hooks") or []:
            hook_id = str(hook.get("id", ""))
            if hook_id not in _STAGES and "covgate" not in str(hook.get("entry", "")):
                continue
            ids.add(hook_id)
            # The manifest of a repository has stages; a local hook has those of the file, or all.
            manifest = _STAGES.get(hook_id) if each.get("repo") != "local" else None
            stages |= {*(hook.get("stages") or manifest or data.get("default_stages") or HOOKS)}
            source = f"{each['rev']} from {each.get('repo')}" if each.get("rev") else "of a local hook"
    return PreCommitConfig(
        name=name,
        stages=frozenset(_OLD_NAMES.get(stage, stage) for stage in stages),
        ids=frozenset(ids),
        types=tuple(data.get("default_install_hook_types") or ["pre-commit"]),
        source=source,
    )
