"""Start the tests under coverage: ``python covgate_launch.py SPEC PROGRAM...``, in the Python that runs them.

PROGRAM is what follows Python's own options on its command line. This file is valid for any Python, so that covgate can
report one that is too old; `covgate_suite` does the work.
"""

import io
import json
import os
import sys

NOT_STARTED = 97  # the exit status if the facts have a "problem"

with io.open(sys.argv[1], encoding="utf-8") as _file:
    SPEC = json.load(_file)

if sys.version_info < (3, 8):
    _facts = {"problem": "python", "python": "Python %d.%d.%d" % sys.version_info[:3], "executable": sys.executable}
    with open(os.path.join(SPEC["directory"], "run-%d" % os.getpid()), "w") as _file:
        json.dump(_facts, _file)
    sys.exit(NOT_STARTED)

_inside = os.path.dirname(os.path.abspath(__file__))
# Python has put this directory first on sys.path, unless an option prevents it. The tests must not import from it.
if not sys.flags.isolated and not getattr(sys.flags, "safe_path", False):
    del sys.path[0]
sys.path.insert(0, _inside)
import covgate_suite

sys.path.remove(_inside)
covgate_suite.main(SPEC, sys.argv[2:])
