"""mtls on: what is checked before, and that it stays on whatever comes after."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.builders import Holder, authority, bundle, leaf
from tests.fakes.control_plane import ControlPlane
from tests.fakes.faults import doing
from tests.fakes.protected import (
    KEY,
    NAME,
    imported_certificate,
    issued_certificate,
    upload,
    versioned_bucket,
)
from tests.unit.aws.hands import (
    FAULTS,
    Case,
    as_json,
    error_of,
    refused,
    run,
    stack,
    succeeds,
    with_faults,
)
from tests.unit.aws.servers import key_of
from tests.unit.aws.without_mtls import pin, without


@pytest.fixture(scope="module")
def root() -> Holder:
    return authority()


@pytest.fixture
def bucket(fake: ControlPlane) -> str:
    return versioned_bucket(fake)


def test_the_newest_version_is_pinned(fake: ControlPlane, root: Holder, bucket: str) -> None:
    without(fake)
    upload(fake, bucket, authority(subject="CN=Other").pem.encode())
    newest = upload(fake, bucket, root.pem.encode())
    uri = f"s3://{bucket}/{KEY}"
    said = succeeds(fake, "mtls", "on", NAME, "--truststore", uri, "--yes")
    assert pin(fake) == (uri, newest)
    assert "from then on only certificates of 1 CA get in" in said
    assert f"{NAME} is AVAILABLE: {uri}, version {newest}" in said
    assert fake.accepts(NAME, leaf(issuer=root).certificate)
    assert not fake.accepts(NAME, leaf(issuer=authority()).certificate)


def test_or_the_one_that_was_named(fake: ControlPlane, root: Holder, bucket: str) -> None:
    without(fake)
    first = upload(fake, bucket, root.pem.encode())
    upload(fake, bucket, authority(subject="CN=Other").pem.encode())
    uri = f"s3://{bucket}/{KEY}"
    succeeds(fake, "mtls", "on", NAME, "--truststore", uri, "--version", first, "--yes")
    assert pin(fake) == (uri, first)


def test_by_default_that_of_the_stack(fake: ControlPlane, root: Holder, bucket: str) -> None:
    version = upload(fake, bucket, root.pem.encode())
    upload(fake, bucket, authority(subject="CN=Other").pem.encode())
    uri, name = f"s3://{bucket}/{KEY}", f"stack-{bucket}"
    stack(fake, name, TruststoreUri=uri, TruststoreVersion=version)
    without(fake, stack=name)
    done = run(fake, "mtls", "on", NAME, "--yes")
    assert (done.exit_code, pin(fake)) == (0, (uri, version))
    assert f"the truststore is that of the stack {name}" in done.stdout
    assert "domain.of-a-stack" in done.stderr


def test_without_a_stack_the_truststore_has_to_be_named(fake: ControlPlane) -> None:
    without(fake)
    error, hint = refused(fake, "mtls", "on", NAME, "--yes")
    assert error == f"no stack of ours made {NAME}, so nobody knows its truststore"
    assert hint == f"python -m aws mtls on {NAME} --truststore s3://BUCKET/KEY"


def test_a_stack_of_somebody_else_knows_none(fake: ControlPlane, bucket: str) -> None:
    stack(fake, f"other-{bucket}", Url="https://example.com")
    without(fake, stack=f"other-{bucket}")
    assert "nobody knows its truststore" in refused(fake, "mtls", "on", NAME, "--yes")[0]


def test_on_twice_is_on(fake: ControlPlane, root: Holder, bucket: str) -> None:
    without(fake)
    version = upload(fake, bucket, root.pem.encode())
    words = ("mtls", "on", NAME, "--truststore", f"s3://{bucket}/{KEY}")
    succeeds(fake, *words, "--yes")
    upload(fake, bucket, root.pem.encode())  # a newer one is for push
    said = succeeds(fake, *words)
    assert said == f"{NAME} is on it already: s3://{bucket}/{KEY}, version {version}\n"


def test_another_truststore_is_for_push(fake: ControlPlane, root: Holder, bucket: str) -> None:
    without(fake)
    upload(fake, bucket, root.pem.encode())
    other = upload(fake, bucket, root.pem.encode(), "other.pem")
    succeeds(fake, "mtls", "on", NAME, "--truststore", f"s3://{bucket}/{KEY}", "--yes")
    before = pin(fake)
    words = ("mtls", "on", NAME, "--truststore", f"s3://{bucket}/other.pem", "--yes")
    error, hint = refused(fake, *words)
    assert error.startswith(f"{NAME} has mutual TLS already: it is on s3://")
    assert hint == f"put another in force: python -m aws truststore push FILE {NAME}"
    assert (pin(fake), before[1]) != (before, other)


def test_a_truststore_with_errors_is_not_put_in_force(
    fake: ControlPlane, root: Holder, bucket: str
) -> None:
    without(fake)
    upload(fake, bucket, leaf(issuer=root).pem.encode())
    words = ("mtls", "on", NAME, "--truststore", f"s3://{bucket}/{KEY}", "--yes")
    assert "such a truststore is not put in force" in refused(fake, *words)[0]
    assert pin(fake) == ("", "")


def test_what_api_gateway_warns_of_is_an_error_and_it_stays_on(
    fake: ControlPlane, root: Holder, bucket: str
) -> None:
    """The fake's clock is a year ahead of the linter's: one root has expired meanwhile."""
    ends = authority(subject="CN=Ends Soon", lifetime=timedelta(days=60))
    without(fake)
    upload(fake, bucket, bundle(root.certificate, ends.certificate).encode())
    fake.clock.sleep(timedelta(days=90).total_seconds())
    words = ("mtls", "on", NAME, "--truststore", f"s3://{bucket}/{KEY}", "--yes")
    error, hint = refused(fake, *words)
    assert error.startswith(f"mutual TLS of {NAME} is on, but API Gateway warns: ")
    assert "CN=Ends Soon" in error
    assert "it was not switched off again for that: then anybody would reach the API" in error
    assert hint.endswith(f"python -m aws truststore push FILE {NAME}")
    assert pin(fake)[0]
    assert not fake.accepts(NAME, leaf(issuer=authority()).certificate)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"security_policy": "TLS_1_0"}, "domain.security-policy"),
        ({"endpoint_type": "EDGE"}, "domain.endpoint-type"),
    ],
)
def test_a_domain_that_is_none_for_mutual_tls(
    fake: ControlPlane, root: Holder, bucket: str, more: dict[str, str], code: str
) -> None:
    without(fake)
    domain = fake.domains.get(NAME)
    changes: dict[str, Any] = {**more}
    domain.settings = replace(domain.settings, **changes)
    upload(fake, bucket, root.pem.encode())
    done = run(fake, "mtls", "on", NAME, "--truststore", f"s3://{bucket}/{KEY}", "--yes")
    assert (done.exit_code, pin(fake)) == (1, ("", ""))
    assert f"error: {code}: " in done.stderr


@pytest.mark.parametrize("is_proved", [False, True])
def test_an_imported_certificate_needs_one_that_proves_whose_the_name_is(
    fake: ControlPlane, root: Holder, bucket: str, *, is_proved: bool
) -> None:
    server = leaf(issuer=root, subject=f"CN={NAME}", uri=None)
    arn = imported_certificate(fake, server.pem.encode(), key_of(server))
    proof = issued_certificate(fake, NAME) if is_proved else ""
    without(fake, certificate_arn=arn, ownership_arn=proof)
    upload(fake, bucket, root.pem.encode())
    done = run(fake, "mtls", "on", NAME, "--truststore", f"s3://{bucket}/{KEY}", "--yes")
    assert done.exit_code == (0 if is_proved else 1), done.output
    assert bool(pin(fake)[0]) == is_proved
    if not is_proved:
        assert "error: certificate.no-ownership: " in done.stderr
        assert '"Missing ownershipVerificationCertificate"' in done.stderr
        assert f"python -m aws certificate request {NAME}" in done.stderr


def test_what_may_not_be_looked_at_is_a_warning(
    fake: ControlPlane, root: Holder, bucket: str
) -> None:
    without(fake)
    upload(fake, bucket, root.pem.encode())
    fake.fail("DescribeCertificate", FAULTS["denied"])
    done = run(fake, "mtls", "on", NAME, "--truststore", f"s3://{bucket}/{KEY}", "--yes")
    assert done.exit_code == 0
    assert "warning: aws.not-allowed: not checked" in done.stderr
    assert "allow acm:DescribeCertificate" in done.stderr


def test_somebody_else_who_was_quicker_is_told(
    fake: ControlPlane, root: Holder, bucket: str
) -> None:
    without(fake)
    upload(fake, bucket, root.pem.encode())
    other = upload(fake, bucket, root.pem.encode(), "other.pem")

    def meanwhile() -> None:
        domain = fake.domains.get(NAME)
        uri = f"s3://{bucket}/other.pem"
        domain.settings = replace(domain.settings, truststore_uri=uri, truststore_version=other)

    fake.fail("ListObjectVersions", doing(meanwhile, after=True))
    words = ("mtls", "on", NAME, "--truststore", f"s3://{bucket}/{KEY}", "--yes")
    error, hint = refused(fake, *words)
    assert error.startswith(f"somebody else changed {NAME} meanwhile")
    assert hint.endswith(f"python -m aws status {NAME}")


def test_for_programs_and_a_dry_run(fake: ControlPlane, root: Holder, bucket: str) -> None:
    without(fake)
    version = upload(fake, bucket, root.pem.encode())
    words = ("mtls", "on", NAME, "--truststore", f"s3://{bucket}/{KEY}")
    found = as_json(fake, *words, "--dry-run")
    assert (found["is_changed"], found["before"], found["after"]) == (False, None, None)
    assert found["wanted"]["version"] == version
    assert pin(fake) == ("", "")
    assert as_json(fake, *words, "--yes")["after"]["version"] == version


def test_nobody_is_asked_who_cannot_answer(fake: ControlPlane, root: Holder, bucket: str) -> None:
    without(fake)
    upload(fake, bucket, root.pem.encode())
    done = run(fake, "mtls", "on", NAME, "--truststore", f"s3://{bucket}/{KEY}")
    assert (done.exit_code, pin(fake)) == (2, ("", ""))
    assert "--yes" in error_of(done)[0]


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_goes_wrong_the_same_command_goes_on(
    fake: ControlPlane, root: Holder, bucket: str, fault: str
) -> None:
    numbers, arn = itertools.count(), issued_certificate(fake, "*.example.com")
    version = upload(fake, bucket, root.pem.encode())
    uri = f"s3://{bucket}/{KEY}"
    words = ("mtls", "on", "NAME", "--truststore", uri, "--yes")

    def make() -> Case:
        name = f"api{next(numbers)}.example.com"
        without(fake, name, certificate_arn=arn)
        states = {("", ""): "old", (uri, version): "new"}
        typed = tuple(name if word == "NAME" else word for word in words)
        return Case(typed, lambda: states.get(pin(fake, name), "neither"))

    for _ in with_faults(fake, make, FAULTS[fault]):
        pass


def test_the_clock_of_the_fake_is_ours_at_first(fake: ControlPlane) -> None:
    """What the test of the warnings relies on."""
    assert abs(fake.clock.now() - datetime.now(UTC)) < timedelta(minutes=5)
