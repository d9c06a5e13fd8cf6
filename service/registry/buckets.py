"""The buckets of tokens that all processes share, in the registry's store."""

from __future__ import annotations

from typing import Protocol

from service.rate import Rate, Taken


class SharedBuckets(Protocol):
    """A bucket a client; the contract suite holds both stores to it."""

    def take(self, client: str, rate: Rate, now: float, wanted: int = 1) -> Taken:
        """Take up to *wanted* tokens of *client*, as rate.take.

        now: seconds since 1970. Raises StoreUnavailable, and then no token is to be used: whether
        they were taken is not known.
        """


def open_buckets(url: str) -> SharedBuckets:
    """Return those in the store at *url*, as opening.open_store takes it.

    Nothing is opened before the first token is wanted.
    """
    scheme, _, place = url.partition("://")
    if scheme == "dynamodb":
        from .dynamodb_buckets import DynamoDbBuckets  # noqa: PLC0415
        from .dynamodb_table import DynamoDbTable  # noqa: PLC0415

        return DynamoDbBuckets(DynamoDbTable(place))
    from .sqlite_buckets import SqliteBuckets  # noqa: PLC0415

    return SqliteBuckets(place.removeprefix("/"))
