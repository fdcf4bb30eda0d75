"""Make covgate's pytest plugin importable. Standard library only, Python 3.8 and newer."""

import importlib.util
import os

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
