"""certificate request: one certificate however often it is typed, and DNS that proves the name."""

from __future__ import annotations

import itertools
import uuid

import pytest

from tests.fakes.control_plane import ControlPlane
from tests.fakes.sources import client
from tests.unit.aws.acm import Acm
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

NAME = "api.example.com"


def hosted_zone(fake: ControlPlane, name: str = "example.com", *, private: bool = False) -> str:
    more = {"VPC": {"VPCRegion": "eu-central-1", "VPCId": "vpc-1"}} if private else {}
    answer = client("route53", fake.moto).create_hosted_zone(
        Name=name,
        CallerReference=uuid.uuid4().hex,
        HostedZoneConfig={"PrivateZone": private, "Comment": ""},
        **more,
    )
    return str(answer["HostedZone"]["Id"]).rpartition("/")[2]


@pytest.fixture
def acm(fake: ControlPlane) -> Acm:
    return Acm(fake, hosted_zone(fake))


def test_without_a_zone_the_record_is_said(acm: Acm) -> None:
    said = succeeds(acm.fake, "certificate", "request", NAME, "--yes")
    ((arn, one),) = acm.found.items()
    assert f"{NAME} is PENDING_VALIDATION: {arn}" in said
    assert f"  {one.record['Name']} CNAME {one.record['Value']}" in said.splitlines()
    assert said.splitlines()[-1] == f"  python -m aws certificate request {NAME}"
    assert acm.records() == []


def test_the_same_again_goes_on_with_the_same_one_also_after_an_hour(acm: Acm) -> None:
    succeeds(acm.fake, "certificate", "request", NAME, "--yes")
    acm.fake.clock.sleep(2 * 3600)  # ACM has forgotten the token
    acm.fake.forget()
    said = succeeds(acm.fake, "certificate", "request", NAME)  # nobody is asked: it only looks
    assert "PENDING_VALIDATION" in said
    assert len(acm.found) == 1
    assert "RequestCertificate" not in {call.operation for call in acm.fake.calls}


def test_with_a_zone_the_record_is_written_and_the_certificate_waited_for(acm: Acm) -> None:
    words = ("certificate", "request", NAME, "--zone", acm.zone)
    said = succeeds(acm.fake, *words, "--yes")
    ((arn, one),) = acm.found.items()
    assert f"{NAME} is ISSUED: {arn}" in said
    (record,) = acm.records()
    assert record["Name"] == one.record["Name"]
    assert record["ResourceRecords"] == [{"Value": one.record["Value"]}]
    assert record["TTL"] == 300
    assert f"{NAME} is ISSUED: {arn}" in succeeds(acm.fake, *words)
    assert len(acm.found) == 1


def test_who_asked_without_a_zone_goes_on_with_one(acm: Acm) -> None:
    succeeds(acm.fake, "certificate", "request", NAME, "--yes")
    succeeds(acm.fake, "certificate", "request", NAME, "--zone", acm.zone, "--yes")
    assert [acm.status(arn) for arn in acm.found] == ["ISSUED"]


@pytest.mark.parametrize("kind", ["ec-p256", "ec-p384"])
def test_another_key_type_is_another_certificate(acm: Acm, kind: str) -> None:
    words = ("certificate", "request", NAME, "--yes")
    succeeds(acm.fake, *words)
    for _ in range(2):
        said = succeeds(acm.fake, *words, "--key-type", kind)
        acm.fake.clock.sleep(2 * 3600)
    assert {one.key for one in acm.found.values()} == {
        "RSA_2048",
        {"ec-p256": "EC_prime256v1", "ec-p384": "EC_secp384r1"}[kind],
    }
    assert len(acm.found) == 2
    assert said.splitlines()[-1].endswith(f"--key-type {kind}")


def test_a_wildcard(acm: Acm) -> None:
    said = succeeds(
        acm.fake, "certificate", "request", "*.example.com", "--zone", acm.zone, "--yes"
    )
    assert "*.example.com is ISSUED" in said


def test_one_for_more_names_or_validated_by_mail_is_not_taken_for_it(acm: Acm) -> None:
    acm.add(NAME, "RSA_2048", names=("www.example.com",))
    acm.add(NAME, "RSA_2048", method="EMAIL")
    acm.fake.clock.sleep(60)
    found = as_json(acm.fake, "certificate", "request", NAME, "--yes")
    assert (found["is_changed"], len(acm.found)) == (True, 3)
    assert found["arn"] == [*acm.found][-1]
    assert found["record"]["kind"] == "CNAME"


