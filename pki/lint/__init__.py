"""RULES for a truststore, and what they find in one: before AWS says nothing but "Forbidden"."""

from .of_limits import LARGEST_READ
from .run import RULES, lint

__all__ = ["LARGEST_READ", "RULES", "lint"]
