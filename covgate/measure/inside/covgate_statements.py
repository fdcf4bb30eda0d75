"""Which lines of Python sources belong to one statement, as coverage.py's parser has it.

Standard library only, Python 3.8 and newer: covgate asks its own interpreter first, and the project's for what only
that one can read: ``python covgate_statements.py``, a JSON list of base64 sources in, a JSON list of answers out.
"""

import ast
import base64
import io
import json
import sys
import token
import tokenize
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Optional, Tuple


def multi_line(source: bytes) -> "Optional[List[Tuple[int, int]]]":
    """First and last line of each logical line that has several; None where this interpreter can't read it."""
    source = source.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    found = []
    first = 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)  # not every tokenizer notices what it can't read
        for kind, text, (start, _), (end, _), _ in tokenize.tokenize(io.BytesIO(source).readline):
            if kind == token.NEWLINE:
                if first and end != first:
                    found.append((first, end))
                first = 0
            elif not first and kind != tokenize.COMMENT and text.strip():
                first = start
    except (SyntaxError, tokenize.TokenError, ValueError, LookupError, RecursionError, MemoryError):
        return None
    return found


def main() -> None:
    sources = [base64.b64decode(each) for each in json.load(sys.stdin)]
    json.dump([multi_line(each) for each in sources], sys.stdout)


if __name__ == "__main__":
    main()
