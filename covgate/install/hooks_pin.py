"""Another repository or revision for covgate's hooks in the text of a .pre-commit-config.yaml."""

from __future__ import annotations

import yaml

from covgate.errors import UsageError
from covgate.install.hooks_yaml import hook_ids, is_own_hook
from covgate.install.pin import Pin
from covgate.install.yaml_edit import TextEdit, apply_edits, top_level, yaml_scalar


def repin(text: str, name: str, pin: Pin) -> str:
    """``text`` with every entry that has covgate's hooks pinned to ``pin``; comments and formatting stay.

    Raises UsageError if ``text``, the file ``name``, has them as local hooks, or can't be edited.
    """
    by_hand = UsageError(
        f"covgate can't change the pin in {name} as it is written",
        hint=f"change it by hand: repo: {pin.repo}, rev: {pin.rev}",
    )
    try:
        entries = top_level(text)["repos"][1].value
        intended = yaml.safe_load(text)
    except (yaml.YAMLError, LookupError, AttributeError):
        raise by_hand from None
    edits: list[TextEdit] = []
    for node, entry in zip(entries, intended["repos"], strict=True):
        if not any(map(is_own_hook, hook_ids(entry))):
            continue
        values = {key.value: value for key, value in node.value}
        if "rev" not in values:
            raise by_hand
        for key, new in (("repo", pin.repo), ("rev", pin.rev)):
            edits.append((values[key].start_mark.index, values[key].end_mark.index, yaml_scalar(new)))
            entry[key] = new
    result = apply_edits(text, edits)
    if yaml.safe_load(result) != intended:
        raise by_hand
    return result
