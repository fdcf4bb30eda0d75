"""How tries and time grow with the number of clones that ratchet against one remote at once.

    python tests/benchmarks/bench_exchange.py [--ratchets N] [--clones N ...] [--transport file|http]

Each ratchet fetches the notes, writes one, and publishes. The remote is a bare repository on the same disk, over
file:// and behind git's own HTTP server on loopback. What can't be avoided: the remote takes one push at a time, so
the time of a note is to stay about the same however many clones there are; it is compared with that of the fewest.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

from side_by_side import place, run

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helpers.exchange import Exchange, clones, commits, exchange, work
from helpers.git_http import serve

# The milliseconds of a note among the most clones may be this many times those among the fewest.
GOAL = 2.0


def play(top: Path, environ: Mapping[str, str], transport: str, count: int, ratchets: int) -> Exchange:
    directory = top / f"{transport}-{count}"
    directory.mkdir()
    remote = directory / "origin.git"
    run("git", "init", "-q", "--bare", "--template=", remote, cwd=directory, environ=environ)
    line = commits(remote, (count + 1) * ratchets, environ)
    with nullcontext(directory.as_uri()) if transport == "file" else serve(directory, environ) as url:
        copies = clones(f"{url}/{remote.name}", directory, count, environ)
        result = exchange(list(zip(copies, work(line, count, ratchets), strict=True)), environ)
    notes = run("git", "notes", "--ref=coverage", "list", cwd=remote, environ=environ).stdout.splitlines()
    wanted = len({commit for mine in work(line, count, ratchets) for commit, _ in mine})
    if len(notes) != wanted:
        raise SystemExit(f"{wanted - len(notes)} of {wanted} notes are lost")
    return result


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--ratchets", type=int, default=20, help="of each clone (default: 20)")
    parser.add_argument("--clones", type=int, nargs="+", default=[4, 8, 16, 32], help="default: 4 8 16 32")
    parser.add_argument("--transport", choices=["file", "http"], action="append", help="default: both")
    asked = parser.parse_args()
    missed = False
    print(
        f"{'':<6}{'clones':>7}{'notes':>7}{'pushes a note':>15}{'at most':>9}{'ms a note':>11}{'ratio':>7}{'goal':>6}"
    )
    with place() as (top, environ):
        for transport in asked.transport or ["file", "http"]:
            first = 0.0
            for count in asked.clones:
                result = play(top, environ, transport, count, asked.ratchets)
                notes = len(result.pushes)
                each = 1000 * result.seconds / notes
                first = first or each
                ratio = each / first
                missed = missed or ratio > GOAL
                print(
                    f"{transport:<6}{count:>7}{notes:>7}{sum(result.pushes) / notes:>15.2f}{max(result.pushes):>9}"
                    f"{each:>11.0f}{ratio:>7.2f}{GOAL:>6}{'  missed' if ratio > GOAL else ''}",
                    flush=True,
                )
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
