"""CRLs among what expires: soon is the last third of their time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aws import expiry, expiry_crl
from aws.expiry import Asked, Found, State, Unread
from tests import builders, crls
from tests.fakes import faults
from tests.fakes.control_plane import ControlPlane
from tests.fakes.protected import upload, versioned_bucket
from tests.unit.aws.hands import run

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
CA = builders.authority(subject="CN=Issuing,O=Example")
OTHER = builders.authority(subject="CN=Other,O=Example")
WEEK = timedelta(days=7)


def crl(ca: builders.Holder = CA, left: timedelta = WEEK, lifetime: timedelta = WEEK) -> bytes:
    ends = NOW + left
    made = crls.crl(ca, (), number=1, this_update=ends - lifetime, next_update=ends)
    return crls.pem(made)


def states(content: bytes) -> list[State]:
    found = expiry_crl.of(content, "s3://b/crl.pem")
    return [one.state for one in expiry.judge(found, Asked(NOW, timedelta(days=30)))]


@pytest.mark.parametrize(
    ("left", "state"),
    [
        (timedelta(days=7), State.GOOD),  # though within 30 days
        (timedelta(days=2, hours=8, seconds=1), State.GOOD),
        (timedelta(days=2, hours=8), State.EXPIRES_SOON),
        (timedelta(seconds=1), State.EXPIRES_SOON),
        (timedelta(0), State.EXPIRED),
        (timedelta(days=-1), State.EXPIRED),
    ],
)
def test_the_last_third_is_soon(left: timedelta, state: State) -> None:
    assert states(crl(left=left)) == [state]


def test_every_crl_of_a_file_counts() -> None:
    both = crl() + crl(OTHER, left=timedelta(hours=1))
    assert states(both) == [State.EXPIRES_SOON, State.GOOD]


@pytest.mark.parametrize("content", [b"", b"x", crl()[:100], b"-----BEGIN X509 CRL-----\nAAAA"])
def test_what_is_no_crl_is_unknown(content: bytes) -> None:
    assert states(content) == [State.UNKNOWN]


def test_what_is_to_be_done_names_the_place() -> None:
    found = expiry_crl.of(crl(left=timedelta(0)), "s3://b/crl.pem")
    (entry,) = expiry.judge(found, Asked(NOW, WEEK))
    assert "python -m aws crl push crl.pem --uri s3://b/crl.pem" in entry.hint


def test_it_is_read_from_s3_or_said_why_not(fake: ControlPlane) -> None:
    bucket = versioned_bucket(fake)
    upload(fake, bucket, crl(), "crl/crl.pem")
    found = Found()
    expiry_crl.read(fake.client, f"s3://{bucket}/crl/crl.pem", found)
    assert [one.subject for one in found.watched] == ["CN=Issuing,O=Example"]
    fake.fail("GetObject", faults.DENIED, times=faults.ALWAYS)
    expiry_crl.read(fake.client, f"s3://{bucket}/crl/crl.pem", found)
    (unread,) = found.unread
    assert isinstance(unread, Unread)
    assert "s3:GetObject" in unread.hint


def test_the_command_lists_a_local_one(fake: ControlPlane, tmp_path: Path) -> None:
    file = tmp_path / "crl.pem"
    now = datetime.now(UTC)
    made = crls.crl(CA, (), number=1, this_update=now - WEEK, next_update=now + timedelta(hours=1))
    file.write_bytes(crls.pem(made))
    done = run(fake, "watch-expiry", "--crl", str(file))
    assert done.exit_code == 1
    assert "CRL" in done.stdout
    assert "CN=Issuing,O=Example" in done.stdout
    made = crls.crl(CA, (), number=1, this_update=now, next_update=now + WEEK)
    file.write_bytes(crls.pem(made))
    assert run(fake, "watch-expiry", "--crl", str(file)).exit_code == 0
