"""How a program ended that coverage ran: by itself, early, or because coverage failed.

Standard library only until the program starts, Python 3.8 and newer.
"""

import traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Tuple

# The errors of coverage about the program that it is to run: a commit without it is broken.
_OF_THE_PROGRAM = ("NoSource", "NoCode", "NotPython")


def run_coverage(arguments: "List[str]") -> "Tuple[Any, str]":
    """Run coverage's command line as ``coverage.cmdline.main`` does.

    Returns its exit status, and why coverage itself failed; "" if the program ended badly, too.
    """
    from coverage.cmdline import CoverageScript
    from coverage.exceptions import _ExceptionDuringRun

    try:
        return CoverageScript().command_line(arguments), ""
    except SystemExit as error:
        return (error.args[0] if error.args else None), ""
    except _ExceptionDuringRun as error:
        traceback.print_exception(*error.args)
        return 1, ""
    except Exception as error:  # of coverage: those of the program are wrapped
        if type(error).__module__ == "coverage.exceptions":
            print(error)
        else:
            traceback.print_exc()
        # Coverage saves its data while the exception that ended the program is on its way.
        end = error.__context__
        while end is not None and not isinstance(end, (_ExceptionDuringRun, SystemExit)):
            end = end.__context__
        failed = isinstance(end, _ExceptionDuringRun) or (end is not None and bool(end.code))
        ours = not failed and type(error).__name__ not in _OF_THE_PROGRAM
        return 1, (str(error) or type(error).__name__) if ours else ""
