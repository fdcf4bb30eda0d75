"""The parts of a repository: which directories could be components, and how each would be measured. Pure functions."""

from covgate.measure.parts.find import Found, find_needed, find_parts
from covgate.measure.parts.part import Part

__all__ = ["Found", "Part", "find_needed", "find_parts"]
