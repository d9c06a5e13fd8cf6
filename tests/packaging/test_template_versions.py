"""What a deployment has to notice: another parameter, other code, another API."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from aws import revocation
from aws.parameters import Values
from tests.packaging.template.combinations import COMBINATIONS
from tests.packaging.template.function import environment, function
from tests.packaging.template.made import Made, made
from tests.packaging.template.reach import parameters_of
from tests.packaging.template.source import Edits, Job, source, transform

GIVEN = COMBINATIONS["everything made"]
# Of a truststore that is elsewhere: it has no version otherwise.
ELSEWHERE = {**GIVEN, **COMBINATIONS["all elsewhere"]}
# Another value for each parameter that reaches the function.
CHANGED = {
    "AllowIssuers": "CN=Example Issuing CA,O=Example",
    "AllowSubjects": "CN=billing,O=Example",
    "AllowUris": "spiffe://example.org/billing",
    "AllowFingerprints": "0a" * 32,
    "Architecture": "x86_64",
    "MemorySize": "1024",
    "SnapStart": "off",
    "Tracing": "off",
    "BasePath": "v2",
    "Revocation": "grace=24h",
    "RevocationRefresh": "1m",
    "ClientRegistry": "off",
    "TokenIssuer": "https://other.example",
    "TokenAudience": "https://other.example.com",
    "TokenJwks": "https://other.example/jwks.json",
    "ClientRate": "90/m",
    "ClientBurst": "41",
    "CrlUri": "s3://somebody-elses/crl.pem",
    "TruststoreUri": "s3://somebody-elses/truststore.pem",
    "TruststoreVersion": "another",
}
# Of what is asked beside a certificate: whose tokens, and how often.
_ASKED = ("Token", "ClientRate", "ClientBurst")
_FUNCTION = "ApiFunction.Properties"
_LIST = "AllowList.Properties.Content.Fn::Sub.0"


def _made(*jobs: Job) -> list[Made]:
    results = zip(jobs, transform(jobs), strict=True)
    return [made(template, job.parameters) for job, template in results]


def version(stack: Made, of: str) -> Any:
    """What CloudFormation looks at: another id or another description is another version.

    The number of the hosted list goes up whenever its content is another; the version of the
    truststore that is published is part of it.
    """
    (found,) = (
        (name, properties.get("Description", ""))
        for name, properties in stack.of("AWS::Lambda::Version").items()
        if properties["FunctionName"] == f"${{{of}}}"
    )
    content = stack.one("AWS::AppConfig::HostedConfigurationVersion")[1]["Content"]
    return found[0], found[1].replace("${AllowList.VersionNumber}", content)


def _without(name: str) -> Callable[[str], str]:
    """Takes *name* out of a text that CloudFormation fills in."""
    return lambda text: text.replace(f"${{{name}}}", "")


def unnoticed(edits: Edits) -> list[str]:
    """The parameters of CHANGED that reach the function of the edited template, and no version."""
    pairs = [
        (Job(given, edits), Job({**given, name: new}, edits))
        for name, new in CHANGED.items()
        for given in (ELSEWHERE if name.startswith("Truststore") else GIVEN,)
    ]
    stacks = iter(_made(*(job for pair in pairs for job in pair)))
    made_of = {name: (next(stacks), next(stacks)) for name in CHANGED}
    assert [n for n, (old, new) in made_of.items() if function(old) == function(new)] == []
    return [
        name
        for name, (old, new) in made_of.items()
        if version(old, "ApiFunction") == version(new, "ApiFunction")
    ]


def test_the_table_has_every_parameter_that_reaches_the_function() -> None:
    (template,) = transform([Job(GIVEN)])
    reaching = parameters_of(template["Resources"]["ApiFunction"]["Properties"], template)
    assert reaching == set(CHANGED)


def test_another_parameter_is_another_version() -> None:
    """A partner taken off the list could go on calling the old one."""
    assert unnoticed({}) == []


@pytest.mark.parametrize(
    ("edits", "lost"),
    [
        ({f"{_FUNCTION}.VersionDescription": None}, set(CHANGED)),
        (
            {
                f"{_FUNCTION}.VersionDescription": {
                    "Fn::Sub": "allow-list ${AllowList.VersionNumber}"
                }
            },
            {name for name in CHANGED if not name.startswith(("Allow", *_ASKED))}
            - {"CrlUri", "TruststoreUri", "TruststoreVersion"},
        ),
        (
            {
                f"{_FUNCTION}.VersionDescription.Fn::Sub": lambda text: text.replace(
                    "${Tracing}", ""
                )
            },
            {"Tracing"},
        ),
        ({_LIST: lambda text: text.replace("${AllowUris}", "")}, {"AllowUris"}),
        ({_LIST: lambda text: text.replace("${Crls}", "")}, {"CrlUri"}),
        *(({_LIST: _without(name)}, {name}) for name in CHANGED if name.startswith(_ASKED)),
        (
            {_LIST: lambda text: text.replace("${InForce}", "")},
            {"TruststoreUri", "TruststoreVersion"},
        ),
    ],
)
def test_a_parameter_that_is_lost_on_the_way_is_seen(edits: Edits, lost: set[str]) -> None:
    assert set(unnoticed(edits)) == lost


_ALL = {f"{_FUNCTION}.AutoPublishAliasAllProperties": None}
_FIXED = {"Truststore.Properties.PackedWith": "1"}


@cache
def _pairs() -> dict[str, tuple[Made, Made]]:
    """The template before and after a change of it, and the same of broken ones."""
    code = {f"{_FUNCTION}.CodeUri": "service.2/"}
    publisher = {"TruststorePublisher.Properties.CodeUri": "aws/publisher.2/"}
    endpoint = {"Api.Properties.DisableExecuteApiEndpoint": False}
    edits: dict[str, tuple[Edits, Edits]] = {
        "code": ({}, code),
        "timeout": ({}, {f"{_FUNCTION}.Timeout": 20}),
        "timeout, broken": (_ALL, {**_ALL, f"{_FUNCTION}.Timeout": 20}),
        "truststore": ({}, publisher),
        "truststore, broken": (_FIXED, {**_FIXED, **publisher}),
        "endpoint": (endpoint, {}),
    }
    stacks = iter(_made(*(Job(GIVEN, one) for pair in edits.values() for one in pair)))
    return {name: (next(stacks), next(stacks)) for name in edits}


def test_other_code_or_another_timeout_is_another_version() -> None:
    for change in ("code", "timeout"):
        before, after = _pairs()[change]
        assert version(before, "ApiFunction") != version(after, "ApiFunction"), change
    before, after = _pairs()["timeout, broken"]
    assert version(before, "ApiFunction") == version(after, "ApiFunction")


def test_another_truststore_is_published_because_it_is_other_code() -> None:
    asked = [one.one("Custom::Truststore")[1] for one in _pairs()["truststore"]]
    assert asked[0]["PackedWith"] != asked[1]["PackedWith"]
    asked = [one.one("Custom::Truststore")[1] for one in _pairs()["truststore, broken"]]
    assert asked[0] == asked[1]


def test_a_published_truststore_is_another_version_of_the_function() -> None:
    """Its version is in the hosted list, whose number is in the description."""
    (stack,) = _made(Job(GIVEN))
    assert "${Truststore.VersionId}" in version(stack, "ApiFunction")[1]
    (off,) = _made(Job({**GIVEN, "Revocation": "off"}))
    assert "${Truststore" not in version(off, "ApiFunction")[1]


def test_the_publishers_code_is_not_the_functions() -> None:
    before, after = _pairs()["truststore"]
    assert version(before, "ApiFunction") == version(after, "ApiFunction")


def test_the_default_endpoint_is_switched_off_with_a_deployment_of_its_own() -> None:
    """API Gateway heeds the switch at the next deployment of a stage."""
    before, after = (set(one.of("AWS::ApiGateway::Deployment")) for one in _pairs()["endpoint"])
    assert len(before) == len(after) == 1
    assert before.isdisjoint(after)


def octets(stack: Made) -> int:
    """Of the function's environment, with the longest name that a bucket may have."""
    filled = {n: v.replace("${TruststoreBucket}", "b" * 63) for n, v in environment(stack).items()}
    return sum(len(name) + len(value.encode()) for name, value in filled.items())


