"""Text with one thing more, or less: .pre-commit-config.yaml and TOML edited without a change to the rest."""

from __future__ import annotations

import re
from typing import Any

import yaml

from covgate.errors import UsageError

_TYPES = ["pre-push", "post-merge", "post-rewrite"]
_TYPES_KEY = "default_install_hook_types"
_IDS = ("covgate-pre-push", "covgate-post-merge")
# Above the entry: which hook types came with it, since a list does not tell whose its items are.
_MARK = "# Added by `covgate init`, with the hook types: "
_BREAK = re.compile(r"\r\n|\n|\r")
_TABLE = """\
# A push must hold the baseline (it only goes up) and the floor (a fixed minimum, in percent).
policy = "both"
floor = 0
"""


def has_hooks(text: str, name: str) -> bool:
    """Whether both of covgate's hooks are configured, and the hook types without which git never runs them."""
    data = _load(text, name)
    return set(_IDS) <= _covgate_hooks(data) and not _missing_types(data)


def add_hooks(text: str, name: str, entry: list[str]) -> str:
    """``text`` of a .pre-commit-config.yaml with the repository ``entry`` and the hook types, what it lacks of them."""
    data, end = _load(text, name), _line_end(text)
    present, missing = _covgate_hooks(data), _missing_types(data)
    if present and present != set(_IDS):
        (there,), (lacking,) = present, set(_IDS) - present
        raise UsageError(
            f"{name} has {there} without {lacking}",
            hint=f"add `- id: {lacking}` beside it, or take it out and run covgate init again",
        )
    block = [] if present else [_MARK + ", ".join(missing) if missing else "", *entry]
    block = [line for line in block if line]
    wanted = _expected(data, [] if present else entry, missing)
    edits: list[_Edit] = []
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if not isinstance(root, yaml.MappingNode):
            at = re.search(r"^\.\.\.", text, re.MULTILINE)
            lines = [f"{_TYPES_KEY}: [{', '.join(missing)}]", "repos:", *(f"  {line}" for line in block)]
            edits.append(_lines(text, at.start() if at else len(text), lines, end))
        else:
            by_key = _keys(text)
            if missing:
                edits.append(_types_edit(text, root, by_key, missing, end))
            if block:
                edits += _repos_edits(text, root, by_key, block, end)
        result = _apply(text, edits)
        same = _load(result, name) == wanted
    except (UsageError, ValueError, AttributeError):
        same = False
    if not same:
        by_hand = [f"{_TYPES_KEY}: [{', '.join(wanted[_TYPES_KEY])}]", "repos:", *entry]
        raise UsageError(
            f"{name} is written in a way that covgate does not extend", hint="add this by hand:\n" + "\n".join(by_hand)
        )
    return result


def remove_hooks(text: str, name: str) -> str:
    """``text`` without the entry of covgate's hooks, and without the hook types that its mark says came with it."""
    data = _load(text, name)
    repositories = data.get("repos") or []
    mine = [at for at, each in enumerate(repositories) if (ids := _ids(each)) and set(ids) <= set(_IDS)]
    if not mine:
        return text
    wanted = {**data, "repos": [each for at, each in enumerate(repositories) if at not in mine]}
    try:
        edits, added = _entries_out(text, mine)
        if not wanted["repos"]:
            edits.append(_emptied(text))
        if added:
            types = [each for each in data.get(_TYPES_KEY) or [] if each not in added]
            wanted = {**wanted, _TYPES_KEY: types} if types else {k: v for k, v in wanted.items() if k != _TYPES_KEY}
            edits += _types_out(text, added, whole=not types)
        result = _apply(text, edits)
        if _without_last_break(text) == text:
            result = _without_last_break(result)
        same = _load(result, name) == wanted
    except (UsageError, ValueError, LookupError):
        same = False
    if not same:
        raise UsageError(
            f"{name} is written in a way that covgate does not take apart",
            hint="take the entry with covgate's hooks out by hand",
        )
    return result


