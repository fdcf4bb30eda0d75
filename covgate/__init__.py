"""covgate: a coverage gate at git push, with a baseline that only goes up, kept in git notes.

The library: values and functions, loaded when they are first asked for. Nothing here needs git on PATH
to be imported; what reads or writes a repository says so in its own documentation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from covgate.version import __version__

if TYPE_CHECKING:
    from covgate.config import Config, parse_config
    from covgate.errors import ConfigurationError, CovgateError, ToolError, UsageError
    from covgate.gate.context import Session
    from covgate.gate.judge import judge_commit
    from covgate.gate.merge import ratchet_commit
    from covgate.gate.override import set_baseline
    from covgate.gate.push import gate_push
    from covgate.git.repository import Repository
    from covgate.measure.job import Job, TestsFailed
    from covgate.measure.reports import parse_report
    from covgate.measure.run import measure
    from covgate.model.baseline import Baseline, join, override, ratchet
    from covgate.model.measurement import FileResult, Measurement, Toolchain
    from covgate.model.note_text import parse_note, read_status, render_note
    from covgate.model.numbers import Numbers
    from covgate.model.outcome import Outcome
    from covgate.model.policy import Kind, Policy
    from covgate.model.record import Note, Record, join_notes, record_of
    from covgate.model.ref_update import RefUpdate, parse_pre_push_lines
    from covgate.model.verdict import Status, Verdict, judge
    from covgate.notes.records import Notes

_HOMES = {
    "covgate.config": ("Config", "parse_config"),
    "covgate.errors": ("ConfigurationError", "CovgateError", "ToolError", "UsageError"),
    "covgate.gate.judge": ("judge_commit",),
    "covgate.gate.merge": ("ratchet_commit",),
    "covgate.gate.override": ("set_baseline",),
    "covgate.gate.push": ("gate_push",),
    "covgate.model.outcome": ("Outcome",),
    "covgate.measure.job": ("Job", "TestsFailed"),
    "covgate.measure.reports": ("parse_report",),
    "covgate.measure.run": ("measure",),
    "covgate.model.baseline": ("Baseline", "join", "override", "ratchet"),
    "covgate.model.policy": ("Kind", "Policy"),
    "covgate.model.ref_update": ("RefUpdate", "parse_pre_push_lines"),
    "covgate.model.note_text": ("parse_note", "read_status", "render_note"),
    "covgate.model.record": ("Note", "Record", "join_notes", "record_of"),
    "covgate.model.measurement": ("FileResult", "Measurement", "Toolchain"),
    "covgate.model.numbers": ("Numbers",),
    "covgate.model.verdict": ("Status", "Verdict", "judge"),
    "covgate.gate.context": ("Session",),
    "covgate.notes.records": ("Notes",),
    "covgate.git.repository": ("Repository",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Baseline",
    "Config",
    "ConfigurationError",
    "CovgateError",
    "FileResult",
    "Job",
    "Kind",
    "Measurement",
    "Note",
    "Notes",
    "Numbers",
    "Outcome",
    "Policy",
    "Record",
    "RefUpdate",
    "Repository",
    "Session",
    "Status",
    "TestsFailed",
    "ToolError",
    "Toolchain",
    "UsageError",
    "Verdict",
    "__version__",
    "gate_push",
    "join",
    "join_notes",
    "judge",
    "judge_commit",
    "measure",
    "override",
    "parse_config",
    "parse_note",
    "parse_pre_push_lines",
    "parse_report",
    "ratchet",
    "ratchet_commit",
    "read_status",
    "record_of",
    "render_note",
    "set_baseline",
]


def __getattr__(name: str) -> object:
    """Load a public name from its module (PEP 562): the hooks pay for what they use."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'covgate' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME_OF[name]), name)
