"""API Gateway v2: the same domains, seen and changed from the other side."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import Holder, authority, bundle
from tests.fakes.asking import OLD, URI, get, operation, refused, update
from tests.fakes.control_plane import ControlPlane
from tests.fakes.domains import NEEDS_TLS_1_2, REGIONAL_ONLY
from tests.fakes.http_domains import EXPECTED_ONE
from tests.fakes.protected import NAME, Protected, issued_certificate, protected_domain


def seen(made: Protected) -> dict[str, Any]:
    """What v2 says of the domain."""
    client = made.fake.client("apigatewayv2")
    answer: dict[str, Any] = client.get_domain_name(DomainName=made.name)
    return answer


def configuration(made: Protected, **changes: str) -> list[dict[str, str]]:
    given = {
        "CertificateArn": made.certificate_arn,
        "EndpointType": "REGIONAL",
        "SecurityPolicy": "TLS_1_2",
    }
    return [{**given, **changes}]


def change(made: Protected, **given: Any) -> dict[str, Any]:
    """The answer to UpdateDomainName, with a configuration unless one is given."""
    made.fake.clock.sleep(40)
    given = {"DomainNameConfigurations": configuration(made), **given}
    client = made.fake.client("apigatewayv2")
    answer: dict[str, Any] = client.update_domain_name(DomainName=made.name, **given)
    return answer


def change_refused(made: Protected, **given: Any) -> tuple[str, str]:
    made.fake.clock.sleep(40)
    given = {"DomainName": made.name, **given}
    return refused(made.fake, "apigatewayv2", "update_domain_name", **given)


def test_both_apis_say_the_same_of_a_domain(made: Protected) -> None:
    rest, http = get(made), seen(made)
    (part,) = http["DomainNameConfigurations"]
    assert (http["DomainName"], http["DomainNameArn"]) == (NAME, rest["domainNameArn"])
    assert part["ApiGatewayDomainName"] == rest["regionalDomainName"]
    assert part["CertificateArn"] == rest["regionalCertificateArn"]
    assert part["DomainNameStatus"] == rest["domainNameStatus"]
    assert part["HostedZoneId"] == rest["regionalHostedZoneId"]
    assert [part["EndpointType"]] == rest["endpointConfiguration"]["types"]
    assert part["SecurityPolicy"] == rest["securityPolicy"]
    assert http["MutualTlsAuthentication"] == {
        "TruststoreUri": rest["mutualTlsAuthentication"]["truststoreUri"],
        "TruststoreVersion": rest["mutualTlsAuthentication"]["truststoreVersion"],
    }
    listed = made.fake.client("apigatewayv2").get_domain_names()["Items"]
    assert [one["DomainName"] for one in listed] == [NAME]


def test_what_v2_creates_v1_sees(fake: ControlPlane, made: Protected) -> None:
    client, name = fake.client("apigatewayv2"), "two.example.com"
    arn = issued_certificate(fake, name)
    answer = client.create_domain_name(
        DomainName=name,
        DomainNameConfigurations=configuration(made, CertificateArn=arn),
        MutualTlsAuthentication={
            "TruststoreUri": made.uri,
            "TruststoreVersion": made.version,
        },
        RoutingMode="ROUTING_RULE_THEN_API_MAPPING",
        Tags={"team": "billing"},
    )
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    fake.clock.sleep(40)
    rest = fake.client("apigateway").get_domain_name(domainName=name)
    assert rest["domainNameStatus"] == "AVAILABLE"
    assert rest["mutualTlsAuthentication"]["truststoreVersion"] == made.version
    assert rest["routingMode"] == "ROUTING_RULE_THEN_BASE_PATH_MAPPING"
    assert rest["tags"] == {"team": "billing"}
    client.delete_domain_name(DomainName=name)
    assert refused(fake, "apigateway", "get_domain_name", domainName=name)[0] == (
        "NotFoundException"
    )


def test_a_change_resends_the_configuration(made: Protected, other: Holder) -> None:
    mutual_tls = {"TruststoreUri": made.uri, "TruststoreVersion": made.upload(other.pem.encode())}
    for given in ({}, {"DomainNameConfigurations": configuration(made) * 2}):
        said = change_refused(made, MutualTlsAuthentication=mutual_tls, **given)
        assert said == ("BadRequestException", EXPECTED_ONE)
    change(made, MutualTlsAuthentication=mutual_tls)
    made.fake.clock.sleep(40)
    assert made.fake.in_force(NAME) == other.pem.encode()
    assert (
        get(made)["mutualTlsAuthentication"]["truststoreVersion"]
        == (mutual_tls["TruststoreVersion"])
    )


def test_an_empty_uri_switches_mutual_tls_off_here_too(made: Protected) -> None:
    change(made)
    assert seen(made)["MutualTlsAuthentication"]["TruststoreUri"] == made.uri
    change(made, MutualTlsAuthentication={"TruststoreUri": ""})
    made.fake.clock.sleep(40)
    assert made.fake.in_force(NAME) == b""
    assert "MutualTlsAuthentication" not in seen(made)
    assert "mutualTlsAuthentication" not in get(made)


def test_warnings_are_in_the_answer_alone(made: Protected, root: Holder) -> None:
    expired = authority(subject="CN=Old", not_before=OLD)
    version = made.upload(bundle(root.certificate, expired.certificate).encode())
    given = {"TruststoreUri": made.uri, "TruststoreVersion": version}
    answer = change(made, MutualTlsAuthentication=given)
    warnings = ["Certificate with subject 'CN=Old' has expired."]
    assert answer["MutualTlsAuthentication"]["TruststoreWarnings"] == warnings
    assert "TruststoreWarnings" not in seen(made)["MutualTlsAuthentication"]
    made.fake.behaviour.repeats_warnings = True
    assert seen(made)["MutualTlsAuthentication"]["TruststoreWarnings"] == warnings


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"SecurityPolicy": "TLS_1_0"}, NEEDS_TLS_1_2),
        ({"EndpointType": "EDGE"}, REGIONAL_ONLY),
        ({"SecurityPolicy": "TLS_1_3"}, "must satisfy enum value set: [TLS_1_0, TLS_1_2]"),
    ],
)
def test_the_rules_are_those_of_v1(made: Protected, changes: dict[str, str], message: str) -> None:
    code, said = change_refused(made, DomainNameConfigurations=configuration(made, **changes))
    assert code == "BadRequestException"
    assert message in said


def test_the_thirty_seconds_are_those_of_v1(made: Protected) -> None:
    update(made.fake, NAME, operation(URI, made.uri))
    given = {"DomainName": NAME, "DomainNameConfigurations": configuration(made)}
    said = refused(made.fake, "apigatewayv2", "update_domain_name", **given)
    assert said[0] == "TooManyRequestsException"
    made.fake.clock.sleep(30)
    said = refused(made.fake, "apigatewayv2", "update_domain_name", **given)
    assert said == ("ConflictException", "There is already an update in progress")


@pytest.mark.parametrize("status", ["PENDING", "FAILED"])
def test_v2_has_no_word_for_two_statuses(made: Protected, status: str) -> None:
    assert seen(made)["DomainNameConfigurations"][0]["DomainNameStatus"] == "AVAILABLE"
    made.fake.become(NAME, status)
    assert "DomainNameStatus" not in seen(made)["DomainNameConfigurations"][0]
    assert get(made)["domainNameStatus"] == status


def test_a_private_domain_is_none_of_v2s(made: Protected) -> None:
    fake, name = made.fake, "private.example.com"
    fake.client("apigateway").create_domain_name(
        domainName=name,
        certificateArn=issued_certificate(fake, name),
        endpointConfiguration={"types": ["PRIVATE"]},
    )
    assert fake.client("apigateway").get_domain_name(domainName=name)["domainNameId"]
    said = refused(fake, "apigatewayv2", "get_domain_name", DomainName=name)
    assert said == ("NotFoundException", "Invalid domain name identifier specified")
    assert len(fake.client("apigatewayv2").get_domain_names()["Items"]) == 1


def test_domains_come_in_pages(fake: ControlPlane, root: Holder) -> None:
    names = [f"{number}.example.com" for number in range(3)]
    arn = issued_certificate(fake, "*.example.com")
    for name in names:
        protected_domain(fake, root.pem.encode(), name=name, certificate_arn=arn)
    rest, http = fake.client("apigateway"), fake.client("apigatewayv2")
    assert len(rest.get_domain_names(limit=2)["items"]) == 2
    pages = rest.get_paginator("get_domain_names").paginate(PaginationConfig={"PageSize": 2})
    assert [one["domainName"] for page in pages for one in page["items"]] == names
    first = http.get_domain_names(MaxResults="2")
    second = http.get_domain_names(NextToken=first["NextToken"])
    listed = [*first["Items"], *second["Items"]]
    assert [one["DomainName"] for one in listed] == names
    assert "NextToken" not in second
