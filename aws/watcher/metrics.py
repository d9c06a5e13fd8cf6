"""How many days are left, as metrics of CloudWatch."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aws.errors import asking
from aws.expiry import Entry, State, Unread

_DAY = 86_400  # seconds

Datum = Mapping[str, object]


def data(entries: Sequence[Entry]) -> list[Datum]:
    """Return DaysLeft, the least of each kind; NeedAttention and Unknown, counted over all.

    A CA whose successor is there counts no more. Days are negative for what has expired; of a
    kind of which nothing could be read there are none, and Unknown says so.
    """
    least: dict[str, float] = {}
    for entry in entries:
        about = entry.about
        if isinstance(about, Unread) or about.successor or entry.seconds_left is None:
            continue
        days = round(entry.seconds_left / _DAY, 2)
        least[about.kind] = min(days, least.get(about.kind, days))
    return [
        *(_datum("DaysLeft", days, kind) for kind, days in least.items()),
        _datum("NeedAttention", sum(entry.needs_attention for entry in entries)),
        _datum("Unknown", sum(entry.state is State.UNKNOWN for entry in entries)),
    ]


def publish(clients: Callable[[str], Any], namespace: str, points: Sequence[Datum]) -> None:
    """Send *points*; AwsRefused if they are not taken."""
    with asking(f"publish metrics in {namespace!r}", "cloudwatch:PutMetricData"):
        clients("cloudwatch").put_metric_data(Namespace=namespace, MetricData=points)


def _datum(name: str, value: float, kind: str = "") -> Datum:
    dimensions = [{"Name": "Kind", "Value": str(kind)}] if kind else []
    unit = "None" if kind else "Count"
    return {"MetricName": name, "Value": value, "Unit": unit, "Dimensions": dimensions}
