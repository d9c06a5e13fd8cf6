"""crl push into S3: checked, in the place of an older one alone, and every fault."""

from __future__ import annotations

import itertools
from datetime import timedelta
from pathlib import Path

import pytest

from pki import crl as reading
from tests import crls
from tests.builders import Holder, authority, bundle
from tests.fakes.control_plane import ControlPlane
from tests.fakes.faults import doing
from tests.fakes.protected import upload, versioned_bucket
from tests.fakes.sources import client
from tests.unit.aws.hands import (
    FAULTS,
    Case,
    error_of,
    refused,
    run,
    succeeds,
    with_faults,
)
from tests.unit.aws.pushed_crls import KEY, OTHER, ROOT, given, pushing, there


@pytest.fixture
def bucket(fake: ControlPlane) -> str:
    return versioned_bucket(fake)


@pytest.fixture
def truststore(tmp_path: Path) -> Path:
    path = tmp_path / "truststore.pem"
    path.write_text(bundle(ROOT.certificate, OTHER.certificate))
    return path


@pytest.mark.parametrize("pem", [True, False])
def test_it_lies_there_as_it_is(
    fake: ControlPlane, bucket: str, truststore: Path, tmp_path: Path, *, pem: bool
) -> None:
    file = given(tmp_path / "crl", crls.crl(ROOT, [1, 2], number=3), pem=pem)
    said = succeeds(fake, *pushing(file, bucket, truststore))
    assert there(fake, bucket) == Path(file).read_bytes()
    assert "CRL 3 of CN=Test Root,O=Test: 2 entries, until 20" in said
    head = client("s3", fake.moto).head_object(Bucket=bucket, Key=KEY, ChecksumMode="ENABLED")
    assert head["ServerSideEncryption"] == "AES256"
    assert head["ChecksumSHA256"]
    assert f"  version  {head['VersionId']}" in said
    assert "application/" in head["ContentType"]


def test_twice_is_once(fake: ControlPlane, bucket: str, truststore: Path, tmp_path: Path) -> None:
    words = pushing(given(tmp_path / "crl", crls.crl(ROOT)), bucket, truststore)
    succeeds(fake, *words)
    fake.forget()
    assert succeeds(fake, *words[:-1]).startswith(f"it is already at s3://{bucket}/{KEY}")
    assert "PutObject" not in {call.operation for call in fake.calls}


def test_a_later_one_takes_its_place_and_an_earlier_one_does_not(
    fake: ControlPlane, bucket: str, truststore: Path, tmp_path: Path
) -> None:
    for number in (5, 6):
        file = given(tmp_path / f"{number}", crls.crl(ROOT, number=number))
        succeeds(fake, *pushing(file, bucket, truststore))
    now = there(fake, bucket)
    done = run(fake, *pushing(str(tmp_path / "5"), bucket, truststore))
    assert done.exit_code == 1
    assert "error: crl.older: CRL of CN=Test Root,O=Test: its number is 5, and that" in done.stderr
    assert error_of(done)[0].endswith("such a CRL is not put in force")
    assert there(fake, bucket) == now == (tmp_path / "6").read_bytes()


def test_those_of_other_cas_stay(
    fake: ControlPlane, bucket: str, truststore: Path, tmp_path: Path
) -> None:
    first = given(tmp_path / "a", crls.crl(OTHER, [9], number=1))
    succeeds(fake, *pushing(first, bucket, truststore))
    for number in (1, 2):
        file = given(tmp_path / f"{number}", crls.crl(ROOT, [number], number=number), pem=False)
        succeeds(fake, *pushing(file, bucket, truststore))
    found = reading.parse_all(there(fake, bucket)) or []
    assert [(one.issuer.rfc4514_string(), reading.number(one)) for one in found] == [
        ("CN=Other,O=Test", 1),
        ("CN=Test Root,O=Test", 2),
    ]
    assert "it is already at" in succeeds(fake, *pushing(file, bucket, truststore))


def test_several_in_one_file_are_checked_one_by_one(
    fake: ControlPlane, bucket: str, truststore: Path, tmp_path: Path
) -> None:
    old = timedelta(days=9)
    expired = crls.crl(OTHER, this_update=crls.NOW - old, next_update=crls.NOW - timedelta(days=1))
    file = given(tmp_path / "both", crls.crl(ROOT), expired)
    done = run(fake, *pushing(file, bucket, truststore))
    assert (done.exit_code, there(fake, bucket)) == (1, b"")
    assert "error: crl.expired" in done.stderr
    file = given(tmp_path / "both", crls.crl(ROOT), crls.crl(OTHER))
    succeeds(fake, *pushing(file, bucket, truststore))
    assert there(fake, bucket) == Path(file).read_bytes()


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"-----BEGIN X509 CRL-----\n", ROOT.pem.encode()]
)
def test_what_is_no_crl(
    fake: ControlPlane, bucket: str, truststore: Path, tmp_path: Path, content: bytes
) -> None:
    file = given(tmp_path / "crl", content, pem=False)
    error, hint = refused(fake, *pushing(file, bucket, truststore))
    assert (error, hint) == (f"{file!r} is no CRL, expected PEM or DER", "python -m pki crl")


