"""Revocation: whose CRLs the function asks, where, and what it may read for that."""

from __future__ import annotations

import re
from collections.abc import Iterator

from service.config import Config, InvalidConfiguration
from service.revocation import settings as revocation_settings
from service.revocation.settings import S3Object

from .function import environment, function, published
from .made import Made
from .promises import Twin, promise
from .truststore import s3_permissions

_VARIABLES = "ApiFunction.Properties.Environment.Variables"
_TRUSTSTORE, _CRLS = f"{_VARIABLES}.TRUSTSTORE", f"{_VARIABLES}.REVOCATION_CRLS"
_ELSEWHERE = {"Ref": "CrlUri"}


def is_asked(made: Made) -> bool:
    return made.parameters["Revocation"] != "off"


@promise(
    Twin("nobody asks", {_CRLS: ""}, "revocation"),
    Twin("somebody asks whom nobody told to", {f"{_CRLS}.Fn::If.0": "HasZone"}),
    Twin("always the same policy", {f"{_VARIABLES}.REVOCATION_POLICY": "grace=1d"}, "revocation"),
    Twin("no grace", {f"{_VARIABLES}.REVOCATION_POLICY": "fail-closed"}, "all at once"),
    Twin("once an hour", {f"{_VARIABLES}.REVOCATION_REFRESH": "1h"}, "all at once"),
    Twin("our own CRL", {f"{_CRLS}.Fn::If.1.Fn::If.0": "Alarms"}, "revocation elsewhere"),
    Twin("somebody's CRL", {f"{_CRLS}.Fn::If.1": _ELSEWHERE}, "revocation"),
    Twin("nobody is exempt", {f"{_VARIABLES}.REVOCATION_EXEMPT": "CN=CA"}, "revocation"),
    Twin("a folder that cannot be", {f"{_VARIABLES}.REVOCATION_INDEX": "/var/x"}, "revocation"),
)
def revocation_is_looked_at_as_asked(made: Made) -> Iterator[str]:
    try:
        found = Config.from_env(environment(made)).revocation
    except InvalidConfiguration as faults:
        yield str(faults)
        return
    if not is_asked(made):
        if found is not None:
            yield f"it is off, and {found} is asked"
        return
    if found is None:
        yield "nobody asks"
        return
    asked = made.parameters
    wanted: tuple[object, ...] = (
        (asked["CrlUri"] or "s3://${TruststoreBucket}/crl/crl.pem",),
        revocation_settings.grace(asked["Revocation"]),
        revocation_settings.seconds(asked["RevocationRefresh"]),
        frozenset(),
    )
    if (found.sources, found.grace, found.refresh, found.exempt) != wanted:
        yield f"{found}, expected {wanted}"
    # Lambda lets a function write below /tmp alone, where the service puts it by itself.
    if found.folder is not None:
        yield f"the index is in {found.folder}"


@promise(
    Twin(
        "the newest alone",
        {f"{_TRUSTSTORE}.Fn::If.1.Fn::If.1": {"Fn::GetAtt": ["Truststore", "Uri"]}},
        "revocation",
    ),
    Twin(
        "the deployment's alone",
        {f"{_TRUSTSTORE}.Fn::If.1.Fn::If.1.Fn::Sub": lambda text: text.removesuffix("&newest")},
        "revocation",
    ),
    Twin(
        "another version",
        {f"{_TRUSTSTORE}.Fn::If.1.Fn::If.2.Fn::Sub": "${TruststoreUri}?versionId=3&newest"},
        "all elsewhere",
    ),
    Twin(
        "somebody else's",
        {f"{_TRUSTSTORE}.Fn::If.1.Fn::If.0": "HasOwnershipCertificate"},
        "revocation",
    ),
    Twin("none", {_TRUSTSTORE: ""}, "revocation"),
)
def those_crls_count_whose_authorities_the_domain_trusts_or_will(
    made: Made,
) -> Iterator[str]:
    if not is_asked(made):
        return
    domain = made.one("AWS::ApiGateway::DomainName")[1]["MutualTlsAuthentication"]
    uri, version = (published(domain[f"Truststore{name}"]) for name in ("Uri", "Version"))
    # With what a push puts in force, and with what a rollback puts back.
    found = environment(made)["TRUSTSTORE"]
    if found != f"{uri}?versionId={version}&newest":
        yield f"the function reads {found}, the domain {uri} in version {version}"


_MAY = "ApiFunctionRole.Properties.Policies.2.Fn::If.1.PolicyDocument.Statement"
_OWN_BUCKET = {"Fn::GetAtt": ["TruststoreBucket", "Arn"]}


def _arn(url: str) -> str:
    """The ARN of what *url* names, as the template writes it."""
    found = S3Object.of(url)
    own = re.fullmatch(r"\$\{(\w+)\}", found.bucket)
    bucket = f"${{{own[1]}.Arn}}" if own else f"arn:aws:s3:::{found.bucket}"
    return f"{bucket}/{found.key}"


@promise(
    Twin("rights for nothing", {"ApiFunctionRole.Properties.Policies.2.Fn::If.0": "HasZone"}),
    Twin("no rights", {"ApiFunctionRole.Properties.Policies.2.Fn::If.0": "Alarms"}, "revocation"),
    Twin("no truststore", {f"{_MAY}.0": None}, "revocation"),
    Twin("its newest version alone", {f"{_MAY}.0.Action": "s3:GetObject"}, "revocation"),
    Twin("one version alone", {f"{_MAY}.0.Action": "s3:GetObjectVersion"}, "all elsewhere"),
    Twin("no CRL", {f"{_MAY}.1": None}, "all elsewhere"),
    Twin("writes the CRL", {f"{_MAY}.1.Action": ["s3:GetObject", "s3:PutObject"]}, "revocation"),
    Twin(
        "every CRL",
        {f"{_MAY}.1.Resource.Fn::If.2.Fn::Sub": "${TruststoreBucket.Arn}/crl/*"},
        "revocation",
    ),
    Twin("a bucket", {f"{_MAY}.1.Resource.Fn::If.2": _OWN_BUCKET}, "revocation"),
    Twin(
        "somebody's bucket",
        {f"{_MAY}.0.Resource.Fn::If.2.Fn::Sub.0": "arn:${AWS::Partition}:s3:::somebody-elses/*"},
        "all elsewhere",
    ),
    Twin(
        "a path that is none",
        {f"{_MAY}.1.Resource.Fn::If.1.Fn::Sub.1.Path.Fn::Select.0": 0},
        "all elsewhere",
    ),
    Twin("lists", {f"{_MAY}.1.Action": ["s3:GetObject", "s3:ListBucket"]}, "all at once"),
)
def the_function_reads_one_truststore_and_one_crl_in_s3_and_nothing_else(
    made: Made,
) -> Iterator[str]:
    env, wanted = environment(made), {}
    if is_asked(made):
        truststore = env["TRUSTSTORE"].removesuffix("&newest")
        wanted[_arn(truststore)] = {"s3:GetObject", "s3:GetObjectVersion"}
        wanted[_arn(env["REVOCATION_CRLS"])] = {"s3:GetObject"}
    found = s3_permissions(made, "ApiFunctionRole")
    if found != wanted or function(made)["Role"] != "${ApiFunctionRole.Arn}":
        yield f"{function(made)['Role']} may {found}, expected {wanted}"
