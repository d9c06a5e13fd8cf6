"""What a deployment says at its end."""

from __future__ import annotations

from collections.abc import Iterator

from .made import Made
from .promises import Twin, promise

_AT_ROOT = {"Outputs.Url.Value": {"Fn::Sub": "https://${DomainName}"}}


def _place_for_crl(made: Made) -> dict[str, str]:
    """Where a CRL is put before revocation is switched on."""
    given = made.parameters["CrlUri"]
    if not given and not made.of("AWS::S3::Bucket"):
        return {}
    return {"CrlUri": given or "s3://${TruststoreBucket}/crl/crl.pem"}


@promise(
    Twin("without the base path", _AT_ROOT, "base path"),
    Twin("with (none)", {"Outputs.Url.Value": {"Fn::Sub": "https://${DomainName}/${BasePath}"}}),
    Twin("the default endpoint", {"Outputs.Url.Value": {"Fn::Sub": "https://${Api}.execute-api"}}),
    Twin("no target for DNS", {"Outputs.DnsTarget": None}, "no zone"),
    Twin("the name for its target", {"Outputs.DnsTarget.Value": {"Ref": "DomainName"}}, "no zone"),
    Twin("no bucket", {"Outputs.TruststoreBucket.Condition": "Traces"}),
    Twin(
        "the version that was asked for",
        {"Outputs.TruststoreVersion.Value": {"Ref": "TruststoreVersion"}},
    ),
    Twin("no place for a CRL", {"Outputs.CrlUri.Condition": "Revokes"}),
    Twin(
        "another place than the function's",
        {"Outputs.CrlUri.Value.Fn::If.1": {"Ref": "TruststoreUri"}},
        "all elsewhere",
    ),
    Twin("no table", {"Outputs.RegistryTable": None}, "registry"),
    Twin("the wrong log", {"Outputs.FunctionLogGroup.Value": {"Ref": "AccessLog"}}),
    Twin("nothing said of it", {"Outputs.Url.Description": None}),
)
def the_outputs_say_what_somebody_needs_next(made: Made) -> Iterator[str]:
    name, domain = made.one("AWS::ApiGateway::DomainName")
    path = made.parameters["BasePath"]
    truststore = domain["MutualTlsAuthentication"]
    wanted = {
        "Url": f"https://{domain['DomainName']}" + ("" if path == "(none)" else f"/{path}"),
        "DomainName": domain["DomainName"],
        "DnsTarget": f"${{{name}.RegionalDomainName}}",
        "DnsTargetHostedZoneId": f"${{{name}.RegionalHostedZoneId}}",
        "TruststoreUri": truststore["TruststoreUri"],
        "TruststoreVersion": truststore["TruststoreVersion"],
        **dict.fromkeys(
            ["TruststoreBucket"] if made.of("AWS::S3::Bucket") else [], "${TruststoreBucket}"
        ),
        **_place_for_crl(made),
        **({"RegistryTable": "${RegistryTable}"} if made.of("AWS::DynamoDB::Table") else {}),
        "FunctionName": "${ApiFunction}",
        "FunctionLogGroup": "${ApiFunctionLog}",
        "ExpiryWatcherName": "${ExpiryWatcher}",
        "AccessLogGroup": "${AccessLog}",
        "ExecutionLogGroup": "${ExecutionLog}",
        "RestApiId": "${Api}",
        "Stage": "live",
    }
    found = {output: says["Value"] for output, says in made.outputs.items()}
    differ = dict(found.items() ^ wanted.items())
    yield from (
        f"{output}: {found.get(output)}, expected {wanted.get(output)}" for output in differ
    )
    yield from (
        f"{output} has no description"
        for output, s in made.outputs.items()
        if not s.get("Description")
    )
