"""covgate's hooks in the text of a .pre-commit-config.yaml: found, added, removed.

Each edited text is parsed again and compared with what was intended. If it differs, the user is asked to edit by
hand, and nothing is written.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from covgate.errors import UsageError
from covgate.install.yaml_edit import (
    TextEdit,
    apply_edits,
    insert_lines,
    item_indent,
    item_start,
    line_after,
    line_start,
    top_level,
    without_last_break,
)

HOOK_TYPES = ("pre-push", "post-merge", "post-rewrite")
_TYPES_KEY = "default_install_hook_types"
_HOOK_IDS = frozenset({"covgate-pre-push", "covgate-post-merge"})
# A comment above the entry lists the hook types that were added with it: the list itself doesn't say whose they are.
_MARK = "# Added by `covgate init`, with the hook types: "


def has_hooks(text: str, name: str) -> bool:
    """Whether ``text`` configures both hooks, and the hook types without which git never runs them."""
    data = _load(text, name)
    return _covgate_hooks(data) == _HOOK_IDS and not _missing_types(data)


def add_hooks(text: str, name: str, entry: list[str]) -> str:
    """``text`` with the repository ``entry`` and the hook types, as far as it lacks them.

    ``entry``: the lines of an item of ``repos``, not indented. Raises UsageError if ``text``, the file ``name``,
    can't be extended.
    """
    data = _load(text, name)
    present, missing = _covgate_hooks(data), _missing_types(data)
    if present and present != _HOOK_IDS:
        (found,), (lacking,) = present, _HOOK_IDS - present
        raise UsageError(
            f"{name} has {found} without {lacking}",
            hint=f"add `- id: {lacking}` beside it, or remove it and run covgate init again",
        )
    if present:
        entry = []
    repos = [*(data.get("repos") or []), *(yaml.safe_load("\n".join(entry)) or [])]
    intended = {**data, _TYPES_KEY: [*(data.get(_TYPES_KEY) or []), *missing], "repos": repos}
    mark = [_MARK + ", ".join(missing)] if entry and missing else []
    try:
        result = apply_edits(text, _additions(text, [*mark, *entry], missing))
        succeeded = _load(result, name) == intended
    except (UsageError, ValueError, AttributeError):
        succeeded = False
    if not succeeded:
        by_hand = [f"{_TYPES_KEY}: [{', '.join(intended[_TYPES_KEY])}]", *(["repos:", *entry] if entry else [])]
        raise UsageError(f"covgate can't extend {name} as it is written", hint="add by hand:\n" + "\n".join(by_hand))
    return result


def remove_hooks(text: str, name: str) -> str:
    """``text`` without the entry of covgate's hooks and the hook types that were added with it.

    Raises UsageError if ``text``, the file ``name``, can't be edited.
    """
    data = _load(text, name)
    repos = data.get("repos") or []
    ours = [at for at, each in enumerate(repos) if (ids := hook_ids(each)) and set(ids) <= _HOOK_IDS]
    if not ours:
        return text
    intended = {**data, "repos": [each for at, each in enumerate(repos) if at not in ours]}
    try:
        edits, added = _entry_removals(text, ours)
        if not intended["repos"]:
            edits.append(_empty_list(text))
        if added:
            kept = [each for each in data.get(_TYPES_KEY) or [] if each not in added]
            intended.pop(_TYPES_KEY, None)
            if kept:
                intended[_TYPES_KEY] = kept
            edits += _type_removals(text, added, all_of_them=not kept)
        result = apply_edits(text, edits)
        if without_last_break(text) == text:
            result = without_last_break(result)
        succeeded = _load(result, name) == intended
    except (UsageError, ValueError, LookupError):
        succeeded = False
    if not succeeded:
        raise UsageError(
            f"covgate can't edit {name} as it is written", hint="remove the entry with covgate's hooks by hand"
        )
    return result


def stages_of(text: str, name: str) -> set[str]:
    """The stages and hook types that ``text`` names, by their names of today. Raises UsageError if it can't be read."""
    try:
        data = yaml.safe_load(text) or {}
        lists = [data.get(_TYPES_KEY), data.get("default_stages")]
        lists += [hook.get("stages") for each in data.get("repos") or [] for hook in each.get("hooks") or []]
    except (yaml.YAMLError, AttributeError, TypeError, ValueError, RecursionError):
        raise UsageError(
            f"covgate can't edit {name} as it is written",
            hint="remove the entry with covgate's hooks by hand, then run covgate init --remove again",
        ) from None
    named = {stage for stages in lists if isinstance(stages, list) for stage in stages if isinstance(stage, str)}
    return named | ({"pre-push"} if "push" in named else set())


def _load(text: str, name: str) -> dict[str, Any]:
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(f"{name} is not valid YAML: {error}".replace("\n", " "), hint="fix it first") from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise UsageError(f"{name} is not a mapping with `repos`", hint="fix it first")
    for key in ("repos", _TYPES_KEY):
        if not isinstance(data.get(key) or [], list):
            raise UsageError(f"{name}: {key} is not a list", hint="fix it first")
    return data


