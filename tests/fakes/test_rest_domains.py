"""API Gateway v1: create, get, update and delete a custom domain."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import Holder, bundle, leaf
from tests.fakes.asking import URI, VERSION, get, operation, refused, update, update_refused
from tests.fakes.control_plane import ControlPlane
from tests.fakes.domains import NEEDS_TLS_1_2, NOT_WITH_ENHANCED, REGIONAL_ONLY
from tests.fakes.protected import (
    NAME,
    Protected,
    issued_certificate,
    protected_domain,
    upload,
    versioned_bucket,
)

ENHANCED = "SecurityPolicy_TLS13_1_3_2025_09"


def new(fake: ControlPlane, root: Holder, **changes: Any) -> dict[str, Any]:
    """What create_domain_name takes, right in everything but for *changes*; None leaves out."""
    bucket = versioned_bucket(fake)
    version = upload(fake, bucket, root.pem.encode())
    given = {
        "domainName": NAME,
        "regionalCertificateArn": issued_certificate(fake, NAME),
        "endpointConfiguration": {"types": ["REGIONAL"]},
        "securityPolicy": "TLS_1_2",
        "mutualTlsAuthentication": {
            "truststoreUri": f"s3://{bucket}/truststore.pem",
            "truststoreVersion": version,
        },
    }
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def test_a_domain_is_created_as_it_was_asked_for(fake: ControlPlane, root: Holder) -> None:
    given = new(fake, root, tags={"team": "billing"})
    client = fake.client("apigateway")
    answer = client.create_domain_name(**given)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert answer["domainNameStatus"] == "UPDATING"
    fake.clock.sleep(40)
    answer = client.get_domain_name(domainName=NAME)
    assert answer["domainNameStatus"] == "AVAILABLE"
    assert {name: answer[name] for name in given if name != "endpointConfiguration"} == {
        name: value for name, value in given.items() if name != "endpointConfiguration"
    }
    assert answer["endpointConfiguration"]["types"] == ["REGIONAL"]
    assert answer["regionalDomainName"].endswith(".execute-api.eu-central-1.amazonaws.com")
    assert [one["domainName"] for one in client.get_domain_names()["items"]] == [NAME]


def test_a_name_is_given_once(made: Protected, root: Holder) -> None:
    given = new(made.fake, root)
    said = refused(made.fake, "apigateway", "create_domain_name", **given)
    assert said == ("BadRequestException", "The domain name you provided already exists.")


def test_an_unknown_domain_is_not_found(made: Protected) -> None:
    assert get(made)["domainName"] == NAME
    for method in ("get_domain_name", "update_domain_name", "delete_domain_name"):
        said = refused(made.fake, "apigateway", method, domainName="other.example.com")
        assert said == ("NotFoundException", "Invalid domain name identifier specified")


def test_a_deleted_domain_is_gone(made: Protected) -> None:
    made.fake.client("apigateway").delete_domain_name(domainName=NAME)
    said = refused(made.fake, "apigateway", "get_domain_name", domainName=NAME)
    assert said[0] == "NotFoundException"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"securityPolicy": "TLS_1_0"}, NEEDS_TLS_1_2),
        ({"securityPolicy": ENHANCED, "endpointAccessMode": "STRICT"}, NOT_WITH_ENHANCED),
        ({"endpointConfiguration": {"types": ["PRIVATE"]}}, REGIONAL_ONLY),
        ({"endpointConfiguration": {"types": ["EDGE"]}}, REGIONAL_ONLY),
        ({"endpointConfiguration": None}, REGIONAL_ONLY),  # EDGE is what is taken then
        (
            {"regionalCertificateArn": None},
            "A certificate was not provided for the endpoint type REGIONAL.",
        ),
    ],
)
def test_mutual_tls_is_for_regional_domains_with_tls_1_2(
    fake: ControlPlane, root: Holder, changes: dict[str, Any], message: str
) -> None:
    changes = {"certificateArn": issued_certificate(fake, NAME), **changes}
    given = new(fake, root, **changes)
    said = refused(fake, "apigateway", "create_domain_name", **given)
    assert said == ("BadRequestException", message)


def test_without_mutual_tls_a_domain_may_be_at_the_edge(fake: ControlPlane, root: Holder) -> None:
    given = new(fake, root, mutualTlsAuthentication=None, endpointConfiguration=None)
    given["certificateArn"] = issued_certificate(fake, NAME)
    said = refused(fake, "apigateway", "create_domain_name", **given)
    assert said[1].endswith("Certificate must be in 'us-east-1'.")
    fake.clock.sleep(30)
    given["certificateArn"] = issued_certificate(fake, NAME, region="us-east-1")
    answer = fake.client("apigateway").create_domain_name(**given)
    assert answer["endpointConfiguration"]["types"] == ["EDGE"]
    assert answer["distributionDomainName"].endswith(".cloudfront.net")


def test_without_mutual_tls_an_enhanced_policy_is_fine(fake: ControlPlane, root: Holder) -> None:
    given = new(fake, root, securityPolicy=ENHANCED, mutualTlsAuthentication=None)
    said = refused(fake, "apigateway", "create_domain_name", **given)
    assert said == ("BadRequestException", "/endpointAccessMode Invalid request input")
    fake.clock.sleep(30)
    answer = fake.client("apigateway").create_domain_name(**given, endpointAccessMode="STRICT")
    assert answer["securityPolicy"] == ENHANCED
    fake.clock.sleep(40)
    assert update_refused(fake, NAME, operation(URI, "s3://a/b"))[1] == NOT_WITH_ENHANCED


def test_another_version_is_in_force_once_the_domain_is_available(
    made: Protected, root: Holder, other: Holder
) -> None:
    both = bundle(root.certificate, other.certificate).encode()
    version = made.upload(both)
    answer = update(made.fake, NAME, operation(VERSION, version))
    assert answer["domainNameStatus"] == "UPDATING"
    assert answer["mutualTlsAuthentication"] == {
        "truststoreUri": made.uri,
        "truststoreVersion": version,
    }
    assert made.fake.in_force(NAME) == root.pem.encode()
    made.fake.clock.sleep(39)
    assert get(made)["domainNameStatus"] == "UPDATING"
    made.fake.clock.sleep(1)
    assert get(made)["domainNameStatus"] == "AVAILABLE"
    assert made.fake.in_force(NAME) == both


def test_or_at_once_where_the_test_says_so(made: Protected, other: Holder) -> None:
    made.fake.behaviour.keeps_old_while_updating = False
    update(made.fake, NAME, operation(VERSION, made.upload(other.pem.encode())))
    assert made.fake.in_force(NAME) == other.pem.encode()


def test_an_upload_alone_changes_nothing(made: Protected, root: Holder, other: Holder) -> None:
    made.upload(other.pem.encode())
    made.fake.clock.sleep(3600)
    assert made.fake.in_force(NAME) == root.pem.encode()
    assert get(made)["mutualTlsAuthentication"]["truststoreVersion"] == made.version


def test_an_empty_uri_switches_mutual_tls_off(made: Protected, root: Holder) -> None:
    stranger = leaf(issuer=None).certificate
    assert made.fake.accepts(NAME, leaf(issuer=root).certificate)
    assert not made.fake.accepts(NAME, stranger)
    update(made.fake, NAME, operation(URI, ""))
    made.fake.clock.sleep(40)
    assert "mutualTlsAuthentication" not in get(made)
    assert made.fake.in_force(NAME) == b""
    assert made.fake.accepts(NAME, stranger)


def test_a_version_needs_a_uri(made: Protected) -> None:
    update(made.fake, NAME, operation(URI, op="remove"))
    made.fake.clock.sleep(40)
    said = update_refused(made.fake, NAME, operation(VERSION, made.version))
    assert said[1] == "/mutualTlsAuthentication/truststoreVersion Invalid request input"
    update(made.fake, NAME, operation(URI, made.uri), operation(VERSION, made.version))
    made.fake.clock.sleep(40)
    assert get(made)["mutualTlsAuthentication"]["truststoreVersion"] == made.version


def test_nothing_changes_while_something_changes(made: Protected, other: Holder) -> None:
    version = made.upload(other.pem.encode())
    update(made.fake, NAME, operation(VERSION, version))
    said = update_refused(made.fake, NAME, operation(VERSION, made.version))
    assert said == ("ConflictException", "There is already an update in progress")
    said = refused(made.fake, "apigateway", "delete_domain_name", domainName=NAME)
    assert said[0] == "ConflictException"
    made.fake.clock.sleep(40)
    assert made.fake.in_force(NAME) == other.pem.encode()
    update(made.fake, NAME, operation(VERSION, made.version))


def test_one_update_in_thirty_seconds(made: Protected, fake: ControlPlane, root: Holder) -> None:
    second = protected_domain(fake, root.pem.encode(), name="two.example.com")
    update(fake, NAME, operation(VERSION, made.version))
    given = {"domainName": second.name, "patchOperations": [operation(VERSION, second.version)]}
    fake.behaviour.updating_for = 0
    waited = fake.clock.time()
    said = refused(fake, "apigateway", "update_domain_name", **given)
    assert said == ("TooManyRequestsException", "Too Many Requests")
    outcomes = [call.outcome for call in fake.calls if call.number == 2]
    assert len(outcomes) > 1
    assert set(outcomes) == {"TooManyRequestsException"}
    fake.clock.sleep(30 - (fake.clock.time() - waited))
    fake.client("apigateway").update_domain_name(**given)


@pytest.mark.parametrize("status", ["FAILED", "PENDING_CERTIFICATE_REIMPORT"])
def test_a_change_can_end_badly(made: Protected, root: Holder, other: Holder, status: str) -> None:
    made.fake.next_change_ends(NAME, status, "so it is")
    update(made.fake, NAME, operation(VERSION, made.upload(other.pem.encode())))
    made.fake.clock.sleep(40)
    said = get(made)
    assert (said["domainNameStatus"], said["domainNameStatusMessage"]) == (status, "so it is")
    kept = root if status == "FAILED" else other
    assert made.fake.in_force(NAME) == kept.pem.encode()
    update(made.fake, NAME, operation(VERSION, made.version))
    made.fake.clock.sleep(40)
    assert get(made)["domainNameStatus"] == "AVAILABLE"
    assert made.fake.in_force(NAME) == root.pem.encode()


def test_a_status_can_be_given(made: Protected) -> None:
    made.fake.become(NAME, "PENDING", "the policy propagates")
    said = get(made)
    assert (said["domainNameStatus"], said["domainNameStatusMessage"]) == (
        "PENDING",
        "the policy propagates",
    )
    assert update_refused(made.fake, NAME, operation(VERSION, made.version))[0] == (
        "ConflictException"
    )


def test_without_an_ownership_certificate_that_is_right_nothing_else_changes(
    made: Protected,
) -> None:
    made.fake.become(NAME, "PENDING_OWNERSHIP_VERIFICATION")
    said = update_refused(made.fake, NAME, operation(VERSION, made.version))
    assert said[0] == "BadRequestException"
    proof = issued_certificate(made.fake, NAME)
    update(made.fake, NAME, operation("/ownershipVerificationCertificateArn", proof))
    made.fake.clock.sleep(40)
    assert get(made)["domainNameStatus"] == "AVAILABLE"