def test_half_a_crl_beside_a_whole_one_is_none(
    fake: ControlPlane, bucket: str, truststore: Path, tmp_path: Path
) -> None:
    whole = crls.pem(crls.crl(ROOT))
    file = given(tmp_path / "crl", whole, whole[:100], pem=False)
    assert "is no CRL" in refused(fake, *pushing(file, bucket, truststore))[0]


def test_one_of_50_megabytes_is_the_largest(
    fake: ControlPlane,
    bucket: str,
    truststore: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = given(tmp_path / "crl", crls.crl(ROOT))
    size = Path(file).stat().st_size
    monkeypatch.setattr("aws.crl_push.LARGEST", size - 1)
    error, _ = refused(fake, *pushing(file, bucket, truststore))
    assert error.startswith(f"{file!r} is larger than 50 MiB")
    monkeypatch.setattr("aws.crl_push.LARGEST", size)
    succeeds(fake, *pushing(file, bucket, truststore))


@pytest.mark.parametrize(
    ("issuer", "code"), [(authority(subject="CN=Stranger"), "stranger"), (authority(), "signature")]
)
def test_one_of_somebody_else(
    fake: ControlPlane, bucket: str, truststore: Path, tmp_path: Path, issuer: Holder, code: str
) -> None:
    file = given(tmp_path / "crl", crls.crl(issuer))
    done = run(fake, *pushing(file, bucket, truststore))
    assert (done.exit_code, there(fake, bucket)) == (1, b"")
    assert f"error: crl.{code}: " in done.stderr


def test_what_lies_there_and_is_no_crl_is_not_lost(
    fake: ControlPlane, bucket: str, truststore: Path, tmp_path: Path
) -> None:
    upload(fake, bucket, ROOT.pem.encode(), KEY)
    file = given(tmp_path / "crl", crls.crl(ROOT))
    done = run(fake, *pushing(file, bucket, truststore))
    assert (done.exit_code, there(fake, bucket)) == (1, ROOT.pem.encode())
    assert f"error: crl.other-object: what lies at s3://{bucket}/{KEY} is no CRL" in done.stderr


def test_somebody_else_who_was_quicker_is_told(
    fake: ControlPlane, bucket: str, truststore: Path, tmp_path: Path
) -> None:
    theirs = crls.pem(crls.crl(ROOT, number=9))
    fake.fail("PutObject", doing(lambda: upload(fake, bucket, theirs, KEY)))
    words = pushing(given(tmp_path / "crl", crls.crl(ROOT, number=8)), bucket, truststore)
    error, hint = refused(fake, *words)
    assert error == f"somebody else put something at s3://{bucket}/{KEY} meanwhile"
    assert (hint, there(fake, bucket)) == ("type the same again", theirs)
    assert run(fake, *words).exit_code == 1  # and then it is older


def test_a_lost_answer_is_nobody_else(
    fake: ControlPlane, bucket: str, truststore: Path, tmp_path: Path
) -> None:
    """botocore puts it again, and S3 says that something lies there: ours."""
    fake.fail("PutObject", FAULTS["answer-lost"])
    file = given(tmp_path / "crl", crls.crl(ROOT))
    succeeds(fake, *pushing(file, bucket, truststore))
    assert there(fake, bucket) == Path(file).read_bytes()


def test_a_bucket_without_versions_will_do(
    fake: ControlPlane, truststore: Path, tmp_path: Path
) -> None:
    plain = versioned_bucket(fake, status="")
    file = given(tmp_path / "crl", crls.crl(ROOT))
    said = succeeds(fake, *pushing(file, plain, truststore))
    assert there(fake, plain) == Path(file).read_bytes()
    assert "version" not in said


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_goes_wrong_the_same_command_goes_on(
    fake: ControlPlane, truststore: Path, tmp_path: Path, fault: str
) -> None:
    numbers = itertools.count()
    old, new = (crls.pem(crls.crl(ROOT, number=number)) for number in (1, 2))
    file = tmp_path / "crl"
    file.write_bytes(new)

    def make() -> Case:
        bucket = versioned_bucket(fake)
        if next(numbers) % 2:
            upload(fake, bucket, old, KEY)
        states = {b"": "old", old: "old", new: "new"}
        words = pushing(str(file), bucket, truststore)
        return Case(words, lambda: states.get(there(fake, bucket), "neither"))

    for _ in with_faults(fake, make, FAULTS[fault]):
        pass
