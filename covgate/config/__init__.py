"""What a repository configures: ``[tool.covgate]`` in pyproject.toml, or .covgate.toml, and COVGATE_* variables.

``keys`` has one line for each key; ``parse`` reads the files and the variables.
"""

from __future__ import annotations

from covgate.config.keys import Isolation
from covgate.config.parse import Config, parse_config, switched_off_by

__all__ = ["Config", "Isolation", "parse_config", "switched_off_by"]
