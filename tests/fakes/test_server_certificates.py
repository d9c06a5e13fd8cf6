"""Server certificates of domains with mutual TLS, as ACM has them."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization as form

from tests.builders import Holder, authority
from tests.fakes.asking import get, operation, update, update_refused
from tests.fakes.protected import (
    NAME,
    Protected,
    imported_certificate,
    issued_certificate,
    protected_domain,
)

SERVER = "/regionalCertificateArn"
PROOF = "/ownershipVerificationCertificateArn"


def imported(made: Protected, name: str = NAME, issuer: Holder | None = None) -> str:
    """The ARN of a certificate for *name* that ACM did not issue."""
    holder = authority(subject=f"CN={name}", issuer=issuer)
    key = holder.key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    return imported_certificate(made.fake, holder.pem.encode(), key)


def test_an_imported_certificate_needs_one_that_proves_ownership(made: Protected) -> None:
    foreign, proof = imported(made), issued_certificate(made.fake, NAME)
    said = update_refused(made.fake, NAME, operation(SERVER, foreign))
    assert said == ("BadRequestException", "Missing ownershipVerificationCertificate.")
    update(made.fake, NAME, operation(SERVER, foreign), operation(PROOF, proof))
    assert get(made)["ownershipVerificationCertificateArn"] == proof
    made.fake.clock.sleep(40)
    assert update_refused(made.fake, NAME, operation(PROOF, op="remove")) == said


def test_ownership_is_proved_by_an_issued_certificate_for_that_name(made: Protected) -> None:
    foreign = imported(made)
    elsewhere = issued_certificate(made.fake, "other.example.com")
    for proof in (imported(made), elsewhere):
        given = (operation(SERVER, foreign), operation(PROOF, proof))
        assert update_refused(made.fake, NAME, *given)[0] == "BadRequestException"
    wildcard = issued_certificate(made.fake, "*.example.com")
    update(made.fake, NAME, operation(SERVER, foreign), operation(PROOF, wildcard))


def test_ownership_is_not_proved_by_another_domains_certificate(
    made: Protected, root: Holder
) -> None:
    wildcard = issued_certificate(made.fake, "*.example.com")
    protected_domain(made.fake, root.pem.encode(), name="two.example.com", certificate_arn=wildcard)
    said = update_refused(made.fake, NAME, operation(PROOF, wildcard))
    assert "it is the certificate of two.example.com" in said[1]
    update(made.fake, NAME, operation(PROOF, issued_certificate(made.fake, "*.example.com")))


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:acm:eu-central-1:123456789012:certificate/none",
        "arn:aws:acm:us-east-1:123456789012:certificate/none",
    ],
)
def test_a_certificate_is_in_acm_and_in_the_region(made: Protected, arn: str) -> None:
    said = update_refused(made.fake, NAME, operation(SERVER, arn))
    assert said[1] == f"Invalid certificate ARN: {arn}. Certificate must be in 'eu-central-1'."


def test_a_certificate_covers_the_domain(made: Protected) -> None:
    for names in (("example.com",), ("*.api.example.com",)):
        arn = issued_certificate(made.fake, *names)
        said = update_refused(made.fake, NAME, operation(SERVER, arn))
        assert said[1].endswith("is not covered by the provided certificate.")
    arn = issued_certificate(made.fake, "example.com", "*.example.com")
    update(made.fake, NAME, operation(SERVER, arn))


def test_a_subject_has_one_issuer(made: Protected, root: Holder) -> None:
    # Two domains under one wildcard: one certificate of ACM's, one of somebody else's.
    subject = "*.example.com"
    mine = issued_certificate(made.fake, subject)
    update(made.fake, NAME, operation(SERVER, mine))
    made.fake.clock.sleep(40)
    second = protected_domain(made.fake, root.pem.encode(), name="two.example.com")
    given = (
        operation(SERVER, imported(made, subject)),
        operation(PROOF, issued_certificate(made.fake, second.name)),
    )
    assert update_refused(made.fake, second.name, *given)[1] == (
        f"The certificate subject CN={subject} conflicts with an existing certificate from a"
        " different issuer."
    )
    update(made.fake, second.name, operation(SERVER, issued_certificate(made.fake, subject)))
