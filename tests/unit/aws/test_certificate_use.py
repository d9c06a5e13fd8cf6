"""certificate import --domain: in use at a domain, with what proves whose the name is."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.builders import Holder, authority, leaf
from tests.fakes.control_plane import ControlPlane
from tests.fakes.protected import (
    NAME,
    Protected,
    imported_certificate,
    issued_certificate,
    protected_domain,
)
from tests.unit.aws.acm import Waiting
from tests.unit.aws.hands import (
    FAULTS,
    Case,
    as_json,
    error_of,
    refused,
    run,
    succeeds,
    with_faults,
)
from tests.unit.aws.servers import Files, files, key_of, server

ROOT = authority()


@pytest.fixture
def made(fake: ControlPlane) -> Protected:
    return protected_domain(fake, ROOT.pem.encode())


@pytest.fixture
def proof(fake: ControlPlane) -> str:
    return issued_certificate(fake, NAME)


def given(folder: Path, *names: str, issuer: Holder = ROOT) -> Files:
    return files(folder, server(issuer, *names), [issuer])


def certificates(fake: ControlPlane, name: str = NAME) -> tuple[str, str]:
    settings = fake.domains.get(name).settings
    return settings.certificate_arn, settings.ownership_arn


def test_it_is_in_use_with_its_proof(made: Protected, proof: str, tmp_path: Path) -> None:
    words = given(tmp_path / "x", NAME).words("--domain", NAME, "--ownership", proof)
    said = succeeds(made.fake, *words)
    arn, ownership = certificates(made.fake)
    assert (arn != made.certificate_arn, ownership) == (True, proof)
    assert f"it is in ACM: {arn}" in said
    assert f"{NAME} is AVAILABLE, and has it" in said
    made.fake.forget()
    said = succeeds(made.fake, *words)
    assert said == f"it is in ACM already, and in use at {NAME}: {arn}\n"
    assert "UpdateDomainName" not in {call.operation for call in made.fake.calls}


def test_mutual_tls_stays_as_it_is(made: Protected, proof: str, tmp_path: Path) -> None:
    words = given(tmp_path / "x", NAME).words("--domain", NAME, "--ownership", proof)
    succeeds(made.fake, *words)
    settings = made.fake.domains.get(NAME).settings
    assert (settings.truststore_uri, settings.truststore_version) == (made.uri, made.version)
    assert made.fake.accepts(NAME, leaf(issuer=ROOT).certificate)
    assert not made.fake.accepts(NAME, leaf(issuer=authority()).certificate)


def test_without_a_proof_it_is_refused_with_the_words_of_aws(
    made: Protected, tmp_path: Path
) -> None:
    done = run(made.fake, *given(tmp_path / "x", NAME).words("--domain", NAME))
    assert done.exit_code == 1
    assert "error: certificate.no-ownership: nothing proves whose the name" in done.stderr
    assert '"Missing ownershipVerificationCertificate"' in done.stderr
    assert f"hint: python -m aws certificate request {NAME}; then the same again" in done.stderr
    assert certificates(made.fake) == (made.certificate_arn, "")
    assert "ImportCertificate" not in {call.operation for call in made.fake.calls}


def test_without_mutual_tls_it_is_only_told(made: Protected, tmp_path: Path) -> None:
    succeeds(made.fake, "mtls", "off", NAME, "--yes")
    done = run(made.fake, *given(tmp_path / "x", NAME).words("--domain", NAME))
    assert done.exit_code == 0
    assert "warning: certificate.no-ownership" in done.stderr


def test_a_domain_that_has_a_proof_already_needs_no_other(
    fake: ControlPlane, proof: str, tmp_path: Path
) -> None:
    first = server(ROOT, NAME)
    arn = imported_certificate(fake, first.pem.encode(), key_of(first))
    protected_domain(fake, ROOT.pem.encode(), certificate_arn=arn, ownership_arn=proof)
    succeeds(fake, *given(tmp_path / "x", NAME).words("--domain", NAME))
    assert certificates(fake)[0] != arn
    assert certificates(fake)[1] == proof


def test_a_proof_that_is_none(made: Protected, tmp_path: Path) -> None:
    fake, other = made.fake, server(ROOT, NAME)
    words = given(tmp_path / "x", NAME).words("--domain", NAME, "--ownership")
    proofs = {
        "ownership.type": imported_certificate(fake, other.pem.encode(), key_of(other)),
        "ownership.names": issued_certificate(fake, "www.example.com"),
    }
    for code, arn in proofs.items():
        done = run(fake, *words, arn)
        assert done.exit_code == 1
        assert f"error: {code}: " in done.stderr
    assert certificates(fake) == (made.certificate_arn, "")


def test_a_proof_that_is_not_issued_yet(made: Protected, proof: str, tmp_path: Path) -> None:
    words = given(tmp_path / "x", NAME).words("--domain", NAME, "--ownership", proof)
    Waiting(made.fake, proof)
    done = run(made.fake, *words)
    assert done.exit_code == 1
    assert f"error: ownership.status: {proof} is PENDING_VALIDATION" in done.stderr
    assert certificates(made.fake) == (made.certificate_arn, "")


def test_the_proof_has_to_cover_every_name(made: Protected, tmp_path: Path) -> None:
    fake = made.fake
    words = given(tmp_path / "x", NAME, "other.example.com").words("--domain", NAME, "--ownership")
    done = run(fake, *words, issued_certificate(fake, NAME))
    assert done.exit_code == 1
    assert "does not cover other.example.com" in done.stderr
    succeeds(fake, *words, issued_certificate(fake, NAME, "*.example.com"))


def test_a_certificate_for_another_name(made: Protected, proof: str, tmp_path: Path) -> None:
    words = given(tmp_path / "x", "www.example.com").words("--domain", NAME, "--ownership", proof)
    done = run(made.fake, *words)
    assert done.exit_code == 1
    assert f"error: certificate.name: it is for www.example.com, not for {NAME}" in done.stderr


def test_a_subject_has_one_issuer(made: Protected, tmp_path: Path) -> None:
    """Another domain has a certificate of that subject, from somebody else."""
    fake, wild = made.fake, "*.example.com"
    theirs = authority(subject="CN=Their CA")
    first = server(theirs, wild)
    arn = imported_certificate(fake, first.pem.encode(), key_of(first))
    protected_domain(
        fake,
        ROOT.pem.encode(),
        name="other.example.com",
        certificate_arn=arn,
        ownership_arn=issued_certificate(fake, "other.example.com"),
    )
    everything = issued_certificate(fake, NAME, wild)
    words = given(tmp_path / "x", wild).words("--domain", NAME, "--ownership", everything)
    error, hint = refused(fake, *words)
    assert "conflicts with an existing certificate from a different issuer" in error
    assert "a subject has one issuer over all domains of API Gateway with mutual TLS" in error
    assert "; the certificate is in ACM as arn:aws:acm:" in error
    assert hint.startswith("get all certificates of that subject from one issuer")
    assert certificates(fake) == (made.certificate_arn, "")


def test_an_update_that_ends_badly_is_told(made: Protected, proof: str, tmp_path: Path) -> None:
    made.fake.next_change_ends(NAME, "PENDING_CERTIFICATE_REIMPORT")
    words = given(tmp_path / "x", NAME).words("--domain", NAME, "--ownership", proof)
    error, hint = refused(made.fake, *words)
    assert error.startswith(f"{NAME} is PENDING_CERTIFICATE_REIMPORT: the certificate that was")
    assert "import" in hint


def test_a_domain_of_a_stack_is_told_of(fake: ControlPlane, proof: str, tmp_path: Path) -> None:
    tags = {"aws:cloudformation:stack-name": "mtls-api"}
    protected_domain(fake, ROOT.pem.encode(), tags=tags)
    words = given(tmp_path / "x", NAME).words("--domain", NAME, "--ownership", proof, "--dry-run")
    done = run(fake, *words)
    assert "warning: domain.of-a-stack: the stack mtls-api made" in done.stderr
    assert "--set CertificateArn=" in done.stderr


def test_a_domain_that_is_not_there(fake: ControlPlane, tmp_path: Path) -> None:
    words = given(tmp_path / "x", "a.example.net").words("--domain", "a.example.net")
    error, _ = refused(fake, *words)
    assert error.startswith("there is no custom domain 'a.example.net'")


def test_for_programs(made: Protected, proof: str, tmp_path: Path) -> None:
    words = given(tmp_path / "x", NAME).words("--domain", NAME, "--ownership", proof)
    found = as_json(made.fake, *words)
    assert (found["domain"], found["status"]) == (NAME, "AVAILABLE")
    assert found["arn"] == certificates(made.fake)[0]


def test_who_may_not_is_told_the_action(made: Protected, proof: str, tmp_path: Path) -> None:
    made.fake.fail("UpdateDomainName", FAULTS["denied"])
    done = run(
        made.fake, *given(tmp_path / "x", NAME).words("--domain", NAME, "--ownership", proof)
    )
    assert error_of(done)[1] == "ask for the permission apigateway:PATCH"


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_goes_wrong_the_same_command_goes_on(
    fake: ControlPlane, tmp_path: Path, fault: str
) -> None:
    numbers, proof = itertools.count(), issued_certificate(fake, "*.example.com")
    before = issued_certificate(fake, "*.example.com")

    def make() -> Case:
        name = f"use{next(numbers)}.example.com"
        made = protected_domain(fake, ROOT.pem.encode(), name=name, certificate_arn=before)
        words = given(tmp_path / name, name).words("--domain", name, "--ownership", proof)

        def state() -> str:
            arn, ownership = certificates(fake, name)
            if (arn, ownership) == (made.certificate_arn, ""):
                return "old"
            return "new" if arn != made.certificate_arn and ownership == proof else "neither"

        return Case(words, state)

    for _ in with_faults(fake, make, FAULTS[fault]):
        pass
