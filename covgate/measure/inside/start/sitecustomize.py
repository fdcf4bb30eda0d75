"""Python imports this at its start: covgate looks for the program that runs the tests.

Any Python that a test command starts gets here, so this file is valid for Python 2.7, too.
"""

import os
import sys

_here = os.path.dirname(os.path.abspath(__file__))
_inside = os.path.dirname(_here)
# What follows may be somebody else's sitecustomize, which ours hides.
sys.path[:] = [each for each in sys.path if os.path.abspath(each) != _here]
if sys.version_info >= (3, 6):
    sys.path.insert(0, _inside)
    try:
        import covgate_follow
    finally:
        sys.path.remove(_inside)
    covgate_follow.follow()
del sys.modules["sitecustomize"]
try:
    import sitecustomize  # noqa: F401
except ImportError:
    sys.modules["sitecustomize"] = sys
