"""The values in a note, parsed strictly from their texts. Each function raises ValueError for any other text."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from covgate.model.baseline import Baseline
from covgate.model.policy import parse_decimal
from covgate.model.verdict import Status

_MAX_COUNT_DIGITS = 15
_COMPONENT = re.compile(r"[A-Za-z0-9._-]{1,64}")
_OID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


def parse_integer(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > _MAX_COUNT_DIGITS:
        raise ValueError(text)
    return int(text)


@lru_cache(maxsize=1024)  # notes repeat them, and fractions are slow
def parse_percentage(text: str, low: int) -> Fraction:
    value = parse_decimal(text)
    if not low <= value <= 100:
        raise ValueError(text)
    return value


def parse_ratio(text: str) -> tuple[int, int]:
    executed, slash, executable = text.partition("/")
    if not slash:
        raise ValueError(text)
    pair = parse_integer(executed), parse_integer(executable)
    Baseline(executed=pair[0], executable=pair[1])  # raises ValueError if it is not between 0 and 1
    return pair


def parse_component(text: str) -> str:
    if not _COMPONENT.fullmatch(text):
        raise ValueError(text)
    return text


def parse_oid(text: str) -> str:
    if not _OID.fullmatch(text):
        raise ValueError(text)
    return text


def parse_status(text: str) -> Status:
    if text not in (Status.PASS.value, Status.FAIL.value):
        raise ValueError(text)
    return Status(text)
