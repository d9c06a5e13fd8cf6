"""Mappings, as v1 and v2 see them: the same ones."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.asking import URI, operation, refused, update
from tests.fakes.domains import REGIONAL_ONLY
from tests.fakes.protected import NAME, Protected, mapped_api


def rest(made: Protected) -> list[dict[str, Any]]:
    """All base path mappings."""
    answer = made.fake.client("apigateway").get_base_path_mappings(domainName=NAME)
    items: list[dict[str, Any]] = answer["items"]
    return items


def http(made: Protected) -> list[dict[str, Any]]:
    """All API mappings."""
    answer = made.fake.client("apigatewayv2").get_api_mappings(DomainName=NAME)
    items: list[dict[str, Any]] = answer["Items"]
    return items


def api_of(made: Protected, **more: Any) -> str:
    """An API that is not mapped."""
    api = made.fake.apis.add("REST", "api", **more)
    made.fake.apis.deploy(api, "live")
    return api.label


def test_a_mapping_is_seen_from_both_sides(made: Protected) -> None:
    assert (rest(made), http(made)) == ([], [])
    api = mapped_api(made)
    assert rest(made) == [{"basePath": "(none)", "restApiId": api, "stage": "live"}]
    (mapped,) = http(made)
    assert (mapped["ApiMappingKey"], mapped["ApiId"], mapped["Stage"]) == ("", api, "live")
    client = made.fake.client("apigatewayv2")
    given = {"DomainName": NAME, "ApiMappingId": mapped["ApiMappingId"]}
    assert client.get_api_mapping(**given)["ApiId"] == api
    client.delete_api_mapping(**given)
    assert rest(made) == []
    assert refused(made.fake, "apigatewayv2", "get_api_mapping", **given)[0] == (
        "NotFoundException"
    )


def test_mappings_of_v1(made: Protected) -> None:
    client, first, second = made.fake.client("apigateway"), api_of(made), api_of(made)
    given = {"domainName": NAME, "restApiId": first, "stage": "live"}
    assert client.create_base_path_mapping(**given)["basePath"] == "(none)"
    for path in ("(none)", ""):
        said = refused(made.fake, "apigateway", "create_base_path_mapping", basePath=path, **given)
        assert said == ("ConflictException", "Base path already exists for this domain name")
    client.create_base_path_mapping(basePath="v1", **given)
    where = {"domainName": NAME, "basePath": "v1"}
    changes = [operation("/restapiId", second), operation("/basePath", "v2")]
    client.update_base_path_mapping(**where, patchOperations=changes)
    assert [(one["basePath"], one["restApiId"]) for one in rest(made)] == [
        ("(none)", first),
        ("v2", second),
    ]
    said = refused(made.fake, "apigateway", "get_base_path_mapping", **where)
    assert said == ("NotFoundException", "Invalid base path mapping identifier specified")
    where["basePath"] = "(none)"
    assert client.get_base_path_mapping(**where)["restApiId"] == first
    taken = [operation("/basePath", "v2")]
    said = refused(
        made.fake, "apigateway", "update_base_path_mapping", **where, patchOperations=taken
    )
    assert said[0] == "ConflictException"
    client.delete_base_path_mapping(**where)
    assert [one["basePath"] for one in rest(made)] == ["v2"]


def test_mappings_of_v2(made: Protected) -> None:
    client, first, second = made.fake.client("apigatewayv2"), api_of(made), api_of(made)
    given = {"DomainName": NAME, "ApiId": first, "Stage": "live"}
    mapped = client.create_api_mapping(ApiMappingKey="orders/v1", **given)
    said = refused(
        made.fake, "apigatewayv2", "create_api_mapping", ApiMappingKey="orders/v1", **given
    )
    assert said == ("ConflictException", "ApiMapping key already exists for this domain name")
    client.create_api_mapping(**given)
    where = {"DomainName": NAME, "ApiMappingId": mapped["ApiMappingId"]}
    client.update_api_mapping(**where, ApiId=second)
    assert [(one["ApiMappingKey"], one["ApiId"]) for one in http(made)] == [
        ("", first),
        ("orders/v1", second),
    ]
    said = refused(
        made.fake, "apigatewayv2", "update_api_mapping", **where, ApiId=first, ApiMappingKey=""
    )
    assert said[0] == "ConflictException"


def test_several_levels_are_for_v2_alone(made: Protected) -> None:
    given = {"domainName": NAME, "restApiId": api_of(made), "stage": "live"}
    said = refused(made.fake, "apigateway", "create_base_path_mapping", basePath="a/b", **given)
    assert said[0] == "BadRequestException"
    made.fake.client("apigateway").create_base_path_mapping(basePath="a", **given)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"restApiId": "none"}, "BadRequestException"),
        ({"stage": "none"}, "NotFoundException"),
        ({"domainName": "none.example.com"}, "NotFoundException"),
    ],
)
def test_what_is_mapped_is_there(made: Protected, changes: dict[str, str], code: str) -> None:
    given = {"domainName": NAME, "restApiId": api_of(made), "stage": "live"}
    wrong = {**given, **changes}
    assert refused(made.fake, "apigateway", "create_base_path_mapping", **wrong)[0] == code
    made.fake.client("apigateway").create_base_path_mapping(**given)


def test_an_api_at_the_edge_is_not_for_mutual_tls(made: Protected) -> None:
    client = made.fake.client("apigateway")
    given = {"domainName": NAME, "restApiId": api_of(made, endpoint_type="EDGE")}
    said = refused(made.fake, "apigateway", "create_base_path_mapping", **given)
    assert said == ("BadRequestException", REGIONAL_ONLY)
    update(made.fake, NAME, operation(URI, ""))
    client.create_base_path_mapping(**given)


def test_mappings_go_with_their_domain(made: Protected) -> None:
    mapped_api(made)
    made.fake.client("apigateway").delete_domain_name(domainName=NAME)
    assert made.fake.mappings.found == {}