def add_table(text: str, name: str, header: str) -> str:
    """TOML ``text`` with covgate's table at its end; unchanged where it has one."""
    data = _toml(text, name)
    tool = data.get("tool", {}) if header else {}
    if isinstance(tool, dict) and "covgate" in tool:
        return text
    end = "\r\n" if "\r\n" in text else "\n"
    block = (header + _TABLE).replace("\n", end)
    if text and not text.endswith(end):  # a missing final line break stays missing
        result = text + end * 2 + block.removesuffix(end)
    else:
        result = text + (end if text else "") + block
    try:
        added = _toml(result, name)
        rest = {**added, "tool": {k: v for k, v in added["tool"].items() if k != "covgate"}} if header else {}
    except (UsageError, AttributeError):
        added, rest = {}, {}
    if header and (not added or {**data, "tool": tool} != rest):
        raise UsageError(
            f"{name} is written in a way that covgate does not extend", hint=f"add by hand:\n{header}{_TABLE}"
        )
    return result


def remove_table(text: str, header: str) -> str:
    """``text`` without the table as ``add_table`` wrote it; unchanged where it is another."""
    end = "\r\n" if "\r\n" in text else "\n"
    block = (header + _TABLE).replace("\n", end)
    if not header:
        return "" if text == block else text
    bare = block.removesuffix(end)
    head, found, rest = text.partition(bare)
    if not found or (head and not head.endswith(end)):
        return text
    if not rest:  # as it came: without a final line break
        return head.removesuffix(end * 2)
    if not rest.startswith(end) or (rest.strip() and not rest.lstrip().startswith("[")):
        return text
    return head.removesuffix(end) + rest.removeprefix(end)


# An edit: the characters from the first to the second index give way to the text.
_Edit = tuple[int, int, str]


def _apply(text: str, edits: list[_Edit]) -> str:
    for start, stop, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[stop:]
    return text


def _repos_edits(text: str, root: Any, by_key: dict[str, Any], block: list[str], end: str) -> list[_Edit]:
    indented = [f"  {line}" for line in block]
    if "repos" not in by_key:
        return [_lines(text, _after(text, root), ["repos:", *indented], end)]
    node = by_key["repos"][1]
    if isinstance(node, yaml.SequenceNode) and node.value:
        dash = text.rindex("-", 0, node.value[0].start_mark.index)
        indent = " " * (dash - _line_start(text, dash))
        return [_lines(text, _after(text, node), [indent + line for line in block], end)]
    # Null or []: gives way to a block below it; a comment beside it stays.
    start, stop = node.start_mark.index, node.end_mark.index
    if "#" in text[start:stop]:
        raise ValueError("a comment within the brackets")
    return [(len(text[:start].rstrip(" ")), stop, ""), _lines(text, _after(text, node), indented, end)]


def _types_edit(text: str, root: Any, by_key: dict[str, Any], missing: list[str], end: str) -> _Edit:
    if _TYPES_KEY not in by_key:
        first = by_key["repos"][0] if "repos" in by_key else root.value[0][0]
        return _lines(text, _line_start(text, first.start_mark.index), [f"{_TYPES_KEY}: [{', '.join(missing)}]"], end)
    node = by_key[_TYPES_KEY][1]
    if not isinstance(node, yaml.SequenceNode):  # null
        return (
            node.start_mark.index,
            node.end_mark.index,
            f"{' ' * (text[node.start_mark.index - 1] == ':')}[{', '.join(missing)}]",
        )
    if node.flow_style:
        at = node.value[-1].end_mark.index if node.value else node.start_mark.index + 1
        return at, at, (", " if node.value else "") + ", ".join(missing)
    dash = text.rindex("-", 0, node.value[0].start_mark.index)
    indent = " " * (dash - _line_start(text, dash))
    return _lines(text, _after(text, node), [f"{indent}- {each}" for each in missing], end)


