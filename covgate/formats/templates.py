"""The only way to HTML and SVG: templates that escape every value.

This module imports jinja2, which takes tens of milliseconds: import it only when a page or a badge was asked for.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from covgate.formats.paint import plain


def environment() -> Environment:
    """The templates of ``page/``. Compiling one is slow: use one environment for all pages of a run.

    Every value is escaped, and its control characters are replaced (`plain`). Only the text of a template and of an
    ``asset`` is markup. ``| e`` escapes a value but keeps its control characters. A name without a value is an error.
    """
    made = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_without_control_characters,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals["asset"] = _asset
    made.filters["csp_hash"] = csp_hash
    made.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    return made


def csp_hash(text: str) -> str:
    """The name of an inline style or script in a policy (https://www.w3.org/TR/CSP3/#grammardef-hash-source)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _without_control_characters(value: object) -> object:
    if isinstance(value, str) and not value.isprintable() and not isinstance(value, Markup):
        return plain(value)
    return value


def _asset(name: str) -> Markup:
    """A style or script of ``page/``, to be put into a page as it is."""
    return Markup(_read(name))


def _read(name: str) -> str:
    return (files("covgate.formats") / "page" / name).read_text("utf-8")
