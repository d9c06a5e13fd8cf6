"""The message about what needs somebody: a subject, and the list."""

from collections.abc import Callable, Sequence
from typing import Any

from aws import expiry_report
from aws.errors import asking
from aws.expiry import Asked, Entry

#: SNS takes 100 ASCII characters for a subject, and 256 KB for a message.
LONGEST_SUBJECT = 100
MOST_ENTRIES = 100
_LONGEST_ENTRY = 2000


def subject(entries: Sequence[Entry], asked: Asked) -> str:
    """Return "api.example.com: 2 certificates need attention"; of a long name the beginning."""
    due = sum(entry.needs_attention for entry in entries)
    said = ": 1 certificate needs attention" if due == 1 else f": {due} certificates need attention"
    domain = asked.domain.encode("ascii", "replace").decode()
    room = LONGEST_SUBJECT - len(said)
    return (domain if len(domain) <= room else f"{domain[: room - 3]}...") + said


def body(entries: Sequence[Entry], asked: Asked, log_group: str) -> str:
    """Return those of *entries* that need somebody, and where the rest is to be had."""
    due = [entry for entry in entries if entry.needs_attention]
    lines = [expiry_report.line(entry)[:_LONGEST_ENTRY] for entry in due[:MOST_ENTRIES]]
    if len(due) > MOST_ENTRIES:
        lines.append(f"and {len(due) - MOST_ENTRIES} more")
    look = f"python -m aws watch-expiry {asked.domain} --within {asked.within.days}d"
    return "\n".join(
        (
            *lines,
            expiry_report.summary(entries, asked),
            "",
            f"look yourself: {look}",
            f"this comes once a day until nothing is left to do; the log group is {log_group}",
        )
    )


def publish(clients: Callable[[str], Any], topic: str, title: str, text: str) -> None:
    """Send the message; AwsRefused if it is not taken."""
    with asking(f"publish to {topic}", "sns:Publish"):
        clients("sns").publish(TopicArn=topic, Subject=title, Message=text)
