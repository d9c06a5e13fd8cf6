"""crl push: where to, whose CRLs count there, and what may not be said together."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import crls
from tests.builders import bundle
from tests.fakes.control_plane import ControlPlane
from tests.fakes.protected import NAME, protected_domain, versioned_bucket
from tests.unit.aws.hands import FAULTS, as_json, error_of, refused, run, stack, succeeds
from tests.unit.aws.pushed_crls import KEY, OTHER, ROOT, given, pushing, there


@pytest.fixture
def bucket(fake: ControlPlane) -> str:
    return versioned_bucket(fake)


@pytest.fixture
def truststore(tmp_path: Path) -> Path:
    path = tmp_path / "truststore.pem"
    path.write_text(bundle(ROOT.certificate, OTHER.certificate))
    return path


def test_a_stack_knows_where_and_its_domain_whose(
    fake: ControlPlane, bucket: str, tmp_path: Path
) -> None:
    made = protected_domain(fake, ROOT.pem.encode())
    name = f"stack-{bucket}"
    stack(fake, name, CrlUri=f"s3://{bucket}/{KEY}", DomainName=NAME)
    words = ("crl", "push", given(tmp_path / "crl", crls.crl(ROOT)), "--stack", name, "--yes")
    succeeds(fake, *words)
    assert there(fake, bucket) == Path(words[2]).read_bytes()
    # A CA that is in S3, and not in force, does not count.
    made.upload(OTHER.pem.encode())
    given(tmp_path / "crl", crls.crl(OTHER))
    done = run(fake, *words)
    assert done.exit_code == 1
    assert "error: crl.stranger: its issuer CN=Other,O=Test is not in the trust" in done.stderr


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (None, "there is no stack"),
        ({"DomainName": NAME}, "has no output CrlUri"),
        ({"CrlUri": "s3://b/k.pem"}, "has no output DomainName"),
    ],
)
def test_a_stack_that_does_not_know(
    fake: ControlPlane, bucket: str, tmp_path: Path, outputs: dict[str, str] | None, message: str
) -> None:
    name = f"stack-{bucket}"
    if outputs is not None:
        stack(fake, name, **outputs)
    file = given(tmp_path / "crl", crls.crl(ROOT))
    error, _ = refused(fake, "crl", "push", file, "--stack", name, "--yes")
    assert message in error


def test_for_programs_and_a_dry_run(
    fake: ControlPlane, bucket: str, truststore: Path, tmp_path: Path
) -> None:
    file = given(tmp_path / "crl", crls.crl(ROOT, [7], number=4))
    words = pushing(file, bucket, truststore)
    found = as_json(fake, *words, "--dry-run")
    assert (found["is_changed"], found["is_in_force"], there(fake, bucket)) == (False, False, b"")
    found = as_json(fake, *words)
    assert (found["is_changed"], found["is_in_force"]) == (True, True)
    (one,) = found["crls"]
    assert (one["issuer"], one["number"], one["entries"]) == ("CN=Test Root,O=Test", 4, 1)
    assert as_json(fake, *words)["is_changed"] is False


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "say where to: --uri or --stack"),
        (("--uri", "s3://b/k", "--stack", "s"), "say where to: --uri or --stack"),
        (("--uri", "s3://b/k"), "--uri takes --truststore"),
        (("--trust-store", "t"), "say where to: --uri or --stack"),
        (("--trust-store", "t", "--uri", "s3://b/k", "--truststore", "f"), "has its own CAs"),
    ],
)
def test_wrong_usage(fake: ControlPlane, words: tuple[str, ...], message: str) -> None:
    done = run(fake, "crl", "push", "crl.pem", *words)
    assert done.exit_code == 2
    assert message in error_of(done)[0]
    assert fake.calls == []


def test_nobody_is_asked_who_cannot_answer(
    fake: ControlPlane, bucket: str, truststore: Path, tmp_path: Path
) -> None:
    file = given(tmp_path / "crl", crls.crl(ROOT))
    assert run(fake, *pushing(file, bucket, truststore)[:-1]).exit_code == 2
    assert there(fake, bucket) == b""


@pytest.mark.parametrize(
    ("operation", "action"), [("GetObject", "s3:GetObject"), ("PutObject", "s3:PutObject")]
)
def test_who_may_not_is_told_the_action(
    fake: ControlPlane, bucket: str, truststore: Path, tmp_path: Path, operation: str, action: str
) -> None:
    fake.fail(operation, FAULTS["denied"])
    file = given(tmp_path / "crl", crls.crl(ROOT))
    hint = refused(fake, *pushing(file, bucket, truststore))[1]
    assert (hint, there(fake, bucket)) == (f"ask for the permission {action}", b"")
