"""What the watcher tells: a message that SNS takes, and few metrics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from aws.expiry import Asked, Entry, Found, Kind, Unread, Watched, judge
from aws.watcher import message, metrics

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
NAME = "api.example.com"


def entries(count: int) -> tuple[list[Entry], Asked]:
    asked = Asked(NOW, 30 * DAY, NAME)
    found = [Watched(Kind.CA, f"CN={n}", NOW + DAY, "t.pem") for n in range(count)]
    return judge(Found(found), asked), asked


def test_a_message_fits_into_what_sns_takes() -> None:
    many, asked = entries(1000)
    text = message.body(many, asked, "/log")
    assert len(text.encode()) < 256 * 1024
    assert "\nand 900 more\n" in text
    assert text.count("hint: ") == message.MOST_ENTRIES == 100
    assert "more" not in message.body(entries(100)[0], asked, "/log").split("certificates")[0]
    long = Asked(NOW, 30 * DAY, f"{'ü' * 60}.{'x' * 60}.example.com")
    assert len(message.subject(many, asked)) <= 100
    subject = message.subject(many, long)
    assert (len(subject), subject.isascii()) == (100, True)
    assert subject.endswith("...: 1000 certificates need attention")


def test_the_least_of_each_kind_counts_and_no_ca_that_is_replaced() -> None:
    found = Found(
        [
            Watched(Kind.CA, "CN=replaced", NOW + DAY, "t", successor=NOW + 99 * DAY),
            Watched(Kind.CA, "CN=a", NOW + 50 * DAY, "t"),
            Watched(Kind.CA, "CN=b", NOW + 40.5 * DAY, "t"),
        ],
        [Unread("the server certificate", "no", "yes", Kind.SERVER)],
    )
    points = metrics.data(judge(found, Asked(NOW, 30 * DAY)))
    assert [(one["MetricName"], one["Value"]) for one in points] == [
        ("DaysLeft", 40.5),
        ("NeedAttention", 1),
        ("Unknown", 1),
    ]
