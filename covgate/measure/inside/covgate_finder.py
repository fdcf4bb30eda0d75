"""Make covgate's pytest plugin and what is beside the program importable.

Standard library only, Python 3.8 and newer.
"""

import importlib.util
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class PluginFinder:
    """Finds covgate's plugin beside this file, and nothing else."""

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Any":
        """The spec of the plugin; None for any other name."""
        if name != "covgate_guard":
            return None
        here = os.path.dirname(os.path.abspath(__file__))
        return importlib.util.spec_from_file_location(name, os.path.join(here, name + ".py"))


def set_path(script: str) -> None:
    """Set the first entry of sys.path as Python does for ``script``, or for -m."""
    if sys.flags.isolated or getattr(sys.flags, "safe_path", False):
        return
    first = script if os.path.isdir(script) else os.path.dirname(os.path.realpath(script))
    sys.path.insert(0, os.getcwd() if script == "-m" else first)
