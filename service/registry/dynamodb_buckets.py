"""The shared buckets in the registry's table: pk "bucket#CLIENT", sk "bucket", full_at and ends.

ends: seconds since 1970 from which DynamoDB removes it, which it does within days (its "time to
live"): a bucket that is full may as well not be there.
"""

from __future__ import annotations

from service.rate import Rate, Taken, take

from .dynamodb_table import ABSENT, Condition, DynamoDbTable, Lost, Update, Value, pause

_TRIES = 5
_CROWDED = 0.25  # seconds
_FORGOTTEN = 3600  # seconds after which a bucket that is full again may go


class DynamoDbBuckets:
    """SharedBuckets in *table*: a read, and a write that fails if somebody else was faster."""

    def __init__(self, table: DynamoDbTable) -> None:
        self._table = table

    def take(self, client: str, rate: Rate, now: float, wanted: int = 1) -> Taken:
        """As SharedBuckets.take; where very many take at once, some get none."""
        key = (f"bucket#{client}", "bucket")
        full_at = 0.0
        for attempt in range(_TRIES):
            item = self._table.get(key)
            full_at = float(item["full_at"]) if item else 0.0
            taken = take(full_at, rate, now, wanted)
            if not taken.granted:
                return taken
            same = Condition("#full_at = :was", {"was": full_at}) if item else ABSENT
            try:
                self._table.write(Update(key, _values(taken), same))
            except Lost:
                pause(attempt)
            else:
                return taken
        return Taken(0, _CROWDED, full_at)


def _values(taken: Taken) -> dict[str, Value]:
    return {"full_at": taken.full_at, "ends": int(taken.full_at) + _FORGOTTEN}