def _missing_types(data: dict[str, Any]) -> list[str]:
    """The hook types that have to be added. A new list begins with pre-commit's default, which it replaces."""
    known = data.get(_TYPES_KEY)
    if known is None:
        return ["pre-commit", *HOOK_TYPES]
    return [each for each in HOOK_TYPES if each not in known]


def _covgate_hooks(data: dict[str, Any]) -> set[str]:
    return {hook for each in data.get("repos") or [] for hook in hook_ids(each)} & _HOOK_IDS


def hook_ids(entry: Any) -> list[str]:
    """The ids of the hooks in an item of ``repos``."""
    hooks = entry.get("hooks") if isinstance(entry, dict) else None
    return [str(hook.get("id")) for hook in hooks if isinstance(hook, dict)] if isinstance(hooks, list) else []


def is_own_hook(id: str) -> bool:
    """Whether ``id`` is a hook of covgate."""
    return id in _HOOK_IDS


def _additions(text: str, block: list[str], missing: list[str]) -> list[TextEdit]:
    """The edits that add ``block`` to the repositories, and the ``missing`` hook types."""
    nodes = top_level(text)
    if not nodes:
        end = re.search(r"^\.\.\.", text, re.MULTILINE)
        lines = [f"{_TYPES_KEY}: [{', '.join(missing)}]", "repos:", *(f"  {line}" for line in block)]
        return [insert_lines(text, end.start() if end else len(text), lines)]
    edits = [_type_addition(text, nodes, missing)] if missing else []
    return edits + (_repos_additions(text, nodes, block) if block else [])


def _repos_additions(text: str, nodes: dict[str, tuple[Any, Any]], block: list[str]) -> list[TextEdit]:
    indented = [f"  {line}" for line in block]
    if "repos" not in nodes:
        last = max((value for _, value in nodes.values()), key=lambda node: node.start_mark.index)
        return [insert_lines(text, line_after(text, last), ["repos:", *indented])]
    node = nodes["repos"][1]
    if isinstance(node, yaml.SequenceNode) and node.value:
        indent = item_indent(text, node)
        return [insert_lines(text, line_after(text, node), [indent + line for line in block])]
    # Null or []: removed, and the block inserted below; a comment on that line stays.
    start, stop = node.start_mark.index, node.end_mark.index
    if "#" in text[start:stop]:
        raise ValueError("a comment within the brackets")
    return [(len(text[:start].rstrip(" ")), stop, ""), insert_lines(text, line_after(text, node), indented)]


def _type_addition(text: str, nodes: dict[str, tuple[Any, Any]], missing: list[str]) -> TextEdit:
    listed = ", ".join(missing)
    if _TYPES_KEY not in nodes:
        keys = [nodes["repos"][0]] if "repos" in nodes else [key for key, _ in nodes.values()]
        first = min(keys, key=lambda node: node.start_mark.index)
        return insert_lines(text, line_start(text, first.start_mark.index), [f"{_TYPES_KEY}: [{listed}]"])
    node = nodes[_TYPES_KEY][1]
    start, stop = node.start_mark.index, node.end_mark.index
    if not isinstance(node, yaml.SequenceNode):  # null
        return start, stop, f"{' ' * (text[start - 1] == ':')}[{listed}]"
    if node.flow_style:
        at = node.value[-1].end_mark.index if node.value else start + 1
        return at, at, (", " if node.value else "") + listed
    indent = item_indent(text, node)
    return insert_lines(text, line_after(text, node), [f"{indent}- {each}" for each in missing])


def _entry_removals(text: str, indexes: list[int]) -> tuple[list[TextEdit], set[str]]:
    """The edits that remove these items of ``repos``, and the hook types that the marks above them name."""
    edits: list[TextEdit] = []
    added: set[str] = set()
    node = top_level(text)["repos"][1]
    for index in indexes:
        start = line_start(text, item_start(text, node, index))
        above = line_start(text, len(without_last_break(text[:start])))
        mark = text[above:start].strip()
        if mark.startswith(_MARK):
            added |= set(mark.removeprefix(_MARK).split(", "))
            start = above
        edits.append((start, line_after(text, node.value[index]), ""))
    return edits, added


def _empty_list(text: str) -> TextEdit:
    at = text.index(":", top_level(text)["repos"][0].end_mark.index) + 1
    return at, at, " []"


def _type_removals(text: str, added: set[str], *, all_of_them: bool) -> list[TextEdit]:
    nodes = top_level(text)
    if _TYPES_KEY not in nodes:
        return []
    key, node = nodes[_TYPES_KEY]
    if all_of_them:
        return [(line_start(text, key.start_mark.index), line_after(text, node), "")]
    items = [pair for pair in zip([key, *node.value], node.value, strict=False) if pair[1].value in added]
    if node.flow_style:
        return [(before.end_mark.index, item.end_mark.index, "") for before, item in items]
    return [(line_start(text, item.start_mark.index), line_after(text, item), "") for _, item in items]