def _entries_out(text: str, mine: list[int]) -> tuple[list[_Edit], set[str]]:
    """The edits that take these entries out, and the hook types that their marks name."""
    edits: list[_Edit] = []
    added: set[str] = set()
    node = _keys(text)["repos"][1]
    for at in mine:
        item = node.value[at]
        start = _line_start(text, text.rindex("-", 0, item.start_mark.index))
        above = _line_start(text, len(_without_last_break(text[:start])))
        mark = text[above:start].strip()
        if mark.startswith(_MARK):
            added |= set(mark.removeprefix(_MARK).split(", "))
            start = above
        edits.append((start, _after(text, item), ""))
    return edits, added


def _emptied(text: str) -> _Edit:
    at = text.index(":", _keys(text)["repos"][0].end_mark.index) + 1
    return at, at, " []"


def _types_out(text: str, added: set[str], *, whole: bool) -> list[_Edit]:
    if _TYPES_KEY not in _keys(text):
        return []
    key, node = _keys(text)[_TYPES_KEY]
    if whole:
        return [(_line_start(text, key.start_mark.index), _after(text, node), "")]
    items = [
        (before, item) for before, item in zip([key, *node.value], node.value, strict=False) if item.value in added
    ]
    if node.flow_style:
        return [(before.end_mark.index, item.end_mark.index, "") for before, item in items]
    return [(_line_start(text, item.start_mark.index), _after(text, item), "") for _, item in items]


def _keys(text: str) -> dict[str, Any]:
    """The nodes of the top level's keys and values."""
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    return {key.value: (key, value) for key, value in root.value}


def _lines(text: str, at: int, lines: list[str], end: str) -> _Edit:
    """``lines`` in front of the line that begins at ``at``; a missing final line break stays missing."""
    if at and text[at - 1] not in "\r\n":
        return at, at, end + end.join(lines)
    return at, at, end.join(lines) + end


def _without_last_break(text: str) -> str:
    return re.sub(r"(\r\n|\n|\r)\Z", "", text)


def _line_end(text: str) -> str:
    found = _BREAK.search(text)
    return found.group() if found else "\n"


def _line_start(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def _after(text: str, node: Any) -> int:
    """Where the line after a node's own content begins; a block's end mark is where the next thing begins."""
    while getattr(node, "flow_style", True) is False and node.value:
        node = node.value[-1][1] if isinstance(node, yaml.MappingNode) else node.value[-1]
    at: int = node.end_mark.index
    if at and text[at - 1] in "\r\n":
        return at
    found = _BREAK.search(text, at)
    return found.end() if found else len(text)


def _missing_types(data: dict[str, Any]) -> list[str]:
    known = data.get(_TYPES_KEY)
    if known is None:
        # pre-commit's own default stage has to stay where other hooks are.
        others = any(set(_ids(each)) - set(_IDS) or not _ids(each) for each in data.get("repos") or [])
        return ["pre-commit", *_TYPES] if others else _TYPES
    return [each for each in _TYPES if each not in known]


def _expected(data: dict[str, Any], entry: list[str], missing: list[str]) -> dict[str, Any]:
    repos = [*(data.get("repos") or []), *(yaml.safe_load("\n".join(entry)) or [])]
    return {**data, _TYPES_KEY: [*(data.get(_TYPES_KEY) or []), *missing], "repos": repos}


def _covgate_hooks(data: dict[str, Any]) -> set[str]:
    return {hook for each in data.get("repos") or [] for hook in _ids(each)} & set(_IDS)


def _ids(repository: Any) -> list[str]:
    hooks = repository.get("hooks") if isinstance(repository, dict) else None
    return [str(hook.get("id")) for hook in hooks if isinstance(hook, dict)] if isinstance(hooks, list) else []


def _load(text: str, name: str) -> dict[str, Any]:
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(f"{name} is not valid YAML: {error}".replace("\n", " "), hint="mend it first") from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise UsageError(f"{name} is no mapping with `repos`", hint="mend it first")
    for key in ("repos", _TYPES_KEY):
        if not isinstance(data.get(key) or [], list):
            raise UsageError(f"{name}: {key} is no list", hint="mend it first")
    return data


def _toml(text: str, name: str) -> dict[str, Any]:
    from covgate.compat import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name} is not valid TOML: {error}", hint="mend it first") from None
