"""--at TIME: another time than now."""

from datetime import UTC, datetime

import click


class Moment(click.ParamType[datetime]):
    """A date or a time in ISO 8601; without an offset it is UTC."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return *value* as an aware time."""
        if isinstance(value, datetime):
            return value
        try:
            given = datetime.fromisoformat(str(value))
            return (given if given.tzinfo else given.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"time is {value!r}, expected such as 2027-01-31T12:00:00Z", param, ctx)