def test_what_is_known_of_the_environments_size_is_true() -> None:
    """Lambda refuses a larger one only when all else has been made."""
    stacks = _made(*(Job(given) for given in COMBINATIONS.values()))
    for name, stack in zip(COMBINATIONS, stacks, strict=True):
        given = Values(stack.parameters, frozenset())
        assert revocation.environment_size(given) == octets(stack), name


def longest() -> dict[str, str]:
    """Of every parameter that reaches the function as text and may have any, the longest value."""
    return {
        name: "x" * says["MaxLength"]
        for name, says in source()["Parameters"].items()
        if name in CHANGED and "MaxLength" in says
    }


_LISTS = {"AllowIssuers", "AllowSubjects", "AllowUris", "AllowFingerprints"}
_TOKENS = {"TokenIssuer", "TokenAudience", "TokenJwks"}
_PLACES = {"TruststoreUri", "TruststoreVersion", "CrlUri"}
_FULL = {"MemorySize": "10240", "Architecture": "x86_64", "Revocation": "fail-closed"}
_FULL |= {"RevocationRefresh": "999h"}
_LIMIT = {"ClientRate": "99999/m", "ClientBurst": "99999"}


def test_the_longest_parameters_fit_into_what_lambda_takes() -> None:
    """Whatever else is asked for is counted by aws/revocation.py, before it deploys."""
    given = longest()
    assert set(given) == {*_LISTS, *_TOKENS, *_PLACES, "BasePath"}
    nothing = dict.fromkeys((*_PLACES, *_TOKENS, *_LIMIT), "")
    (stack,) = _made(Job({**GIVEN, **given, **_FULL, **nothing, "ClientRegistry": "off"}))
    assert 4000 < octets(stack) <= 4096
    description = stack.of("AWS::Lambda::Version")[version(stack, "ApiFunction")[0]]["Description"]
    assert len(description.replace("AllowList.VersionNumber", "9" * 19)) <= 256


def test_with_everything_else_at_its_longest_there_is_room_for_lists() -> None:
    """Tokens, a limit and a registry, a CRL and a truststore in the stack's own bucket."""
    given = {name: value for name, value in longest().items() if name not in _PLACES}
    lists = dict.fromkeys(_LISTS, "x" * 500)
    (stack,) = _made(Job({**GIVEN, **given, **_FULL, **_LIMIT, **lists, "ClientRegistry": "on"}))
    assert octets(stack) <= 4096
    (over,) = _made(Job({**GIVEN, **given, **_FULL, **_LIMIT, "ClientRegistry": "on"}))
    assert octets(over) > 4096
