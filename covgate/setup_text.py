"""Text with one thing more, or less: .pre-commit-config.yaml and TOML edited without a change to the rest."""

from __future__ import annotations

import sys
from typing import Any

from covgate.errors import UsageError

_TYPES = ["pre-push", "post-merge", "post-rewrite"]
_IDS = ("covgate-pre-push", "covgate-post-merge")
_TABLE = """\
# A push must hold the baseline (it only goes up) and the floor (a fixed minimum, in percent).
policy = "both"
floor = 0
"""


def has_hooks(text: str, name: str) -> bool:
    """Whether both of covgate's hooks are configured."""
    return set(_IDS) <= {hook for _, hooks in _repositories(_load(text, name)) for hook in hooks}


def add_hooks(text: str, name: str, entry: list[str]) -> str:
    """``text`` of a .pre-commit-config.yaml with the repository ``entry`` and the hook types it needs."""
    end = "\r\n" if "\r\n" in text else "\n"
    data = _load(text, name)
    for key in ("repos", "default_install_hook_types"):
        if not isinstance(data.get(key) or [], list):
            raise UsageError(f"{name}: {key} is no list", hint="mend it first")
    if not data:
        head = text + end if text.strip() else ""
        block = [
            f"default_install_hook_types: [{', '.join(_TYPES)}]",
            "repos:",
            *(f"  {line}" for line in entry),
        ]
        return head + end.join(block) + end
    wanted = _expected(data, entry)
    lines = text.split(end)
    root = _compose(text)
    by_key = {key.value: (key, value) for key, value in root.value}
    edits = [_repos_edit(lines, by_key, entry), _types_edit(lines, by_key, wanted)]
    for at, drop, new in sorted(edits, reverse=True):
        lines[at : at + drop] = new
    result = end.join(lines)
    try:
        same = _load(result, name) == wanted
    except UsageError:
        same = False
    if not same:
        raise UsageError(
            f"{name} is written in a way that covgate does not extend",
            hint="add this by hand:\n"
            + "\n".join([f"default_install_hook_types: {wanted['default_install_hook_types']}", "repos:", *entry]),
        )
    return result


def remove_hooks(text: str, name: str) -> str:
    """``text`` without the repository entry of covgate's hooks and the hook types that came with it."""
    end = "\r\n" if "\r\n" in text else "\n"
    data = _load(text, name)
    mine = [index for index, (_, hooks) in enumerate(_repositories(data)) if hooks and set(hooks) <= set(_IDS)]
    if not mine:
        return text
    lines = text.split(end)
    by_key = {key.value: (key, value) for key, value in _compose(text).value}
    repos = by_key["repos"][1]
    for index in reversed(mine):
        item = repos.value[index]
        del lines[item.start_mark.line : _last_line(item) + 1]
    types = data.get("default_install_hook_types")
    if isinstance(types, list) and set(types) <= {"pre-commit", *_TYPES} and set(_TYPES) <= set(types):
        key, value = by_key["default_install_hook_types"]
        if value.flow_style and key.start_mark.line == _last_line(value):
            del lines[key.start_mark.line]
    return end.join(lines)


def add_table(text: str, name: str, header: str) -> str:
    """TOML ``text`` with covgate's table at its end; unchanged where it has one."""
    data = _toml(text, name)
    tool = data.get("tool", {}) if header else {}
    if isinstance(tool, dict) and "covgate" in tool:
        return text
    end = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text or text.endswith(end * 2) else end if text.endswith(end) else end * 2
    result = text + gap + (header + _TABLE).replace("\n", end)
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
    at = text.find(block)
    if at < 0 or text[at + len(block) :].strip():
        return text
    return text[:at].removesuffix(end) if text[:at].endswith(end * 2) else text[:at]


def _repos_edit(lines: list[str], by_key: dict[str, Any], entry: list[str]) -> tuple[int, int, list[str]]:
    if "repos" not in by_key:
        return len(lines) if lines[-1] else len(lines) - 1, 0, ["repos:", *(f"  {line}" for line in entry)]
    key, node = by_key["repos"]
    if not getattr(node, "value", None):
        at = key.start_mark.line
        return (
            at,
            _last_line(node) - at + 1 if getattr(node, "flow_style", False) else 1,
            ["repos:", *(f"  {line}" for line in entry)],
        )
    first = node.value[0].start_mark
    indent = " " * max(lines[first.line].find("-"), 0)
    return _last_line(node) + 1, 0, [indent + line for line in entry]


def _types_edit(lines: list[str], by_key: dict[str, Any], wanted: dict[str, Any]) -> tuple[int, int, list[str]]:
    types = wanted["default_install_hook_types"]
    line = f"default_install_hook_types: [{', '.join(types)}]"
    if "default_install_hook_types" not in by_key:
        anchor = by_key["repos"][0].start_mark.line if "repos" in by_key else 0
        return anchor, 0, [line]
    key, node = by_key["default_install_hook_types"]
    if not isinstance(node.value, list):  # null
        return key.start_mark.line, 1, [line]
    known = [each.value for each in node.value]
    if node.flow_style:
        rest = lines[_last_line(node)][node.end_mark.column :]
        return key.start_mark.line, _last_line(node) - key.start_mark.line + 1, [line + rest]
    first = node.value[0].start_mark
    indent = " " * max(lines[first.line].find("-"), 0)
    return _last_line(node) + 1, 0, [f"{indent}- {each}" for each in types if each not in known]


def _expected(data: dict[str, Any], entry: list[str]) -> dict[str, Any]:
    import yaml

    known = data.get("default_install_hook_types")
    if known is None:
        # pre-commit's own default stage has to stay where other hooks are.
        known = ["pre-commit"] if data.get("repos") else []
    types = [*known, *(each for each in _TYPES if each not in known)]
    repos = [*(data.get("repos") or []), *yaml.safe_load("\n".join(entry))]
    return {**data, "default_install_hook_types": types, "repos": repos}


def _repositories(data: dict[str, Any]) -> list[tuple[str, list[str]]]:
    found = []
    for each in data.get("repos") or []:
        hooks = each.get("hooks") if isinstance(each, dict) else None
        names = [str(hook.get("id")) for hook in hooks or [] if isinstance(hook, dict)]
        found.append((str(each.get("repo")) if isinstance(each, dict) else "", names))
    return found


def _load(text: str, name: str) -> dict[str, Any]:
    import yaml

    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"{name} is not valid YAML: {error}".replace("\n", " "), hint="mend it first") from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise UsageError(f"{name} is no mapping with `repos`", hint="mend it first")
    return data


def _compose(text: str) -> Any:
    import yaml

    return yaml.compose(text, Loader=yaml.SafeLoader)


def _last_line(node: Any) -> int:
    """The last line that a node's own content stands on; a block's end mark is where the next thing begins."""
    if isinstance(node.value, list) and node.value and not node.flow_style:
        last = node.value[-1]
        return max(_last_line(each) for each in (last if isinstance(last, tuple) else (last,)))
    mark = node.end_mark
    return int(mark.line - 1 if mark.column == 0 and mark.line > node.start_mark.line else mark.line)


def _toml(text: str, name: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name} is not valid TOML: {error}", hint="mend it first") from None
