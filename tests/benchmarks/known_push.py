"""What the native hook of a push of a known tree imports, and which processes it starts.

python tests/benchmarks/known_push.py
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path

from bench_push import Clone, script, two_clones
from side_by_side import place

_LINE = re.compile(r"import time:\s*(\d+) \|\s*(\d+) \|(\s*)(\S+)")
SHOWN = 25
HEAVY = {"git", "coverage", "yaml", "subprocess", "tomllib", "filelock", "json", "argparse"}


def main() -> int:
    with place() as (top, environ):
        ours, _ = two_clones(top, environ)
        console = script(environ, "covgate-pre-push")
        ours.push_again()
        imported, traced = top / "imported", top / "traced"
        hook = ours.path / ".git" / "hooks" / "pre-push"
        hook.write_text(
            f'#!/bin/sh\nGIT_TRACE2_EVENT="{traced}" exec "{console.parent / "python"}" -X importtime '
            f'"{console}" "$@" 2>"{imported}"\n',
            encoding="utf-8",
        )
        for what, push in (("note published", Clone.push_again), ("new commit", Clone.push_reworded)):
            push(ours)
            print(f"\n== known tree, {what}")
            show_imports(imported.read_text(encoding="utf-8"))
            show_processes(traced)
            traced.unlink()
    return 0


def show_imports(text: str) -> None:
    found = [(int(own), int(all_), name) for own, all_, _, name in _LINE.findall(text)]
    per_package: Counter[str] = Counter()
    for own, _, name in found:
        per_package[name.partition(".")[0]] += own
    print(f"{len(found)} modules, {sum(own for own, _, _ in found) / 1000:.1f} ms; own time by package, ms:")
    for name, own in per_package.most_common(SHOWN):
        print(f"  {own / 1000:7.1f}  {name}")
    names = {name for _, _, name in found}
    heavy = sorted(names & HEAVY)
    print("of those to be loaded lazily:", ", ".join(heavy) or "none")


def show_processes(traced: Path) -> None:
    """Each git process and its seconds, from trace2's events."""
    started: dict[str, str] = {}
    for line in traced.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["event"] == "start":
            started[event["sid"]] = " ".join(event["argv"])
        elif event["event"] == "exit" and event["sid"] in started:
            depth = event["sid"].count("/")
            print(f"  {1000 * event['t_abs']:7.1f} ms  {'  ' * depth}{started[event['sid']][:150]}")


if __name__ == "__main__":
    sys.exit(main())
