"""What lies somewhere is encrypted there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .made import Made
from .promises import Twin, promise

#: Types that keep nothing, or that AWS encrypts whatever one says.
SAFE = {
    "AWS::ApiGateway::Account",
    "AWS::ApiGateway::BasePathMapping",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::DomainName",
    "AWS::ApiGateway::RestApi",
    "AWS::AppConfig::Application",
    "AWS::AppConfig::ConfigurationProfile",
    "AWS::AppConfig::HostedConfigurationVersion",
    "AWS::CertificateManager::Certificate",
    "AWS::CloudWatch::Alarm",
    "AWS::IAM::Role",
    "AWS::IAM::RolePolicy",
    "AWS::Lambda::Alias",
    "AWS::Lambda::Function",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Version",
    "AWS::Logs::LogGroup",
    "AWS::Route53::RecordSet",
    "AWS::S3::BucketPolicy",
    "AWS::Scheduler::Schedule",
    "Custom::Truststore",
}
_ENCRYPTION = "TruststoreBucket.Properties.BucketEncryption"


@promise(
    Twin("the bucket", {_ENCRYPTION: None}),
    Twin(
        "a bucket that says nothing",
        {f"{_ENCRYPTION}.ServerSideEncryptionConfiguration.0": {"BucketKeyEnabled": False}},
    ),
    Twin("the table", {"RegistryTable.Properties.SSESpecification": None}, "registry"),
    Twin("a table", {"RegistryTable.Properties.SSESpecification.SSEEnabled": False}, "registry"),
    Twin("the topic", {"AlarmTopic.Properties.KmsMasterKeyId": None}, "alarms"),
    Twin("AWS's key", {"AlarmTopic.Properties.KmsMasterKeyId": "alias/aws/sns"}, "alarms"),
    Twin("for ever one key", {"AlarmKey.Properties.EnableKeyRotation": None}, "alarms"),
    Twin("a queue", {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {}}}),
    Twin("a cache", {"Api.Properties.CacheClusterEnabled": True}),
    Twin("a cached method", {"Api.Properties.MethodSettings.0.CachingEnabled": True}),
)
def nothing_is_unencrypted(made: Made) -> Iterator[str]:
    for name, resource in made.resources.items():
        kind = resource["Type"]
        if kind in _CHECKS:
            yield from (f"{name}: {f}" for f in _CHECKS[kind](made, resource["Properties"]))
        elif kind not in SAFE:
            yield f"{name} is a {kind}: is that encrypted?"


def _bucket(_made: Made, says: Mapping[str, Any]) -> Iterator[str]:
    (rule,) = says.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [{}])
    by = rule.get("ServerSideEncryptionByDefault", {}).get("SSEAlgorithm")
    if by not in {"AES256", "aws:kms"}:
        yield f"encrypted by {by}"


def _table(_made: Made, says: Mapping[str, Any]) -> Iterator[str]:
    if says.get("SSESpecification", {}).get("SSEEnabled") is not True:
        yield "encrypted with a key that nobody sees used"


def _topic(made: Made, says: Mapping[str, Any]) -> Iterator[str]:
    key = str(says.get("KmsMasterKeyId")).removeprefix("${").removesuffix("}")
    if key not in made.of("AWS::KMS::Key"):
        yield f"encrypted with {key}"


def _key(_made: Made, says: Mapping[str, Any]) -> Iterator[str]:
    if says.get("EnableKeyRotation") is not True:
        yield "never changed"


def _stage(_made: Made, says: Mapping[str, Any]) -> Iterator[str]:
    methods = says.get("MethodSettings", [])
    if says.get("CacheClusterEnabled") or any(one.get("CachingEnabled") for one in methods):
        yield "keeps answers in a cache"


_CHECKS: Mapping[str, Callable[[Made, Mapping[str, Any]], Iterator[str]]] = {
    "AWS::S3::Bucket": _bucket,
    "AWS::DynamoDB::Table": _table,
    "AWS::SNS::Topic": _topic,
    "AWS::KMS::Key": _key,
    "AWS::ApiGateway::Stage": _stage,
}
