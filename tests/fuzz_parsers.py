"""Feed each parser with damaged input: no exception may escape but those that its callers expect.

    python -m tests.fuzz_parsers                       a hundred inputs for each parser
    python -m tests.fuzz_parsers --count 10000000 lcov     as many as named, for the parsers whose names contain a word

The inputs depend on the seed alone (`--seed`), so a failure can be repeated. Exit status 1: something escaped.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))

from helpers.parsers import PARSERS, Parser

_TOKENS = (
    *(b"\0 \xff \xed\xa0\x80 \xc3 \xef\xbb\xbf \xff\xfe \x85 \xe2\x80\xa8".split(b" ")),
    *(b"-1 0 1 00 1e999 1e-999 1e99999999 NaN inf -0 1.0 +1 0x10 1_0 18446744073709551615 9223372036854775808".split()),
    *(b"9" * 17, b"9" * 400, b"9" * 5000, b"1" * 10),
    *(b"null true false \"\" '' [] {} [[ ]] ( ) \\ / // .. ./ ~ * ** ? ! # % & | ` $ @ ^ = : ; , < > - -- ---".split()),
    *(
        b"\n",
        b"\r",
        b"\r\n",
        b"\t",
        b" ",
        b"\n\n",
        b"\n    ",
        b"\x0b",
        b"\x0c",
        b"\x1c",
        b"\\u0000",
        b"\\ud800",
        b"\\N",
    ),
    *(b"&a", b"*a", b"!!python/object:x", b"<<: *a", b"<![CDATA[", b"<!ENTITY a 'b'>", b"&#0;", b"&a;", b"<?x?>"),
    *(b"[" * 50, b"{" * 50, b"(" * 50, b'{"a":' * 50, b"a." * 50, b"../" * 50, b"x" * 5000, b"-" * 50),
    *("٣ ü 日本 \u202e ı ß".encode().split(b" ")),
)


def damaged(parser: Parser, count: int, seed: str) -> Iterator[bytes]:
    """``count`` inputs for ``parser``: its seeds, with one to six changes each."""
    chance = random.Random(seed)
    words = [*_TOKENS, *(word for each in parser.seeds for word in each.split())]
    for _ in range(count):
        data = chance.choice(parser.seeds)
        for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
            data = _changed(data, chance, words)
        yield data


def _changed(data: bytes, chance: random.Random, words: Sequence[bytes]) -> bytes:
    start = chance.randint(0, len(data))
    end = min(len(data), start + chance.choice((0, 0, 1, 1, 2, 5, 20, 1000)))
    kind = chance.randrange(6)
    if kind == 0:  # something is missing
        return data[:start] + data[end:]
    if kind == 1:  # something is there twice, or very often
        times = chance.choice((2, 2, 3, 100)) if end - start < 50 else 2
        return data[:start] + data[start:end] * times + data[end:]
    if kind == 2:  # something is somewhere else
        place = chance.randint(0, len(data))
        return data[:place] + data[start:end] + data[place:]
    if kind == 3:  # one byte is another one
        return data[:start] + bytes([chance.randrange(256)]) + data[start + 1 :]
    return data[:start] + chance.choice(words) + data[end:]


def fuzz(name: str, count: int, seed: str) -> tuple[bytes, BaseException] | None:
    """The first of ``count`` inputs from which another exception than the declared ones escapes, and the exception."""
    parser = PARSERS[name]
    for data in damaged(parser, count, f"{seed}/{name}"):
        try:
            parser.parse(data)
        except parser.declared:
            continue
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            return data, error
    return None


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("words", nargs="*", metavar="WORD", help="only the parsers whose names contain one of these")
    arguments.add_argument("--count", type=int, default=100, help="inputs for each parser (default: 100)")
    arguments.add_argument("--seed", default="0", help="other inputs with another seed (default: 0)")
    options = arguments.parse_args()
    words = [each.lower() for each in options.words]
    failed = 0
    for name in PARSERS:
        if words and not any(word in name.lower() for word in words):
            continue
        begun = time.perf_counter()
        found = fuzz(name, options.count, options.seed)
        seconds = time.perf_counter() - begun
        print(f"{name:<40}{options.count:>12,} inputs{seconds:>10.1f} s", "" if found is None else "FAILED", flush=True)
        if found is not None:
            failed += 1
            data, error = found
            print(f"  {type(error).__name__}: {str(error)[:200]}\n  {data[:2000]!r}", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
