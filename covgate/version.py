"""The version of covgate: static, see pyproject.toml."""

__version__ = "0.1.0"
