"""What is there before what: CloudFormation makes the rest in any order, or at once."""

from __future__ import annotations

from collections.abc import Iterator

from .made import Made, references
from .promises import Twin, promise


@promise(
    Twin("a condition of its own", {"TruststorePublisherLog.Condition": "Traces"}),
    Twin(
        "a certificate that is not made",
        {"Api.Properties.Domain.CertificateArn": {"Ref": "Certificate"}},
        "no zone",
    ),
    Twin("no such resource", {"AccessLog.Metadata.Waits": {"Ref": "ApiGatewayAcount"}}),
    Twin("an output", {"Outputs.TruststoreBucket.Condition": None}, "existing truststore"),
    Twin(
        "the account's role that is kept",
        {"AccessLog.Metadata.Waits": {"Ref": "ApiGatewayAccount"}},
        "account role kept",
    ),
    Twin(
        "after what is not made",
        {"AccessLog.DependsOn": ["ExecutionLog", "ApiGatewayAccount"]},
        "account role kept",
    ),
)
def every_reference_leads_somewhere(made: Made) -> Iterator[str]:
    for name in made.resources:
        yield from (
            f"{name} names {one}" for one in made.references(name) if one not in made.resources
        )
    for name, output in made.outputs.items():
        yield from (
            f"output {name}: {one}" for one in references(output) if one not in made.resources
        )


@promise(
    Twin("the log waits for the stage", {"ExecutionLog.DependsOn": "AccessLog"}),
    Twin(
        "the role names the function",
        {"ApiFunctionRole.Properties.Description": {"Fn::Sub": "of ${ApiFunction}"}},
    ),
)
def nothing_waits_for_itself(made: Made) -> Iterator[str]:
    yield from (f"{name} waits for itself" for name in made.resources if name in made.after(name))


def _late(made: Made, first: str, then: str) -> Iterator[str]:
    if first in made.resources and first not in made.after(then):
        yield f"{then} does not wait for {first}"


@promise(
    Twin("for the execution log", {"AccessLog.DependsOn": None}, "account role kept"),
    Twin("for the account", {"AccessLog.Metadata": None}),
    Twin("for nothing", {"Api.Properties.AccessLogSetting": None}),
)
def the_stage_waits_for_all_that_it_logs_with(made: Made) -> Iterator[str]:
    """Without the role a stage that logs is refused; without the group it makes one, for ever."""
    stage = made.one("AWS::ApiGateway::Stage")[0]
    yield from _late(made, "AccessLog", stage)
    for first in ("ExecutionLog", "ApiGatewayAccount", "ApiGatewayLogRole"):
        yield from _late(made, first, "AccessLog")


@promise(
    Twin("for the API", {"ApiGatewayAccount.DependsOn": None}),
    Twin("for any log", {"ApiGatewayAccount.DependsOn": "ApiFunctionLog"}),
)
def the_account_waits_for_an_api(made: Made) -> Iterator[str]:
    """An account that never had an API has no settings."""
    if "ApiGatewayAccount" in made.resources:
        yield from _late(made, "Api", "ApiGatewayAccount")


@promise(
    Twin("for the policy", {"Truststore.DependsOn": ["TruststorePublisherPermissions"]}),
    Twin("for the permissions", {"Truststore.DependsOn": ["TruststoreBucketPolicy"]}),
    Twin(
        "for no truststore",
        {
            "Api.Properties.Domain.MutualTlsAuthentication.TruststoreUri": "s3://b/t.pem",
            "Api.Properties.Domain.MutualTlsAuthentication.TruststoreVersion": "1",
        },
    ),
)
def the_domain_waits_for_the_truststore_and_that_for_its_bucket(made: Made) -> Iterator[str]:
    domain = made.one("AWS::ApiGateway::DomainName")[0]
    yield from _late(made, "Truststore", domain)
    for name in ("TruststoreBucketPolicy", "TruststorePublisherPermissions", "TruststorePublisher"):
        yield from _late(made, name, "Truststore")


@promise(
    Twin(
        "named by hand",
        {
            "ApiFunction.Properties.LoggingConfig.LogGroup": {
                "Fn::Sub": "/aws/lambda/${AWS::StackName}-api"
            },
            "ApiFunctionRole.Properties.Policies.0.PolicyDocument.Statement.0.Resource": {
                "Fn::Sub": "arn:${AWS::Partition}:logs:*:${AWS::AccountId}:log-group:x:*"
            },
        },
    ),
)
def a_function_waits_for_its_log(made: Made) -> Iterator[str]:
    """Lambda would make the group itself, to keep for ever."""
    for name in made.of("AWS::Lambda::Function"):
        yield from _late(made, f"{name}Log", name)
