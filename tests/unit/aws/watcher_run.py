"""The expiry watcher over a domain: runs of it, and what CloudWatch, SNS and the log have then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import boto3
import pytest

from aws.watcher import handler
from tests.unit.aws.publisher_run import Context, log_lines
from tests.unit.aws.publisher_servers import Request
from tests.unit.aws.watched import WatchedDomain

_DAY = timedelta(days=1)


@dataclass
class Watcher:
    """The function over a domain, with a namespace and a topic of its own."""

    domain: WatchedDomain
    topic: str
    namespace: str
    capsys: pytest.CaptureFixture[str]

    def run(self, seconds: float = 90.0) -> tuple[dict[str, Any], dict[str, Any]]:
        """What it returns, and the one line that it logs."""
        self.domain.between.seen.clear()
        said = handler.handler({}, Context(seconds))
        return said, self.logged()

    def fails(self, reason: str, kind: type[Exception] = handler.NotTold) -> dict[str, Any]:
        """The line that it logs when it raises."""
        self.domain.between.seen.clear()
        with pytest.raises(kind, match=reason):
            handler.handler({}, Context())
        line = self.logged()
        assert line["error"].startswith(f"{kind.__name__}: ")
        return line

    def logged(self) -> dict[str, Any]:
        (line,) = log_lines(self.capsys)
        assert line["milliseconds"] >= 0
        return line

    @property
    def messages(self) -> list[tuple[str, str]]:
        """Subject and text of every message to the topic."""
        asked = [parse_qs(one.body.decode(errors="replace")) for one in self.to("sns")]
        assert all(one["TopicArn"] == [self.topic] for one in asked)
        return [(one["Subject"][0], one["Message"][0]) for one in asked]

    @property
    def metrics(self) -> dict[str, float]:
        """The latest value of each metric, by its name and kind."""
        client, now = boto3.client("cloudwatch"), datetime.now(UTC)
        found = {}
        for one in client.list_metrics(Namespace=self.namespace)["Metrics"]:
            kind = "".join(f" {dimension['Value']}" for dimension in one["Dimensions"])
            points = client.get_metric_statistics(
                Namespace=self.namespace, MetricName=one["MetricName"], Period=60,
                Dimensions=one["Dimensions"], Statistics=["Maximum"],
                StartTime=now - _DAY, EndTime=now + _DAY,
            )["Datapoints"]  # fmt: skip
            found[f"{one['MetricName']}{kind}"] = points[-1]["Maximum"]
        return found

    @property
    def calls(self) -> int:
        return len(self.domain.between.seen)

    def to(self, service: str) -> list[Request]:
        seen = self.domain.between.seen
        return [one for one in seen if f"/{service}/" in one.headers.get("authorization", "")]
