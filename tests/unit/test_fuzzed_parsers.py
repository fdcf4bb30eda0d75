"""No parser raises an undeclared exception. These are a few inputs; `python -m tests.fuzz_parsers` tries millions."""

from __future__ import annotations

import contextlib

import pytest

from fuzz_parsers import damaged, fuzz
from helpers.parsers import PARSERS, Parser


@pytest.mark.parametrize("name", list(PARSERS))
def test_damaged_input_is_an_error_that_the_callers_expect(name: str) -> None:
    assert fuzz(name, 40, "0") is None


@pytest.mark.parametrize("name", [name for name, parser in PARSERS.items() if parser.found])
def test_what_was_a_defect_once(name: str) -> None:
    for data in PARSERS[name].found:
        with contextlib.suppress(*PARSERS[name].declared):
            PARSERS[name].parse(data)


@pytest.mark.parametrize("name", list(PARSERS))
def test_the_inputs_that_are_damaged_are_valid(name: str) -> None:
    for seed in PARSERS[name].seeds:
        PARSERS[name].parse(seed)


def test_an_exception_that_nobody_expects_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def parse(data: bytes) -> None:
        tried.append(data)
        if len(tried) > 3:
            raise LookupError(data)

    monkeypatch.setitem(PARSERS, "lines", Parser(parse=parse, seeds=(b"3.2+",), grown={}))
    failed = fuzz("lines", 40, "0")
    assert failed is not None
    assert (failed[0], type(failed[1])) == (tried[3], LookupError)
    # The same seed gives the same inputs, another one others.
    assert list(damaged(PARSERS["lines"], 4, "0/lines")) == tried
    assert list(damaged(PARSERS["lines"], 4, "1/lines")) != tried
