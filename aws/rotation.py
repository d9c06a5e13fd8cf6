"""A CA is replaced by another: which step is next. Pure: fingerprints in, a step out."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """What is to be done next, of old → both → new."""

    PUBLISH_BOTH = "publish-both"  #: the new CA is trusted, and the old one still is
    WAIT = "wait"  #: somebody still has a certificate of the old one
    PUBLISH_NEW = "publish-new"  #: nobody has: the old one is trusted no more
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Rotation:
    """From the truststore *old* to *new*: SHA-256 fingerprints of all certificates in each."""

    old: frozenset[str]
    new: frozenset[str]

    @property
    def leaving(self) -> frozenset[str]:
        """Return what is in *old* alone."""
        return self.old - self.new

    def next_step(self, published: Collection[str], still_used: Collection[str]) -> Step:
        """Return the step from what is *published*, while *still_used* CAs have clients.

        Nothing new is missing before anything old goes, and nothing goes that is in use.
        """
        there = frozenset(published)
        if not self.new <= there:
            return Step.PUBLISH_BOTH
        if not there & self.leaving:
            return Step.DONE
        if self.leaving.intersection(still_used):
            return Step.WAIT
        return Step.PUBLISH_NEW
