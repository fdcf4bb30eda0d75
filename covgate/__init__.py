"""covgate: a coverage gate at git push, with a baseline that only goes up, kept in git notes."""

__version__ = "0.1.0"
