"""What expires: the rules alone, on values."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from aws import expiry
from aws.cli import main as aws_command
from aws.expiry import Asked, Entry, Found, Kind, Renewal, Severity, State, Unread, Watched
from pki.cli import main as pki_command
from pki.describe import remaining

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
WITHIN = 30 * DAY
ASKED = Asked(NOW, WITHIN, "api.example.com")
ARN = "arn:aws:acm:eu-central-1:123456789012:certificate/1"


def ca(left: timedelta, **more: object) -> Watched:
    return replace(Watched(Kind.CA, "CN=Root", NOW + left, "truststore.pem"), **more)  # type: ignore[arg-type]


def of(kind: Kind, left: timedelta, renewal: Renewal, because: str = "") -> Watched:
    return Watched(kind, "CN=api", NOW + left, ARN, renewal=renewal, because=because)


def judged(*watched: Watched, unread: tuple[Unread, ...] = (), asked: Asked = ASKED) -> list[Entry]:
    return expiry.judge(Found([*watched], [*unread]), asked)


def only(watched: Watched, asked: Asked = ASKED) -> Entry:
    (entry,) = judged(watched, asked=asked)
    return entry


# Left → state; a second to either side of each border.
BORDERS = [
    (-365 * DAY, State.EXPIRED),
    (-SECOND, State.EXPIRED),
    (timedelta(0), State.EXPIRED),
    (SECOND, State.EXPIRES_SOON),
    (WITHIN - SECOND, State.EXPIRES_SOON),
    (WITHIN, State.EXPIRES_SOON),
    (WITHIN + SECOND, State.GOOD),
    (365 * DAY, State.GOOD),
]


@pytest.mark.parametrize(("left", "state"), BORDERS)
@pytest.mark.parametrize("kind", [Kind.CA, Kind.SERVER, Kind.CLIENT_LEAF, Kind.SERVER_LEAF])
def test_a_certificate_is_due_up_to_the_border_and_not_a_second_beyond(
    kind: Kind, left: timedelta, state: State
) -> None:
    entry = only(Watched(kind, "CN=x", NOW + left, "x"))
    assert (entry.state, entry.needs_attention) == (state, state is not State.GOOD)
    assert bool(entry.hint) == entry.needs_attention


@pytest.mark.parametrize(
    ("within", "state"),
    [(timedelta(0), State.GOOD), (12 * 3600 * SECOND, State.GOOD), (DAY, State.EXPIRES_SOON)],
)
def test_what_is_soon_is_asked(within: timedelta, state: State) -> None:
    assert only(ca(DAY), Asked(NOW, within)).state is state


@pytest.mark.parametrize(
    ("left", "words", "days"),
    [
        (366 * DAY, "366 days left", 366),
        (2 * DAY - SECOND, "1 day left", 1),
        (DAY, "1 day left", 1),
        (DAY - SECOND, "less than a day left", 0),
        (SECOND, "less than a day left", 0),
        (timedelta(0), "expired less than a day ago", 0),
        (-SECOND, "expired less than a day ago", -1),
        (-DAY, "expired 1 day ago", -1),
        (-2 * DAY, "expired 2 days ago", -2),
    ],
)
def test_what_is_left_is_said_in_words(left: timedelta, words: str, days: int) -> None:
    entry = only(ca(left))
    assert (entry.left, entry.days_left) == (words, days)


@given(st.timedeltas(timedelta(days=-5000), timedelta(days=5000)))
def test_the_words_are_those_of_the_certificate_tools(left: timedelta) -> None:
    """They are written twice, for the function that looks every day has no pki."""
    said, theirs = expiry.left(NOW + left, NOW), remaining(NOW + left, NOW)
    assert said == theirs or (theirs == "expired" and said.startswith("expired "))


def test_the_list_is_by_the_end_and_the_expired_ones_come_first() -> None:
    found = [ca(days * DAY, subject=f"CN={days}") for days in (400, -1, 20, -300, 3)]
    entries = judged(*found)
    subjects = [entry.about.subject for entry in entries if isinstance(entry.about, Watched)]
    assert subjects == ["CN=-300", "CN=-1", "CN=3", "CN=20", "CN=400"]


def test_what_could_not_be_read_may_have_expired() -> None:
    unread = Unread("the truststore", "cannot read it", "allow it", Kind.CA)
    entries = judged(ca(-DAY), ca(DAY), ca(400 * DAY), unread=(unread,))
    assert [entry.state for entry in entries] == [
        State.EXPIRED,
        State.UNKNOWN,
        State.EXPIRES_SOON,
        State.GOOD,
    ]
    unknown = entries[1]
    assert (unknown.severity, unknown.needs_attention) == (Severity.WARNING, True)
    assert (unknown.left, unknown.days_left, unknown.hint) == ("unknown", None, "allow it")
    assert unknown.notes == ("cannot read it",)


# Kind, who renews it, is it an error, a warning or fine — with a year left, and with a day.
RENEWALS = [
    (Kind.OWNERSHIP, Renewal.BY_ACM, (State.GOOD, Severity.OK), Severity.WARNING),
    (Kind.OWNERSHIP, Renewal.BY_HAND, (State.CANNOT_RENEW, Severity.ERROR), Severity.ERROR),
    (Kind.OWNERSHIP, Renewal.FAILS, (State.CANNOT_RENEW, Severity.ERROR), Severity.ERROR),
    (Kind.SERVER, Renewal.BY_ACM, (State.GOOD, Severity.OK), Severity.WARNING),
    (Kind.SERVER, Renewal.BY_HAND, (State.GOOD, Severity.OK), Severity.WARNING),
    (Kind.SERVER, Renewal.FAILS, (State.CANNOT_RENEW, Severity.WARNING), Severity.WARNING),
]


@pytest.mark.parametrize(("kind", "renewal", "in_a_year", "tomorrow"), RENEWALS)
def test_a_certificate_that_acm_cannot_renew_is_told_long_before_its_end(
    kind: Kind, renewal: Renewal, in_a_year: tuple[State, Severity], tomorrow: Severity
) -> None:
    entry = only(of(kind, 365 * DAY, renewal, "its renewal is FAILED"))
    assert (entry.state, entry.severity) == in_a_year
    assert entry.needs_attention == bool(entry.hint) == (in_a_year[0] is State.CANNOT_RENEW)
    entry = only(of(kind, DAY, renewal, "its renewal is FAILED"))
    assert (entry.state, entry.severity) == (State.EXPIRES_SOON, tomorrow)
    entry = only(of(kind, -DAY, renewal, "its renewal is FAILED"))
    assert (entry.state, entry.severity) == (State.EXPIRED, Severity.ERROR)
    says = "ACM cannot renew it: its renewal is FAILED" in entry.notes
    assert says == (renewal is Renewal.FAILS)


def test_a_ca_whose_successor_is_there_expires_in_peace() -> None:
    successor = NOW + 700 * DAY
    entry = only(ca(DAY, successor=successor))
    assert (entry.state, entry.severity) == (State.GOOD, Severity.OK)
    assert entry.notes == ("its successor with the same key is there until 2028-10-26",)
    entry = only(ca(-DAY, successor=successor))
    assert (entry.state, entry.severity) == (State.EXPIRED, Severity.WARNING)
    assert entry.hint.startswith("leave it out: ")


def test_a_successor_that_has_expired_is_none() -> None:
    alive, dead = only(ca(-DAY, successor=NOW + SECOND)), only(ca(-DAY, successor=NOW))
    assert (alive.state, alive.severity) == (State.EXPIRED, Severity.WARNING)
    assert (dead.state, dead.severity) == (State.EXPIRED, Severity.ERROR)
    assert dead.notes == ()


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (None, ()),
        (0, ("no issued leaves depend on it",)),
        (1, ("1 issued leaf depends on it",)),
        (41, ("41 issued leaves depend on it",)),
    ],
)
def test_who_depends_on_a_ca_is_said_if_it_is_known(count: int | None, said: object) -> None:
    assert only(ca(DAY, dependents=count)).notes == said


HINTS = [
    (ca(DAY), ASKED, "python -m aws rotate plan NEW_CA.pem api.example.com"),
    (ca(DAY, place="a b.pem"), Asked(NOW, WITHIN), "build 'a b.pem' NEW_CA.pem --out 'a b.pem'"),
    (of(Kind.SERVER, DAY, Renewal.BY_HAND), ASKED, f"CHAIN.pem --arn {ARN}"),
    (of(Kind.SERVER, DAY, Renewal.BY_ACM), ASKED, "aws acm describe-certificate --certi"),
    (of(Kind.OWNERSHIP, DAY, Renewal.BY_HAND), ASKED, "certificate request api.example.com,"),
    (of(Kind.OWNERSHIP, DAY, Renewal.FAILS), ASKED, f"--certificate-arn {ARN}"),
]


@pytest.mark.parametrize(("watched", "asked", "command"), HINTS)
def test_the_hint_is_what_to_type(watched: Watched, asked: Asked, command: str) -> None:
    assert command in only(watched, asked).hint


@pytest.mark.parametrize(("watched", "asked"), [(w, a) for w, a, _ in HINTS if a.domain])
def test_a_command_of_ours_is_one_that_takes_what_is_typed(watched: Watched, asked: Asked) -> None:
    """In the account that was asked: whoever names a region needs to name it again."""
    there = replace(asked, where="--region us-east-2 --profile x")
    hint = only(watched, there).hint
    if "python -m aws" not in hint:
        return
    words = hint.split("python -m aws ")[1].split(",")[0].split()
    assert words[-4:] == ["--region", "us-east-2", "--profile", "x"]
    options = {word for word in words if word.startswith("--")}
    shown = CliRunner().invoke(aws_command, [*words[:2], "--help"])
    assert (shown.exit_code, [one for one in options if one not in shown.stdout]) == (0, [])


@pytest.mark.parametrize("kind", [Kind.CLIENT_LEAF, Kind.SERVER_LEAF])
@pytest.mark.parametrize("left", [DAY, -DAY])
def test_the_hint_for_a_leaf_are_commands_that_exist(kind: Kind, left: timedelta) -> None:
    leaf = Watched(kind, "CN=a b", NOW + left, "index.sqlite", name="a b", serial_number="0123abcd")
    profile = kind.value.removesuffix("-leaf")
    hint = only(leaf).hint
    assert f"python -m pki issue {profile} 'a b' --renew" in hint
    assert f"python -m pki sign CSR --profile {profile}" in hint
    assert ("python -m pki revoke 0123abcd" in hint) == (left < timedelta(0))
    assert f"python -m pki sign CSR --profile {profile}" in only(replace(leaf, name="")).hint
    assert "issue" not in only(replace(leaf, name="")).hint
    for part in hint.split("python -m pki ")[1:]:
        command = shlex.split(part.split(")")[0].split(";")[0])[0]
        assert command in pki_command.list_commands(click.Context(pki_command))
