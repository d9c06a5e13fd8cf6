"""certificate import: into ACM once, its key nowhere else, and every fault."""

from __future__ import annotations

import itertools
import os
import threading
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aws import certificate_key
from aws.errors import AwsRefused
from aws.server_certificate import Presented
from tests.builders import Holder, authority, read, rsa_key
from tests.fakes.control_plane import ControlPlane
from tests.fakes.faults import refused as says
from tests.fakes.protected import issued_certificate
from tests.fakes.sources import client
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
NAME = "import.example.com"


def imported(fake: ControlPlane, holder: Holder) -> list[str]:
    """The ARNs under which ACM has it."""
    acm, (name, *_) = client("acm", fake.moto), Presented(holder.certificate).names or ("",)
    return [
        one["CertificateArn"]
        for one in acm.list_certificates()["CertificateSummaryList"]
        if name in (one["DomainName"], "")
        and _pem(acm, one["CertificateArn"]) == holder.pem.strip()
    ]


def _pem(acm: Any, arn: str) -> str:
    return str(acm.get_certificate(CertificateArn=arn)["Certificate"]).strip()


@pytest.fixture
def leaf() -> Holder:
    return server(ROOT, NAME)


@pytest.fixture
def made(tmp_path: Path, leaf: Holder) -> Files:
    return files(tmp_path / "given", leaf, [ROOT])


def test_it_is_in_acm_with_its_chain(fake: ControlPlane, made: Files, leaf: Holder) -> None:
    said = succeeds(fake, *made.words())
    (arn,) = imported(fake, leaf)
    assert f"it is in ACM: {arn}" in said
    assert f"--set CertificateArn={arn}" in said
    found = client("acm", fake.moto).get_certificate(CertificateArn=arn)
    assert found["CertificateChain"].startswith(ROOT.pem.strip())


def test_twice_is_once(fake: ControlPlane, made: Files, leaf: Holder) -> None:
    succeeds(fake, *made.words())
    fake.forget()
    assert succeeds(fake, *made.words()).startswith("it is in ACM already: arn:aws:acm:")
    assert len(imported(fake, leaf)) == 1
    assert "ImportCertificate" not in {call.operation for call in fake.calls}


def test_the_key_is_in_nothing_that_is_said(fake: ControlPlane, made: Files, leaf: Holder) -> None:
    secrets = [line for line in key_of(leaf).decode().splitlines() if "-" not in line]
    for words in (made.words("--dry-run"), made.words("--json"), made.words()):
        done = run(fake, *words)
        assert not any(secret in done.output for secret in secrets)
    fake.fail("ImportCertificate", says(400, "ValidationException", "no."))
    other = server(ROOT, NAME)
    made.certificate.write_text(other.pem)
    done = run(fake, *made.words())
    assert done.exit_code == 1
    assert not any(secret in done.output for secret in secrets)


def test_a_dry_run_does_not_open_the_key(fake: ControlPlane, made: Files, leaf: Holder) -> None:
    made.key.write_bytes(b"")
    said = succeeds(fake, *made.words("--dry-run"))
    assert said.endswith("nothing was changed\n")
    assert f"key      ec-p256, in {str(made.key)!r}" in said
    error, _ = refused(fake, *made.words())
    assert error == f"the key {str(made.key)!r} is empty"
    assert imported(fake, leaf) == []


@pytest.mark.parametrize(("mode", "is_warned"), [(0o600, False), (0o640, True), (0o604, True)])
def test_a_key_that_others_may_read_is_a_warning(
    fake: ControlPlane, made: Files, mode: int, *, is_warned: bool
) -> None:
    made.key.chmod(mode)
    done = run(fake, *made.words())
    assert done.exit_code == 0
    assert ("certificate.key-readable" in done.stderr) == is_warned
    assert (f"chmod 600 {made.key}" in done.stderr) == is_warned


