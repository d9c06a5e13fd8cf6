"""The patch paths of UpdateDomainName, their ops, and what is said to others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.asking import URI, VERSION, get, operation, update, update_refused
from tests.fakes.domains import NEEDS_TLS_1_2, REGIONAL_ONLY
from tests.fakes.patch import DOMAIN
from tests.fakes.protected import NAME, Protected, issued_certificate

TYPES = "/endpointConfiguration/types"


def test_an_unknown_path_is_told_the_known_ones(made: Protected) -> None:
    code, message = update_refused(made.fake, NAME, operation("/truststoreVersion", "1"))
    assert code == "BadRequestException"
    begins = (
        "Invalid patch path  '/truststoreVersion' specified for op 'replace'. Must be one of: ["
    )
    assert message.startswith(begins)
    assert VERSION in message


@pytest.mark.parametrize("path", ["/securityPolicy", "/routingMode", "/endpointAccessMode"])
@pytest.mark.parametrize("op", ["add", "remove"])
def test_some_paths_can_only_be_replaced(made: Protected, path: str, op: str) -> None:
    message = update_refused(made.fake, NAME, operation(path, "TLS_1_2", op))[1]
    assert message.endswith(f"specified for op '{op}'. Please choose supported operations")


@pytest.mark.parametrize("path", DOMAIN)
def test_no_path_can_be_copied(made: Protected, path: str) -> None:
    message = update_refused(made.fake, NAME, operation(path, "x", "copy"))[1]
    assert message.endswith("Please choose supported operations")


def test_an_operation_without_a_value_is_refused(made: Protected) -> None:
    assert update_refused(made.fake, NAME, operation(VERSION))[1] == (
        f"{VERSION} Invalid request input"
    )
    update(made.fake, NAME, operation(VERSION, op="remove"))
    assert "truststoreVersion" not in get(made)["mutualTlsAuthentication"]


def test_no_operation_at_all_is_refused(made: Protected) -> None:
    assert update_refused(made.fake, NAME)[0] == "BadRequestException"


def test_all_operations_are_done_or_none(made: Protected) -> None:
    update_refused(made.fake, NAME, operation(VERSION, op="remove"), operation("/nonsense", "1"))
    assert get(made)["mutualTlsAuthentication"]["truststoreVersion"] == made.version


@pytest.mark.parametrize("mode", ["BASIC", "STRICT"])
def test_the_access_mode_stays_while_mutual_tls_is_on(made: Protected, mode: str) -> None:
    refused = operation("/endpointAccessMode", mode)
    assert update_refused(made.fake, NAME, refused)[1] == (
        "/endpointAccessMode Invalid request input"
    )
    update(made.fake, NAME, operation(URI, ""))
    made.fake.clock.sleep(40)
    update(made.fake, NAME, refused)
    assert get(made)["endpointAccessMode"] == mode


def test_the_policy_stays_while_mutual_tls_is_on(made: Protected) -> None:
    weak = operation("/securityPolicy", "TLS_1_0")
    assert update_refused(made.fake, NAME, weak)[1] == "/securityPolicy Invalid request input"
    update(made.fake, NAME, operation("/securityPolicy", "TLS_1_2"))
    made.fake.clock.sleep(40)
    update(made.fake, NAME, operation(URI, ""), weak)
    made.fake.clock.sleep(40)
    assert update_refused(made.fake, NAME, operation(URI, made.uri))[1] == NEEDS_TLS_1_2


@pytest.mark.parametrize(
    "given", [operation(f"{TYPES}/REGIONAL", "EDGE"), operation(TYPES, "EDGE", "add")]
)
def test_mutual_tls_does_not_move_to_the_edge(made: Protected, given: dict[str, Any]) -> None:
    assert update_refused(made.fake, NAME, given)[1] == REGIONAL_ONLY
    assert get(made)["endpointConfiguration"]["types"] == ["REGIONAL"]


def test_the_endpoint_type_is_no_index(made: Protected) -> None:
    message = update_refused(made.fake, NAME, operation(f"{TYPES}/0", "EDGE"))[1]
    assert message == f"{TYPES}/0 Invalid request input"
    update(made.fake, NAME, operation(f"{TYPES}/REGIONAL", "REGIONAL"))


def test_the_routing_mode_is_replaced(made: Protected) -> None:
    update(made.fake, NAME, operation("/routingMode", "ROUTING_RULE_ONLY"))
    assert get(made)["routingMode"] == "ROUTING_RULE_ONLY"


def test_the_server_certificate_is_replaced(made: Protected) -> None:
    fresh = issued_certificate(made.fake, NAME)
    update(made.fake, NAME, operation("/regionalCertificateArn", fresh))
    assert get(made)["regionalCertificateArn"] == fresh
    made.fake.clock.sleep(40)
    update_refused(made.fake, NAME, operation("/regionalCertificateArn", op="remove"))
    assert get(made)["regionalCertificateArn"] == fresh