@pytest.mark.parametrize("status", ["FAILED", "VALIDATION_TIMED_OUT"])
def test_one_that_failed_is_told_and_the_next_is_another(acm: Acm, status: str) -> None:
    acm.next_fails = status
    words = ("certificate", "request", NAME, "--zone", acm.zone, "--yes")
    error, hint = refused(acm.fake, *words)
    assert f"it is {status}" in error
    assert ("(CAA_ERROR)" in error) == (status == "FAILED")
    assert f"dig CAA {NAME}" in hint
    succeeds(acm.fake, *words)  # within the hour: the token must be another
    assert [acm.status(arn) for arn in acm.found] == [status, "ISSUED"]


def test_patience_ends_and_the_same_command_goes_on(acm: Acm) -> None:
    acm.record_after = 100.0
    words = ("certificate", "request", NAME, "--zone", acm.zone, "--yes")
    error, hint = refused(acm.fake, *words, "--wait", "30")
    assert error == "ACM has not said yet which record it wants, after 30 s"
    assert hint.startswith("type the same again later")
    succeeds(acm.fake, *words)
    assert len(acm.found) == 1


@pytest.mark.parametrize(
    "name", ["example", "API.example.com", "https://api.example.com", "a..b", "a-.example.com", ""]
)
def test_what_is_no_name(acm: Acm, name: str) -> None:
    error, _ = refused(acm.fake, "certificate", "request", name, "--yes")
    assert error == f"{name!r} is no domain name, expected one in lower case"
    assert not acm.found


@pytest.mark.parametrize(
    ("zone_name", "code"),
    [
        ("example.net", "zone.name"),
        ("i.example.com", "zone.name"),
        ("example.com", "zone.private"),
    ],
)
def test_a_zone_that_cannot_hold_the_record(acm: Acm, zone_name: str, code: str) -> None:
    zone = hosted_zone(acm.fake, zone_name, private=code == "zone.private")
    done = run(acm.fake, "certificate", "request", NAME, "--zone", zone, "--yes")
    assert (done.exit_code, acm.found) == (1, {})
    assert f"error: {code}: " in done.stderr


def test_a_zone_that_is_not_there(acm: Acm) -> None:
    error, _ = refused(acm.fake, "certificate", "request", NAME, "--zone", "Z0", "--yes")
    assert error.startswith("cannot read the hosted zone Z0: ")


def test_a_dry_run_asks_for_nothing(acm: Acm) -> None:
    said = succeeds(acm.fake, "certificate", "request", NAME, "--zone", acm.zone, "--dry-run")
    assert said.endswith("nothing was changed\n")
    assert "write the record that ACM wants into the zone of example.com" in said
    assert (acm.found, acm.records()) == ({}, [])


def test_nobody_is_asked_who_cannot_answer(acm: Acm) -> None:
    done = run(acm.fake, "certificate", "request", NAME)
    assert (done.exit_code, acm.found) == (2, {})
    assert "--yes" in error_of(done)[0]


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("ListCertificates", "acm:ListCertificates"),
        ("RequestCertificate", "acm:RequestCertificate"),
        ("DescribeCertificate", "acm:DescribeCertificate"),
        ("GetHostedZone", "route53:GetHostedZone"),
        ("ChangeResourceRecordSets", "route53:ChangeResourceRecordSets"),
    ],
)
def test_who_may_not_is_told_the_action(acm: Acm, operation: str, action: str) -> None:
    acm.fake.fail(operation, FAULTS["denied"])
    words = ("certificate", "request", NAME, "--zone", acm.zone, "--yes")
    assert refused(acm.fake, *words)[1] == f"ask for the permission {action}"


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_goes_wrong_the_same_command_goes_on(acm: Acm, fault: str) -> None:
    """However often it went wrong, there is one certificate for a name."""
    numbers = itertools.count()

    def make() -> Case:
        name = f"api{next(numbers)}.example.com"

        def state() -> str:
            mine = [arn for arn, one in acm.found.items() if one.name == name]
            if len(mine) > 1:
                return f"{len(mine)} certificates"
            return "new" if mine and acm.status(mine[0]) == "ISSUED" else "old"

        return Case(("certificate", "request", name, "--zone", acm.zone, "--yes"), state)

    for _ in with_faults(acm.fake, make, FAULTS[fault]):
        pass