def test_a_key_may_come_through_a_pipe(
    fake: ControlPlane, made: Files, leaf: Holder, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(key_of(leaf)))
    writer.start()
    words = [str(pipe) if word == str(made.key) else word for word in made.words()]
    succeeds(fake, *words)
    writer.join()
    assert len(imported(fake, leaf)) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"x" * 5121, "has more than 5120 octets"),
        (b"-----BEGIN PRIVATE KEY-----\nnonsense\n", "The private key is not PEM-encoded"),
    ],
)
def test_what_is_no_key(
    fake: ControlPlane, made: Files, leaf: Holder, content: bytes, message: str
) -> None:
    made.key.write_bytes(content)
    error, hint = refused(fake, *made.words())
    assert message in error
    assert "key" in hint
    assert imported(fake, leaf) == []


def test_a_key_that_is_not_there(fake: ControlPlane, made: Files) -> None:
    made.key.unlink()
    assert "no such file" in refused(fake, *made.words("--dry-run"))[0]


@pytest.mark.parametrize("url", ["http://acm.example.com", "http://10.0.0.1:4566"])
def test_a_key_goes_over_tls_alone(
    fake: ControlPlane, made: Files, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """Its twin is every other test here: over HTTP to this machine itself it may go."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_ACM", url)
    error, hint = refused(fake, *made.words())
    assert error == f"a private key goes to ACM over TLS alone, and not to {url}"
    assert "AWS_ENDPOINT_URL_ACM" in hint


def test_nor_is_it_read_for_a_client_without_tls(made: Files, leaf: Holder) -> None:
    """The last door: whoever calls this has not asked before."""
    made.key.unlink()
    plain = SimpleNamespace(meta=SimpleNamespace(endpoint_url="http://acm.example.com"))
    with pytest.raises(AwsRefused, match="over TLS alone"):
        certificate_key.hand_over(plain, Presented(leaf.certificate), made.key, "")


@pytest.mark.parametrize(
    ("holder", "code"),
    [
        (authority(subject="CN=A CA", issuer=ROOT), "certificate.ca"),
        (server(authority(), NAME), "certificate.chain"),
        (server(ROOT, NAME, lifetime=timedelta(minutes=1)), "certificate.expired"),
    ],
)
def test_what_is_no_certificate_for_a_server(
    fake: ControlPlane, tmp_path: Path, holder: Holder, code: str
) -> None:
    wrong = files(tmp_path / "wrong", holder, [ROOT])
    done = run(fake, *wrong.words())
    assert done.exit_code == 1
    assert f"error: {code}: " in done.stderr
    assert error_of(done)[0].endswith("nothing was imported")
    assert imported(fake, holder) == []


def again(fake: ControlPlane, tmp_path: Path, made: Files, successor: Holder) -> tuple[str, Files]:
    """What is in ACM, and the files of its *successor*."""
    succeeds(fake, *made.words())
    (arn,) = imported(fake, read(made.certificate, made.key))
    return arn, files(tmp_path / "next", successor, [ROOT])


def test_a_successor_takes_its_place(
    fake: ControlPlane, tmp_path: Path, made: Files, leaf: Holder
) -> None:
    successor = server(ROOT, NAME)
    arn, later = again(fake, tmp_path, made, successor)
    said = succeeds(fake, *later.words("--arn", arn))
    assert f"in the place of {arn}: ACM keeps none from before" in said
    assert (imported(fake, successor), imported(fake, leaf)) == ([arn], [])
    assert "it is in ACM already" in succeeds(fake, *later.words("--arn", arn))


@pytest.mark.parametrize(
    ("successor", "code"),
    [
        (server(ROOT, NAME, "www.example.com"), "certificate.other-names"),
        (server(ROOT, NAME, key=rsa_key(2048)), "certificate.key-type"),
    ],
)
def test_one_with_other_names_is_refused_and_where_acm_would_not_it_can_be_said(
    fake: ControlPlane, tmp_path: Path, made: Files, successor: Holder, code: str
) -> None:
    arn, later = again(fake, tmp_path, made, successor)
    done = run(fake, *later.words("--arn", arn))
    assert done.exit_code == 1
    assert f"error: {code}: " in done.stderr
    assert imported(fake, successor) == []
    done = run(fake, *later.words("--arn", arn, "--may-lock-domains"))
    if code == "certificate.other-names":
        assert (done.exit_code, imported(fake, successor)) == (0, [arn])
        assert "PENDING_CERTIFICATE_REIMPORT, and take no change: accepted" in done.stderr
    else:
        assert (done.exit_code, imported(fake, successor)) == (1, [])


def test_one_of_another_issuer_is_refused(fake: ControlPlane, tmp_path: Path, made: Files) -> None:
    other = authority(subject="CN=Other")
    arn, later = again(fake, tmp_path, made, server(other, NAME))
    later.chain.write_text(other.pem)
    done = run(fake, *later.words("--arn", arn))
    assert done.exit_code == 1
    assert "error: certificate.other-issuer: its issuer is CN=Other" in done.stderr


def test_one_that_acm_issued_is_left_to_acm(fake: ControlPlane, made: Files) -> None:
    arn = issued_certificate(fake, NAME)
    error, hint = refused(fake, *made.words("--arn", arn))
    assert error.startswith(f"{arn} is AMAZON_ISSUED: ACM renews it itself")
    assert hint == "import it as another one: without --arn"


def test_one_that_is_not_there(fake: ControlPlane, made: Files) -> None:
    arn = "arn:aws:acm:eu-central-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
    assert refused(fake, *made.words("--arn", arn))[0].startswith("cannot read the certificate")


def test_for_programs(fake: ControlPlane, made: Files, leaf: Holder) -> None:
    found = as_json(fake, *made.words())
    assert found["names"] == [NAME]
    assert (found["arn"], found["is_changed"]) == (imported(fake, leaf)[0], True)
    assert as_json(fake, *made.words())["is_changed"] is False


def test_who_may_not_list_can_import_and_is_told_of_the_risk(
    fake: ControlPlane, made: Files, leaf: Holder
) -> None:
    fake.fail("ListCertificates", FAULTS["denied"])
    done = run(fake, *made.words())
    assert (done.exit_code, len(imported(fake, leaf))) == (0, 1)
    assert "allow acm:ListCertificates, or go on: ACM may have it twice then" in done.stderr


def test_who_may_not_import_is_told_the_action(fake: ControlPlane, made: Files) -> None:
    fake.fail("ImportCertificate", FAULTS["denied"])
    assert refused(fake, *made.words())[1] == "ask for the permission acm:ImportCertificate"


def test_ownership_is_for_a_domain(fake: ControlPlane, made: Files) -> None:
    done = run(fake, *made.words("--ownership", "arn:aws:acm:x"))
    assert (done.exit_code, error_of(done)[0]) == (2, "--ownership is for --domain")


@pytest.mark.parametrize("times", [1, None])
def test_a_lost_answer_leaves_one_certificate(
    fake: ControlPlane, made: Files, leaf: Holder, times: int | None
) -> None:
    fake.fail("ImportCertificate", FAULTS["answer-lost"], times=times or 100)
    succeeds(fake, *made.words())
    assert len(imported(fake, leaf)) == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_goes_wrong_the_same_command_goes_on(
    fake: ControlPlane, tmp_path: Path, fault: str
) -> None:
    """However often it went wrong, ACM has it once."""
    numbers = itertools.count()

    def make() -> Case:
        number = next(numbers)
        holder = server(ROOT, f"n{number}.example.com")
        given = files(tmp_path / str(number), holder, [ROOT])
        counts = {0: "old", 1: "new"}
        return Case(given.words(), lambda: counts.get(len(imported(fake, holder)), "twice"))

    for _ in with_faults(fake, make, FAULTS[fault]):
        pass
