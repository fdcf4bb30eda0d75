"""The fields of one record in a note: a flat YAML mapping whose values are texts.

YAML only finds the keys and values; it never converts a value. Nested values, anchors, aliases and duplicate keys are
refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

_KEY = re.compile(r"[a-z][a-z_]{0,40}")
# A text that YAML reads as itself without quotes.
_PLAIN = re.compile(r"(?:-?[0-9]|[A-Za-z_./])[A-Za-z0-9_./ %,()+'=-]*")
_LINE = re.compile(rf"({_KEY.pattern}):(?: ((?:{_PLAIN.pattern})(?<! )))?")


def render_fields(fields: Iterable[tuple[str, str]]) -> str:
    """One line for each field, in ASCII; `load_fields` reads them back."""
    return "".join(f"{key}: {_scalar(value)}".rstrip() + "\n" for key, value in fields)


def load_fields(chunk: str) -> dict[str, str]:
    """The fields of ``chunk`` by name.

    Raises ValueError if ``chunk`` is not a flat YAML mapping.
    """
    fields = _load_canonical(chunk)
    return _load_yaml(chunk) if fields is None else fields


def _scalar(text: str) -> str:
    if not text or (_PLAIN.fullmatch(text) and text == text.strip()):
        return text
    # A JSON string is a YAML double-quoted scalar, apart from the characters that _escape treats.
    return '"' + "".join(map(_escape, text)) + '"'


def _escape(character: str) -> str:
    if character > "\uffff":
        return f"\\U{ord(character):08x}"  # JSON writes a surrogate pair, which YAML does not know
    if "\ud800" <= character <= "\udfff":
        return "\\ufffd"  # a byte of a command-line argument that is not UTF-8
    return json.dumps(character)[1:-1]


def _load_canonical(chunk: str) -> dict[str, str] | None:
    """The fields of a chunk in the form that `render_fields` writes; None for any other form.

    YAML would read the same texts, but importing it costs more than everything else in the hook for a known tree.
    """
    fields = {}
    for line in chunk.removesuffix("\n").split("\n"):
        plain = _LINE.fullmatch(line)
        if plain is not None and plain[1] not in fields:  # almost all: 10,000 notes of 20 components have 4 million
            fields[plain[1]] = plain[2] or ""
            continue
        key, colon, text = line.partition(":")
        if not colon or not _KEY.fullmatch(key) or key in fields or (text and text[0] != " "):
            return None
        text = text[1:]
        if text != text.strip() or not text.isascii():
            return None
        if text and not _PLAIN.fullmatch(text):
            if text[0] != '"':
                return None
            try:
                text = json.loads(text)
            except ValueError:
                return None
        fields[key] = text
    return fields


def _load_yaml(chunk: str) -> dict[str, str]:
    import yaml  # late: a push whose notes are all known already reads none

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    collections = 0
    try:
        for event in yaml.parse(chunk, Loader=loader):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise ValueError("a record with YAML anchors or aliases")
            collections += isinstance(event, yaml.CollectionStartEvent)
            if collections > 1:  # checked before compose, which recurses
                raise ValueError("a record with nested values")
        node = yaml.compose(chunk, Loader=loader)
    except (yaml.YAMLError, RecursionError, OverflowError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = f" at its line {line + 1}" if line is not None else ""
        raise ValueError(f"a record that is not YAML{where}") from None
    if not isinstance(node, yaml.MappingNode):
        raise ValueError("a record that is not a mapping")
    fields: dict[str, str] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode) or not isinstance(value_node, yaml.ScalarNode):
            raise ValueError("a record with nested values")
        if key_node.value in fields:
            raise ValueError(f"a record with {key_node.value[:40]!r} twice")
        fields[key_node.value] = value_node.value
    return fields
