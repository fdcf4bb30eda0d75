"""The golden run: every output of covgate for a recorded set of repositories, written down to be compared.

It proves that a change of the structure leaves the behaviour as it was. Record one revision, record the other,
compare:

    python tests/golden.py record BEFORE --python old/.venv/bin/python
    python tests/golden.py record AFTER
    python tests/golden.py compare BEFORE AFTER

`record` runs the scenarios of `tests/golden_run` with the covgate that is installed for PYTHON (default: the
interpreter that runs this script) and writes one file per output under DIRECTORY: the command, its exit status,
what it printed. It uses the console scripts, git and pre-commit only, so it works with any revision of covgate.
With TOPIC, only those scenarios are run (`compare` takes the directories of a topic, too).

`compare` prints the unified diff of two recordings; its exit status is 1 if they differ.

Every commit has a fixed date and author, so object ids are the same in each recording. Temporary paths, durations
and covgate's version are replaced. Run both recordings on one machine with one interpreter: the interpreter, coverage
and git are part of the notes. `about.txt` names their versions. Run by hand; pytest does not collect it.
"""

from __future__ import annotations

import argparse
import difflib
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from golden_run import failures, formats, manual, merges, pushes, reading, rules, setting_up, team
from golden_run.sandbox import Sandbox

TOPICS: dict[str, Callable[[Sandbox], None]] = {
    "manual": manual.record,
    "pushes": pushes.record,
    "rules": rules.record,
    "failures": failures.record,
    "merges": merges.record,
    "team": team.record,
    "formats": formats.record,
    "reading": reading.record,
    "setting-up": setting_up.record,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Record or compare. Returns the exit status: 1 if two recordings differ, 2 for wrong arguments."""
    # A shell that starts this in the background makes it ignore interrupts, and one scenario needs them.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    recording = commands.add_parser("record", help="run the scenarios and write their outputs")
    recording.add_argument("directory", type=Path, metavar="DIRECTORY", help="new or empty")
    recording.add_argument("topics", nargs="*", metavar="TOPIC", help=f"default: all of {', '.join(TOPICS)}")
    recording.add_argument("--python", type=Path, default=Path(sys.executable), help="the interpreter with covgate")
    comparing = commands.add_parser("compare", help="print the diff of two recordings")
    comparing.add_argument("before", type=Path, metavar="BEFORE")
    comparing.add_argument("after", type=Path, metavar="AFTER")
    arguments = parser.parse_args(argv)
    if arguments.command == "compare":
        for directory in (arguments.before, arguments.after):
            if not directory.is_dir():
                parser.error(f"{directory} is not a directory")
        return compare(arguments.before, arguments.after)
    unknown = sorted(set(arguments.topics) - set(TOPICS))
    if unknown:
        parser.error(f"unknown topic: {', '.join(unknown)}")
    if arguments.directory.exists() and any(arguments.directory.iterdir()):
        parser.error(f"{arguments.directory} is not empty")
    if not (arguments.python.parent / "covgate").is_file():
        parser.error(f"covgate is not installed for {arguments.python}")
    record(arguments.directory, arguments.python, arguments.topics or list(TOPICS))
    return 0


def record(directory: Path, python: Path, topics: Sequence[str]) -> None:
    """Run ``topics`` with the covgate of ``python`` and write the outputs under ``directory``."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="golden-") as temporary:
        sandbox = Sandbox.build(Path(temporary).resolve(), python.absolute(), directory.absolute())
        sandbox.write("about.txt", sandbox.versions())
        for topic in topics:
            begun = time.monotonic()
            TOPICS[topic](sandbox)
            print(f"{topic}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    count = sum(path.is_file() for path in directory.rglob("*"))
    print(f"{count} files in {directory}, {time.monotonic() - started:.0f} s", file=sys.stderr)


def compare(before: Path, after: Path) -> int:
    """Print the unified diff of two recordings. Returns 1 if any file differs or exists in one only, else 0."""
    names = sorted({str(path.relative_to(top)) for top in (before, after) for path in top.rglob("*") if path.is_file()})
    if not names:
        print(f"{before} and {after} are empty", file=sys.stderr)
        return 1
    different = 0
    for name in names:
        old, new = (_read_lines(top / name) for top in (before, after))
        if old == new:
            continue
        different += 1
        fromfile, tofile = (f"{label}/{name}" for label in ("before", "after"))
        if old is None or new is None:
            print(f"only in {tofile if old is None else fromfile}")
        else:
            sys.stdout.writelines(difflib.unified_diff(old, new, fromfile, tofile))
    print(f"{len(names)} files compared, {different} differ", file=sys.stderr)
    return 1 if different else 0


def _read_lines(path: Path) -> list[str] | None:
    if not path.is_file():
        return None
    lines = path.read_bytes().decode("utf-8").split("\n")
    return [f"{line}\n" for line in lines]


if __name__ == "__main__":
    raise SystemExit(main())
