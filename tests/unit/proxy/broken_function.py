"""A module that fails while it is imported."""

raise RuntimeError("while it is imported")
