"""Which lines of Python sources belong to one statement, as coverage.py's parser finds them.

Standard library only, Python 3.8 and newer. covgate calls it in its own interpreter first, and then, for what that one
can't parse, as a program of the project's: it reads a JSON list of base64 sources and prints a JSON list of answers.
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


def multi_line_statements(source: bytes) -> "Optional[List[Tuple[int, int]]]":
    """First and last line of each statement that has several; None if this interpreter can't parse the source."""
    source = source.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    found = []
    first = 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)  # some tokenizers accept what the parser rejects
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
    """Answer the request on standard input."""
    sources = [base64.b64decode(each) for each in json.load(sys.stdin)]
    json.dump([multi_line_statements(each) for each in sources], sys.stdout)


if __name__ == "__main__":
    main()
